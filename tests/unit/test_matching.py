"""Matching end to end in memory: joins, the window, bounds, and input that is not what it should be."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from monitor.adapters.embed import DIMENSIONS, LONGEST, pack, passage
from monitor.adapters.fingerprint import content_hash, sketch
from monitor.adapters.index import MemoryIndex
from monitor.domain.bounds import Bounds
from monitor.domain.decide import judge_batch
from monitor.domain.match import SHIPPED, choose, explain
from monitor.domain.model import Document, Evidence, Outcome, Read, Reading, State
from monitor.domain.tune import Calibration
from tests.fakes import NOON

VOICE = (
    "Fraudsters used a cloned voice to make Aldermoor Pies of Leeds transfer 1.9 million pounds. The voice of chief executive "
    "Oswin Tarrant asked the bookkeeper to pay a supplier in Dublin, West Yorkshire Police said on Monday."
)
AGAIN = (
    "Police in Leeds have arrested two men over the cloned voice of Oswin Tarrant, with which fraudsters took 1.9 million pounds "
    "from Aldermoor Pies. The chief executive's voice had been copied from a podcast, West Yorkshire Police said."
)
QUAKE = (
    "An earthquake of magnitude 4.7 shook the county of Gongxian on Tuesday morning. Schools stayed closed for a day and nobody was "
    "hurt, the emergency office of Yibin said; pictures of collapsed bridges that went round were made by a generator."
)


def read(
    number: int, title: str, text: str, *, day: float = 0, language: str = "en", vector: bytes | None = None
):
    when = NOON + timedelta(days=day)
    document = Document(title, text, language, published_at=when)
    reading = Reading(document, content_hash(text), sketch(text), vector)
    return Read(number, f"https://example.org/{number}", "example", when, reading)


def judged(*reads: Read, index: MemoryIndex | None = None):
    pairs = judge_batch(reads, topics=(), index=index or MemoryIndex(), screening=False)
    return {one.article_id: verdict for one, verdict in pairs}


FIRST = read(1, "Aldermoor Pies loses 1.9 million to a cloned voice", VOICE)
SECOND = read(2, "Two arrested over cloned voice that cost Aldermoor 1.9 million", AGAIN, day=2)


def test_a_follow_up_joins_and_another_incident_does_not():
    verdicts = judged(FIRST, SECOND, read(3, "Pictures of a quake in Gongxian were generated", QUAKE, day=2))
    assert verdicts[2].outcome is Outcome.EXISTING
    assert verdicts[2].incident_id == verdicts[1].incident_id != verdicts[3].incident_id
    assert "both name" in verdicts[2].reasons[-1]
    assert verdicts[2].evidence.names > 0.5


def test_the_first_reports_may_name_nothing():
    first = read(
        1, "rain on the hills", "rain fell on the hills all night and the river rose while people slept"
    )
    other = read(
        2, "the river rose", "people were asleep at night when the river rose after rain on the hills"
    )
    verdicts = judged(first, other)
    assert verdicts[2].evidence.words > 0.0
    assert verdicts[2].evidence.names == 0.0


def test_the_reason_tells_names_from_figures():
    told = explain(Evidence(1, shared=("27", "us", "josh", "1000", "goldstein", "observatory", "stanford")))
    assert told.startswith("both name josh, goldstein, observatory; both give 27, 1000; ")


def test_what_was_last_reported_before_the_window_is_no_candidate():
    later = replace(
        SECOND,
        reading=replace(
            SECOND.reading, document=replace(SECOND.document, published_at=NOON + timedelta(days=200))
        ),
    )
    verdicts = judged(FIRST, later)
    assert verdicts[2].incident_id != verdicts[1].incident_id


def test_a_link_to_a_report_joins():
    linking = replace(
        SECOND.document,
        title="More on this",
        text="It was worse than thought.",
        links=("https://example.org/1",),
    )
    verdicts = judged(FIRST, replace(SECOND, reading=replace(SECOND.reading, document=linking)))
    assert verdicts[2].incident_id == verdicts[1].incident_id


def test_what_is_not_told_apart_yet_is_unsure_and_comes_sooner():
    near = Evidence(7, words=0.2, shared=("Halden",))
    sure = choose([near], SHIPPED.calibrated(Calibration(1.0, 30.0)))
    assert sure.outcome is Outcome.EXISTING
    within, raw = SHIPPED.words.within, SHIPPED.words.join
    from monitor.domain.match import measures

    odds = raw.log_odds(measures([near])[0])
    wanted = np.log((within - 0.05) / (1 - within + 0.05))
    unsure = choose([near], SHIPPED.calibrated(Calibration(1.0, float(wanted) - odds)))
    assert (unsure.outcome, unsure.match.incident_id) == (Outcome.UNSURE, 7)


def test_rivals_that_a_person_told_apart_are_not_compared():
    index = MemoryIndex()
    judged(FIRST, read(3, "Pictures of a quake in Gongxian were generated", QUAKE), index=index)
    history = [
        (FIRST, replace(judged(FIRST)[1], incident_id=1)),
        (SECOND, replace(judged(SECOND)[2], incident_id=2)),
    ]
    index.load(history, 3, Bounds())
    assert [one.incident_id for one in index.recall_rivals([1])[0]] == [2]
    index.load(history, 3, Bounds(apart=frozenset({(1, 2)})))
    assert index.recall_rivals([1]) == [()]
    index.load(history, 3, Bounds(confirmed=frozenset({2})))
    assert index.recall_rivals([1]) == [()]
    assert index.recall_rivals([2]) == [()]


@pytest.mark.parametrize(
    "odd",
    [
        read(9, "", QUAKE, day=1),
        read(9, "Aldermoor", "Fraud.", day=1),
        read(9, "ꦲꦏ꧀ꦱꦫ", "ꦲꦏ꧀ꦱꦫ ꦗꦮ " * 30, language="jv"),
        read(9, "", "", day=1),
        read(9, "A report from 1970", QUAKE, day=-20000),
        read(9, "A report from far ahead", QUAKE, day=20000),
        read(9, "\0\ud800 broken", "\0\ud800" * 50),
        read(9, "A vector of zeros", QUAKE, vector=np.zeros(DIMENSIONS, dtype="<f4").tobytes()),
    ],
    ids=["no title", "one line", "unknown script", "nothing", "1970", "far ahead", "broken", "zero vector"],
)
def test_odd_documents_have_an_outcome_and_leave_others_alone(odd):
    verdicts = judged(FIRST, SECOND, odd)
    assert verdicts[9].state in {State.QUEUED, State.COPY}
    assert verdicts[2].incident_id == verdicts[1].incident_id


def test_boilerplate_that_resembles_everything_draws_nothing_together():
    cookies = (
        "We use cookies to give you the best experience. Subscribe to our newsletter. All rights reserved. "
        * 4
    )
    others = [
        read(10 + n, f"Notice number {n}", cookies + f" {word}", day=n % 3)
        for n, word in enumerate("abcdefgh")
    ]
    verdicts = judged(FIRST, SECOND, *others)
    assert verdicts[1].incident_id == verdicts[2].incident_id
    assert all(verdicts[10 + n].incident_id != verdicts[1].incident_id for n in range(8))


def test_vectors_and_documents_without_one_live_together():
    vector = pack(np.arange(1, DIMENSIONS + 1))
    whole = replace(FIRST, reading=replace(FIRST.reading, vector=vector))
    verdicts = judged(whole, SECOND)
    assert verdicts[2].words_only
    assert not verdicts[1].words_only
    assert "compared by words alone" in verdicts[2].reasons[-1]


def test_what_is_encoded_is_short_in_every_script():
    for letter in ("a", "я", "字"):
        assert len(passage(letter * 400, letter * 4000).encode()) <= LONGEST
    assert passage("title", "text") == "title\ntext"


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_arrival_within_a_batch_changes_nothing(seed):
    reads = [FIRST, SECOND, read(3, "Pictures of a quake in Gongxian were generated", QUAKE, day=2)]
    shuffled = [reads[at] for at in np.random.default_rng(seed).permutation(3)]
    assert judged(*reads) == judged(*shuffled)
