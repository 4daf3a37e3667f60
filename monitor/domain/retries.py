"""What becomes of what failed: an article is read again later, or failed with its reason; others wait a while."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.domain.errors import MonitorError, Transient

FIRST = timedelta(minutes=1)
LONGEST = timedelta(hours=6)
MOST_TRIES = 6  # of a page that answers badly
MOST_DEATHS = 3  # of a page that kills or hangs its reader
DEATHS = frozenset({"worker-timeout", "worker-died"})


@dataclass(frozen=True)
class Again:
    """Try again at this time."""

    due_at: datetime
    reason: str


@dataclass(frozen=True)
class Failed:
    """Do not try again."""

    reason: str


def after_failure(error: MonitorError, *, attempts: int, now: datetime) -> Again | Failed:
    """Decide from the error and the number of attempts so far (this one included)."""
    if not isinstance(error, Transient):
        return Failed(str(error) or type(error).__name__)
    most = MOST_DEATHS if error.reason in DEATHS else MOST_TRIES
    if attempts >= most:
        return Failed(f"{error} ({attempts} tries)")
    wait = min(FIRST * 4 ** (attempts - 1), LONGEST)
    return Again(now + max(wait, min(error.retry_after or wait, LONGEST * 4)), str(error))


def must_wait(until: datetime, now: datetime, longest: timedelta) -> bool:
    """Tell whether a wait of at most `longest` goes on; one that ends later was set by a clock that was wrong."""
    return now < until <= now + longest
