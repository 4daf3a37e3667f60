"""A decider that begins anew after every batch decides what one that never ended does, to the last digit."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.adapters.index import MemoryIndex
from monitor.adapters.store.stores import Stores
from monitor.domain.decide import judge_batch
from monitor.domain.model import Entry, Outcome, Read, SourceState, Verdict
from monitor.evaluate import reads_of, rows_of
from monitor.ports import Found, Poll
from monitor.stages.decide import decide
from tests.fakes import NOON, FakeClock
from tests.store.rows import LEASE, add_read, copy_of, queued, settle

DATA = Path(__file__).parents[1] / "data" / "incidents" / "dev.jsonl"
WINDOW = timedelta(days=3650)
ARTICLES, BATCH = 90, 8
SOON = NOON + timedelta(seconds=5)
BY = {"who": "ann", "now": SOON}


async def add_articles(stores: Stores) -> list[Read]:
    """Bring articles of a few weeks to state `read`, those of some days as mixed up as they come."""
    reads = reads_of(rows_of(DATA)[40 : 40 + ARTICLES], None)
    random.Random(4).shuffle(reads)
    urls = [f"https://host{number}.example/{number}" for number in range(len(reads))]
    entries = [
        Found(url.removeprefix("https://"), url.split("/")[2], Entry(url, title=read.document.title))
        for url, read in zip(urls, reads, strict=True)
    ]
    await stores.polls.settle_poll(SourceState("gazette"), entries, Poll("gazette", NOON, "feed"))
    of = dict(zip(urls, reads, strict=True))
    for article in await stores.articles.claim_found(len(reads), now=NOON, lease=LEASE):
        await stores.articles.settle_reading(article, of[article.url].reading, now=NOON)
    return await stores.verdicts.unsettled(len(reads))


def told(batch: Sequence[tuple[Read, Verdict]]) -> list[Verdict]:
    return [replace(verdict, priority=0.0) for _, verdict in batch]


async def step(stores: Stores, memory: MemoryIndex) -> list[tuple[Read, Verdict]]:
    await stores.verdicts.let_go()
    return await decide(
        store=stores.verdicts, memory=memory, topics=[], clock=FakeClock(NOON), window=WINDOW,
        limit=BATCH, screen=False,
    )  # fmt: skip


@pytest.fixture
async def reads(stores: Stores) -> list[Read]:
    return await add_articles(stores)


async def test_a_new_memory_after_every_batch_changes_nothing(stores: Stores, reads: list[Read]) -> None:
    one, whole = MemoryIndex(window=WINDOW), list[Verdict]()
    for start in range(0, ARTICLES, BATCH):
        whole += told(judge_batch(reads[start : start + BATCH], topics=(), index=one, screening=False))
    parts = list[Verdict]()
    while batch := await step(stores, MemoryIndex(window=WINDOW)):
        parts += told(batch)
    assert parts == whole
    assert any(verdict.merges for verdict in whole)
    assert any(verdict.copy and verdict.copy.earlier for verdict in whole)


async def test_what_people_moved_is_where_they_put_it(stores: Stores) -> None:
    """However often it was moved and merged, and whether that was taken back: decided there, remembered here."""
    reads = await add_read(stores, 4)
    ids = [read.article_id for read in reads]
    await settle(stores, queued(reads[0], 1), queued(reads[1], 1, Outcome.EXISTING), queued(reads[2], 2))
    merged = await stores.corrections.merge(2, 1, **BY)
    await stores.corrections.split(2, [ids[1]], **BY)
    assert {v.article_id: v.incident_id for _, v in await stores.verdicts.history(ids)} == {
        ids[0]: 1, ids[1]: 1, ids[2]: 2,
    }  # fmt: skip
    memory = MemoryIndex(window=WINDOW)
    await step(stores, memory)
    members = dict(await stores.verdicts.members(NOON - WINDOW))
    assert members == {ids[0]: 2, ids[1]: 3, ids[2]: 2, ids[3]: 2}  # the last one joined
    assert [memory.reports(incident) for incident in (1, 2, 3)] == [0, 3, 1]
    assert merged.detail["gone"] == 1


async def test_an_original_that_gave_way_is_what_is_remembered(stores: Stores) -> None:
    """It was learned when it was decided; the same text under another number would be weighed at another time."""
    reads = await add_read(stores, 3)
    ids = [read.article_id for read in reads]
    read, verdict = copy_of(reads[2], ids[0], 1)
    assert verdict.copy is not None
    earlier = replace(verdict, copy=replace(verdict.copy, earlier=True))
    await settle(stores, queued(reads[0], 1), queued(reads[1], 2), (read, earlier))
    assert await stores.verdicts.members(NOON - WINDOW) == [(ids[0], 1), (ids[1], 2)]
    history = await stores.verdicts.history(ids[:2])
    assert [(one.article_id, one.state.value, one.copy) for _, one in history] == [
        (ids[0], "queued", None), (ids[1], "queued", None),
    ]  # fmt: skip
