"""Small honest stand-ins for the outside world; each can be told to be difficult."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from monitor.domain.bounds import Bounds
from monitor.domain.copies import Imprint, imprint_of
from monitor.domain.errors import MonitorError
from monitor.domain.model import (
    Article,
    Document,
    Entry,
    Feed,
    Hints,
    Page,
    Read,
    Reading,
    Request,
    Response,
    Source,
    SourceState,
    State,
    Verdict,
)
from monitor.domain.position import Position
from monitor.ports import Found, Holding, Poll

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass
class FakeClock:
    """A clock that stands until it is moved."""

    time: datetime = NOON

    def now(self) -> datetime:
        return self.time

    def move(self, **by: float) -> None:
        self.time += timedelta(**by)


def response(
    url: str = "https://example.org/a",
    body: bytes = b"<html><body>words</body></html>",
    status: int = 200,
    at: datetime = NOON,
    truncated: bool = False,
    **headers: str,
) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(url, url, status, named, body, at, truncated=truncated)


@dataclass
class FakeWeb:
    """A Fetcher that answers from a table; an error in the table is raised."""

    answers: Mapping[str, Response | MonitorError]
    asked: list[Request] = field(default_factory=list)

    async def fetch(self, request: Request) -> Response:
        self.asked.append(request)
        answer = self.answers[request.url]
        if isinstance(answer, MonitorError):
            raise answer
        return answer


@dataclass
class FakeRobots:
    """Allows everything but what it is told to forbid."""

    forbidden: Sequence[str] = ()

    async def allowed(self, url: str) -> bool:
        return url not in self.forbidden


@dataclass
class FakeParser:
    """A Parser that hands out feeds in order."""

    feeds: list[Feed | MonitorError]

    async def parse(self, source: Source, response: Response, now: datetime) -> Feed:
        feed = self.feeds.pop(0)
        if isinstance(feed, MonitorError):
            raise feed
        return feed


@dataclass
class FakeReader:
    """A Reader that makes every page a document with its own body as text, or raises."""

    trouble: MonitorError | None = None
    hints: list[Hints] = field(default_factory=list)

    async def read(self, page: Page, hints: Hints) -> Reading:
        self.hints.append(hints)
        if self.trouble:
            raise self.trouble
        return reading_of(page.body.decode(), title=hints.title)

    async def read_entry(self, entry: Entry, hints: Hints) -> Reading:
        return reading_of(entry.content or entry.summary, title=entry.title, reader="entry")


def reading_of(text: str, **facts: object) -> Reading:
    document = Document(title=str(facts.pop("title", "A title")), text=text, **facts)  # type: ignore[arg-type]
    return Reading(document, content_hash=str(hash(text)), sketch=b"")


@dataclass
class FakePolls:
    """A PollStore in memory."""

    seen: set[str] = field(default_factory=set)
    states: dict[str, SourceState] = field(default_factory=dict)
    polls: list[Poll] = field(default_factory=list)

    async def source_state(self, name: str) -> SourceState:
        return self.states.get(name, SourceState(name))

    async def unseen(self, source: str, url_keys: Sequence[str]) -> frozenset[str]:
        return frozenset(url_keys) - self.seen

    async def settle_poll(self, state: SourceState, found: Sequence[Found], poll: Poll) -> int:
        keys = {one.url_key for one in found}
        new = len(keys - self.seen)
        self.seen |= keys
        self.states[state.name] = state
        self.polls.append(poll)
        return new


@dataclass
class FakeArticles:
    """A ReadStore that notes what became of each article; `lost` leases refuse to settle."""

    lost: bool = False
    read: dict[int, Reading] = field(default_factory=dict)
    postponed: dict[int, tuple[str, datetime]] = field(default_factory=dict)
    failed: dict[int, str] = field(default_factory=dict)

    async def claim_found(
        self, limit: int, *, now: datetime, lease: timedelta, busy_hosts: Sequence[str] = ()
    ) -> list[Article]:
        return []

    async def settle_reading(self, article: Article, reading: Reading, *, now: datetime) -> bool:
        if not self.lost:
            self.read[article.id] = reading
        return not self.lost

    async def postpone(self, article: Article, reason: str, due_at: datetime) -> bool:
        if not self.lost:
            self.postponed[article.id] = (reason, due_at)
        return not self.lost

    async def fail(self, article: Article, reason: str, *, now: datetime) -> bool:
        if not self.lost:
            self.failed[article.id] = reason
        return not self.lost


@dataclass
class FakeVerdicts:
    """A DecideStore in memory; `trouble` is raised once instead of settling."""

    reads: list[Read] = field(default_factory=list)
    settled: list[tuple[Read, Verdict]] = field(default_factory=list)
    holding: Holding = Holding.TAKEN
    trouble: MonitorError | None = None
    forgotten: int = 0
    loaded: int = 0

    async def hold(self, now: datetime) -> Holding:
        holding, self.holding = (
            self.holding,
            (Holding.KEPT if self.holding is not Holding.NONE else Holding.NONE),
        )
        return holding

    async def hold_on(self, now: datetime) -> None:
        """The lock has no end here."""

    def forget(self) -> None:
        self.forgotten += 1
        self.holding = Holding.TAKEN

    async def members(self, since: datetime) -> list[tuple[int, int]]:
        self.loaded += 1
        queued = [verdict for _, verdict in self.settled if verdict.state is State.QUEUED]
        return [(one.article_id, one.incident_id) for one in queued if one.incident_id is not None]

    async def set_aside(self, encoder: str) -> int:
        return 0

    async def encoded_among(self, articles: Sequence[int]) -> list[int]:
        return [
            read.article_id for read, _ in self.settled if read.article_id in articles and read.reading.vector
        ]

    async def history(self, articles: Sequence[int]) -> list[tuple[Read, Verdict]]:
        return [(read, verdict) for read, verdict in self.settled if verdict.article_id in articles]

    @property
    def position(self) -> Position:
        return Position(len(self.settled))

    async def is_known(self, position: Position) -> bool:
        return position.seq <= len(self.settled)

    async def imprints(self, since: datetime, after: int, limit: int) -> list[Imprint]:
        rows = enumerate(self.settled[after : after + limit], after + 1)
        return [replace(imprint_of(read, verdict), seq=seq) for seq, (read, verdict) in rows]

    async def imprints_changed(self, position: Position) -> list[Imprint]:
        return []

    async def next_incident(self) -> int:
        return 1 + max((verdict.incident_id or 0 for _, verdict in self.settled), default=0)

    async def bounds(self) -> Bounds:
        return Bounds()

    async def unsettled(self, limit: int) -> list[Read]:
        return self.reads[:limit]

    async def settle(self, batch: Sequence[tuple[Read, Verdict]], *, now: datetime) -> None:
        if self.trouble:
            trouble, self.trouble = self.trouble, None
            raise trouble
        self.settled += batch
        self.reads = self.reads[len(batch) :]


async def bounded(work: object, seconds: float = 5.0) -> object:
    """Await with a bound, so that a bug fails a test instead of hanging it."""
    async with asyncio.timeout(seconds):
        return await work  # type: ignore[misc]
