"""Decide again: articles that were decided by words alone, while an encoder was missing, when there is time for them."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Protocol

from monitor.domain.again import Again, judge_again
from monitor.domain.again import Memory as Judging
from monitor.domain.match import SHIPPED, Decisions
from monitor.domain.model import Read, Topic
from monitor.ports import AgainStore, Clock
from monitor.stages.decide import Memory as InStep

AT_ONCE = 16  # articles that are encoded together: new ones wait no longer than that
Encode = Callable[[Sequence[Read]], Awaitable[tuple[list[bytes], str]]]


class Memory(InStep, Judging, Protocol):
    """An index that keeps in step with what is written, and judges again."""


async def decide_again(
    *,
    store: AgainStore,
    memory: Memory,
    encode: Encode,
    topics: Sequence[Topic],
    clock: Clock,
    window: timedelta,
    decisions: Decisions = SHIPPED,
) -> list[Again]:
    """Settle some articles anew and return them; raise a MonitorError, and change nothing, while there are no vectors.

    `encode` returns a vector for each document, empty for one without letters, and the model's name.
    """
    waiting = await store.by_words(clock.now() - window, AT_ONCE) if store.holds else []
    if not waiting:
        return []
    vectors, model = await encode([read for read, _ in waiting])
    known = [
        (_with(read, vector, model), verdict)
        for (read, verdict), vector in zip(waiting, vectors, strict=True)
    ]
    try:
        judging = partial(judge_again, topics=topics, index=memory, decisions=decisions)
        again = await asyncio.to_thread(judging, known)
        await store.settle_again(again, now=clock.now())
    except BaseException:
        memory.reported.forget()  # it may have learned what was not written
        store.forget()
        raise
    return again


def _with(read: Read, vector: bytes, model: str) -> Read:
    return replace(read, reading=replace(read.reading, vector=vector or None, vector_model=model))
