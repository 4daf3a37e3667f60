"""What holds when an original gives way to one published earlier, and when words by hand are taken back."""

from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.adapters.engine import Database
from monitor.adapters.store.labels import NewLabel
from monitor.adapters.store.queue import Queue
from monitor.adapters.store.stores import Stores
from monitor.domain.model import Mention, Outcome, Read, State, Verdict
from monitor.domain.refused import Refused
from tests.fakes import NOON
from tests.store.rows import add_read, copy_of, queued, rejected, rows_of, settle
from tests.store.test_queue import YES, wants

SOON = NOON + timedelta(seconds=5)
LATER = NOON + timedelta(minutes=1)
BY = {"who": "ann", "now": SOON}


@pytest.fixture
async def reads(stores: Stores) -> list[Read]:
    return await add_read(stores, 6)


def earlier(read: Read, original: int, incident: int | None) -> tuple[Read, Verdict]:
    """Say that an article is the same text as an original, and was published before it."""
    _, verdict = copy_of(read, original, incident or 0)
    assert verdict.copy is not None
    return read, replace(verdict, incident_id=incident, copy=replace(verdict.copy, earlier=True))


async def article(database: Database, read: Read) -> dict[str, object]:
    columns = "state, copy_of, incident_id, roundup, topics, label_state"
    (row,) = await rows_of(database, f"SELECT {columns} FROM articles WHERE id = {read.article_id}")
    return row


async def title_of(stores: Stores, incident: int) -> str:
    found = await stores.incidents.one(incident)
    assert found is not None
    return found.line.title


async def test_an_incident_is_called_as_the_article_that_took_the_place(
    stores: Stores, database: Database, reads: list[Read]
) -> None:
    await settle(stores, queued(reads[0], 1))
    await settle(stores, earlier(reads[1], reads[0].article_id, 1))
    assert await title_of(stores, 1) == reads[1].document.title
    taken = await article(database, reads[1])
    assert (taken["state"], "topic" in str(taken["topics"])) == ("queued", True)


async def test_a_roundup_that_takes_a_place_is_one_and_mentions_what_was_mentioned(
    stores: Stores, database: Database, reads: list[Read]
) -> None:
    mentions = (Mention(1, 0.9, "of it"),)
    roundup = Verdict(reads[1].article_id, State.QUEUED, (), roundup=True, mentions=mentions)
    await settle(stores, queued(reads[0], 1), (reads[1], roundup))
    await settle(stores, earlier(reads[2], reads[1].article_id, None))
    assert (await article(database, reads[2]))["roundup"]
    rows = await rows_of(database, "SELECT article_id, incident_id FROM mentions")
    assert rows == [{"article_id": reads[2].article_id, "incident_id": 1}]


@pytest.mark.parametrize("labelled", [True, False])
async def test_what_one_of_two_labellers_has_in_hand_stays(
    stores: Stores, database: Database, reads: list[Read], labelled: bool
) -> None:
    queue = Queue(database, wants(2))
    await settle(stores, queued(reads[0], 1))
    (claim,) = await queue.claim("ann", now=SOON)
    if labelled:
        await queue.label(claim.article_id, "ann", claim.token, YES, now=SOON)
    assert (await article(database, reads[0]))["label_state"] == "pending"
    await settle(stores, earlier(reads[1], reads[0].article_id, 1))
    assert [(await article(database, read))["state"] for read in reads[:2]] == ["queued", "copy"]


async def test_what_one_of_two_labelled_is_not_sent_out_again(
    stores: Stores, database: Database, reads: list[Read]
) -> None:
    queue = Queue(database, wants(2))
    await settle(stores, rejected(reads[0]))
    admitted = await stores.corrections.admit(reads[0].article_id, None, **BY)
    (claim,) = await queue.claim("ann", now=SOON)
    await queue.label(claim.article_id, "ann", claim.token, YES, now=LATER)
    with pytest.raises(Refused, match="was labelled, claimed or moved since"):
        await stores.corrections.undo(admitted.id, who="ann", now=LATER)


async def test_a_label_from_before_neither_waits_nor_holds(
    stores: Stores, database: Database, reads: list[Read]
) -> None:
    await settle(stores, rejected(reads[0]))
    await stores.judgements.give(NewLabel(reads[0].article_id, "ann", YES), now=NOON)
    admitted = await stores.corrections.admit(reads[0].article_id, None, **BY)
    assert (await article(database, reads[0]))["label_state"] == "labelled"
    await stores.corrections.undo(admitted.id, **BY)
    assert (await article(database, reads[0]))["state"] == "rejected"


