"""Matching: how probable it is that a document reports on an incident, and the sentence that says why."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from monitor.domain.match_weights import ACROSS, WITHIN, Weights
from monitor.domain.model import Evidence, Match, Merge, Outcome

UNSURE = 0.15  # probabilities this little under the threshold are unsure
MERGED = 0.9  # probability from which two incidents become one
SHOWN = 3  # shared names and figures that a reason shows


@dataclass(frozen=True)
class Matched:
    """What matching came to: the outcome, the best incident, and the option not taken where that was close."""

    outcome: Outcome
    match: Match | None = None


def weights_for(evidence: Evidence) -> Weights:
    """Return the weights for a pair of one language, or for a join across languages."""
    return WITHIN if evidence.same_language else ACROSS


def measures(evidence: Evidence) -> tuple[float, ...]:
    """Return the numbers that the weights are for, in the order of `Weights.names`."""
    meaning, centre = evidence.meaning or 0.0, evidence.meaning_centre or 0.0
    known = float(evidence.meaning is not None)
    return (
        evidence.words,
        evidence.title,
        evidence.centre,
        meaning,
        centre,
        1.0 - known,
        evidence.names,
        evidence.numbers,
        evidence.quotes,
        evidence.links,
        math.log1p(evidence.days) / math.log1p(180.0),
        math.log1p(evidence.reports) / math.log(100.0),
        evidence.words * meaning,
        evidence.names * meaning,
    )


def probability(evidence: Evidence) -> float:
    """Return how probable it is (0 – 1) that the document reports on the incident."""
    weights = weights_for(evidence)
    total = weights.bias + sum(w * x for w, x in zip(weights.values, measures(evidence), strict=True))
    return 1.0 / (1.0 + math.exp(-max(-40.0, min(40.0, total))))


def choose(candidates: Sequence[Evidence]) -> Matched:
    """Return the outcome for a document: its most probable incident, a new one, or unsure between the two."""
    if not candidates:
        return Matched(Outcome.NEW)
    scored = [(probability(evidence), evidence) for evidence in candidates]
    score, best = max(
        scored, key=lambda pair: (pair[0] - weights_for(pair[1]).threshold, -pair[1].incident_id)
    )
    threshold = weights_for(best).threshold
    match = Match(best.incident_id, round(score, 4), (explain(best),), best)
    if score >= threshold:
        return Matched(Outcome.EXISTING, match)
    return Matched(Outcome.UNSURE if score >= threshold - UNSURE else Outcome.NEW, match)


def to_merge(incident_id: int, rivals: Sequence[Evidence]) -> tuple[Merge, ...]:
    """Return the incidents that are the same one as this; the older of two keeps its name."""
    found = []
    for evidence in rivals:
        score = probability(evidence)
        if score >= MERGED:
            kept, gone = sorted((incident_id, evidence.incident_id))
            found.append(Merge(kept, gone, round(score, 4), (explain(evidence),)))
    return tuple(sorted(found, key=lambda merge: -merge.score)[:1])


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


def explain(evidence: Evidence) -> str:
    """Return the evidence as one sentence."""
    linked = "it links to a report" if evidence.links else ""
    quoted = "the same quoted words" if evidence.quotes else ""
    parts = (linked, _shared(evidence), quoted, _alike(evidence), _meant(evidence), _when(evidence))
    return "; ".join(part for part in parts if part)
