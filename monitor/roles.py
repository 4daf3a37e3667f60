"""The roles of the daemon: each takes what is due, hands it to its stage, logs and counts what came of it."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

import structlog

from monitor.adapters.metrics import Metrics
from monitor.adapters.store.articles import Articles
from monitor.adapters.store.polls import Polls
from monitor.domain.captures import Change, Pause
from monitor.domain.errors import MonitorError
from monitor.domain.model import Article, Read, Source, SourceState, State, Verdict
from monitor.domain.schedule import is_unreachable
from monitor.ports import Clock
from monitor.stages.poll import GOOD, Polled
from monitor.stages.read import Fate
from monitor.worker import Flight

log = structlog.get_logger("monitor")

LEASE = timedelta(minutes=10)  # longer than any page may take
READS_AT_ONCE = 48
CLAIM_FROM = 8  # a lease for one article costs as much as for a handful
PER_HOST = 2  # articles of one host leased at once: no more of them are fetched at once anyway
HOST_SECONDS = 60.0  # that one host is read before others have their turn
HOSTS_AT_ONCE = 64
POLLS_AT_ONCE = 48


class Tickets(Protocol):
    """Where a role says that another has work."""

    def give(self, *roles: str) -> None:
        """Say that there may be work for these roles."""
        ...


@dataclass
class Polling:
    """Polls every source when it is due; what is known of them lives in SQL and is remembered here."""

    sources: Callable[[], Sequence[Source]]
    poll: Callable[[Source, SourceState | None], Awaitable[Polled]]
    store: Polls
    tickets: Tickets
    metrics: Metrics
    clock: Clock
    name: str = "poll"
    noted: Callable[[Source, SourceState, SourceState], object] = lambda *_: None  # before, after
    at_once: int = POLLS_AT_ONCE
    _known: dict[str, SourceState] | None = None
    _flight: Flight = field(default_factory=lambda: Flight(POLLS_AT_ONCE))

    async def step(self) -> int:
        """Start a poll of every source that is due."""
        known, now = await self._states(), self.clock.now()
        due = {name: state.next_poll_at or now for name, state in known.items()}
        under_way = set(self._flight.keys)
        ready = [s for s in self.sources() if due.get(s.name, now) <= now and s.name not in under_way]
        ready.sort(key=lambda source: due.get(source.name, now))
        for source in ready[: self._flight.free]:
            self._flight.start(source.name, self._one(source, known.get(source.name)))
        return 0

    async def all_now(self) -> list[Polled]:
        """Poll every source at once, whatever its due time; return what each brought."""
        done: list[Polled] = []
        known = await self._states()
        for source in self.sources():
            while not self._flight.free:
                await self._flight.any_done()
            self._flight.start(source.name, self._one(source, known.get(source.name), done))
        await self._flight.finish()
        return done

    async def due(self) -> list[str]:
        """Return the sources that are due by what SQL says now, the longest due first."""
        sources, now = self.sources(), self.clock.now()
        states = await self.store.source_states([source.name for source in sources])
        due = {name: state.next_poll_at or now for name, state in states.items()}
        return sorted((name for name, at in due.items() if at <= now), key=due.__getitem__)

    async def one_if_due(self, name: str) -> None:
        """Poll one source unless it is not listed, or was polled meanwhile."""
        source = next((source for source in self.sources() if source.name == name), None)
        state = await self.store.source_state(name)
        if source and (state.next_poll_at is None or state.next_poll_at <= self.clock.now()):
            await self._one(source, state)

    def forget(self) -> None:
        """Read what is known of the sources anew, as after a reload."""
        self._known = None

    @property
    def is_cut_off(self) -> bool:
        """Whether no source that was polled could even be connected to."""
        polled = [state for state in (self._known or {}).values() if state.last_polled_at]
        return bool(polled) and all(is_unreachable(state) for state in polled)

    async def land(self, name: str = "") -> bool:
        """Wait until a poll under way ends, any or this source's; False where there is none."""
        busy = name in self._flight.keys if name else bool(self._flight.keys)
        await self._flight.any_done(name or None)
        return busy

    async def finish(self) -> None:
        """Wait for the polls under way."""
        await self._flight.finish()

    async def _states(self) -> dict[str, SourceState]:
        if self._known is None:
            self._known = await self.store.source_states([source.name for source in self.sources()])
        return self._known

    async def _one(self, source: Source, state: SourceState | None, done: list[Polled] | None = None) -> None:
        started = time.monotonic()
        polled = await self.poll(source, state)
        if self._known is not None:
            self._known[source.name] = polled.state
        if done is not None:
            done.append(polled)
        self._note(polled, time.monotonic() - started)
        self.noted(source, polled.before, polled.state)

    def _note(self, polled: Polled, seconds: float) -> None:
        poll, state = polled.poll, polled.state
        self.metrics.polls.labels(outcome=poll.outcome if poll.outcome in GOOD else state.status.value).inc()
        self.metrics.poll_seconds.observe(seconds)
        if poll.new:
            self.metrics.entries.labels(source=poll.source).inc(poll.new)
            self.tickets.give("read")
        note = log.info if poll.outcome in GOOD else log.warning
        note(
            "source.polled",
            source=poll.source,
            outcome=poll.outcome,
            status=state.status.value,
            entries=poll.entries,
            new=poll.new,
            reason=state.reason or None,
            detail=poll.detail or None,
            next_at=state.next_poll_at.isoformat() if state.next_poll_at else None,
        )


