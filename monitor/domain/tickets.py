"""Tickets between processes: what "look again" may be about, which goes first, and when no more are given.

A ticket is never the truth: that stands in the state of the rows. A lost one costs a tick, a doubled one nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

FRESH, USUAL, BACKFILL = 20, 10, 0  # priorities: news before what is caught up on
STILL_NEWS = timedelta(days=2)
MOST_FOUND = 50_000  # articles that may wait to be read before no source is polled
MOST_READ = 5_000  # documents that may wait for a decision before nothing is read

Connection_contra = TypeVar("Connection_contra", contravariant=True)


@dataclass(frozen=True)
class Ticket:
    """Work for a role: `poll` a source, `read` a host, `decide`, `archive`; at most one of a kind waits at a time."""

    role: str
    key: str = ""
    priority: int = USUAL

    @property
    def lock(self) -> str:
        """What no two tickets may work on at once."""
        return f"{self.role}:{self.key}"


class Announce(Protocol[Connection_contra]):
    """Gives tickets inside the transaction that made them necessary."""

    def __call__(self, connection: Connection_contra, /, *tickets: Ticket) -> None:
        """Give each ticket unless one like it waits already."""
        ...


@dataclass(frozen=True)
class Backlog:
    """How much waits before the two stages that may fall behind."""

    found: int
    read: int

    @property
    def may_poll(self) -> bool:
        """Whether reading keeps up well enough to look for more."""
        return self.found < MOST_FOUND

    @property
    def may_read(self) -> bool:
        """Whether deciding keeps up well enough to read more."""
        return self.read < MOST_READ


def priority_of(published_at: datetime | None, now: datetime) -> int:
    """Return where an entry stands in line: what was published lately, or does not say, is news."""
    return FRESH if published_at is None or published_at > now - STILL_NEWS else BACKFILL
