"""Vectors of an encoder that is no longer in use are compared with nothing, and made anew: on both databases."""

from dataclasses import replace

import pytest

from monitor.adapters.index import MemoryIndex
from monitor.domain.model import Reading
from monitor.stages.decide import decide
from tests.fakes import NOON, FakeClock
from tests.store.rows import LEASE, add_found, rows_of
from tests.store.test_again import CHINESE, ENGLISH, OTHER, TOPIC, WINDOW, Encoder, add, again, reading


def by(model: str, one: Reading) -> Reading:
    return replace(one, vector=Encoder.vector(one.document.title), vector_model=model)


async def settle(stores, memory, encoder="fake"):
    return await decide(
        store=stores.verdicts,
        memory=memory,
        topics=[TOPIC],
        clock=FakeClock(),
        window=WINDOW,
        encoder=encoder,
    )


@pytest.fixture
async def changed(stores) -> MemoryIndex:
    """Two articles decided by vectors of one encoder, in a process that ended; another is in use now."""
    await add(stores, by("former", reading(*ENGLISH, "en")), by("former", reading(*OTHER, "no")))
    await settle(stores, MemoryIndex(window=WINDOW), "former")
    stores.verdicts.forget()
    return MemoryIndex(window=WINDOW)


async def test_vectors_of_the_same_encoder_stay(stores, database, changed):
    await settle(stores, changed, "former")
    assert changed.without_vectors() == []
    assert [row["model"] for row in await rows_of(database, "SELECT model FROM vectors")] == ["former"] * 2


async def test_vectors_of_another_encoder_go_and_the_articles_wait_for_new_ones(stores, database, changed):
    await settle(stores, changed)
    assert await rows_of(database, "SELECT * FROM vectors") == []
    assert len(changed.without_vectors()) == 2
    waiting = await rows_of(database, "SELECT words_only, state FROM articles")
    assert all(row["words_only"] and row["state"] == "queued" for row in waiting)


async def test_they_get_new_ones_when_there_is_time(stores, database, changed):
    await settle(stores, changed)
    encoder = Encoder()
    encoder.away = False
    assert len(await again(stores, changed, encoder)) == 2
    assert changed.without_vectors() == []
    assert {row["model"] for row in await rows_of(database, "SELECT model FROM vectors")} == {"fake"}
    assert not any(row["words_only"] for row in await rows_of(database, "SELECT words_only FROM articles"))


async def test_what_a_reader_of_the_former_release_brings_is_decided_by_words(stores, database, changed):
    await settle(stores, changed)
    await add_found(stores, ["slow.example"])
    (article,) = await stores.articles.claim_found(9, now=NOON, lease=LEASE)
    await stores.articles.settle_reading(article, by("former", reading(*CHINESE, "zh")), now=NOON)
    ((read, verdict),) = await settle(stores, changed)
    assert read.document.published_at == NOON
    assert verdict.words_only
