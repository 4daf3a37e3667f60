"""What the stages ask of the outside world; every Protocol has a real adapter and a fake in tests/fakes.py."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from monitor.domain.model import (
    Article,
    Capture,
    CopyCandidate,
    Entry,
    Evidence,
    Feed,
    Hints,
    Page,
    Read,
    Reading,
    Request,
    Response,
    Source,
    SourceState,
    Verdict,
)


class Clock(Protocol):
    """Tells the time; tests bring their own."""

    def now(self) -> datetime:
        """Return the present moment, aware UTC."""
        ...


class Fetcher(Protocol):
    """Asks the web, politely and safely."""

    async def fetch(self, request: Request) -> Response:
        """Return the answer whatever its status; raise Transient or Permanent where there is none."""
        ...


class Robots(Protocol):
    """Knows what a site asks robots not to read."""

    async def allowed(self, url: str) -> bool:
        """Tell whether the site's robots.txt lets us read this address."""
        ...


class Parser(Protocol):
    """Turns the page of a source into entries, in a worker process."""

    async def parse(self, source: Source, response: Response, now: datetime) -> Feed:
        """Return the entries, or an outcome that says why there are none; raise Transient when the worker died."""
        ...


class Reader(Protocol):
    """Turns an article's page into a document, in a worker process."""

    async def read(self, page: Page, hints: Hints) -> Reading:
        """Return the reading; raise Permanent for a page without an article, Transient when the worker died."""
        ...

    async def read_entry(self, entry: Entry, hints: Hints) -> Reading:
        """Return the reading of an entry that carries the whole text itself."""
        ...


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

    async def unseen(self, source: str, url_keys: Sequence[str]) -> int:
        """Count how many of these articles were never seen."""
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


@dataclass(frozen=True)
class Recall:
    """What the index remembers that may concern a document."""

    copies: tuple[CopyCandidate, ...] = ()
    evidence: tuple[Evidence, ...] = ()


class Index(Protocol):
    """Everything the decider remembers, in memory, in step with SQL."""

    def recall(self, read: Read) -> Recall:
        """Return the copies and incidents that this document may belong to, best first."""
        ...

    def recall_incidents(self, title: str, text: str, read: Read) -> tuple[Evidence, ...]:
        """Return the incidents that one segment of a roundup may speak of."""
        ...

    def learn(self, read: Read, verdict: Verdict) -> None:
        """Remember a verdict, so that the next document can meet it."""
        ...

    def next_incident_id(self) -> int:
        """Return an identity for a new incident; each call gives another."""
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

    def forget(self) -> None:
        """Say that what is remembered may differ from what is written: the next `hold` begins anew."""
        ...

    async def history(self, since: datetime) -> list[tuple[Read, Verdict]]:
        """Return what was decided of the articles found since then, in the order of decisions."""
        ...

    async def next_incident(self) -> int:
        """Return the lowest identity that no incident ever had."""
        ...

    async def unsettled(self, limit: int) -> list[Read]:
        """Return read documents in the order of their ids."""
        ...

    async def settle(self, batch: Sequence[tuple[Read, Verdict]], *, now: datetime) -> None:
        """Write a batch of verdicts in one transaction; raise Transient where the lock was lost."""
        ...


class ArchiveStore(Protocol):
    """What the archive stage takes and leaves."""

    async def claim_captures(self, limit: int, *, now: datetime, lease: timedelta) -> list[Capture]:
        """Lease captures that are due, best first."""
        ...

    async def settle_capture(self, capture: Capture, *, due_at: datetime | None, now: datetime) -> bool:
        """Write a capture's new state and when to look at it again; False where the lease was lost."""
        ...