async def test_who_admits_what_was_skipped_lets_it_wait_again(
    stores: Stores, database: Database, reads: list[Read]
) -> None:
    await settle(stores, rejected(reads[0]))
    admitted = await stores.corrections.admit(reads[0].article_id, None, **BY)
    (claim,) = await stores.queue.claim("ann", now=SOON)
    await stores.queue.skip(claim.article_id, "ann", claim.token, "off topic", now=SOON, final=True)
    await stores.corrections.undo(admitted.id, **BY)
    await stores.corrections.admit(reads[0].article_id, None, **BY)
    assert [one.article_id for one in await stores.queue.claim("ann", now=LATER)] == [reads[0].article_id]


async def test_more_labellers_are_wanted_of_what_is_in_one_hand(
    stores: Stores, database: Database, reads: list[Read]
) -> None:
    await settle(stores, queued(reads[0], 1))
    await stores.queue.claim("ann", now=SOON)
    assert (await article(database, reads[0]))["label_state"] == "claimed"
    await settle(stores, queued(reads[1], 1, Outcome.EXISTING))
    assert len(await Queue(database, wants(2)).claim("bob", now=SOON, count=5)) == 2


async def test_a_move_that_left_nothing_else_keeps_what_was_admitted(
    stores: Stores, database: Database, reads: list[Read]
) -> None:
    await settle(stores, queued(reads[0], 1), queued(reads[1], 2), rejected(reads[2]))
    admitted = await stores.corrections.admit(reads[2].article_id, 2, **BY)
    await stores.corrections.move(reads[1].article_id, 1, **BY)
    with pytest.raises(Refused, match="incident 2 would have no article"):
        await stores.corrections.undo(admitted.id, **BY)


async def test_mentions_come_back_when_a_split_is_taken_back(
    stores: Stores, database: Database, reads: list[Read]
) -> None:
    await settle(stores, queued(reads[0], 1), queued(reads[1], 1, Outcome.EXISTING))
    split = await stores.corrections.split(1, [reads[1].article_id], **BY)
    mentions = (Mention(1, 0.9, "of one"), Mention(split.detail["new"], 0.8, "of the new one"))
    roundups = [
        Verdict(read.article_id, State.QUEUED, (), roundup=True, mentions=told)
        for read, told in ((reads[2], mentions), (reads[3], mentions[1:]))
    ]
    await settle(stores, *zip(reads[2:4], roundups, strict=True))
    await stores.corrections.undo(split.id, **BY)
    rows = await rows_of(database, "SELECT article_id, incident_id FROM mentions ORDER BY article_id")
    assert rows == [{"article_id": read.article_id, "incident_id": 1} for read in reads[2:4]]


@pytest.mark.parametrize("taken_back", ["undone", "withdrawn"])
async def test_words_by_hand_that_are_taken_back_leave_no_old_title(
    stores: Stores, reads: list[Read], taken_back: str
) -> None:
    await settle(stores, queued(reads[0], 1))
    confirmed = await stores.corrections.confirm(1, **BY)
    await settle(stores, earlier(reads[1], reads[0].article_id, 1))
    assert await title_of(stores, 1) == reads[0].document.title
    if taken_back == "undone":
        await stores.corrections.undo(confirmed.id, **BY)
    else:
        await stores.corrections.confirm(1, confirmed=False, **BY)
    assert await title_of(stores, 1) == reads[1].document.title


async def test_a_name_that_is_taken_back_leaves_the_title_that_the_reports_have_by_now(
    stores: Stores, reads: list[Read]
) -> None:
    await settle(stores, queued(reads[0], 1))
    named = await stores.corrections.rename(1, "By hand", **BY)
    await settle(stores, earlier(reads[1], reads[0].article_id, 1))
    assert await title_of(stores, 1) == "By hand"
    await stores.corrections.undo(named.id, **BY)
    assert await title_of(stores, 1) == reads[1].document.title


async def test_a_confirmation_comes_back_with_what_was_confirmed(stores: Stores, reads: list[Read]) -> None:
    await settle(stores, queued(reads[0], 1))
    await stores.corrections.confirm(1, **BY)
    await settle(stores, earlier(reads[1], reads[0].article_id, 1))
    withdrawn = await stores.corrections.confirm(1, confirmed=False, **BY)
    await stores.corrections.undo(withdrawn.id, **BY)
    assert await title_of(stores, 1) == reads[0].document.title
