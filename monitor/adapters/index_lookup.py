"""Which incidents documents may report on, and what speaks for each: looked up for many documents at once."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import accumulate, pairwise, zip_longest
from typing import NamedTuple, TypeVar

import numpy as np

from monitor.adapters.index_evidence import Candidates, Layout, Whole, evidence
from monitor.adapters.index_incidents import NOWHERE, REPORTS, Incidents
from monitor.adapters.index_postings import heaviest
from monitor.adapters.index_probe import Probe
from monitor.adapters.index_reports import LANGUAGE, NEARNESS, Compared
from monitor.adapters.index_rows import Array
from monitor.domain.model import Evidence

EVERY = np.arange(REPORTS)  # the places of all reports of an incident that are compared
PROBED = 32  # weightiest words by which earlier reports are looked up
CANDIDATES = 24  # incidents that are compared: half of them found by words, half by meaning, or all by words
LOOKED_UP = 64  # documents that are looked up in one go: each may find fifty thousand postings
TOGETHER = 16  # documents that are compared in one go: more would not stay in the cache


Question = TypeVar("Question")
Answer = TypeVar("Answer")


class Asked(NamedTuple):
    """A document, or an incident as if it were one, and the incidents that it is compared with."""

    probe: Probe
    slots: Array
    linked: Array  # 1 for those that it links to
    rows: Array | None = None  # of an incident: its reports


def candidates(known: Incidents, asked: Sequence[Probe]) -> list[list[int]]:
    """Return for each document the slots of incidents that share rare words or names with it, or whose meaning is near."""
    parts = [asked[first : first + LOOKED_UP] for first in range(0, len(asked), LOOKED_UP)]
    return [own for part in parts for own in _by_kind(part, part, partial(_candidates, known))]


def _candidates(known: Incidents, asked: Sequence[Probe]) -> list[list[int]]:
    vectors = [one.vector for one in asked if one.vector is not None]
    if not vectors:
        return _by_words(known, asked, CANDIDATES)
    most = CANDIDATES // 2
    near = known.cells.near(np.array(vectors), most)
    both = zip(_by_words(known, asked, most), near, strict=True)
    pairs = (zip_longest(worded, meant.tolist()) for worded, meant in both)
    return [[*dict.fromkeys(slot for pair in own for slot in pair if slot is not None)] for own in pairs]


def _by_kind(
    probes: Sequence[Probe], asked: Sequence[Question], work: Callable[[Sequence[Question]], Sequence[Answer]]
) -> list[Answer]:
    """Return what work finds for those with a vector, and for those without, in the order in which they were asked."""
    kinds = [one.vector is None for one in probes]
    if len({*kinds}) == 1:
        return list(work(asked))
    found: dict[int, Answer] = {}
    for without in (False, True):
        own = [at for at, kind in enumerate(kinds) if kind is without]
        found |= zip(own, work([asked[at] for at in own]), strict=True)
    return [found[at] for at in range(len(asked))]


def _by_words(known: Incidents, asked: Sequence[Probe], most: int) -> list[list[int]]:
    """Return for each document the slots of incidents that share the weightiest words and names with it."""
    _, numbers, weights = zip(*map(looked_up_by, asked), strict=True)
    weighed, ends = np.concatenate(weights), np.array([len(own) for own in numbers]).cumsum()
    posted = known.postings.of(np.concatenate(numbers), ends)
    likely = [heaviest(rows, weighed.take(at), 4 * most) for rows, at in posted]
    slots = known.became.rows.take(known.reports.facts.rows["slot"][np.concatenate(likely)]).tolist()
    stretches = pairwise(accumulate(map(len, likely), initial=0))
    return [
        [slot for slot in dict.fromkeys(slots[start:end]) if slot != NOWHERE][:most]
        for start, end in stretches
    ]


def looked_up_by(one: Probe) -> tuple[Array, Array, Array]:
    """Return the weightiest words of a document and its names: hashes, numbers and weights."""
    return (
        np.concatenate((one.hashes[:PROBED], one.names.hashes)),
        np.concatenate((one.numbers[:PROBED], one.names.numbers)),
        np.concatenate((one.weights[:PROBED], 0.3 * one.names.rarities)),
    )


def spoken(
    known: Incidents, asked: Sequence[Probe], linked: Sequence[list[int]], days: float
) -> list[tuple[Evidence, ...]]:
    """Return what speaks for the incidents that documents may report on, and for the slots that they link to.

    What was not reported on within so many days around a document is left out.
    """
    some = []
    for one, found, named in zip(asked, candidates(known, asked), linked, strict=True):
        slots = _recent(known, np.array([*dict.fromkeys((*found, *named))], dtype=np.intp), one.day, days)
        some.append(Asked(one, slots, np.array([float(slot in named) for slot in slots.tolist()])))
    return speaking(known, some)


def _recent(known: Incidents, slots: Array, day: float, days: float) -> Array:
    """Return those slots whose incidents were reported on within so many days around a day."""
    spans = known.spans.rows[slots]
    return np.asarray(slots[(spans[:, 0] - days <= day) & (day <= spans[:, 1] + days)])


def speaking(known: Incidents, asked: Sequence[Asked]) -> list[tuple[Evidence, ...]]:
    """Return for each document what speaks for the most promising of some incidents."""
    some = [at for at, one in enumerate(asked) if len(one.slots)]
    parts = [some[first : first + TOGETHER] for first in range(0, len(some), TOGETHER)]
    found: dict[int, tuple[Evidence, ...]] = {}
    for part in parts:
        own = [asked[at] for at in part]
        found |= zip(part, _by_kind([one.probe for one in own], own, partial(_speaking, known)), strict=True)
    return [found.get(at, ()) for at in range(len(asked))]


def _speaking(known: Incidents, asked: Sequence[Asked]) -> list[tuple[Evidence, ...]]:
    """Return the same for documents that all have some incidents, and a vector, or none of them."""
    slots, probes = np.concatenate([one.slots for one in asked]), [one.probe for one in asked]
    linked = np.concatenate([one.linked for one in asked])
    of = np.arange(len(asked)).repeat([len(one.slots) for one in asked])
    rows, layout = _laid_out(known, slots)
    compared = _compared(known, asked, rows, np.bincount(of, layout.lengths).astype(np.intp))
    summed = Candidates.of_all(probes, of, compared, layout, known.sizes.rows.take(slots))
    kept = summed.promising(linked)
    slots, linked, of = slots.take(kept), linked.take(kept), of.take(kept)
    found = evidence(summed, kept, _whole(known, slots, linked, [probes[at].vector for at in of.tolist()]))
    ends = of.searchsorted(np.arange(len(asked)), "right").tolist()
    return [tuple(found[start:end]) for start, end in pairwise([0, *ends])]


def _compared(known: Incidents, asked: Sequence[Asked], rows: Array, sizes: Array) -> Compared:
    """Return how alike documents and reports are, and in what incidents that are asked as such are: the nearest report."""
    compared = known.reports.compare([one.probe for one in asked], rows, sizes)
    for one, end, size in zip(asked, sizes.cumsum().tolist(), sizes.tolist(), strict=True):
        if one.rows is not None:
            own = slice(end - size, end)
            compared.measured[[NEARNESS, LANGUAGE], own] = known.reports.between(rows[own], one.rows)
    return compared


def _laid_out(known: Incidents, slots: Array) -> tuple[Array, Layout]:
    """Return the rows of incidents, one incident after the other."""
    layout = Layout.of(known.held.rows.take(slots).astype(np.intp))
    there = layout.lengths[:, None] > EVERY
    return known.members.rows.take(slots, axis=0)[there].astype(np.intp), layout


def _whole(known: Incidents, slots: Array, linked: Array, vectors: Sequence[Array | None]) -> Whole:
    there = [vector for vector in vectors if vector is not None]
    return Whole(
        known.ids.rows.take(slots).tolist(),
        linked.tolist(),
        known.counts.rows.take(slots).tolist(),
        [low | high << 64 for low, high in known.places.rows.take(slots, axis=0).tolist()],
        np.einsum("nd,nd->n", known.centres.of(slots), np.array(there)).tolist() if there else None,
    )
