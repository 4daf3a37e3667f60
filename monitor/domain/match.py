"""Matching: how probable it is that a document reports on an incident, and the sentence that says why."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from monitor.domain.match_weights import (
    JOIN_ACROSS,
    JOIN_TITLES,
    JOIN_WHOLE,
    JOIN_WITHIN,
    JOIN_WORDS,
    MERGE_FROM,
    MERGE_TITLES,
    MERGE_WHOLE,
    MERGE_WORDS,
)
from monitor.domain.model import Evidence, Match, Merge, Outcome
from monitor.domain.trees import Forest

UNSURE = 0.15  # probabilities this little under the threshold are unsure
SHOWN = 3  # shared names and figures that a reason shows
NO_MEANING = -1.0  # what stands for the meaning where no encoder ran

MEASURES = (
    "words", "title", "centre", "meaning", "meaning_centre", "names", "names_share", "names_title", "named", "numbers",
    "figured", "quotes", "links", "days", "same_language", "brief", "places", "ahead_meaning", "ahead_words",
    "ahead_names",
)  # fmt: skip


@dataclass(frozen=True)
class Matched:
    """What matching came to: the outcome, and the best incident with its probability."""

    outcome: Outcome
    match: Match | None = None


def _meaning(evidence: Evidence) -> float:
    return NO_MEANING if evidence.meaning_centre is None else evidence.meaning_centre


def _words(evidence: Evidence) -> float:
    return evidence.words


def _names(evidence: Evidence) -> float:
    return evidence.names


def _ahead(candidates: Sequence[Evidence], of: Callable[[Evidence], float]) -> list[float]:
    """Return how far each candidate is ahead of the best other one; below zero for those behind."""
    if len(candidates) < 2:  # noqa: PLR2004 - nobody to be ahead of
        return [0.0] * len(candidates)
    values = [of(one) for one in candidates]
    second, first = sorted(values)[-2:]
    leader = values.index(first)
    return [value - (second if at == leader else first) for at, value in enumerate(values)]


def _alone(evidence: Evidence) -> tuple[float, ...]:
    return (
        evidence.words,
        evidence.title,
        evidence.centre,
        NO_MEANING if evidence.meaning is None else evidence.meaning,
        _meaning(evidence),
        evidence.names,
        evidence.names_share,
        evidence.names_title,
        evidence.named,
        evidence.numbers,
        evidence.figured,
        evidence.quotes,
        evidence.links,
        math.log1p(evidence.days),
        float(evidence.same_language),
        float(evidence.brief),
        evidence.places,
    )


def measures(candidates: Sequence[Evidence]) -> list[tuple[float, ...]]:
    """Return the numbers of every candidate that the decision asks for, in the order of `MEASURES`."""
    ahead = zip(*(_ahead(candidates, of) for of in (_meaning, _words, _names)), strict=True)
    return [(*_alone(one), *lead) for one, lead in zip(candidates, ahead, strict=True)]


def merge_measures(reports: int, rivals: Sequence[Evidence]) -> list[tuple[float, ...]]:
    """Return the numbers for incidents against one with so many reports: as above, and how large both are."""
    return [
        (*row, math.log1p(rival.reports), math.log1p(reports))
        for row, rival in zip(measures(rivals), rivals, strict=True)
    ]


def _threshold(evidence: Evidence) -> float:
    """Return the probability from which a document joins; joins across languages have their own."""
    return JOIN_WITHIN if evidence.same_language else JOIN_ACROSS


def _joining(evidence: Evidence) -> Forest:
    """Return the decision that fits what is known of a document: no vector, no text, or both."""
    if evidence.meaning is None:
        return JOIN_WORDS
    return JOIN_TITLES if evidence.brief else JOIN_WHOLE


def _merging(evidence: Evidence) -> Forest:
    if evidence.meaning is None:
        return MERGE_WORDS
    return MERGE_TITLES if evidence.brief else MERGE_WHOLE


def choose(candidates: Sequence[Evidence]) -> Matched:
    """Return the outcome for a document: its most probable incident, a new one, or unsure between the two."""
    if not candidates:
        return Matched(Outcome.NEW)
    scores = [
        1.0 if one.links else _joining(one).probability(row)
        for one, row in zip(candidates, measures(candidates), strict=True)
    ]
    score, best = max(
        zip(scores, candidates, strict=True),
        key=lambda pair: (pair[0] - _threshold(pair[1]), -pair[1].incident_id),
    )
    threshold = _threshold(best)
    match = Match(best.incident_id, round(score, 4), (explain(best),), best)
    if score >= threshold:
        return Matched(Outcome.EXISTING, match)
    return Matched(Outcome.UNSURE if score >= threshold - UNSURE else Outcome.NEW, match)


def to_merge(incident_id: int, reports: int, rivals: Sequence[Evidence]) -> tuple[Merge, ...]:
    """Return the merge with the most probable rival, where it is the same incident; the older name stays."""
    scored = [
        (_merging(rival).probability(row), rival)
        for rival, row in zip(rivals, merge_measures(reports, rivals), strict=True)
    ]
    score, best = max(scored, key=lambda pair: (pair[0], -pair[1].incident_id), default=(0.0, None))
    if best is None or score < MERGE_FROM:
        return ()
    kept, gone = sorted((incident_id, best.incident_id))
    return (Merge(kept, gone, round(score, 4), (explain(best),)),)


def _shared(evidence: Evidence) -> str:
    shown = ", ".join(evidence.shared[:SHOWN])
    return f"both name {shown}" if shown else ""


def _alike(evidence: Evidence) -> str:
    if evidence.title >= evidence.words:
        return f"titles {evidence.title:.2f} alike"
    return f"wording {evidence.words:.2f} alike"


def _meant(evidence: Evidence) -> str:
    if evidence.meaning is None:
        return "compared by words alone"
    return f"meaning {evidence.meaning:.2f} alike" + ("" if evidence.same_language else " across languages")


def _when(evidence: Evidence) -> str:
    days = round(evidence.days)
    return "the same day" if days < 1 else f"{days} day{'s' * (days != 1)} from the nearest report"


def _where(evidence: Evidence) -> str:
    return {1.0: "the same country", -1.0: "other countries"}.get(evidence.places, "")


def explain(evidence: Evidence) -> str:
    """Return the evidence as one sentence."""
    linked = "it links to a report" if evidence.links else ""
    quoted = "the same quoted words" if evidence.quotes else ""
    parts = (
        linked,
        _shared(evidence),
        quoted,
        _alike(evidence),
        _meant(evidence),
        _where(evidence),
        _when(evidence),
    )
    return "; ".join(part for part in parts if part)
