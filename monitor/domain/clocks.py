"""Two clocks that should agree: ours and that of the database's server."""

from datetime import datetime, timedelta

OFF = timedelta(seconds=30)  # from here on leases, due times and who lives are seen differently


def ahead(theirs: datetime, before: datetime, after: datetime) -> timedelta:
    """Return by how much our clock is ahead (below zero: behind) of one that was asked between two looks at ours."""
    if theirs < before:
        return before - theirs
    return min(after - theirs, timedelta())


def is_off(difference: timedelta) -> bool:
    """Tell whether so much should be mended."""
    return abs(difference) > OFF
