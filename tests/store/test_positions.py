"""What was decided or corrected since a position: nothing is missing, and no other history is believed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.adapters.fingerprint import content_hash, sketch
from monitor.adapters.index import MemoryIndex
from monitor.adapters.store.stores import Stores
from monitor.domain.copies import Imprint
from monitor.domain.model import CopyVerdict, Document, Outcome, Read, Reading, Verdict
from monitor.domain.position import START, Position
from monitor.stages.decide import decide
from tests.fakes import NOON, FakeClock
from tests.store.rows import LEASE, add_found, add_read, copy_of, queued, rejected, settle

SINCE = NOON - timedelta(days=1)
SOON = NOON + timedelta(seconds=5)
BY = {"who": "ann", "now": SOON}


async def settled(stores: Stores, batch: Sequence[tuple[Read, Verdict]]) -> Position:
    """Write verdicts and return the position after them."""
    await settle(stores, *batch)
    await stores.verdicts.hold(NOON)
    return stores.verdicts.position


def standing(imprints: Sequence[Imprint]) -> dict[int, tuple[str, int | None, int | None]]:
    return {one.article_id: (one.state.value, one.copy_of, one.incident_id) for one in imprints}


async def test_verdicts_come_in_pages(stores: Stores) -> None:
    reads = await add_read(stores, 5)
    position = await settled(stores, [rejected(read) for read in reads])
    first = await stores.verdicts.imprints(SINCE, 0, 3)
    rest = await stores.verdicts.imprints(SINCE, first[-1].seq, 3)
    assert [one.article_id for one in (*first, *rest)] == [read.article_id for read in reads]
    assert [one.found_at for one in rest] == [NOON, NOON]
    assert await stores.verdicts.imprints(SINCE, position.seq, 3) == []
    assert await stores.verdicts.imprints(SOON, 0, 3) == []


async def test_only_this_history_is_believed(stores: Stores) -> None:
    assert await stores.verdicts.is_known(START)
    reads = await add_read(stores, 2)
    position = await settled(stores, [rejected(reads[0])])
    await settled(stores, [rejected(reads[1])])
    assert await stores.verdicts.is_known(position)
    for other in (
        replace(position, seq=3),
        replace(position, change=1),
        replace(position, proof=position.proof.replace(":00", ":01")),
        Position(0, 0, "of an empty one"),
    ):
        assert not await stores.verdicts.is_known(other)


async def test_what_corrections_moved_is_told(stores: Stores) -> None:
    reads = await add_read(stores, 5)
    ids = [read.article_id for read in reads]
    batch = [queued(reads[0], 1), copy_of(reads[1], ids[0], 1), queued(reads[2], 1, Outcome.EXISTING)]
    position = await settled(stores, [*batch, queued(reads[3], 2), rejected(reads[4])])
    assert await stores.verdicts.imprints_changed(position) == []
    merged = await stores.corrections.merge(2, 1, **BY)
    changed = await stores.verdicts.imprints_changed(position)
    assert standing(changed) == {
        ids[0]: ("queued", None, 2),
        ids[1]: ("copy", ids[0], 2),
        ids[2]: ("queued", None, 2),
    }
    await stores.verdicts.hold(SOON)
    later = stores.verdicts.position
    assert await stores.verdicts.imprints_changed(later) == []
    await stores.corrections.undo(merged.id, **BY)
    assert {one.incident_id for one in await stores.verdicts.imprints_changed(later)} == {1}
    await stores.corrections.admit(ids[4], 2, **BY)
    (pulled_in,) = await stores.verdicts.imprints(SINCE, position.seq, 9)
    assert standing([pulled_in]) == {ids[4]: ("queued", None, 2)}


async def test_an_original_that_became_a_copy_is_told(stores: Stores) -> None:
    reads = await add_read(stores, 3)
    ids = [read.article_id for read in reads]
    position = await settled(stores, [queued(reads[0], 1), copy_of(reads[1], ids[0], 1)])
    read, verdict = copy_of(reads[2], ids[0], 1)
    await settled(stores, [(read, replace(verdict, copy=CopyVerdict(ids[0], 0.9, "same", earlier=True)))])
    changed = await stores.verdicts.imprints_changed(position)
    assert standing(changed) == {ids[0]: ("copy", ids[2], 1), ids[1]: ("copy", ids[2], 1)}


async def add_texts(stores: Stores) -> list[Read]:
    """Bring two texts, each at two addresses, to state `read`."""
    await add_found(stores, [f"host{number}.example" for number in range(4)])
    for number, article in enumerate(await stores.articles.claim_found(4, now=NOON, lease=LEASE)):
        text = " ".join(f"Witness {number // 2} said {word} to the court." for word in range(40))
        document = Document(f"The trial, day {number}", text, "en", published_at=NOON)
        reading = Reading(document, content_hash(text), sketch(text))
        await stores.articles.settle_reading(article, reading, now=NOON)
    return await stores.verdicts.unsettled(4)


@pytest.mark.parametrize("kept", [True, False])
async def test_a_restart_goes_on_from_the_snapshot(stores: Stores, tmp_path, kept: bool) -> None:
    """With a snapshot or without: the next process knows every text, as it stands after corrections."""

    async def run(memory: MemoryIndex) -> None:
        await decide(
            store=stores.verdicts,
            memory=memory,
            topics=[],
            clock=FakeClock(),
            window=timedelta(days=180),
            screen=False,
            limit=2,
        )

    reads = await add_texts(stores)
    first = MemoryIndex(folder=tmp_path if kept else None)
    await run(first)
    first.keep()
    await run(first)
    before = [first.copies.recall(replace(read, article_id=0)) for read in reads]
    assert all(before)
    incident = before[0][0].incident_id
    change = await stores.corrections.rename(incident, "Another name", **BY)
    await stores.verdicts.let_go()
    again = MemoryIndex(folder=tmp_path if kept else None)
    await run(again)
    assert [again.copies.recall(replace(read, article_id=0)) for read in reads] == before
    assert again.copies.position.seq == 4
    assert again.copies.position.change >= change.id
    assert again.copies.wake(SINCE).seq == 4
