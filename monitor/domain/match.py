"""Matching: how probable it is that a document reports on an incident, and the sentence that says why."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from monitor.domain.linkage import Average
from monitor.domain.match_weights import (
    FROM_TITLES,
    FROM_WHOLE,
    FROM_WORDS,
    JOIN_TITLES,
    JOIN_WHOLE,
    JOIN_WORDS,
    MERGE_WHOLE,
    MERGE_WORDS,
)
from monitor.domain.model import Evidence, Match, Outcome
from monitor.domain.trees import Forest
from monitor.domain.tune import AS_SHIPPED, Calibration, probability

UNSURE = 0.15  # probabilities this little under the threshold are unsure
SHOWN = 3  # shared names and figures that a reason shows
WORDED = 0.2  # likeness of words from which they say something where no name is shared
MEANT = 0.25  # likeness of meaning from which two languages may tell of the same
HALF_SAID = 0.3  # probability at most where one of these is missing
NO_MEANING = -1.0  # what stands for the meaning where no encoder ran

MEASURES = (
    "words", "title", "centre", "meaning", "meaning_centre", "names", "names_share", "names_title", "named", "numbers",
    "figured", "quotes", "links", "days", "same_language", "brief", "places", "ahead_meaning", "ahead_words",
    "ahead_names", "names_back", "words_few", "meaning_few", "reports", "back_few", "joint", "joint_few",
    "crowd", "over",
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


def _more(evidence: Evidence) -> tuple[float, ...]:
    return (
        evidence.names_back,
        evidence.words_few,
        evidence.meaning_few,
        math.log1p(evidence.reports),
        evidence.back_few,
        evidence.joint,
        evidence.joint_few,
    )


def _crowd(candidates: Sequence[Evidence]) -> list[tuple[float, float]]:
    """Return how near in meaning the others of each candidate are on average, and how far it is over that."""
    near = [one.meaning or 0.0 for one in candidates]
    total, others = sum(near), max(1, len(near) - 1)
    return [((total - one) / others, one - (total - one) / others) for one in near]


def measures(candidates: Sequence[Evidence]) -> list[tuple[float, ...]]:
    """Return the numbers of every candidate that the decision asks for, in the order of `MEASURES`."""
    ahead = zip(*(_ahead(candidates, of) for of in (_meaning, _words, _names)), strict=True)
    rows = zip(candidates, ahead, _crowd(candidates), strict=True)
    return [(*_alone(one), *lead, *_more(one), *crowd) for one, lead, crowd in rows]


@dataclass(frozen=True)
class Decision:
    """What decides over joins and merges; the probabilities from which each is made."""

    join: Forest
    merge: Forest | Average
    within: float
    across: float  # joins across languages have a threshold of their own
    merge_from: float
    calibration: Calibration = AS_SHIPPED

    def probabilities(self, rows: Sequence[Sequence[float]]) -> list[float]:
        """Return how probable each of some joins is, as it is believed here."""
        return [probability(self.calibration.bent(one)) for one in self.join.each(rows)]

    def join_from(self, evidence: Evidence) -> float:
        """Return the probability from which a document joins."""
        return self.within if evidence.same_language else self.across


@dataclass(frozen=True)
class Decisions:
    """The decisions for documents with a vector, with a title alone, and without a vector."""

    whole: Decision
    titles: Decision
    words: Decision

    def on(self, evidence: Evidence) -> Decision:
        """Return the decision that fits what is known of a document."""
        if evidence.meaning is None:
            return self.words
        return self.titles if evidence.brief else self.whole

    def calibrated(self, calibration: Calibration) -> "Decisions":
        """Return the same decisions with other probabilities of joins."""
        parts = (replace(one, calibration=calibration) for one in (self.whole, self.titles, self.words))
        return Decisions(*parts)


SHIPPED = Decisions(
    Decision(JOIN_WHOLE, MERGE_WHOLE, *FROM_WHOLE),
    Decision(JOIN_TITLES, Average(), *FROM_TITLES),
    Decision(JOIN_WORDS, MERGE_WORDS, *FROM_WORDS),
)


def _most(evidence: Evidence) -> float:
    """Return how probable a join may be at most: neither meaning alone joins, nor names alone across languages."""
    if evidence.same_language:
        said = evidence.shared or max(evidence.words, evidence.title) > WORDED
    else:
        said = evidence.meaning is None or evidence.meaning > MEANT
    return 1.0 if said else HALF_SAID


def choose(candidates: Sequence[Evidence], decisions: Decisions = SHIPPED) -> Matched:
    """Return the outcome for a document: its most probable incident, a new one, or unsure between the two."""
    if not candidates:
        return Matched(Outcome.NEW)
    decision = decisions.on(candidates[0])  # what is known of the document is the same for all
    return _chosen(candidates, decision, decision.probabilities(measures(candidates)))


def choose_each(documents: Sequence[Sequence[Evidence]], decisions: Decisions = SHIPPED) -> list[Matched]:
    """Return the outcomes for many documents: the decisions are asked about all of them at once."""
    found = [Matched(Outcome.NEW)] * len(documents)
    for decision in (decisions.whole, decisions.titles, decisions.words):
        own = [at for at, some in enumerate(documents) if some and decisions.on(some[0]) is decision]
        scores = iter(decision.probabilities([row for at in own for row in measures(documents[at])]))
        for at in own:
            found[at] = _chosen(documents[at], decision, [next(scores) for _ in documents[at]])
    return found


def _chosen(candidates: Sequence[Evidence], decision: Decision, probabilities: Sequence[float]) -> Matched:
    scores = [
        1.0 if one.links else min(_most(one), score)
        for one, score in zip(candidates, probabilities, strict=True)
    ]
    score, best = max(
        zip(scores, candidates, strict=True),
        key=lambda pair: (pair[0] - decision.join_from(pair[1]), -pair[1].incident_id),
    )
    threshold = decision.join_from(best)
    match = Match(best.incident_id, round(score, 4), (explain(best),), best)
    if score >= threshold:
        return Matched(Outcome.EXISTING, match)
    return Matched(Outcome.UNSURE if score >= threshold - UNSURE else Outcome.NEW, match)


def _shared(evidence: Evidence) -> str:
    """Tell the rarest shared names, those of two letters last, and the rarest shared figures."""
    figures = [one for one in evidence.shared if one[:1].isdigit()]
    names = sorted((one for one in evidence.shared if not one[:1].isdigit()), key=_is_code)
    told = {"both name": names[:SHOWN], "both give": figures[:SHOWN]}
    return "; ".join(f"{verb} {', '.join(what)}" for verb, what in told.items() if what)


def _is_code(name: str) -> bool:
    return name.isascii() and len(name) < 3  # noqa: PLR2004 - as "us" or "ai"


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
