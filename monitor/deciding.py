"""The decider's part of the line: what it remembers, what it compares with, and what it decides again."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

import structlog

from monitor.adapters import calibration
from monitor.adapters.embed import Examples, passage
from monitor.adapters.forests import together
from monitor.adapters.heap import give_back
from monitor.adapters.index import MemoryIndex
from monitor.adapters.workers import PoolReader
from monitor.daemon import System
from monitor.domain.again import Again
from monitor.domain.errors import MonitorError
from monitor.domain.match import SHIPPED, Decisions
from monitor.domain.model import Read, Topic, Verdict
from monitor.domain.retries import must_wait
from monitor.roles import Deciding, Tickets
from monitor.stages.again import decide_again
from monitor.stages.decide import decide

log = structlog.get_logger("monitor")

TAKING_UP = "takes up its memory"
ENCODER_AWAY = timedelta(minutes=1)  # until an encoder that gave no vectors is asked for some again


def memory_of(system: System) -> MemoryIndex:
    """Return what the decider remembers; snapshots of it lie in DATA_DIR."""
    window = timedelta(days=system.settings.MATCH_WINDOW_DAYS)
    return MemoryIndex(window=window, folder=system.settings.DATA_DIR / "snapshots")


def deciding(
    system: System,
    reader: PoolReader,
    tickets: Tickets,
    memory: MemoryIndex,
    went_on: Callable[[str], None] = lambda _role: None,
) -> Deciding:
    """Build the decider: new articles first, then those that were decided by words alone.

    `went_on` is told, by the role's name, that a long step goes on.
    """
    store = system.stores.verdicts
    window = timedelta(days=system.settings.MATCH_WINDOW_DAYS)
    examples = Encoded(reader)
    decisions = together(SHIPPED.calibrated(calibration.load(system.settings.DATA_DIR)[0]))
    waking = Waking(system, went_on)

    async def stage() -> list[tuple[Read, Verdict]]:
        topics = system.watch.topics()
        if system.settings.EMBEDDINGS != "off":
            memory.examples = await examples.of(topics)
        batch = await decide(
            store=store,
            memory=memory,
            topics=topics,
            clock=system.clock,
            window=window,
            decisions=decisions,
            encoder="" if system.settings.EMBEDDINGS == "off" else reader.model,
            went_on=waking.went_on,
        )
        await waking.ended(holds=store.holds)
        return batch

    return Deciding(stage, _again(system, reader, memory, decisions), tickets, system.metrics, system.clock)


def _again(
    system: System, reader: PoolReader, memory: MemoryIndex, decisions: Decisions
) -> Callable[[], Awaitable[list[Again]]]:
    """Return what decides again by vectors; while the encoder is away it is asked once in a while."""

    async def encode(reads: Sequence[Read]) -> tuple[list[bytes], str]:
        documents = [read.document for read in reads]
        return await reader.encode([passage(one.title, one.text) for one in documents]), reader.model

    async def stage() -> list[Again]:
        if system.settings.EMBEDDINGS == "off":
            return []
        return await decide_again(
            store=system.stores.verdicts,
            memory=memory,
            encode=encode,
            topics=system.watch.topics(),
            clock=system.clock,
            window=timedelta(days=system.settings.MATCH_WINDOW_DAYS),
            decisions=decisions,
        )

    return spared(stage, system.clock.now)


def spared(
    stage: Callable[[], Awaitable[list[Again]]], clock: Callable[[], datetime]
) -> Callable[[], Awaitable[list[Again]]]:
    """Return a stage that does nothing for a while after it failed."""
    asked_again_at: datetime | None = None

    async def step() -> list[Again]:
        nonlocal asked_again_at
        now = clock()
        if asked_again_at is not None and must_wait(asked_again_at, now, ENCODER_AWAY):
            return []
        try:
            return await stage()
        except MonitorError as error:
            asked_again_at = now + ENCODER_AWAY
            log.warning("encoder.failed", reason=str(error))
            return []

    return step


class Waking:
    """Says how far the decider is: to the watchdog, to /readyz, to the log."""

    def __init__(self, system: System, went_on: Callable[[str], None]) -> None:
        self._system, self._went_on = system, went_on
        self._began: float | None = None

    def went_on(self) -> None:
        """Note that the memory is being taken up."""
        self._began = self._began or time.monotonic()
        self._system.decider = TAKING_UP
        self._went_on("decide")

    async def ended(self, *, holds: bool) -> None:
        """Note that it can decide, or stands by."""
        self._system.decider = "ok" if holds else "stands by"
        if self._began is not None:
            await asyncio.to_thread(give_back)
            log.info("decider.ready", seconds=round(time.monotonic() - self._began, 1))
            self._began = None


class Encoded:
    """The examples under `like:` as vectors, encoded once per configuration."""

    def __init__(self, reader: PoolReader) -> None:
        self._reader = reader
        self._known: dict[tuple[Topic, ...], Examples] = {}

    async def of(self, topics: tuple[Topic, ...]) -> Examples | None:
        """Return the encoded examples; None where no topic has any, or the encoder does not answer."""
        with_examples = tuple(topic for topic in topics if topic.like)
        if with_examples and with_examples not in self._known:
            try:
                vectors = {topic.name: await self._reader.encode(list(topic.like)) for topic in with_examples}
            except MonitorError as error:
                log.warning("encoder.failed", reason=str(error))
                return None
            self._known = {with_examples: Examples(vectors)}
        return self._known.get(with_examples)
