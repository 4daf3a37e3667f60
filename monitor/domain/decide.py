"""Deciding: what becomes of a read document.

screen ──▶ copy? ──▶ roundup? ──▶ incident: existing, new or unsure
  │          │           │
rejected   follows     mentions only,
           its         founds nothing
           original
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Protocol

from monitor.domain.copies import judge_copy
from monitor.domain.match import SHIPPED, Decisions, Matched, choose, choose_each
from monitor.domain.merge import Rival
from monitor.domain.model import (
    CopyCandidate,
    CopyVerdict,
    Evidence,
    Mention,
    Outcome,
    Read,
    Recall,
    Screening,
    State,
    Topic,
    Verdict,
)
from monitor.domain.roundup import is_roundup, segments
from monitor.domain.screen import screen
from monitor.domain.second_look import bring_together

PRIORITY_RELEVANCE, PRIORITY_NEW, PRIORITY_UNSURE = 0.5, 0.3, 0.2  # they add up to 1
MENTIONED = 0.5  # probability from which a segment counts as a mention
EVERYTHING = Screening((), 1.0, ("not screened",))


class Memory(Protocol):
    """Everything the decider remembers."""

    def recall(self, read: Read) -> Recall:
        """Return the texts that a document may copy, and how like the topics' examples it is."""
        ...

    def recall_incidents(self, title: str, text: str, read: Read) -> tuple[Evidence, ...]:
        """Return what speaks for each incident that the document, or one segment of it, may report on."""
        ...

    def stretches(self, reads: Sequence[Read]) -> Sequence[Sequence[Read]]:
        """Return a batch cut so that no two documents of a stretch may be of one event."""
        ...

    def look_ahead(self, reads: Sequence[Read]) -> Mapping[int, tuple[Evidence, ...]]:
        """Return what speaks for incidents, by article, for those of a stretch that can be looked up together."""
        ...

    def recall_rivals(self, incident_ids: Sequence[int]) -> Sequence[tuple[Rival, ...]]:
        """Return for each of some incidents what speaks for each other one being the same as it."""
        ...

    def reports(self, incident_id: int) -> int:
        """Return how many reports an incident has."""
        ...

    def learn(self, read: Read, verdict: Verdict) -> None:
        """Remember a verdict."""
        ...

    def merge(self, kept: int, gone: int) -> None:
        """Remember that two incidents are one."""
        ...

    def next_incident_id(self) -> int:
        """Return an identity for a new incident."""
        ...


def judge(
    read: Read,
    *,
    topics: Sequence[Topic],
    index: Memory,
    screening: bool = True,
    decisions: Decisions = SHIPPED,
    ahead: Matched | None = None,
) -> Verdict:
    """Return what becomes of one document; nothing is remembered yet. It may have been matched ahead of its turn."""
    recall = index.recall(read)
    on = screened(read, topics, recall) if screening else EVERYTHING
    if copy := judge_copy(recall.copies, read):
        return _follow(read, copy, recall.copies, on)
    if screening and not on.passed:
        by_words = _unheard(read, topics)
        return Verdict(read.article_id, State.REJECTED, on.reasons, on, words_only=by_words)
    if is_roundup(read.document.title, read.document.text):
        return _round_up(read, index, on, decisions)
    return _place(read, index, on, ahead or _matched(read, index, decisions))


def judge_batch(
    reads: Sequence[Read],
    *,
    topics: Sequence[Topic],
    index: Memory,
    screening: bool = True,
    decisions: Decisions = SHIPPED,
) -> list[tuple[Read, Verdict]]:
    """Return the verdicts of a batch, each learned before what it may concern is judged; in order of publication."""
    judged = list[tuple[Read, Verdict]]()
    judging = partial(judge, topics=topics, index=index, screening=screening, decisions=decisions)
    for stretch in index.stretches(sorted(reads, key=lambda read: (read.when, read.article_id))):
        found = index.look_ahead(stretch)
        ahead = dict(zip(found, choose_each([*found.values()], decisions), strict=True))
        for read in stretch:
            verdict = judging(read, ahead=ahead.get(read.article_id))
            index.learn(read, verdict)
            judged.append((read, verdict))
    return bring_together(judged, index, decisions)


