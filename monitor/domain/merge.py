"""Merging: how probable it is that two incidents are one."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from monitor.domain.match import SHIPPED, Decisions, explain, measures
from monitor.domain.model import Evidence, Merge


@dataclass(frozen=True)
class Rival:
    """Another incident that may be the same one: the evidence, and how the reports of both link."""

    evidence: Evidence  # of the other incident, for this one as if it were a document
    links: tuple[float, ...]  # as `LINKS` in monitor/domain/linkage.py names them

    @property
    def incident_id(self) -> int:
        """The other incident."""
        return self.evidence.incident_id


def merge_measures(reports: int, rivals: Sequence[Rival]) -> list[tuple[float, ...]]:
    """Return the numbers for rivals of an incident with so many reports: as for joins, how large both are, the links."""
    rows = measures([rival.evidence for rival in rivals])
    return [
        (*row, math.log1p(rival.evidence.reports), math.log1p(reports), *rival.links)
        for row, rival in zip(rows, rivals, strict=True)
    ]


def to_merge(
    incident_id: int, reports: int, rivals: Sequence[Rival], decisions: Decisions = SHIPPED
) -> tuple[Merge, ...]:
    """Return the merge with the most probable rival, where it is the same incident; the older name stays."""
    if not rivals:
        return ()
    decision = decisions.on(rivals[0].evidence)  # what is known of the incident is the same for all
    scores = decision.merge.probabilities(merge_measures(reports, rivals))
    score, best = max(zip(scores, rivals, strict=True), key=lambda pair: (pair[0], -pair[1].incident_id))
    if score < decision.merge_from:
        return ()
    kept, gone = sorted((incident_id, best.incident_id))
    return (Merge(kept, gone, round(score, 4), (explain(best.evidence),)),)
