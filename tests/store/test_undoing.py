"""Taking corrections back after the world moved on: nothing is lost, nothing empty is left, else it is refused."""

from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.adapters.engine import Database
from monitor.adapters.store.stores import Stores
from monitor.domain.labels import Judgement
from monitor.domain.model import Mention, Outcome, Read, State, Verdict
from monitor.domain.refused import Refused
from tests.fakes import NOON
from tests.store.rows import add_read, copy_of, queued, rejected, rows_of, settle

SOON = NOON + timedelta(seconds=5)
BY = {"who": "ann", "now": SOON}


@pytest.fixture
async def reads(stores: Stores) -> list[Read]:
    """Two articles in incident 1, two in incident 2, one in incident 3; the sixth was rejected, two wait."""
    reads = await add_read(stores, 8)
    batch = [
        queued(reads[0], 1),
        queued(reads[1], 1, Outcome.EXISTING),
        queued(reads[2], 2),
        queued(reads[3], 2, Outcome.EXISTING),
        queued(reads[4], 3),
        rejected(reads[5]),
    ]
    await settle(stores, *batch)
    return reads


async def homes(database: Database) -> dict[object, object]:
    rows = await rows_of(database, "SELECT id, incident_id FROM articles WHERE incident_id IS NOT NULL")
    return {row["id"]: row["incident_id"] for row in rows}


async def mentioned(database: Database) -> list[object]:
    rows = await rows_of(database, "SELECT incident_id FROM mentions ORDER BY incident_id")
    return [row["incident_id"] for row in rows]


async def test_copies_that_came_later_go_back_with_their_original(
    stores: Stores, database: Database, reads: list[Read]
) -> None:
    merge = await stores.corrections.merge(1, 2, **BY)
    await settle(stores, copy_of(reads[6], reads[3].article_id, 1))
    await stores.corrections.undo(merge.id, **BY)
    assert (await homes(database))[reads[6].article_id] == 2
    move = await stores.corrections.move(reads[3].article_id, 1, **BY)
    await settle(stores, copy_of(reads[7], reads[3].article_id, 1))
    await stores.corrections.undo(move.id, **BY)
    assert {(await homes(database))[read.article_id] for read in (reads[3], *reads[6:])} == {2}


async def test_a_merge_whose_articles_went_elsewhere_is_not_taken_back(
    stores: Stores, database: Database, reads: list[Read]
) -> None:
    merge = await stores.corrections.merge(1, 2, **BY)
    split = await stores.corrections.split(1, [reads[2].article_id, reads[3].article_id], **BY)
    with pytest.raises(Refused, match="incident 2 would have no article"):
        await stores.corrections.undo(merge.id, **BY)
    await stores.corrections.undo(split.id, **BY)
    await stores.corrections.split(1, [reads[0].article_id, reads[1].article_id], **BY)
    with pytest.raises(Refused, match="incident 1 would have no article"):
        await stores.corrections.undo(merge.id, **BY)
    assert set((await homes(database)).values()) == {1, 3, split.detail["new"] + 1}


async def test_a_move_is_not_taken_back_into_what_is_no_more(
    stores: Stores, database: Database, reads: list[Read]
) -> None:
    move = await stores.corrections.move(reads[1].article_id, 2, **BY)
    merge = await stores.corrections.merge(3, 1, **BY)
    with pytest.raises(Refused, match="incident 1 is part of 3 now: undo that merge first"):
        await stores.corrections.undo(move.id, **BY)
    await stores.corrections.undo(merge.id, **BY)
    await stores.corrections.undo(move.id, **BY)
    assert (await homes(database))[reads[1].article_id] == 1


async def test_a_move_that_was_moved_on_is_not_said_to_be_undone(stores: Stores, reads: list[Read]) -> None:
    move = await stores.corrections.move(reads[1].article_id, 2, **BY)
    await stores.corrections.move(reads[1].article_id, 3, **BY)
    with pytest.raises(Refused, match=f"article {reads[1].article_id} is in incident 3 now"):
        await stores.corrections.undo(move.id, **BY)


async def test_a_move_is_not_taken_back_where_nothing_would_be_left(
    stores: Stores, reads: list[Read]
) -> None:
    move = await stores.corrections.move(reads[1].article_id, 2, **BY)
    for read in reads[2:4]:
        await stores.corrections.move(read.article_id, 3, **BY)
    with pytest.raises(Refused, match="incident 2 would have no article"):
        await stores.corrections.undo(move.id, **BY)


async def test_earlier_numbers_come_back_with_their_incident(
    stores: Stores, database: Database, reads: list[Read]
) -> None:
    split = await stores.corrections.split(1, [reads[1].article_id], **BY)
    await stores.corrections.undo(split.id, **BY)
    merge = await stores.corrections.merge(2, 1, **BY)
    await stores.corrections.undo(merge.id, **BY)
    assert (await stores.incidents.one(split.detail["new"])).line.id == 1


async def test_a_roundup_mentions_both_again(stores: Stores, database: Database, reads: list[Read]) -> None:
    mentions = (Mention(1, 0.9, "of one"), Mention(2, 0.8, "of two"), Mention(3, 0.7, "of three"))
    roundup = Verdict(reads[6].article_id, State.QUEUED, (), roundup=True, mentions=mentions)
    await settle(stores, (reads[6], roundup))
    merge = await stores.corrections.merge(1, 2, **BY)
    assert await mentioned(database) == [1, 3]
    await stores.corrections.undo(merge.id, **BY)
    assert await mentioned(database) == [1, 2, 3]
    (second,) = await rows_of(database, "SELECT score, segment FROM mentions WHERE incident_id = 2")
    assert second == {"score": 0.8, "segment": "of two"}


