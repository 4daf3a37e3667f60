"""A clock that was wrong for a while: nothing waits for a time that was never to be."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from monitor.adapters.engine import Database
from monitor.adapters.store.overview import Worker
from monitor.adapters.store.stores import Stores
from monitor.domain.clocks import ahead
from monitor.domain.model import SourceState
from monitor.domain.schedule import due_at, is_due
from monitor.ports import Holding
from tests.fakes import NOON
from tests.store.rows import LEASE, add_found, add_read, queued, settle, stores_on

WRONG = NOON + timedelta(days=40)


async def test_what_was_leased_ahead_is_claimed_again(stores: Stores) -> None:
    await add_found(stores, ["a.example"])
    [leased] = await stores.articles.claim_found(1, now=WRONG, lease=LEASE)
    [again] = await stores.articles.claim_found(1, now=NOON + timedelta(minutes=1), lease=LEASE)
    assert (again.id, again.token != leased.token) == (leased.id, True)


async def test_what_was_put_off_ahead_is_due(stores: Stores) -> None:
    await add_found(stores, ["a.example"])
    [leased] = await stores.articles.claim_found(1, now=NOON, lease=LEASE)
    await stores.articles.postpone(leased, "timeout", WRONG)
    assert len(await stores.articles.claim_found(1, now=NOON + timedelta(hours=1), lease=LEASE)) == 1


def test_a_source_polled_ahead_is_due_and_one_that_waits_is_not() -> None:
    ahead = SourceState("a", last_polled_at=WRONG, next_poll_at=WRONG + timedelta(minutes=15))
    assert is_due(ahead, NOON)
    waiting = SourceState("a", next_poll_at=NOON + timedelta(days=1))
    assert (is_due(waiting, NOON), due_at(waiting, NOON)) == (False, waiting.next_poll_at)


async def test_the_deciders_lock_is_taken_from_who_held_it_ahead(stores: Stores) -> None:
    assert await stores.verdicts.hold(WRONG) is Holding.TAKEN
    other = stores_on(stores.database)
    assert await other.verdicts.hold(NOON) is Holding.TAKEN


async def test_a_process_that_died_ahead_is_not_said_to_live(stores: Stores) -> None:
    """`monitor health`, and the alarm that no process decides, go by this list."""
    ahead = Worker("a", "decide", "m", 1, "0", WRONG, WRONG)
    await stores.overviews.beat(ahead)
    assert await stores.overviews.take_workers(NOON) == []
    alive = Worker("b", "read", "m", 2, "0", NOON, NOON)
    await stores.overviews.beat(alive)
    assert await stores.overviews.take_workers(NOON) == [alive]
    assert await stores.overviews.take_workers(WRONG) == []  # and its row is gone


async def test_a_process_whose_clock_is_off_by_minutes_hides_no_other(stores: Stores) -> None:
    right = Worker("a", "decide", "m", 1, "0", NOON, NOON)
    behind = NOON - timedelta(minutes=12)
    await stores.overviews.beat(right)
    await stores.overviews.beat(Worker("b", "read", "n", 1, "0", behind, behind))
    assert await stores.overviews.take_workers(NOON) == [right]


async def test_a_labeller_who_claimed_ahead_blocks_nobody(stores: Stores) -> None:
    [read] = await add_read(stores, 1)
    await settle(stores, queued(read, 1))
    await stores.queue.rank()
    [ahead] = await stores.queue.claim("ann", now=WRONG)
    [now] = await stores.queue.claim("ben", now=NOON)
    assert (now.article_id, now.labeller) == (ahead.article_id, "ben")


async def test_a_token_that_another_process_ended_is_ended_though_the_clock_went_back(
    stores: Stores,
) -> None:
    secret = await stores.tokens.make("ann", "read", now=NOON)
    assert await stores.tokens.find(secret, now=NOON)
    assert await stores_on(stores.database).tokens.revoke("ann")
    assert await stores.tokens.find(secret, now=NOON - timedelta(days=1)) is None


async def test_counts_are_made_anew_though_the_clock_went_back(stores: Stores) -> None:
    first = await stores.incident_search.facets(NOON)
    assert await stores.incident_search.facets(NOON) is first
    assert await stores.incident_search.facets(NOON - timedelta(days=1)) is not first


@pytest.mark.parametrize("jump", [timedelta(days=40), timedelta(days=-40)])
async def test_settling_across_a_jump_is_fenced_by_the_token_alone(stores: Stores, jump: timedelta) -> None:
    from tests.store.rows import reading

    await add_found(stores, ["a.example"])
    [leased] = await stores.articles.claim_found(1, now=NOON, lease=LEASE)
    assert await stores.articles.settle_reading(leased, reading(leased.id), now=NOON + jump)


async def test_the_server_tells_what_time_it_is(
    migrated_postgres_url: str, open_database: Callable[[str], Database]
) -> None:
    stores = stores_on(open_database(migrated_postgres_url))
    before = datetime.now(UTC)
    assert ahead(await stores.overviews.server_time(), before, datetime.now(UTC)) < timedelta(seconds=5)
