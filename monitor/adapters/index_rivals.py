"""Which incidents may be the same as some others, and what speaks for it: looked up for many at once."""

from collections.abc import Sequence

import numpy as np

from monitor.adapters.index_between import between
from monitor.adapters.index_incidents import STEPS, Incidents
from monitor.adapters.index_lookup import Asked, candidates, speaking
from monitor.adapters.index_rows import Array
from monitor.domain.bounds import Bounds
from monitor.domain.linkage import LINKS
from monitor.domain.merge import Rival
from monitor.domain.model import Evidence

RIVALS = 8  # incidents that are compared whole
MEANING = LINKS.index("meaning_mean")


def rivals(known: Incidents, incident_ids: Sequence[int], bounds: Bounds) -> list[tuple[Rival, ...]]:
    """Return for each of some incidents, all with reports, what speaks for others being the same one."""
    slots = known.slots(incident_ids)
    wholes = known.summaries(slots)
    asked = []
    for at, found in enumerate(candidates(known, wholes)):
        chosen = _allowed(known, incident_ids[at], np.array(found, dtype=np.intp), bounds)
        asked.append(Asked(wholes[at], chosen, np.zeros(len(chosen)), known.rows(slots[at])))
    spoken = speaking(known, asked)
    return [_linked(known, *one) for one in zip(slots, asked, spoken, strict=True)]


def _allowed(known: Incidents, incident_id: int, slots: Array, bounds: Bounds) -> Array:
    """Return the first of those incidents that may become one with another without a person."""
    names = known.named(slots).tolist()
    allowed = [name != incident_id and bounds.allows(incident_id, name) for name in names]
    return np.asarray(slots[np.array(allowed, dtype=np.bool_)][:RIVALS])


def _linked(known: Incidents, slot: int, asked: Asked, found: Sequence[Evidence]) -> tuple[Rival, ...]:
    """Return rivals with how the reports of the one incident and those of each of them are linked."""
    if not found or asked.rows is None:
        return ()
    slots = known.slots([rival.incident_id for rival in found])
    links = between(known.reports, known.rarity, asked.rows, [known.rows(other) for other in slots])
    if asked.probe.brief:
        links = [_averaged(known, slot, other, link) for other, link in zip(slots, links, strict=True)]
    return tuple(Rival(rival, link) for rival, link in zip(found, links, strict=True))


def _averaged(known: Incidents, slot: int, other: int, links: tuple[float, ...]) -> tuple[float, ...]:
    """Return links whose average of meaning is that of all reports: titles are merged by it, and a few tell it badly."""
    pairs = float(known.counts.rows[slot]) * float(known.counts.rows[other])
    product = (known.summed(slot) / STEPS) @ (known.summed(other) / STEPS)
    return *links[:MEANING], float(product) / pairs, *links[MEANING + 1 :]
