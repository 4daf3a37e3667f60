"""Documents of a batch that have nothing in common are looked up together, and judged as if one after the other."""

from dataclasses import replace
from datetime import timedelta

import numpy as np

from monitor.adapters.embed import DIMENSIONS, pack
from monitor.adapters.fingerprint import content_hash, sketch
from monitor.adapters.index import MemoryIndex
from monitor.adapters.index_features import features, packed
from monitor.domain.decide import judge_batch
from monitor.domain.model import Document, Outcome, Read, Reading
from tests.fakes import NOON

PLACES = (
    "Alderney",
    "Bergamo",
    "Cordoba",
    "Dunkirk",
    "Esbjerg",
    "Fukuoka",
    "Galway",
    "Haifa",
    "Izmir",
    "Jakarta",
)
MATTERS = (
    "ferry",
    "refinery",
    "stadium",
    "orchestra",
    "tunnel",
    "lottery",
    "glacier",
    "monastery",
    "cannery",
)
EVENTS = [f"{matter} {place}" for matter in MATTERS for place in PLACES]
DIRECTIONS = np.linalg.qr(np.random.default_rng(3).normal(size=(DIMENSIONS, len(EVENTS))))[0].T.astype(
    np.float32
)


def report(number: int, event: int, **more) -> Read:
    """Return a report on one of many events, none of which is like another."""
    matter, place = EVENTS[event].split()
    own = np.random.default_rng(number).choice(list("abcdefghiklmnoprstuvw"), (40, 7))
    text = f"{place} {matter} " + " ".join(map("".join, own))
    document = Document(f"{place} {matter}", text, "en", published_at=NOON, **more)
    compared = packed(features(document.title, text))
    vector = pack(DIRECTIONS[event])
    reading = Reading(document, content_hash(text), sketch(text), vector, "made up", compared)
    return Read(number, f"https://example.org/{number}", "example", NOON + timedelta(minutes=number), reading)


def judged(index: MemoryIndex, *reads: Read):
    return {
        read.article_id: verdict
        for read, verdict in judge_batch(reads, topics=(), index=index, screening=False)
    }


def first(many: int = 1) -> tuple[MemoryIndex, list[Read]]:
    """Return an index that knows a report of each of many events but the last, and one more report of each."""
    index, count = MemoryIndex(many=many), len(EVENTS)
    for event in range(count - 1):
        judged(index, report(event + 1, event))
    return index, [report(count + event, event) for event in range(count)]


def told(verdicts):
    return {one: (verdict.outcome, verdict.incident_id) for one, verdict in verdicts.items()}


def test_what_is_looked_up_together_is_judged_as_one_by_one():
    (together, reads), (one_by_one, _) = first(), first()
    batch = [reads[event] for event in (3, 17, 40, 66, len(EVENTS) - 1)]
    assert together.stretches(batch) == [batch]
    assert [*together.look_ahead(batch)] == [read.article_id for read in batch]
    verdicts, singly = judged(together, *batch), {}
    for read in batch:
        singly |= judged(one_by_one, read)
    assert told(verdicts) == told(singly)
    outcomes = [verdict.outcome for verdict in verdicts.values()]
    assert outcomes == [Outcome.EXISTING] * 4 + [Outcome.NEW]
    again = [report(1000 + event, event) for event in (3, len(EVENTS) - 1)]
    assert [verdict.incident_id for verdict in judged(together, *again).values()] == [
        verdicts[batch[0].article_id].incident_id,
        verdicts[batch[-1].article_id].incident_id,
    ]


def test_what_stands_alone_is_judged_as_if_looked_up_ahead():
    (alone, reads), (ahead, _) = first(), first()
    last = len(EVENTS) - 1
    # cut before the second, which then has the third beside it
    batch = [reads[last], report(2000, last), reads[5]]
    assert alone.stretches(batch[:2]) == [batch[:1], batch[1:2]]
    assert alone.look_ahead(batch[:1]) == {}
    assert told(judged(alone, *batch[:2])) | told(judged(alone, batch[2])) == told(judged(ahead, *batch))


def test_kin_wait_for_their_turn():
    index, reads = first()
    last = len(EVENTS) - 1
    batch = [reads[last], reads[5], report(2000, last)]
    assert index.stretches(batch) == [batch[:2], batch[2:]]
    verdicts = judged(index, *batch)
    assert verdicts[2000].outcome is Outcome.EXISTING
    assert verdicts[2000].incident_id == verdicts[reads[last].article_id].incident_id


def test_what_links_to_another_or_copies_something_waits():
    index, reads = first()
    linking = report(2000, 7, links=(reads[5].url,))
    known = report(2001, 8, links=("https://example.org/3",))
    copy = replace(report(3, 2), article_id=2002)
    assert [*index.look_ahead([reads[5], linking, known, copy])] == [reads[5].article_id]


def test_what_comes_without_a_vector_or_features_waits():
    index, (one, other, *_) = first()
    bare = [
        replace(one, reading=replace(one.reading, vector=None)),
        replace(other, reading=replace(other.reading, features=b"")),
    ]
    assert index.look_ahead(bare) == {}


def test_where_little_is_known_every_document_waits():
    index, reads = first(many=len(EVENTS))
    assert index.stretches(reads[:2]) == [reads[:1], reads[1:2]]


def test_kin_are_alike_in_meaning_or_in_words_or_share_a_text():
    index, reads = first()
    one, other = reads[5], report(2000, 70)
    assert index.stretches([one, other]) == [[one, other]]
    for shared in (
        {"vector": one.reading.vector},
        {"features": one.reading.features},
        {"content_hash": one.reading.content_hash},
    ):
        alike = replace(other, reading=replace(other.reading, **shared))
        assert index.stretches([one, alike]) == [[one], [alike]]