@dataclass
class Reading:
    """Reads found articles, few per host at once."""

    read: Callable[[Article], Awaitable[Fate]]
    store: Articles
    tickets: Tickets
    metrics: Metrics
    clock: Clock
    name: str = "read"
    at_once: int = HOSTS_AT_ONCE
    _flight: Flight = field(init=False)

    def __post_init__(self) -> None:
        self._flight = Flight(READS_AT_ONCE, landed=lambda: self.tickets.give("read", "decide"))

    async def step(self) -> int:
        """Lease and start as many articles as there is room for."""
        while self._flight.free < CLAIM_FROM:
            await self._flight.any_done()
        busy = [host for _, host in self._flight.keys]
        claimed = await self.store.claim_found(
            self._flight.free, now=self.clock.now(), lease=LEASE, busy_hosts=busy
        )
        for article in claimed:
            self._flight.start((article.id, article.host), self._one(article))
        return len(claimed)

    async def host(self, host: str, *, stop: Callable[[], bool], take_over: bool = False) -> None:
        """Read what is due of one host, for a while; with `take_over` also what a dead reader had leased."""
        until = time.monotonic() + HOST_SECONDS
        while not stop() and time.monotonic() < until:
            now = self.clock.now()
            claimed = await self.store.claim_host(host, PER_HOST, now=now, lease=LEASE, take_over=take_over)
            if not claimed:
                return
            try:
                await asyncio.gather(*[self._guarded(article) for article in claimed])
            except asyncio.CancelledError:
                await asyncio.gather(*[self.store.give_back(one) for one in claimed], return_exceptions=True)
                raise
            take_over = False

    async def land(self) -> bool:
        """Wait until an article under way is done; False where there is none."""
        busy = bool(self._flight.keys)
        await self._flight.any_done()
        return busy

    async def finish(self) -> None:
        """Wait for the articles under way."""
        await self._flight.finish()

    async def _guarded(self, article: Article) -> None:
        """Read one of several; trouble with it is its own, and its lease ends by itself."""
        try:
            await self._one(article)
        except MonitorError as error:
            log.warning("work.failed", key=str(article.id), reason=str(error))

    async def _one(self, article: Article) -> None:
        started = time.monotonic()
        fate = await self.read(article)
        self.metrics.reads.labels(fate=fate.word).inc()
        if fate.reader:
            self.metrics.readers.labels(reader=fate.reader).inc()
        self.metrics.read_seconds.observe(time.monotonic() - started)
        known = {"article": article.id, "source": article.source, "url": article.url}
        if fate.word == "failed":
            self.metrics.articles.labels(state=State.FAILED.value).inc()
            log.warning("article.settled", state=State.FAILED.value, reason=fate.reason, **known)
        else:
            event = "article." + fate.word
            log.info(event, reason=fate.reason or None, reader=fate.reader or None, **known)


class Stepwise:
    """A role with nothing under way between its steps."""

    async def land(self) -> bool:
        """There is nothing to wait for."""
        return False

    async def finish(self) -> None:
        """There is nothing to wait for."""


@dataclass
class Deciding(Stepwise):
    """Settles read documents, batch after batch."""

    decide: Callable[[], Awaitable[list[tuple[Read, Verdict]]]]
    tickets: Tickets
    metrics: Metrics
    clock: Clock
    name: str = "decide"

    async def step(self) -> int:
        """Settle one batch."""
        started = time.monotonic()
        batch = await self.decide()
        if batch:
            self.metrics.decide_seconds.observe(time.monotonic() - started)
            self.tickets.give("archive", "web")
        for read, verdict in batch:
            self._note(read, verdict)
        return len(batch)

    def _note(self, read: Read, verdict: Verdict) -> None:
        self.metrics.articles.labels(state=verdict.state.value).inc()
        if verdict.state is State.QUEUED:
            self.metrics.found_to_queued.observe((self.clock.now() - read.found_at).total_seconds())
        log.info(
            "article.settled",
            article=verdict.article_id,
            state=verdict.state.value,
            source=read.source,
            url=read.url,
            incident=verdict.incident_id,
            match=verdict.outcome.value if verdict.outcome else None,
            score=round(verdict.score, 3) if verdict.score is not None else None,
            copy_of=verdict.copy.original_id if verdict.copy else None,
            roundup=verdict.roundup or None,
            reason="; ".join(verdict.reasons)[:200],
        )


@dataclass
class Archiving(Stepwise):
    """Has queued pages archived, within what the archive allows."""

    archive: Callable[[], Awaitable[list[Change | Pause]]]
    metrics: Metrics
    name: str = "archive"

    async def step(self) -> int:
        """Do one step of work; nothing here ever delays an article."""
        happened = await self.archive()
        for one in happened:
            if isinstance(one, Change):
                self._note(one)
            else:
                log.warning(
                    "archive.paused",
                    scope=one.scope.value,
                    host=one.host or None,
                    reason=one.reason,
                    until=one.until.isoformat(),
                )
        return sum(isinstance(one, Change) for one in happened)

    def _note(self, change: Change) -> None:
        if change.state is not change.was:
            self.metrics.captures.labels(state=change.state.value).inc()
        event = "capture." + change.state.value
        known = {"capture": change.capture_id, "article": change.article_id, "url": change.url}
        reached = {"reason": change.reason or None, "archive_url": change.archive_url or None}
        log.info(event, was=change.was.value, **reached, **known)
