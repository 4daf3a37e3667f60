"""What a poll leaves behind: each address once, the source's state, one line."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from monitor.adapters.engine import Database
from monitor.adapters.store.stores import Stores
from monitor.domain.model import Health, SourceState, Validators
from monitor.ports import Poll
from tests.fakes import NOON, bounded
from tests.store.rows import add_found, found, rows_of


async def test_an_address_is_noted_once(stores: Stores, database: Database) -> None:
    assert await add_found(stores, ["a.example", "b.example"]) == 2
    assert await add_found(stores, ["a.example", "b.example", "c.example"]) == 1
    assert await stores.polls.unseen("gazette", ["a.example/1", "d.example/9", "d.example/9"]) == {
        "d.example/9"
    }
    assert await stores.polls.unseen("gazette", []) == frozenset()
    rows = await rows_of(database, "SELECT new FROM polls ORDER BY id")
    assert [row["new"] for row in rows] == [2, 1]


async def test_the_first_source_keeps_an_article(stores: Stores, database: Database) -> None:
    await add_found(stores, ["a.example"], source="first")
    await add_found(stores, ["a.example"], source="second")
    assert await rows_of(database, "SELECT source FROM articles") == [{"source": "first"}]


async def test_a_large_poll_is_noted_in_parts(stores: Stores) -> None:
    """More rows than one statement takes, the same ones twice among them."""
    entries = [found(number) for number in range(1000)] * 2
    line = Poll("gazette", NOON, "feed", entries=len(entries))
    assert await stores.polls.settle_poll(SourceState("gazette"), entries, line) == 1000


async def test_two_pollers_of_the_same_entries_never_block_each_other(stores: Stores) -> None:
    """Rows go in by their key, so that two transactions meet in one order and none is a deadlock's victim."""
    entries = [found(number) for number in range(300)]
    line = Poll("gazette", NOON, "feed", entries=300)
    orders = [entries, entries[::-1]] * 4
    polls = [
        stores.polls.settle_poll(SourceState(f"source{number}"), order, line)
        for number, order in enumerate(orders)
    ]
    assert sum(await bounded(asyncio.gather(*polls), 30)) == 300  # type: ignore[call-overload]


async def test_a_state_comes_back_as_it_was(stores: Stores) -> None:
    state = SourceState(
        "gazette",
        status=Health.FAILING,
        reason="timeout",
        since=NOON,
        next_poll_at=NOON + timedelta(minutes=5),
        gap=timedelta(minutes=7),
        interval=timedelta(minutes=15),
        failures=1.5,
        validators=Validators('"etag"', "Sun", "hash"),
        moved_to="https://example.org/new",
        moved_times=2,
        url="https://example.org/rss",
    )
    await stores.polls.note_state(state)
    assert await stores.polls.source_state("gazette") == state
    await stores.polls.note_state(replace(state, status=Health.OK))
    assert (await stores.polls.source_state("gazette")).status is Health.OK
    assert await stores.polls.source_state("unknown") == SourceState("unknown")


async def test_the_figures_name_who_is_in_trouble_and_the_last_poll(stores: Stores) -> None:
    before = await stores.overviews.take(NOON)
    assert (before.last_poll, before.troubled) == (None, {})
    for minutes, health in enumerate((Health.STALE, Health.QUIET, Health.BLOCKED, Health.DISABLED)):
        state = SourceState(health.value, status=health, last_polled_at=NOON + timedelta(minutes=minutes))
        await stores.polls.settle_poll(state, [], Poll(health.value, NOON, "feed"))
    after = await stores.overviews.take(NOON + timedelta(minutes=5))
    assert (after.last_poll, after.troubled) == (120.0, {"stale": "stale", "blocked": "blocked"})


async def test_rates_count_from_the_first_poll_or_a_day(stores: Stores) -> None:
    await add_found(stores, [f"h{n}.example" for n in range(10)], at=NOON - timedelta(days=5))
    rates = await stores.polls.entries_per_day(NOON - timedelta(days=30), NOON)
    assert rates == {"gazette": 2.0}
    assert [poll.new for poll in await stores.polls.recent("gazette")] == [10]
