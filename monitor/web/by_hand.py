"""What people do to sources by hand: test one, pause it, let it go on, poll it now."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from monitor.adapters.store.polls import Polls
from monitor.domain.errors import MonitorError, Permanent
from monitor.domain.model import Feed, Health, SourceState
from monitor.domain.schedule import disabled, outcome_of
from monitor.ports import Clock, Fetcher, Parser
from monitor.stages.poll import ask
from monitor.web.context import Watch

NEVER = timedelta(days=36500)
PAUSED = "paused by hand"


class _Nothing:
    """A store that knows no article, so that every entry is shown."""

    async def unseen(self, source: str, url_keys: list[str]) -> frozenset[str]:  # noqa: ARG002 - part of the port
        return frozenset(url_keys)


@dataclass(frozen=True)
class SourcesByHand:
    """Implements context.SourceActions. A pause is a state like any other: all processes see it, a restart keeps it.

    `landed` waits for a poll under way of a source and tells whether there was one; `changed` makes the poll role
    look at the sources anew.
    """

    watch: Watch
    polls: Polls
    fetcher: Fetcher
    parser: Parser
    clock: Clock
    landed: Callable[[str], Awaitable[bool]]
    changed: Callable[[], object]

    async def test(self, name: str) -> Feed:
        """Poll a source without storing anything; raise Transient or Permanent where it does not answer."""
        store: Any = _Nothing()
        source, state = self.watch.source(name), SourceState(name)
        answer = await ask(
            source, state, fetcher=self.fetcher, parser=self.parser, store=store, clock=self.clock
        )
        if answer.feed is not None:
            return answer.feed
        if isinstance(answer.first, MonitorError):
            raise answer.first
        raise Permanent(outcome_of(answer.first, None), detail=f"HTTP {answer.first.status}")

    async def pause(self, name: str, *, paused: bool) -> None:
        """Stop polling a source, or go on with it; a poll under way has the last word but one."""
        change = self._paused if paused else self._resumed
        await self._write(name, change)
        if await self.landed(name):
            await self._write(name, change)

    async def poll_now(self, name: str) -> None:
        """Poll a source at the next opportunity, unless it is paused."""
        await self._write(name, self._due)

    async def _write(self, name: str, change: Callable[[SourceState], SourceState]) -> None:
        await self.polls.note_state(change(await self.polls.source_state(name)))
        self.changed()

    def _due(self, state: SourceState) -> SourceState:
        paused = state.status is Health.DISABLED
        return state if paused else replace(state, next_poll_at=self.clock.now())

    def _paused(self, state: SourceState) -> SourceState:
        now = self.clock.now()
        return replace(disabled(state, PAUSED, now), next_poll_at=now + NEVER)

    def _resumed(self, state: SourceState) -> SourceState:
        if state.status is not Health.DISABLED or state.reason != PAUSED:
            return state  # what sources.yaml has switched off, only sources.yaml switches on
        now = self.clock.now()
        return replace(state, status=Health.NEW, reason="", since=now, next_poll_at=now)
