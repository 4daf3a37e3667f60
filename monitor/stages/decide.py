"""Decide: recall what a document may belong to, judge it, settle the batch."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Protocol

from monitor.domain.bounds import Bounds
from monitor.domain.copies import Trace
from monitor.domain.decide import Memory as Remembering
from monitor.domain.decide import judge_batch
from monitor.domain.match import SHIPPED, Decisions
from monitor.domain.model import Read, Topic, Verdict
from monitor.ports import Clock, DecideStore, Holding

BATCH = 200


class Memory(Remembering, Protocol):
    """An index that can be filled anew."""

    def load(
        self,
        rows: Sequence[tuple[Read, Verdict]],
        next_incident: int,
        bounds: Bounds,
        traces: Sequence[Trace],
    ) -> None:
        """Forget everything and remember these."""
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
) -> list[tuple[Read, Verdict]]:
    """Settle one batch of read documents in one transaction and return it; empty while there is nothing to do."""
    holding = await store.hold(clock.now())
    if holding is Holding.NONE:
        return []
    if holding is Holding.TAKEN:
        since = clock.now() - window
        history, traces = await store.history(since), await store.traces(since)
        next_incident, bounds = await store.next_incident(), await store.bounds()
        await asyncio.to_thread(memory.load, history, next_incident, bounds, traces)
    reads = await store.unsettled(limit)
    try:
        judging = partial(judge_batch, topics=topics, index=memory, screening=screen, decisions=decisions)
        batch = await asyncio.to_thread(judging, reads)
        if batch:
            await store.settle(batch, now=clock.now())
    except BaseException:
        store.forget()  # the index has learned what was not written
        raise
    return batch
