"""Pages under watch, on both databases."""

from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.adapters.store.watches import Watches
from monitor.domain.watching import FIRST_LOOK, Link
from tests.fakes import NOON
from tests.store.rows import add_found, add_read, copy_of, queued, reading, rejected

LEASE = timedelta(minutes=10)
LATER = NOON + FIRST_LOOK


@pytest.fixture
async def watches(stores, database):
    """An original, a copy and an article that nobody needs."""
    reads = await add_read(stores, 3)
    await stores.verdicts.hold(NOON)
    batch = [queued(reads[0], 1), copy_of(reads[1], reads[0].article_id, 1), rejected(reads[2])]
    await stores.verdicts.settle(batch, now=NOON)
    return Watches(database)


async def test_queued_articles_and_copies_are_watched_after_some_days(watches):
    assert await watches.take_watched(9, now=NOON, lease=LEASE) == []
    assert await watches.waiting(NOON) == (2, LATER)
    taken = await watches.take_watched(9, now=LATER, lease=LEASE)
    assert {one.article.url for one in taken} == {"https://host0.example/1", "https://host1.example/2"}
    assert all(one.baseline and one.state is Link.UNSEEN for one in taken)
    assert await watches.take_watched(9, now=LATER, lease=LEASE) == []


async def test_what_a_look_brought_is_kept(watches):
    one, two = await watches.take_watched(9, now=LATER, lease=LEASE)
    gone = replace(one, state=Link.GONE, reason="gone", since=LATER, looks=3, failures=3)
    due_at = LATER + timedelta(days=30)
    assert await watches.settle_watched(gone, due_at=due_at, now=LATER)
    assert not await watches.settle_watched(gone, due_at=due_at, now=LATER)  # the lease has ended
    ids = [one.article.id, two.article.id]
    assert await watches.dead(ids) == {one.article.id: (Link.GONE, "gone", LATER)}
    assert await watches.counts() == {"gone": 1, "unseen": 1}
    later = due_at + LEASE
    again = {watched.article.id: watched for watched in await watches.take_watched(9, now=later, lease=LEASE)}
    assert (again[one.article.id].looks, again[one.article.id].failures) == (3, 3)


async def test_few_of_one_site_at_once(stores, database):
    await add_found(stores, ["one.example"] * 5)
    articles = []
    for turn in range(3):  # two of a site are read at once
        now = NOON + turn * LEASE * 2
        for article in await stores.articles.claim_found(9, now=now, lease=LEASE):
            await stores.articles.settle_reading(article, reading(article.id), now=now)
            articles.append(article)
    reads = await stores.verdicts.unsettled(9)
    await stores.verdicts.hold(NOON)
    await stores.verdicts.settle([queued(read, number) for number, read in enumerate(reads, 1)], now=NOON)
    assert len(articles) == 5
    assert len(await Watches(database).take_watched(9, now=LATER, lease=LEASE)) == 2
