"""Leases on found articles: each is claimed once, and only who holds the lease settles it."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from monitor.adapters.engine import Database
from monitor.adapters.store.stores import Stores
from monitor.domain.model import SourceState
from monitor.ports import Poll
from tests.fakes import NOON
from tests.store.rows import LEASE, add_found, found, reading, rows_of, stores_on

LATER = NOON + LEASE + timedelta(seconds=1)


async def test_each_article_is_claimed_once(
    database_url: str, open_database: Callable[[str], Database]
) -> None:
    """Eight readers, each with connections of its own, claim at the same moment."""
    readers = [stores_on(open_database(database_url)) for _ in range(8)]
    await add_found(readers[0], [f"h{number}.example" for number in range(120)])
    claimed: list[int] = []
    while len(claimed) < 120:
        rounds = [reader.articles.claim_found(5, now=NOON, lease=LEASE) for reader in readers]
        for batch in await asyncio.gather(*rounds):
            claimed += [article.id for article in batch]
    assert sorted(claimed) == sorted(set(claimed))
    assert await readers[0].articles.claim_found(5, now=NOON, lease=LEASE) == []


async def test_a_large_host_does_not_fill_the_batch(stores: Stores) -> None:
    await add_found(stores, ["large.example"] * 50 + ["small.example"] * 3)
    hosts = [one.host for one in await stores.articles.claim_found(20, now=NOON, lease=LEASE)]
    assert sorted(hosts) == ["large.example"] * 2 + ["small.example"] * 2


async def test_busy_hosts_are_left_alone(stores: Stores) -> None:
    await add_found(stores, ["a.example", "b.example"])
    claimed = await stores.articles.claim_found(9, now=NOON, lease=LEASE, busy_hosts=["a.example"])
    assert [one.host for one in claimed] == ["b.example"]


async def test_a_lease_ends_and_the_late_one_settles_nothing(stores: Stores, database: Database) -> None:
    """The token is the fence: the second reader's settling counts, the first one's does not."""
    await add_found(stores, ["a.example"])
    [late] = await stores.articles.claim_found(1, now=NOON, lease=LEASE)
    assert await stores.articles.claim_found(1, now=NOON, lease=LEASE) == []
    [second] = await stores.articles.claim_found(1, now=LATER, lease=LEASE)
    assert (second.id, second.attempts) == (late.id, 2)
    assert not await stores.articles.settle_reading(late, reading(1), now=LATER)
    assert not await stores.articles.fail(late, "timeout", now=LATER)
    assert not await stores.articles.postpone(late, "timeout", LATER)
    assert await stores.articles.settle_reading(second, reading(1), now=LATER)
    assert not await stores.articles.settle_reading(second, reading(1), now=LATER)
    assert await rows_of(database, "SELECT state, lease_token FROM articles") == [
        {"state": "read", "lease_token": ""}
    ]


async def test_a_publishers_date_is_kept_raw_and_orders_no_work(stores: Stores) -> None:
    written = ["1 小时前", "Thu, 24 Sep 2026 12:00:33 CST", ""]
    days = (1, -30, 5_000)  # a publisher's dates may lie both ways
    entries = [
        replace(one, entry=replace(one.entry, published_raw=raw, published_at=NOON - timedelta(days=back)))
        for one, raw, back in zip(map(found, (1, 2, 3)), written, days, strict=True)
    ]
    await stores.polls.settle_poll(SourceState("gazette"), entries, Poll("gazette", NOON, "feed", entries=3))
    claimed = [(await stores.articles.claim_found(1, now=NOON, lease=LEASE))[0] for _ in entries]
    assert [one.entry.published_raw for one in claimed if one.entry] == written


async def test_what_was_postponed_waits_until_it_is_due(stores: Stores) -> None:
    await add_found(stores, ["a.example"])
    [article] = await stores.articles.claim_found(1, now=NOON, lease=LEASE)
    due = NOON + timedelta(minutes=30)
    assert await stores.articles.postpone(article, "timeout", due)
    assert await stores.articles.waiting(NOON) == (1, due)
    assert await stores.articles.claim_found(1, now=due - timedelta(seconds=1), lease=LEASE) == []
    [again] = await stores.articles.claim_found(1, now=due, lease=LEASE)
    assert again.attempts == 2
    assert await stores.articles.give_back(again)
    [third] = await stores.articles.claim_found(1, now=due, lease=LEASE)
    assert third.attempts == 2


async def test_what_failed_is_tried_again_when_told(stores: Stores) -> None:
    await add_found(stores, ["a.example", "b.example"])
    for article in await stores.articles.claim_found(2, now=NOON, lease=LEASE):
        assert await stores.articles.fail(article, "gone", now=NOON)
    assert await stores.articles.waiting(NOON) == (0, None)
    first = article.id
    assert await stores.articles.retry([first], now=NOON) == 1
    assert await stores.articles.retry(None, now=NOON) == 1
    assert [one.attempts for one in await stores.articles.claim_found(9, now=NOON, lease=LEASE)] == [1, 1]


async def test_the_owner_of_a_file_takes_back_every_lease(stores: Stores) -> None:
    await add_found(stores, ["a.example"])
    await stores.articles.claim_found(1, now=NOON, lease=LEASE)
    assert await stores.articles.release_leases() == 1
    assert len(await stores.articles.claim_found(1, now=NOON, lease=LEASE)) == 1


async def test_an_article_read_anew_keeps_one_document(stores: Stores, database: Database) -> None:
    await add_found(stores, ["a.example"])
    [article] = await stores.articles.claim_found(1, now=NOON, lease=LEASE)
    with_vector = replace(reading(1), vector=b"\0" * 8, vector_model="m", sketch=b"\x01\x02")
    assert await stores.articles.settle_reading(article, with_vector, now=NOON)
    [read] = await stores.verdicts.unsettled(5)
    assert read.reading == with_vector
    assert read.topics == ("topic",)
    assert await rows_of(database, "SELECT count(*) AS n FROM documents") == [{"n": 1}]
