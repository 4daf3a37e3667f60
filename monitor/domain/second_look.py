"""The second look: once a batch is judged, incidents that turn out to be one are brought together, the likeliest first.

What the first reports of a batch leave in pieces the later ones explain; so nothing is merged before all are known.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from monitor.domain.match import Decisions
from monitor.domain.merge import Rival, to_merge
from monitor.domain.model import Merge, Read, Verdict

MERGES = 3  # that one report may bring about
NEAR = 0.1  # probability of the best join from which an incident that begins is looked at
Judged = Sequence[tuple[Read, Verdict]]


class Memory(Protocol):
    """What is asked of the incidents."""

    def recall_rivals(self, incident_ids: Sequence[int]) -> Sequence[tuple[Rival, ...]]:
        """Return for each of some incidents what speaks for each other one being the same as it."""
        ...

    def reports(self, incident_id: int) -> int:
        """Return how many reports an incident has."""
        ...

    def merge(self, kept: int, gone: int) -> None:
        """Remember that two incidents are one."""
        ...


def bring_together(judged: Judged, index: Memory, decisions: Decisions) -> list[tuple[Read, Verdict]]:
    """Return a batch with the merges that it brought, each at the last verdict that names one of the two.

    A verdict is written before its merges: none that follows may name an incident that is gone by then.
    """
    look = _Look(index, decisions, _last_named(verdict for _, verdict in judged))
    merges = look.take(_touched(judged), MERGES * len(judged))
    return [
        (read, replace(verdict, merges=tuple(merges[at])) if at in merges else verdict)
        for at, (read, verdict) in enumerate(judged)
    ]


def _touched(judged: Judged) -> set[int]:
    """Return the incidents that got a report, which may now be seen to be others."""
    return {
        verdict.incident_id
        for _, verdict in judged
        if verdict.incident_id is not None and not verdict.copy and (verdict.score or 0.0) >= NEAR
    }


def _last_named(verdicts: Iterable[Verdict]) -> dict[int, int]:
    """Return the place of the last verdict that names each incident."""
    named: dict[int, int] = {}
    for at, verdict in enumerate(verdicts):
        named |= {one.incident_id: at for one in verdict.mentions}
        if verdict.incident_id is not None:
            named[verdict.incident_id] = at
    return named


@dataclass
class _Look:
    index: Memory
    decisions: Decisions
    last: dict[int, int]
    best: dict[int, Merge] = field(default_factory=dict)
    doubted: set[int] = field(default_factory=set)  # whose likeliest merge is not what it was

    def take(self, touched: set[int], most: int) -> dict[int, list[Merge]]:
        """Merge what is one, the likeliest pair first, and return the merges by the place at which they are told."""
        taken: dict[int, list[Merge]] = {}
        self._ask(sorted(touched))
        while merge := self._likeliest():
            self.index.merge(merge.kept, merge.gone)
            place = max(self.last.get(merge.kept, 0), self.last.get(merge.gone, 0))
            self.last[merge.kept] = place
            taken.setdefault(place, []).append(merge)
            if sum(map(len, taken.values())) >= most:
                break
            self._doubt(merge)
        return taken

    def _likeliest(self) -> Merge | None:
        """Return the likeliest merge; who is in doubt is asked again once its turn has come, not before."""
        while self.best:
            one = max(self.best, key=lambda one: (self.best[one].score, -one))
            if one not in self.doubted:
                return self.best[one]
            self._ask([one])
        return None

    def _doubt(self, merge: Merge) -> None:
        both = {merge.kept, merge.gone}
        self.doubted |= {one for one, other in self.best.items() if {other.kept, other.gone} & both}
        self.best.pop(merge.gone, None)
        self._ask([merge.kept])

    def _ask(self, incidents: Sequence[int]) -> None:
        for one, rivals in zip(incidents, self.index.recall_rivals(incidents), strict=True):
            self.best.pop(one, None)
            self.doubted.discard(one)
            for merge in to_merge(one, self.index.reports(one), rivals, self.decisions):
                self.best[one] = merge
