"""The decider's lock, its fence, and the order in which verdicts become visible."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from monitor.adapters import tables as t
from monitor.adapters.engine import Database
from monitor.adapters.store.stores import Stores
from monitor.adapters.store.verdicts import HOLD
from monitor.domain.errors import Transient
from monitor.domain.model import Outcome, Read
from monitor.ports import Holding
from tests.fakes import NOON, bounded
from tests.store.rows import add_read, copy_of, queued, rejected, rows_of, settle, stores_on

AFTER = NOON + HOLD + timedelta(seconds=1)


@pytest.fixture
def two(database_url: str, open_database: Callable[[str], Database]) -> tuple[Stores, Stores]:
    return stores_on(open_database(database_url)), stores_on(open_database(database_url))


async def test_one_decides_and_the_other_stands_by(two: tuple[Stores, Stores]) -> None:
    first, second = two
    assert await first.verdicts.hold(NOON) is Holding.TAKEN
    assert await first.verdicts.hold(NOON) is Holding.KEPT
    assert await second.verdicts.hold(NOON) is Holding.NONE
    await second.verdicts.hold_on(AFTER)  # it is not theirs: nothing happens
    await first.verdicts.hold_on(AFTER)
    assert await second.verdicts.hold(AFTER) is Holding.NONE
    await first.verdicts.hold_on(NOON)
    assert await second.verdicts.hold(AFTER) is Holding.TAKEN
    assert await first.verdicts.hold(AFTER) is Holding.NONE
    await second.verdicts.let_go()
    assert await first.verdicts.hold(AFTER) is Holding.TAKEN


async def test_of_many_that_ask_at_once_one_settles(
    database_url: str, open_database: Callable[[str], Database]
) -> None:
    """Even where the very first lock is fought for, only one of them can write."""
    several = [stores_on(open_database(database_url)) for _ in range(4)]
    reads = await add_read(several[0], 1)
    await asyncio.gather(*[one.verdicts.hold(NOON) for one in several])
    settled = await asyncio.gather(
        *[one.verdicts.settle([queued(reads[0], 1)], now=NOON) for one in several], return_exceptions=True
    )
    assert [result is None for result in settled].count(True) == 1


async def test_who_lost_the_lock_writes_nothing(two: tuple[Stores, Stores], database_url: str) -> None:
    late, second = two
    reads = await add_read(late, 2)
    await late.verdicts.hold(NOON)
    await second.verdicts.hold(AFTER)
    with pytest.raises(Transient, match="decider-lock-lost"):
        await late.verdicts.settle([queued(reads[0], 1)], now=AFTER)
    with pytest.raises(Transient, match="decider-lock-lost"):
        await second.verdicts.settle([queued(reads[0], 1)], now=AFTER + HOLD * 2)  # its own lease has ended
    assert len(await second.verdicts.unsettled(9)) == 2


async def test_the_lock_is_not_taken_over_while_its_holder_commits(
    migrated_postgres_url: str, open_database: Callable[[str], Database]
) -> None:
    """Clocks differ: who thinks the lock has ended waits for the transaction under way, then sees its verdicts."""
    first, second = (stores_on(open_database(migrated_postgres_url)) for _ in range(2))
    reads = await add_read(first, 1)
    await first.verdicts.hold(NOON)
    with first.database.engine.begin() as connection:
        first.verdicts._fence(connection, NOON)  # the settling transaction has begun
        taking = asyncio.ensure_future(second.verdicts.hold(AFTER))
        done, _ = await asyncio.wait([taking], timeout=0.3)
        assert not done
    assert await bounded(taking) is Holding.TAKEN
    with pytest.raises(Transient, match="decider-lock-lost"):
        await first.verdicts.settle([queued(reads[0], 1)], now=NOON)


async def test_a_batch_is_settled_whole_or_not_at_all(stores: Stores) -> None:
    reads = await add_read(stores, 3)
    await settle(stores, queued(reads[0], 1))
    with pytest.raises(Transient, match="settled-meanwhile"):
        await stores.verdicts.settle([rejected(reads[1]), rejected(reads[0])], now=NOON)
    assert [read.article_id for read in await stores.verdicts.unsettled(9)] == [
        reads[1].article_id,
        reads[2].article_id,
    ]


async def test_the_numbers_of_verdicts_follow_their_order(stores: Stores, database: Database) -> None:
    reads = await add_read(stores, 6)
    await stores.verdicts.hold(NOON)
    for start in (0, 2, 4):
        batch = [queued(read, read.article_id) for read in reads[start : start + 2]]
        await stores.verdicts.settle(batch, now=NOON)
    rows = await rows_of(database, "SELECT seq FROM queued_articles ORDER BY article_id")
    assert [row["seq"] for row in rows] == [1, 2, 3, 4, 5, 6]


async def test_what_was_decided_is_remembered_in_order(stores: Stores) -> None:
    reads = await add_read(stores, 4)
    await stores.verdicts.hold(NOON)
    original, follow_up = queued(reads[0], 7), queued(reads[1], 7, Outcome.EXISTING)
    batch = [original, follow_up, copy_of(reads[2], reads[0].article_id, 7), rejected(reads[3])]
    await stores.verdicts.settle(batch, now=NOON)
    members = await stores.verdicts.members(NOON - timedelta(days=1))
    assert members == [(reads[0].article_id, 7), (reads[1].article_id, 7)]
    history = await stores.verdicts.history([article for article, _ in members])
    states = [(verdict.state.value, verdict.incident_id) for _, verdict in history]
    assert states == [("queued", 7), ("queued", 7)]
    imprints = await stores.verdicts.imprints(NOON - timedelta(days=1), 0, 100)
    assert [(one.state.value, one.incident_id, one.copy_of) for one in imprints] == [
        ("queued", 7, None),
        ("queued", 7, None),
        ("copy", 7, reads[0].article_id),
        ("rejected", None, None),
    ]
    assert await stores.verdicts.members(NOON + timedelta(seconds=1)) == []
    assert await stores.verdicts.next_incident() == 8


async def test_others_changes_make_the_holder_remember_anew(stores: Stores, database: Database) -> None:
    assert await stores.verdicts.hold(NOON) is Holding.TAKEN
    row = {"at": NOON, "who": "ann", "what": "merge", "incident_id": 1, "detail": {}}
    await database.write(lambda c: c.execute(t.changes.insert().values(row)))
    assert await stores.verdicts.hold(NOON) is Holding.TAKEN
    assert await stores.verdicts.hold(NOON) is Holding.KEPT


@pytest.mark.parametrize("readers", [3])
async def test_a_reader_with_a_cursor_misses_no_row(
    database_url: str, open_database: Callable[[str], Database], readers: int
) -> None:
    """The gap problem: deciders that take turns, cursors that read between their commits."""
    deciders = [stores_on(open_database(database_url)) for _ in range(2)]
    reads = await add_read(deciders[0], 60)
    views = [open_database(database_url) for _ in range(readers)]
    done = asyncio.Event()
    deciding = asyncio.ensure_future(_decide_in_turns(deciders, reads, done))
    seen = await bounded(asyncio.gather(*[_follow(view, done) for view in views], deciding), 60)
    for rows in seen[:readers]:  # type: ignore[index]
        assert rows == sorted(rows)
        assert len(rows) == 60


async def _decide_in_turns(deciders: list[Stores], reads: list[Read], done: asyncio.Event) -> None:
    """Let each settle three articles and lose the lock, with a transaction that stays open a while."""
    now = NOON
    for start in range(0, len(reads), 3):
        turn = deciders[start // 3 % len(deciders)]
        now += HOLD * 2
        assert await turn.verdicts.hold(now) is not Holding.NONE
        await turn.verdicts.settle(
            [queued(read, read.article_id) for read in reads[start : start + 3]], now=now
        )
    done.set()


async def _follow(database: Database, done: asyncio.Event) -> list[Any]:
    cursor, rows = 0, []
    query = sa.text("SELECT seq FROM queued_articles WHERE seq > :cursor ORDER BY seq")
    while True:
        last = done.is_set()
        here = cursor
        new = await database.read(lambda c, at=here: list(c.execute(query, {"cursor": at}).scalars()))  # type: ignore[misc]
        rows += new
        cursor = max([cursor, *new])
        if last:
            return rows
