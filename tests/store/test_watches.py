"""Pages under watch, on both databases."""

from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.adapters.store.watches import Watches
from monitor.domain.watching import FIRST_LOOK, REST, TOUCHED, Link
from monitor.ports import Found
from tests.fakes import NOON
from tests.store.rows import add_found, add_read, copy_of, found, queued, reading, rejected, settle

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
    await settle(stores, *[queued(read, number) for number, read in enumerate(reads, 1)])
    assert len(articles) == 5
    assert len(await Watches(database).take_watched(9, now=LATER, lease=LEASE)) == 2


def shown(number: int, host: int, **said) -> Found:
    """An entry of an article that `watches` holds, as its source shows it now."""
    one = found(number, f"host{host}.example")
    return replace(one, entry=replace(one.entry, **said))


async def test_a_page_that_its_source_calls_edited_is_looked_at_soon(watches, database):
    await watches.take_watched(9, now=NOON, lease=LEASE)  # takes them under watch
    tomorrow = NOON + timedelta(days=1)
    edited, same = shown(1, 0, modified_at=tomorrow - timedelta(minutes=5)), shown(2, 1)
    assert await watches.note_edited("gazette", [edited, same], now=tomorrow) == 1
    assert await watches.note_edited("gazette", [edited, same], now=tomorrow) == 0
    (taken,) = await watches.take_watched(9, now=tomorrow, lease=LEASE)
    assert taken.article.url == "https://host0.example/1"
    assert taken.article.entry.modified_at == edited.entry.modified_at


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"modified_at": NOON - timedelta(hours=1)},  # before it was read
        {"modified_at": NOON + timedelta(days=9)},  # later than now
        {"title": "title  1!"},
        {"title": ""},
    ],
)
async def test_what_says_nothing_new_brings_no_look(watches, said):
    await watches.take_watched(9, now=NOON, lease=LEASE)
    assert await watches.note_edited("gazette", [shown(1, 0, **said)], now=NOON + timedelta(days=1)) == 0


async def test_another_title_brings_a_look_and_other_sources_have_no_say(watches):
    await watches.take_watched(9, now=NOON, lease=LEASE)
    renamed, soon = shown(1, 0, title="A correction"), NOON + timedelta(hours=1)
    assert await watches.note_edited("elsewhere", [renamed], now=soon) == 0
    assert await watches.note_edited("gazette", [renamed], now=soon) == 1
    assert await watches.take_watched(9, now=soon, lease=LEASE) == []  # it was read an hour ago
    (taken,) = await watches.take_watched(9, now=NOON + REST, lease=LEASE)
    assert taken.article.entry.title == "A correction"


async def test_a_source_that_calls_everything_edited_is_heard_so_often_a_day(stores, database):
    reads = await add_read(stores, TOUCHED + 5)
    await settle(stores, *[queued(read, n) for n, read in enumerate(reads, 1)])
    watches, brought = Watches(database), []
    await watches.take_watched(9, now=NOON, lease=LEASE)
    for hours in (1, 2, 23, 26):
        now = NOON + timedelta(hours=hours)
        touched = [shown(n, n - 1, modified_at=now, title=f"Now {hours}") for n in range(1, TOUCHED + 6)]
        brought.append(await watches.note_edited("gazette", touched, now=now))
    assert brought == [TOUCHED, 0, 0, 5]