def screened(read: Read, topics: Sequence[Topic], recall: Recall) -> Screening:
    """Return the screening on the topics that the document's source is watched for; on all where it names none."""
    return screen(read.document, _watched(read, topics), likeness=recall.likeness)


def _watched(read: Read, topics: Sequence[Topic]) -> list[Topic]:
    return [topic for topic in topics if not read.topics or topic.name in read.topics]


def _unheard(read: Read, topics: Sequence[Topic]) -> bool:
    """Tell whether examples would have been asked about a document, had there been an encoder.

    What is near a topic comes with features (adapters/reading.py), and with a vector where there is an encoder.
    """
    prepared = bool(read.reading.features) and read.reading.vector is None
    return prepared and any(topic.like for topic in _watched(read, topics))


def _follow(
    read: Read, copy: CopyVerdict, candidates: Sequence[CopyCandidate], screened: Screening
) -> Verdict:
    """Return the verdict of a copy: it shares the fate of its original."""
    original = next(one for one in candidates if one.original_id == copy.original_id)
    rejected = original.state is State.REJECTED
    reason = f"copy of article {copy.original_id}: {copy.reason}" + (
        ", which was rejected" if rejected else ""
    )
    return Verdict(
        read.article_id,
        State.REJECTED if rejected else State.COPY,
        (reason,),
        screened,
        copy=copy,
        outcome=None if original.incident_id is None else Outcome.EXISTING,
        incident_id=original.incident_id,
        score=copy.containment,
    )


def _round_up(read: Read, index: Memory, screened: Screening, decisions: Decisions) -> Verdict:
    """Return the verdict of a roundup: its segments mention incidents, itself it belongs to none."""
    mentions: dict[int, Mention] = {}
    for segment in segments(read.document.text) or (read.document.title,):
        match = choose(index.recall_incidents("", segment, read), decisions).match
        if match and match.score >= MENTIONED:
            mentions.setdefault(match.incident_id, Mention(match.incident_id, match.score, segment))
    reason = f"a roundup; {len(mentions)} of its parts speak of known incidents"
    priority = PRIORITY_RELEVANCE * screened.relevance / 2
    return Verdict(
        read.article_id,
        State.QUEUED,
        (*screened.reasons, reason),
        screened,
        roundup=True,
        mentions=tuple(mentions.values()),
        priority=round(priority, 3),
        words_only=read.reading.vector is None,
    )


def _matched(read: Read, index: Memory, decisions: Decisions) -> Matched:
    document = read.document
    return choose(index.recall_incidents(document.title, document.text, read), decisions)


def _place(read: Read, index: Memory, screened: Screening, found: Matched) -> Verdict:
    """Return the verdict of an article: the incident that it joins, or a new one."""
    match, joins = found.match, found.outcome is Outcome.EXISTING
    incident_id = match.incident_id if match and joins else index.next_incident_id()
    return Verdict(
        read.article_id,
        State.QUEUED,
        (*screened.reasons, _told(found)),
        screened,
        outcome=found.outcome,
        incident_id=incident_id,
        score=match.score if match else None,
        alternative=match if found.outcome is Outcome.UNSURE else None,
        evidence=match.evidence if match else None,
        priority=_priority(screened, found.outcome),
        words_only=read.reading.vector is None,
    )


def _told(found: Matched) -> str:
    if found.match is None:
        return "a new incident: nothing like it is known"
    told = f"incident {found.match.incident_id} ({found.match.score:.0%}): {'; '.join(found.match.reasons)}"
    if found.outcome is Outcome.EXISTING:
        return told
    return f"a new incident{', but unsure' if found.outcome is Outcome.UNSURE else ''}; the nearest is {told}"


def _priority(screened: Screening, outcome: Outcome) -> float:
    """Return how soon a labeller should see it (0 – 1): relevant, new and unsure ones first."""
    new = PRIORITY_NEW if outcome is not Outcome.EXISTING else 0.0
    unsure = PRIORITY_UNSURE if outcome is Outcome.UNSURE else 0.0
    return round(PRIORITY_RELEVANCE * screened.relevance + new + unsure, 3)
