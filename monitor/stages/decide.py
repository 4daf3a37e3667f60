"""Decide: recall what a document may belong to, judge it, settle the batch."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from monitor.domain.bounds import Bounds
from monitor.domain.copies import Imprint
from monitor.domain.decide import Memory as Remembering
from monitor.domain.decide import judge_batch
from monitor.domain.errors import MonitorError
from monitor.domain.match import SHIPPED, Decisions
from monitor.domain.model import Read, Topic, Verdict
from monitor.domain.position import START, Position, proof_of
from monitor.ports import Clock, DecideStore, Holding

BATCH = 200
AT_ONCE = 10_000  # imprints that are taken in together
READS_AT_ONCE = 500  # the same of whole documents, which weigh a hundred times as much
KEPT_EVERY = 100_000  # reports of a long start; what is known by then is put on the shelf
Still = Callable[[], Awaitable[None]]  # says that what takes long goes on


class Texts(Protocol):
    """What is remembered of all texts: it goes on where it, or the process before it, came to."""

    def wake(self, since: datetime) -> Position:
        """Return up to where everything is remembered; texts found before `since` may go."""
        ...

    def take_in(self, imprints: Sequence[Imprint], position: Position) -> None:
        """Remember how decided articles stand; up to the position nothing is missing then."""
        ...

    def reached(self, position: Position, since: datetime) -> None:
        """Note that everything up to here is written and remembered; texts found before `since` may go."""
        ...

    def forget(self) -> None:
        """Forget what is not on the shelf: it may differ from what is written."""
        ...

    def distrust(self) -> None:
        """Forget everything: it is of another history."""
        ...


class Reported(Protocol):
    """What is remembered of all incidents."""

    def wake(self) -> Position:
        """Return up to where everything is remembered."""
        ...

    def reached(self, position: Position) -> None:
        """Note that everything up to here is written and remembered."""
        ...

    def forget(self) -> None:
        """Forget what is not on the shelf: it may differ from what is written."""
        ...

    def distrust(self) -> None:
        """Forget everything: it is of another history."""
        ...


class Memory(Remembering, Protocol):
    """An index that keeps in step with what is written."""

    @property
    def copies(self) -> Texts:
        """The texts that new ones may copy."""
        ...

    @property
    def reported(self) -> Reported:
        """The incidents that new texts may report on."""
        ...

    def know(self, next_incident: int, bounds: Bounds) -> None:
        """Take note of the next incident's identity, and of what people said."""
        ...

    def stand(self, members: Sequence[tuple[int, int]]) -> list[int]:
        """Put reports into the incidents in which they are now; return the articles that are not remembered."""
        ...

    def take_in(self, rows: Sequence[tuple[Read, Verdict]]) -> None:
        """Remember reports in the order in which they were decided."""
        ...

    def without_vectors(self) -> list[int]:
        """Return the articles of reports that came without a vector."""
        ...

    def encoded(self, read: Read) -> None:
        """Remember the vector of a report that came without one."""
        ...


async def decide(
    *,
    store: DecideStore,
    memory: Memory,
    topics: Sequence[Topic],
    clock: Clock,
    window: timedelta,
    limit: int = BATCH,
    screen: bool = True,
    decisions: Decisions = SHIPPED,
    encoder: str = "",
    went_on: Callable[[], None] = lambda: None,
) -> list[tuple[Read, Verdict]]:
    """Settle one batch of read documents in one transaction and return it; empty while there is nothing to do.

    Where an encoder is named, vectors of others count as missing: they compare with none of its own.
    `went_on` is called time and again while what is written is taken in, which may take minutes.
    """

    async def still() -> None:
        went_on()
        await store.hold_on(clock.now())

    try:
        while (holding := await store.hold(clock.now())) is Holding.TAKEN:
            if encoder and await store.set_aside(encoder):
                memory.reported.distrust()
            await _remember(store, memory, clock.now() - window, still)
        if holding is Holding.NONE:
            return []
        await asyncio.to_thread(memory.copies.reached, store.position, clock.now() - window)
        await asyncio.to_thread(memory.reported.reached, store.position)
        judging = partial(judge_batch, topics=topics, index=memory, screening=screen, decisions=decisions)
        reads = [_comparable(read, encoder) for read in await store.unsettled(limit)]
        batch = await asyncio.to_thread(judging, reads)
        if batch:
            await store.settle(batch, now=clock.now())
    except BaseException as error:
        unforeseen = isinstance(error, Exception) and not isinstance(error, MonitorError)
        for known in (memory.copies, memory.reported):  # they may have learned what was not written
            known.distrust() if unforeseen else known.forget()
        store.forget()
        raise
    return batch


def _comparable(read: Read, encoder: str) -> Read:
    if not encoder or read.reading.vector_model == encoder:
        return read
    return replace(read, reading=replace(read.reading, vector=None))


async def _remember(store: DecideStore, memory: Memory, since: datetime, still: Still) -> None:
    """Bring what is remembered up to what is written: the lock was just taken, or somebody corrected something."""
    await _remember_texts(store, memory.copies, since, still)
    if not await store.is_known(await asyncio.to_thread(memory.reported.wake)):
        memory.reported.distrust()
    memory.know(await store.next_incident(), await store.bounds())
    members = await store.members(since)
    missing = await asyncio.to_thread(memory.stand, members)
    for start in range(0, len(missing), READS_AT_ONCE):
        await still()
        if start and not start % KEPT_EVERY:
            await asyncio.to_thread(memory.reported.reached, store.position)  # the rest will be missing again
        history = await store.history(missing[start : start + READS_AT_ONCE])
        await asyncio.to_thread(memory.take_in, history)
    if missing:
        await asyncio.to_thread(memory.stand, members)  # people may have put them elsewhere since
    later = await store.encoded_among(await asyncio.to_thread(memory.without_vectors))
    for start in range(0, len(later), READS_AT_ONCE):
        for read, _ in await store.history(later[start : start + READS_AT_ONCE]):
            memory.encoded(read)


async def _remember_texts(store: DecideStore, copies: Texts, since: datetime, still: Still) -> None:
    """Take in what was decided or corrected since the position up to which the texts are known."""
    await still()
    now, known = store.position, await asyncio.to_thread(copies.wake, since)
    if not await store.is_known(known):
        copies.distrust()
        known = START
    changed = await store.imprints_changed(known) if known != START else []
    await asyncio.to_thread(copies.take_in, changed, replace(known, change=now.change))
    after = known.seq
    while imprints := await store.imprints(since, after, AT_ONCE):
        await still()
        last = imprints[-1]
        reached = Position(last.seq, now.change, proof_of(last.article_id, last.found_at))
        await asyncio.to_thread(copies.take_in, imprints, reached)
        after = last.seq
    await asyncio.to_thread(copies.take_in, [], now)
