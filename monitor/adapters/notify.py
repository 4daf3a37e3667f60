"""Tells people of changes in the health of sources: gathered, sent to each target by itself, tried again, bounded."""

import asyncio
import contextlib
import secrets
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

import structlog

from monitor.domain.alerts import Alert, alert_for, standing
from monitor.domain.errors import MonitorError, Transient
from monitor.domain.model import Health, Source, SourceState
from monitor.ports import Clock

log = structlog.get_logger("monitor")

GATHER = 10.0  # seconds in which changes are gathered into one message
TRIES = (10.0, 60.0, 300.0, 1800.0)  # seconds between one try and the next
MOST_WAITING = 1000  # alerts; the oldest give way
MOST_IN_ONE = 100
LAST_WORDS = 8.0  # seconds for what waits when the process stops

Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True)
class Message:
    """Some alerts under one identity, which every try repeats: whoever gets it twice can tell."""

    id: str
    at: datetime
    alerts: tuple[Alert, ...]


class Target(Protocol):
    """Where messages go; `name` is what the log calls it, for its address may hold a secret."""

    name: str

    async def send(self, message: Message) -> None:
        """Deliver; raise Transient where another try may help, Permanent where none will."""
        ...


class Mailbox:
    """The alerts that wait for one target."""

    def __init__(self, target: Target, clock: Clock, *, sleep: Sleep = asyncio.sleep) -> None:
        self._target, self._clock, self._sleep = target, clock, sleep
        self._waiting: deque[Alert] = deque()
        self._some = asyncio.Event()
        self._open: Message | None = None

    def put(self, alert: Alert) -> None:
        """Take an alert; never waits."""
        if len(self._waiting) >= MOST_WAITING:
            lost = self._waiting.popleft()
            log.warning("alert.dropped", target=self._target.name, source=lost.source, reason="too many wait")
        self._waiting.append(alert)
        self._some.set()

    async def run(self) -> None:
        """Deliver until cancelled."""
        while True:
            await self._some.wait()
            await self._sleep(GATHER)
            for pause in (*TRIES, None):
                left = await self.deliver()
                if left is None or pause is None:
                    break
                await self._sleep(max(pause, left.retry_after.total_seconds() if left.retry_after else 0.0))
            self._give_up()

    async def deliver(self) -> Transient | None:
        """Try once to send what waits; return the trouble where another try may help."""
        message = self._open = self._open or self._next()
        if message is None:
            return None
        try:
            await self._target.send(message)
        except Transient as error:
            return error
        except MonitorError as error:
            self._give_up(str(error))
            return None
        log.info("alert.sent", target=self._target.name, alerts=len(message.alerts))
        self._open = None
        return None

    def _next(self) -> Message | None:
        taken = [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST_IN_ONE))]
        if not self._waiting:
            self._some.clear()
        return Message(f"msg_{secrets.token_hex(12)}", self._clock.now(), tuple(taken)) if taken else None

    def _give_up(self, reason: str = "no try got through") -> None:
        if self._open is not None:
            sources = [alert.source for alert in self._open.alerts]
            log.warning("alert.failed", target=self._target.name, sources=sources, reason=reason)
            self._open = None


class Notifier:
    """Notes the health of sources, and tells every target of what changed."""

    def __init__(self, targets: Sequence[Target], clock: Clock, *, sleep: Sleep = asyncio.sleep) -> None:
        self._clock = clock
        self._boxes = [Mailbox(target, clock, sleep=sleep) for target in targets]
        self._told: dict[str, Health] = {}
        self._tasks: list[asyncio.Task[None]] = []

    def note(self, source: Source, before: SourceState, after: SourceState) -> Alert | None:
        """Take what a poll made of a source; log and send where its health really changed."""
        # what SQL says goes before our own memory: another process may have polled the source meanwhile
        told = standing(source, before) or self._told.get(source.name)
        alert = alert_for(source, told, after, self._clock.now())
        if word := standing(source, after) or told:
            self._told[source.name] = word
        if alert is None:
            return None
        note = log.info if alert.recovered else log.warning
        note(
            "source.changed",
            source=alert.source,
            was=alert.was.value,
            status=alert.status.value,
            reason=alert.reason or None,
        )
        for box in self._boxes:
            box.put(alert)
        return alert

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(box.run()) for box in self._boxes]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS):
                await asyncio.gather(*(box.deliver() for box in self._boxes), return_exceptions=True)
