"""Decide: one decider at a time, one transaction per batch, and a memory that never runs ahead of what is written."""

from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.adapters.fingerprint import content_hash, sketch
from monitor.adapters.index import MemoryIndex
from monitor.adapters.index_copies import SCHEMA
from monitor.adapters.shelf import Shelf
from monitor.domain.errors import Transient
from monitor.domain.model import Document, Outcome, Read, Reading, State, Topic
from monitor.ports import Holding
from monitor.stages.decide import decide
from tests.fakes import NOON, FakeClock, FakeVerdicts

TOPIC = Topic("ai", any=("AI", "deepfake"), all_of=("fraud", "scam"))
TEXT = (
    "Police in Rivertown say a deepfake video call was used in a fraud that cost the Halden Bank 4.2 million. "
    "An employee transferred the money after seeing what she took for her director, the chief of police said. "
    "Investigators believe that AI software cloned the director's face and voice from recordings of meetings."
)


def document(
    number: int, text: str = TEXT, title: str = "Deepfake fraud costs Halden Bank 4.2 million"
) -> Read:
    reading = Reading(
        Document(title, text, "en", published_at=NOON + timedelta(hours=number)),
        content_hash(text),
        sketch(text),
    )
    return Read(number, f"https://example.org/{number}", "example", NOON, reading, ("ai",))


async def settle(store, memory=None):
    return await decide(
        store=store,
        memory=memory or MemoryIndex(window=timedelta(days=180)),
        topics=[TOPIC],
        clock=FakeClock(),
        window=timedelta(days=180),
    )


async def test_a_batch_is_settled_and_a_copy_follows_its_original():
    store = FakeVerdicts(
        [document(1), document(2), document(3, "The weather stays fine all week in the valley.", "Sun")]
    )
    verdicts = [verdict for _, verdict in await settle(store)]
    assert [verdict.state for verdict in verdicts] == [State.QUEUED, State.COPY, State.REJECTED]
    assert verdicts[0].outcome is Outcome.NEW
    assert verdicts[1].copy.original_id == 1
    assert verdicts[1].incident_id == verdicts[0].incident_id
    assert all(verdict.reasons for verdict in verdicts)


async def test_while_another_process_decides_nothing_is_touched():
    store = FakeVerdicts([document(1)], holding=Holding.NONE)
    assert await settle(store) == []
    assert store.settled == []


async def test_history_is_loaded_once_and_again_after_a_failed_settle():
    store, memory = (
        FakeVerdicts([document(1)], trouble=Transient("database")),
        MemoryIndex(window=timedelta(days=180)),
    )
    with pytest.raises(Transient):
        await settle(store, memory)
    await settle(store, memory)
    await settle(store, memory)
    assert (store.forgotten, store.loaded) == (1, 2)
    assert [verdict.state for _, verdict in store.settled] == [State.QUEUED]


async def test_a_restart_in_the_middle_changes_nothing():
    reads = [
        document(1),
        document(2),
        document(3, TEXT + " The bank has since recovered a third of the money."),
    ]
    whole, parts = FakeVerdicts(list(reads)), FakeVerdicts(list(reads))
    await settle(whole)
    for _ in reads:  # a new memory for every document: as if the process had been restarted each time
        parts.holding = Holding.TAKEN
        await decide(
            store=parts,
            memory=MemoryIndex(window=timedelta(days=180)),
            topics=[TOPIC],
            clock=FakeClock(),
            window=timedelta(days=180),
            limit=1,
        )

    def outcome(store):
        return [(v.state, v.incident_id, v.copy and v.copy.original_id) for _, v in store.settled]

    assert outcome(parts) == outcome(whole)


async def test_an_empty_title_or_text_has_a_defined_outcome():
    read = document(1, text="", title="")
    store = FakeVerdicts([replace(read, topics=("ai",))])
    await settle(store)
    assert store.settled[0][1].state is State.REJECTED


async def test_after_an_unforeseen_error_no_snapshot_is_believed(tmp_path):
    store, memory = FakeVerdicts([document(1)]), MemoryIndex(folder=tmp_path)
    await settle(store, memory)
    await settle(store, memory)
    memory.keep()
    store.reads = [document(2)]
    for trouble, kept in ((Transient("database"), True), (RuntimeError("a row that is gone"), False)):
        store.trouble = trouble
        with pytest.raises(type(trouble)):
            await settle(store, memory)
        assert (Shelf(tmp_path, "copies", schema=SCHEMA).take() is not None) is kept
    await settle(store, memory)
    assert [verdict.state for _, verdict in store.settled] == [State.QUEUED, State.COPY]


async def test_who_takes_up_a_memory_says_that_it_goes_on():
    store, said = FakeVerdicts([document(1)]), []
    await settle(store)
    store.reads, store.holding = [document(2)], Holding.TAKEN
    memory, clock, window = MemoryIndex(), FakeClock(), timedelta(days=180)
    went_on = lambda: said.append("still")  # noqa: E731 - what is told, nothing else
    given = {"topics": [TOPIC], "clock": clock, "window": window, "went_on": went_on}
    await decide(store=store, memory=memory, **given)
    assert said
    told = len(said)
    store.reads = [document(3)]
    await decide(store=store, memory=memory, **given)
    assert len(said) == told  # nothing was taken in
