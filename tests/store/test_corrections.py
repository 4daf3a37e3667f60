"""Corrections by hand: each is recorded, can be undone, and makes the decider begin anew."""

from datetime import timedelta

import pytest

from monitor.adapters.engine import Database
from monitor.adapters.store.stores import Stores
from monitor.domain.errors import Transient
from monitor.domain.model import Outcome
from monitor.domain.refused import Refused
from monitor.ports import Holding
from tests.fakes import NOON
from tests.store.rows import add_read, copy_of, queued, rows_of, settle

SOON = NOON + timedelta(seconds=5)
BY = {"who": "ann", "now": SOON}


@pytest.fixture
async def articles(stores: Stores) -> list[int]:
    """Six articles: 1, 2 and a copy of 2 in incident 1; 4 and 5 in incident 2; the sixth is not decided yet."""
    reads = await add_read(stores, 6)
    ids = [read.article_id for read in reads]
    batch = [
        queued(reads[0], 1),
        queued(reads[1], 1, Outcome.EXISTING),
        copy_of(reads[2], ids[1], 1),
        queued(reads[3], 2),
        queued(reads[4], 2, Outcome.EXISTING),
    ]
    await settle(stores, *batch)
    return ids


async def homes(database: Database) -> dict[object, object]:
    rows = await rows_of(database, "SELECT article_id, incident_id FROM incident_articles")
    return {row["article_id"]: row["incident_id"] for row in rows}


async def test_merge_and_back(stores: Stores, database: Database, articles: list[int]) -> None:
    before = await homes(database)
    change = await stores.corrections.merge(1, 2, **BY)
    assert set((await homes(database)).values()) == {1}
    assert (await stores.incidents.one(2)).line.id == 1
    undone = await stores.corrections.undo(change.id, **BY)
    assert await homes(database) == before
    assert [(line.what, line.undone_by) for line in await stores.corrections.history(1)] == [
        ("undo", None),
        ("merge", undone.id),
    ]


async def test_a_chain_of_merges_comes_apart_in_order(
    stores: Stores, database: Database, articles: list[int]
) -> None:
    split = await stores.corrections.split(2, [articles[4]], **BY)
    third = split.detail["new"]
    before = await homes(database)
    inner = await stores.corrections.merge(2, third, **BY)
    outer = await stores.corrections.merge(1, 2, **BY)
    with pytest.raises(Refused, match="undo that merge first"):
        await stores.corrections.undo(inner.id, **BY)
    await stores.corrections.undo(outer.id, **BY)
    await stores.corrections.undo(inner.id, **BY)
    assert await homes(database) == before


async def test_split_takes_copies_along_and_back(
    stores: Stores, database: Database, articles: list[int]
) -> None:
    before = await homes(database)
    change = await stores.corrections.split(1, [articles[1]], title="Its own", **BY)
    new = change.detail["new"]
    assert (await homes(database))[articles[2]] == new
    assert (await stores.incidents.one(new)).line.title == "Its own"
    await stores.corrections.undo(change.id, **BY)
    assert await homes(database) == before
    assert (await stores.incidents.one(new)).line.id == 1


async def test_move_and_back(stores: Stores, database: Database, articles: list[int]) -> None:
    before = await homes(database)
    change = await stores.corrections.move(articles[1], 2, **BY)
    after = await homes(database)
    assert (after[articles[1]], after[articles[2]]) == (2, 2)
    await stores.corrections.undo(change.id, **BY)
    assert await homes(database) == before


async def test_rename_confirm_and_back(stores: Stores, articles: list[int]) -> None:
    old = (await stores.incidents.one(1)).line
    named = await stores.corrections.rename(1, "  A  better\ntitle ", **BY)
    sure = await stores.corrections.confirm(1, **BY)
    line = (await stores.incidents.one(1)).line
    assert (line.title, line.confirmed) == ("A better title", True)
    await stores.corrections.undo(sure.id, **BY)
    await stores.corrections.undo(named.id, **BY)
    line = (await stores.incidents.one(1)).line
    assert (line.title, line.confirmed) == (old.title, False)


async def test_apart_is_on_record(stores: Stores, articles: list[int]) -> None:
    change = await stores.corrections.apart(1, 2, **BY)
    assert (change.what, change.incident_id, change.detail) == ("apart", 1, {"other": 2})


async def test_what_cannot_be_is_refused_and_changes_nothing(
    stores: Stores, database: Database, articles: list[int]
) -> None:
    before = await homes(database)
    correct = stores.corrections
    for wrong in (
        correct.merge(1, 1, **BY),
        correct.merge(1, 99, **BY),
        correct.split(1, [articles[0], articles[1]], **BY),
        correct.split(1, [articles[2]], **BY),
        correct.split(1, [articles[3]], **BY),
        correct.split(1, [], **BY),
        correct.move(articles[2], 2, **BY),
        correct.move(articles[5], 2, **BY),
        correct.move(articles[0], 1, **BY),
        correct.rename(1, "  ", **BY),
        correct.undo(77, **BY),
    ):
        with pytest.raises(Refused):
            await wrong
    assert await homes(database) == before
    assert await stores.corrections.history() == []


async def test_undoing_twice_is_refused(stores: Stores, articles: list[int]) -> None:
    change = await stores.corrections.rename(1, "Another", **BY)
    await stores.corrections.undo(change.id, **BY)
    with pytest.raises(Refused, match="undone already"):
        await stores.corrections.undo(change.id, **BY)


async def test_the_decider_begins_anew(stores: Stores, articles: list[int]) -> None:
    assert await stores.verdicts.hold(NOON) is Holding.KEPT
    reads = await stores.verdicts.unsettled(10)
    await stores.corrections.split(1, [articles[1]], who="ann", now=NOON)
    with pytest.raises(Transient, match="lock"):
        await stores.verdicts.settle([queued(reads[0], 3)], now=NOON)
    assert await stores.verdicts.hold(NOON) is Holding.TAKEN
    assert await stores.verdicts.next_incident() == 4


async def test_a_correction_is_in_the_history_of_both(stores: Stores, articles: list[int]) -> None:
    split = await stores.corrections.split(2, [articles[4]], title="Its own", **BY)
    new = split.detail["new"]
    await stores.corrections.apart(1, 2, **BY)
    await stores.corrections.move(articles[1], new, **BY)
    assert [one.what for one in await stores.corrections.history(new)] == ["move", "split"]
    assert [one.what for one in await stores.corrections.history(2)] == ["apart", "split"]
    assert [one.what for one in await stores.corrections.history(1)] == ["move", "apart"]


async def test_a_title_by_hand_stays_while_others_follow_the_articles(
    stores: Stores, articles: list[int]
) -> None:
    new = (await stores.corrections.split(2, [articles[4]], title="Its own", **BY)).detail["new"]
    await stores.corrections.rename(1, "By hand", **BY)
    await stores.corrections.move(articles[1], new, **BY)
    titles = [(await stores.incidents.one(one)).line.title for one in (1, 2, new)]
    assert titles == ["By hand", "Title 4", "Its own"]
