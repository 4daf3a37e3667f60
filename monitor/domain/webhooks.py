"""Notices to webhooks: what is told, and when it is tried again."""

from datetime import datetime, timedelta

KINDS = ("incident.new", "article.queued", "label.given", "incident.changed")
WAITS = tuple(timedelta(seconds=seconds) for seconds in (30, 120, 600, 3600, 6 * 3600, 24 * 3600, 48 * 3600))
MOST_TRIES = len(WAITS) + 1


def next_try(attempts: int, now: datetime) -> datetime | None:
    """Return when to try again after so many attempts, None where it is given up."""
    return now + WAITS[attempts - 1] if attempts < MOST_TRIES else None
