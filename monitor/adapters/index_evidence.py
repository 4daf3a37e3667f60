"""What speaks for each of some incidents, worked out for all of them at once."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from monitor.adapters.index_probe import Names, Probe
from monitor.adapters.index_reports import (
    BACK,
    JOINT,
    LANGUAGE,
    MEANING,
    NEARNESS,
    PUBLISHER,
    TITLE,
    WORDS,
    Compared,
)
from monitor.adapters.index_rows import Array
from monitor.domain.model import Evidence

NEAREST = 3  # reports of an incident that are its few nearest
KEPT = 6  # incidents that are judged, the most promising ones
MEANT = 2  # incidents that are judged beside these: in another language only the meaning may lead to one
HALF = 2.0  # shared rarity that counts half


class Layout(NamedTuple):
    """Where the rows of each incident are among all compared rows."""

    starts: Array
    lengths: Array

    @classmethod
    def of(cls, lengths: Array) -> "Layout":
        """Return the layout of incidents that lie one after the other."""
        return cls(lengths.cumsum() - lengths, lengths)


class Candidates(NamedTuple):
    """What a document and each of some incidents have in common; those that are judged are chosen from them."""

    one: Probe
    compared: Compared
    layout: Layout
    high: Array  # a column for each: of every measure the highest that one of its reports reaches
    centre: Array  # likeness of words to the sum of its reports
    has: Array  # a row for each: which names of the document it has
    weighs: Array  # a row for each: what these weigh together, by kind

    @classmethod
    def of(cls, one: Probe, compared: Compared, layout: Layout, sizes: Array) -> "Candidates":
        """Sum up what the reports of each incident have in common with a document."""
        at, which = compared.shared
        has = np.zeros((len(sizes), len(one.names.numbers)))
        has[np.arange(len(sizes)).repeat(layout.lengths).take(at), which] = 1.0
        return cls(
            one,
            compared,
            layout,
            np.maximum.reduceat(compared.measured, layout.starts, axis=1),
            np.add.reduceat(compared.measured[WORDS], layout.starts) / sizes,
            has,
            has @ one.names.by_kind,
        )

    def promising(self, linked: Array) -> Array:
        """Return the places of the most promising, in the order in which they were named."""
        named = self.weighs[:, 0] + self.weighs[:, 1]
        hope = self.high[WORDS] + named / (named + HALF) + 10.0 * linked + np.maximum(0.0, self.high[MEANING])
        best = (-hope).argsort(kind="stable")
        if self.one.vector is not None:
            near = KEPT + (-self.high[MEANING].take(best[KEPT:])).argsort(kind="stable")[:MEANT]
            best[KEPT : KEPT + len(near)] = best.take(near)
        kept = best[: KEPT if self.one.vector is None else KEPT + MEANT]
        kept.sort()
        return np.asarray(kept)

    def few(self, kept: Array) -> list[list[float]]:
        """Return for incidents the means of their three highest: of words, names, the sum of all and meaning."""
        lengths = self.layout.lengths.take(kept)
        most = int(lengths.max())
        if most <= NEAREST:  # as with nearly all incidents: they have no more
            sums = np.add.reduceat(self.compared.measured[: MEANING + 1], self.layout.starts, axis=1)
            return (sums[:, kept] / lengths).T.tolist()  # type: ignore[no-any-return]
        places = np.arange(most)
        there = places < lengths[:, None]
        rows = np.where(there, self.layout.starts[kept][:, None] + places, 0)
        cells = self.compared.measured[: MEANING + 1].take(rows, axis=1)
        cells[:, ~there] = -np.inf  # below all
        cells.sort(axis=2)
        highest = cells[:, :, : -NEAREST - 1 : -1]
        highest[np.isinf(highest)] = 0.0
        means: list[list[float]] = (highest.sum(axis=2) / np.minimum(lengths, NEAREST)).T.tolist()
        return means


class Whole(NamedTuple):
    """One value an incident, of those incidents as wholes that are judged."""

    ids: Sequence[int]
    linked: Sequence[float]
    reports: Sequence[int]
    places: Sequence[int]
    meaning: Sequence[float | None]  # cosine to the mean of its reports


class _Judged(NamedTuple):
    """One incident that is judged: what is known of it as a whole, and what it has in common with the document."""

    incident_id: int
    linked: float
    reports: int
    places: int
    meaning: float | None
    high: list[float]
    few: list[float]
    centre: float
    weighs: list[float]
    written: tuple[str, ...]


def evidence(candidates: Candidates, kept: Array, whole: Whole) -> tuple[Evidence, ...]:
    """Return what speaks for those of the candidates that are judged."""
    known = whole.ids, whole.linked, whole.reports, whole.places, whole.meaning
    found = candidates.high[:, kept].T.tolist(), candidates.few(kept), candidates.centre[kept].tolist()
    named = candidates.weighs[kept].tolist(), _written(candidates.one.names, candidates.has[kept])
    return tuple(_told(candidates.one, _Judged(*told)) for told in zip(*known, *found, *named, strict=True))


def _told(one: Probe, judged: _Judged) -> Evidence:
    high, few, meant = judged.high, judged.few, judged.meaning is not None
    sounds, names, figures, quotes, titled = judged.weighs
    _, named, figured, _, in_title = one.names.whole
    return _evidence(
        incident_id=judged.incident_id,
        words=high[WORDS],
        title=high[TITLE],
        centre=judged.centre,
        meaning=max(0.0, high[MEANING]) if meant else None,
        meaning_centre=None if judged.meaning is None else max(0.0, judged.meaning),
        names=_saturated(names + sounds),
        names_share=names / named if named else 0.0,
        names_title=titled / in_title if in_title else 0.0,
        names_back=high[BACK],
        words_few=few[WORDS],
        meaning_few=few[MEANING] if meant else 0.0,
        named=_saturated(named),
        back_few=few[BACK],
        joint=high[JOINT],
        joint_few=few[JOINT],
        numbers=_saturated(figures),
        figured=_saturated(figured),
        places=_same_places(one.places, judged.places),
        quotes=_saturated(quotes),
        links=judged.linked,
        days=-high[NEARNESS],
        same_language=bool(high[LANGUAGE]),
        same_publisher=bool(high[PUBLISHER]),
        shared=judged.written,
        reports=judged.reports,
        brief=one.brief,
    )


def _evidence(**measures: Any) -> Evidence:
    """Return evidence whose measures are set together: one by one, as frozen ones are, takes ten times as long."""
    found = object.__new__(Evidence)
    found.__dict__.update(measures)
    return found


def _saturated(total: float) -> float:
    return total / (total + HALF)


def _same_places(one: int, other: int) -> float:
    """Return how far the countries of a document are those of an incident: from -1 to 1, 0 where either has none."""
    return 2.0 * (one & other).bit_count() / one.bit_count() - 1.0 if one and other else 0.0


def _written(names: Names, has: Array) -> list[tuple[str, ...]]:
    """Return the shared names and figures of incidents as they are written, the rarest first."""
    found: list[list[int]] = [[] for _ in has]
    if names.written:
        at, places = has.nonzero()
        for row, place in zip(at.tolist(), places.tolist(), strict=True):
            found[row].append(place)
    rarities, hashes = names.rarities.tolist(), names.hashes.tolist()
    for own in found:
        own.sort(key=lambda place: (-rarities[place], hashes[place]))
    return [tuple(dict.fromkeys([names.written[place] for place in own])) for own in found]