async def test_an_incident_is_not_apart_from_itself(stores: Stores, reads: list[Read]) -> None:
    with pytest.raises(Refused, match="two different incidents"):
        await stores.corrections.apart(1, 1, **BY)


async def test_titles_come_back_in_order(stores: Stores, reads: list[Read]) -> None:
    first = await stores.corrections.rename(1, "First", **BY)
    second = await stores.corrections.rename(1, "Second", **BY)
    with pytest.raises(Refused, match=f"change {second.id} came later: undo that first"):
        await stores.corrections.undo(first.id, **BY)
    await stores.corrections.undo(second.id, **BY)
    await stores.corrections.undo(first.id, **BY)
    assert (await stores.incidents.one(1)).line.title == "Title 1"


async def test_what_was_admitted_goes_out_with_its_incident(
    stores: Stores, database: Database, reads: list[Read]
) -> None:
    admitted = await stores.corrections.admit(reads[5].article_id, None, **BY)
    new = admitted.detail["new"]
    by_hand = Judgement("oecd", "article_label", "ai_incident")
    await stores.incident_labels.give(new, by_hand, "ann", now=SOON)
    mentions = (Mention(new, 0.9, "of it"),)
    roundup = Verdict(reads[6].article_id, State.QUEUED, (), roundup=True, mentions=mentions)
    await settle(stores, (reads[6], roundup), copy_of(reads[7], reads[5].article_id, new))
    with pytest.raises(Refused, match=f"incident {new} has a label by hand: withdraw it first"):
        await stores.corrections.undo(admitted.id, **BY)
    await stores.incident_labels.give(new, replace(by_hand, value=None), "ann", now=SOON)
    await stores.corrections.undo(admitted.id, **BY)
    assert await mentioned(database) == []
    (copy,) = await rows_of(database, f"SELECT state FROM articles WHERE id = {reads[7].article_id}")
    assert (new in (await homes(database)).values(), copy) == (False, {"state": "rejected"})


async def test_a_merged_incident_takes_no_label(stores: Stores, reads: list[Read]) -> None:
    await stores.corrections.merge(1, 2, **BY)
    with pytest.raises(Refused, match="incident 2 is part of incident 1 now"):
        await stores.incident_labels.give(2, Judgement("oecd", "article_label", "unrelated"), "ann", now=SOON)


YES, NO = Judgement("relevant", "relevant", "yes"), Judgement("relevant", "relevant", "no")


async def said(stores: Stores, incident: int) -> list[tuple[object, str]]:
    """Return what people set by hand, as the labels and the facts of an incident tell it alike."""
    values = [(one.value, one.by) for one in await stores.incident_labels.of(incident) if one.by_hand]
    facts = (await stores.incidents.one(incident)).facts
    assert [(fact.value, fact.by) for fact in facts if ":" in fact.what] == values
    return values


async def test_a_label_goes_with_its_incident_and_comes_back(stores: Stores, reads: list[Read]) -> None:
    await stores.incident_labels.give(2, YES, "ann", now=SOON)
    merge = await stores.corrections.merge(1, 2, **BY)
    assert await said(stores, 1) == await said(stores, 2) == [("yes", "ann")]
    further = await stores.corrections.merge(3, 1, **BY)
    assert await said(stores, 3) == [("yes", "ann")]
    for change in (further, merge):
        await stores.corrections.undo(change.id, **BY)
    assert (await said(stores, 1), await said(stores, 2)) == ([], [("yes", "ann")])


async def test_an_incidents_own_label_goes_before_those_that_came_with_a_merge(
    stores: Stores, reads: list[Read]
) -> None:
    await stores.incident_labels.give(1, NO, "bob", now=SOON)
    await stores.incident_labels.give(2, YES, "ann", now=SOON)
    merge = await stores.corrections.merge(1, 2, **BY)
    assert await said(stores, 1) == [("no", "bob")]
    await stores.incident_labels.give(1, NO, "eve", now=SOON)
    assert await said(stores, 1) == [("no", "eve")]
    await stores.corrections.undo(merge.id, **BY)
    assert (await said(stores, 1), await said(stores, 2)) == ([("no", "eve")], [("yes", "ann")])


async def test_a_label_that_came_with_a_merge_can_be_withdrawn(stores: Stores, reads: list[Read]) -> None:
    await stores.incident_labels.give(2, YES, "ann", now=SOON)
    await stores.corrections.merge(1, 2, **BY)
    await stores.incident_labels.give(1, replace(YES, value=None), "bob", now=SOON)
    assert await said(stores, 1) == []


async def test_what_was_told_apart_is_so_under_later_numbers(stores: Stores, reads: list[Read]) -> None:
    await stores.corrections.apart(2, 3, **BY)
    await stores.corrections.confirm(2, **BY)
    await stores.corrections.merge(1, 2, **BY)
    (fact,), (other,) = [(await stores.incidents.one(one)).facts for one in (1, 3)]
    assert (fact.what, fact.value, other.what, other.value) == ("apart", 3, "apart", 1)
    await stores.corrections.merge(1, 3, **BY)  # a person changed their mind
    assert (await stores.incidents.one(1)).facts == ()
