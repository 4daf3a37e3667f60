"""What the stages keep: each takes its work from its store and leaves the outcome there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from monitor.domain.again import Again
from monitor.domain.bounds import Bounds
from monitor.domain.captures import (
    Account,
    Capture,
    Errand,
    Pause,
    Step,
)
from monitor.domain.copies import Imprint
from monitor.domain.model import (
    Article,
    Entry,
    Read,
    Reading,
    SourceState,
    Verdict,
)
from monitor.domain.pacing import Duty
from monitor.domain.position import Position
from monitor.domain.watching import Watched


@dataclass(frozen=True)
class Found:
    """An entry with the identity of its article."""

    url_key: str
    host: str
    entry: Entry


@dataclass(frozen=True)
class Poll:
    """One line of a source's record: what a poll brought."""

    source: str
    at: datetime
    outcome: str
    entries: int = 0
    new: int = 0
    seconds: float = 0.0
    detail: str = ""


class PollStore(Protocol):
    """What the poll stage writes down."""

    async def source_state(self, name: str) -> SourceState:
        """Return what is known of a source."""
        ...

    async def unseen(self, source: str, url_keys: Sequence[str]) -> frozenset[str]:
        """Return those of these articles that were never seen."""
        ...

    async def settle_poll(self, state: SourceState, found: Sequence[Found], poll: Poll) -> int:
        """Note new entries, the source's state and the poll, in one transaction; return how many were new."""
        ...


class ReadStore(Protocol):
    """What the read stage takes and leaves."""

    async def claim_found(
        self, limit: int, *, now: datetime, lease: timedelta, busy_hosts: Sequence[str] = ()
    ) -> list[Article]:
        """Lease found articles that are due, few per host and none of busy hosts; each claim counts as an attempt."""
        ...

    async def settle_reading(self, article: Article, reading: Reading, *, now: datetime) -> bool:
        """Move found → read with its document; False where the lease was lost."""
        ...

    async def postpone(self, article: Article, reason: str, due_at: datetime) -> bool:
        """Give the article back, due later."""
        ...

    async def fail(self, article: Article, reason: str, *, now: datetime) -> bool:
        """Move found → failed with its reason."""
        ...


class Holding(StrEnum):
    """How the decider's lock stands after asking for it."""

    NONE = "none"  # another process holds it
    TAKEN = "taken"  # just taken, or others changed what was decided: remember everything anew
    KEPT = "kept"


class DecideStore(Protocol):
    """What the decide stage takes and leaves."""

    async def hold(self, now: datetime) -> Holding:
        """Take or keep the decider's lock for half a minute."""
        ...

    async def hold_on(self, now: datetime) -> None:
        """Keep the lock for another half minute where it is still ours, and take note of nothing."""
        ...

    def forget(self) -> None:
        """Say that what is remembered may differ from what is written: the next `hold` begins anew."""
        ...

    async def members(self, since: datetime) -> list[tuple[int, int]]:
        """Return the articles found since then that are in an incident, with it, copies left out, as they were decided."""
        ...

    async def history(self, articles: Sequence[int]) -> list[tuple[Read, Verdict]]:
        """Return how some articles that are in an incident were decided, in that order."""
        ...

    async def set_aside(self, encoder: str) -> int:
        """Take away the vectors of other encoders, which compare with none of this one; return how many there were."""
        ...

    async def encoded_among(self, articles: Sequence[int]) -> list[int]:
        """Return those of some articles that have a vector."""
        ...

    @property
    def position(self) -> Position:
        """Up to where the history went when the lock was last asked for."""
        ...

    async def is_known(self, position: Position) -> bool:
        """Tell whether a position is one of this very history."""
        ...

    async def imprints(self, since: datetime, after: int, limit: int) -> list[Imprint]:
        """Return what copies need of the verdicts after a number, of articles found since then, in their order."""
        ...

    async def imprints_changed(self, position: Position) -> list[Imprint]:
        """Return how earlier verdicts stand now of which corrections and later verdicts have changed something."""
        ...

    async def next_incident(self) -> int:
        """Return the lowest identity that no incident ever had."""
        ...

    async def bounds(self) -> Bounds:
        """Return what people said that no merge by itself may cross."""
        ...

    async def unsettled(self, limit: int) -> list[Read]:
        """Return read documents in the order of their ids."""
        ...

    async def settle(self, batch: Sequence[tuple[Read, Verdict]], *, now: datetime) -> None:
        """Write a batch of verdicts in one transaction; raise Transient where the lock was lost."""
        ...


class AgainStore(Protocol):
    """What deciding again takes and leaves; the lock is that of the decide stage."""

    @property
    def holds(self) -> bool:
        """Whether the lock was ours when it was last asked for."""
        ...

    def forget(self) -> None:
        """Say that what is remembered may differ from what is written."""
        ...

    async def by_words(self, since: datetime, limit: int) -> list[tuple[Read, Verdict]]:
        """Return originals found since then that were decided by words alone, the oldest first."""
        ...

    async def settle_again(self, again: Sequence[Again], *, now: datetime) -> None:
        """Write what vectors brought in one transaction; raise Transient where the lock was lost."""
        ...


class ArchiveStore(Protocol):
    """What the archive stage takes and leaves; one pace for all processes is kept inside."""

    async def duty(self, now: datetime) -> Duty | None:
        """Return what has to be asked of the archive before any capture, and note that it is under way."""
        ...

    async def settle_duty(self, result: Account | Pause | None, *, now: datetime) -> None:
        """Note what came of a duty: an account, a pause, or that the archive is well."""
        ...

    async def take(self, errand: Errand, limit: int, *, now: datetime) -> list[Capture]:
        """Lease captures that are due for an errand, best first, as many as the pace and the budget allow."""
        ...

    async def settle(self, steps: Sequence[Step], *, now: datetime) -> list[bool]:
        """Write the steps in one transaction; False for each whose lease was lost."""
        ...

    async def note_no_keys(self) -> int:
        """Give every wanted capture the reason that there are no keys; return how many were without it."""
        ...


class WatchStore(Protocol):
    """What the watch stage takes and leaves."""

    async def note_edited(self, source: str, shown: Sequence[Found], *, now: datetime) -> int:
        """Let pages be looked at soon that their source calls edited, within limits; return how many."""
        ...

    async def take_watched(self, limit: int, *, now: datetime, lease: timedelta) -> list[Watched]:
        """Lease pages that are due to be looked at again, few of one site."""
        ...

    async def settle_watched(self, watched: Watched, *, due_at: datetime, now: datetime) -> bool:
        """Write down what a look brought; False where the lease was lost."""
        ...


class VersionStore(Protocol):
    """Keeps what articles say at later readings of the same address."""

    async def keep(self, article_id: int, reading: Reading, *, now: datetime) -> bool:
        """Keep what an article says now where that is a change; tell whether it is one."""
        ...
