"""Polling: every source when it is due."""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from monitor.adapters.metrics import Metrics
from monitor.adapters.store.polls import Polls
from monitor.domain.model import Source, SourceState
from monitor.domain.schedule import (
    asked_anew,
    due_at,
    is_due,
    is_edited,
    is_paused,
    is_unreachable,
    switched_off,
)
from monitor.ports import Clock
from monitor.roles.common import Tickets
from monitor.stages.poll import GOOD, Polled
from monitor.worker import Flight

log = structlog.get_logger("monitor")

POLLS_AT_ONCE = 48


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
        due = {name: due_at(state, now) for name, state in known.items()}
        under_way = set(self._flight.keys)
        ready = [s for s in self.sources() if due.get(s.name, now) <= now and s.name not in under_way]
        ready.sort(key=lambda source: due.get(source.name, now))
        for source in ready[: self._flight.free]:
            self._flight.start(source.name, self._one(source, known.get(source.name)))
        return 0

    async def all_now(self) -> list[Polled]:
        """Poll every source that is not paused at once, whatever its due time; return what each brought."""
        done: list[Polled] = []
        known = await self._states()
        for source in self.sources():
            if (state := known.get(source.name)) and is_paused(state):
                continue
            while not self._flight.free:
                await self._flight.any_done()
            self._flight.start(source.name, self._one(source, known.get(source.name), done))
        await self._flight.finish()
        return done

    async def due(self) -> list[str]:
        """Return the sources that are due by what SQL says now, the longest due first."""
        sources, now = self.sources(), self.clock.now()
        states = await self.store.source_states([source.name for source in sources])
        due = {name: due_at(state, now) for name, state in states.items()}
        return sorted((name for name, at in due.items() if at <= now), key=due.__getitem__)

    async def one_if_due(self, name: str) -> None:
        """Poll one source unless it is not listed, or was polled meanwhile."""
        source = next((source for source in self.sources() if source.name == name), None)
        state = await self.store.source_state(name)
        if source and is_due(state, self.clock.now()):
            await self._one(source, state)

    def forget(self) -> None:
        """Read what is known of the sources anew, as after a reload."""
        self._known = None

    async def switch_off(self, known: Mapping[str, SourceState], reasons: Mapping[str, str]) -> None:
        """Write down which sources are polled no more, and why; a poll of one that is under way ends first."""
        polled = {source.name for source in self.sources()}
        for name in (known.keys() | reasons.keys()) - polled:
            await self._flight.any_done(name)
            state = await self.store.source_state(name)
            if off := switched_off(state, reasons.get(name), self.clock.now()):
                await self.store.note_state(off)

    async def ask_anew(self, before: Mapping[str, Source]) -> None:
        """Have those polled at once whose lines were edited, whole: "not modified" would hide what the edit changes."""
        edited = [one for one in self.sources() if one.name in before and is_edited(before[one.name], one)]
        for source in edited:
            await self._flight.any_done(source.name)
            state = await self.store.source_state(source.name)
            if not is_paused(state):
                await self.store.note_state(asked_anew(state, self.clock.now()))

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
