"""Two incidents that prove to be one: what speaks for it, when they are merged, and how one merge brings another."""

import math
from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.adapters.fingerprint import content_hash, sketch
from monitor.adapters.index import MemoryIndex
from monitor.domain.bounds import Bounds
from monitor.domain.decide import judge_batch
from monitor.domain.linkage import LINKS
from monitor.domain.match import SHIPPED
from monitor.domain.merge import Rival, merge_measures, to_merge
from monitor.domain.model import Document, Evidence, Outcome, Read, Reading, State, Verdict
from monitor.domain.trees import QUESTIONS, Forest
from tests.fakes import NOON

NEWS = (
    "Fraudsters used a cloned voice to make Aldermoor Pies of Leeds transfer 1.9 million pounds, police said.",
    "Oswin Tarrant's cloned voice cost Aldermoor Pies 1.9 million pounds; the bookkeeper in Leeds paid a supplier.",
    "Two men were held in Leeds over the voice of Oswin Tarrant, with which Aldermoor Pies was robbed.",
    "Aldermoor Pies of Leeds sues its bank over the 1.9 million pounds that a cloned voice asked for.",
)
NOTHING = ((0,) * QUESTIONS, (1e9,) * QUESTIONS, (0.0,) * 8)


def always(log_odds: float):
    """Decisions in which every merge is as probable as said."""
    forest = Forest((NOTHING,), log_odds)
    views = {view: replace(getattr(SHIPPED, view), merge=forest) for view in ("whole", "titles", "words")}
    return replace(SHIPPED, **views)


def read(number: int, text: str, day: float = 0.0) -> Read:
    document = Document(text[:40], text, "en", published_at=NOON + timedelta(days=day))
    reading = Reading(document, content_hash(text), sketch(text))
    return Read(number, f"https://example.org/{number}", "example", document.published_at, reading)


def in_pieces(*pieces: int, bounds: Bounds | None = None) -> MemoryIndex:
    """An index in which each report was put into the incident that is named for it."""
    index = MemoryIndex()
    rows = [
        (read(at, NEWS[at], at), Verdict(at, State.QUEUED, (), outcome=Outcome.NEW, incident_id=incident))
        for at, incident in enumerate(pieces)
    ]
    index.load(rows, max(pieces) + 1, bounds or Bounds())
    return index


def test_every_report_is_compared_with_every_report_of_the_other():
    index = in_pieces(1, 1, 2, 2)
    ((rival,),) = index.recall_rivals([1])
    ((back,),) = index.recall_rivals([2])
    links, mirrored = (dict(zip(LINKS, one.links, strict=True)) for one in (rival, back))
    assert all(math.isfinite(value) for value in rival.links)
    assert links["words_mean"] == pytest.approx(mirrored["words_mean"], abs=1e-6)
    assert links["words_ours"] == pytest.approx(mirrored["words_theirs"], abs=1e-6)
    assert 0.0 < links["words_mean"] <= links["words_highest"]
    assert links["same_share"] == 1.0
    assert math.expm1(links["gap"]) == pytest.approx(1.0)
    assert math.expm1(links["means_apart"]) == pytest.approx(2.0)
    assert (links["smaller"], links["larger"]) == (2.0, 2.0)


def test_without_vectors_the_decision_for_words_is_asked():
    ((rival,),) = in_pieces(1, 1, 2, 2).recall_rivals([1])
    assert rival.evidence.meaning is None
    assert SHIPPED.on(rival.evidence) is SHIPPED.words


def test_the_older_name_stays_and_what_is_improbable_is_left_alone():
    index = in_pieces(2, 2, 5)
    (rivals,) = index.recall_rivals([5])
    (merge,) = to_merge(5, 1, rivals, always(5.0))
    assert (merge.kept, merge.gone) == (2, 5)
    assert merge.score > 0.99
    assert to_merge(5, 1, rivals, always(-5.0)) == ()
    assert to_merge(5, 1, (), always(5.0)) == ()


def test_one_report_may_bring_several_pieces_together():
    index = in_pieces(1, 2, 3)
    joining = read(9, NEWS[3] + " " + NEWS[0], 3)
    ((_, verdict),) = judge_batch([joining], topics=(), index=index, screening=False, decisions=always(5.0))
    assert verdict.outcome is Outcome.EXISTING
    assert len(verdict.merges) == 2
    assert {index.current(one) for one in (1, 2, 3)} == {1}


def test_what_people_said_bounds_every_merge():
    index = in_pieces(1, 2, 3, bounds=Bounds(confirmed=frozenset({2}), apart=frozenset({(1, 3)})))
    joining = read(9, NEWS[3] + " " + NEWS[0], 3)
    ((_, verdict),) = judge_batch([joining], topics=(), index=index, screening=False, decisions=always(5.0))
    assert verdict.merges == ()


def test_measures_of_a_merge_are_those_of_a_join_and_more():
    rival = Rival(Evidence(3, reports=4), (0.5,) * len(LINKS))
    (row,) = merge_measures(9, [rival])
    assert row[-len(LINKS) :] == rival.links
    assert row[-len(LINKS) - 2 : -len(LINKS)] == (math.log1p(4), math.log1p(9))
