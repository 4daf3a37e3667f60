"""Deciding again what was decided by words alone, once there are vectors."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from monitor.domain.decide import Memory as Remembering
from monitor.domain.decide import screened
from monitor.domain.match import SHIPPED, Decisions, choose
from monitor.domain.merge import to_merge
from monitor.domain.model import Merge, Outcome, Read, State, Topic, Verdict


class Memory(Remembering, Protocol):
    """What is asked beside what deciding asks."""

    def allows(self, one: int, other: int) -> bool:
        """Tell whether two incidents may become one without a person."""
        ...

    def current(self, incident_id: int) -> int:
        """Return the name under which an incident goes on after merges."""
        ...

    def encoded(self, read: Read) -> None:
        """Remember the vector of a report."""
        ...


@dataclass(frozen=True)
class Again:
    """What became of an article that was decided by words alone: its incident is another's, or it goes back to the line."""

    read: Read  # with its vector; none where there is nothing to encode
    merges: tuple[Merge, ...] = ()
    back: bool = False  # it was rejected, and now passes the screen

    @property
    def told(self) -> str:
        """What a reader of its reasons is told."""
        if not self.read.reading.vector:
            return "nothing in it could be encoded"
        if self.merges:
            (merge,) = self.merges
            return (
                f"encoded later: incidents {merge.kept} and {merge.gone} are one; {'; '.join(merge.reasons)}"
            )
        return "encoded later: it stays"


def judge_again(
    reads: Sequence[tuple[Read, Verdict]],
    *,
    topics: Sequence[Topic],
    index: Memory,
    decisions: Decisions = SHIPPED,
) -> list[Again]:
    """Return what becomes of articles that have their vectors now; all of them are learned before the first is judged."""
    for read, verdict in reads:
        if _is_report(verdict):
            index.encoded(read)
    return [_again(read, verdict, topics, index, decisions) for read, verdict in reads]


def _is_report(verdict: Verdict) -> bool:
    return verdict.state is State.QUEUED and not verdict.roundup and verdict.incident_id is not None


def _again(
    read: Read, verdict: Verdict, topics: Sequence[Topic], index: Memory, decisions: Decisions
) -> Again:
    if not read.reading.vector:
        return Again(read)
    if verdict.state is State.REJECTED:
        return Again(read, back=screened(read, topics, index.recall(read)).passed)
    if verdict.incident_id is None or not _is_report(verdict):
        return Again(read)
    merges = _merges(read, index.current(verdict.incident_id), index, decisions)
    for merge in merges:
        index.merge(merge.kept, merge.gone)
    return Again(read, merges)


def _merges(read: Read, incident_id: int, index: Memory, decisions: Decisions) -> tuple[Merge, ...]:
    """Return the merge that the vector speaks for: of a lone report as if it came now, else of its incident."""
    reports = index.reports(incident_id)
    if reports != 1:
        return to_merge(incident_id, reports, index.recall_rivals([incident_id])[0], decisions)
    found = index.recall_incidents(read.document.title, read.document.text, read)
    others = [one for one in found if index.allows(incident_id, one.incident_id)]
    matched = choose([one for one in others if one.incident_id != incident_id], decisions)
    if matched.outcome is not Outcome.EXISTING or matched.match is None:
        return ()
    kept, gone = sorted((incident_id, matched.match.incident_id))
    return (Merge(kept, gone, matched.match.score, matched.match.reasons),)
