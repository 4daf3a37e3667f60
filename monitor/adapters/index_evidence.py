"""What speaks for each of some incidents, worked out for all of them at once."""

from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import Any, NamedTuple

import numpy as np

from monitor.adapters.index_probe import Probe
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
    """What documents and incidents have in common; those that are judged are chosen from them."""

    asked: Sequence[Probe]  # all with a vector, or none
    of: Array  # the document of each candidate, in growing order
    compared: Compared
    layout: Layout
    high: Array  # a column for each: of every measure the highest that one of its reports reaches
    centre: Array  # likeness of words to the sum of its reports
    has: Array  # a row for each: which names of the document it has
    weighs: Array  # a column for each: what these weigh together, by kind

    @classmethod
    def of_all(
        cls, asked: Sequence[Probe], of: Array, compared: Compared, layout: Layout, sizes: Array
    ) -> "Candidates":
        """Sum up what the reports of each incident have in common with a document."""
        at, which = compared.shared
        lengths = np.array([len(one.names.numbers) for one in asked])
        has = np.zeros((len(of), int(lengths.max())), dtype=np.bool_)
        has[np.arange(len(of)).repeat(layout.lengths).take(at), which] = True
        candidate, which = has.nonzero()
        by_kind = np.concatenate([one.names.by_kind for one in asked])
        weighs = by_kind.take((lengths.cumsum() - lengths).take(of).take(candidate) + which, axis=0)
        return cls(
            asked,
            of,
            compared,
            layout,
            np.maximum.reduceat(compared.measured, layout.starts, axis=1),
            np.add.reduceat(compared.measured[WORDS], layout.starts) / sizes,
            has,
            np.array([np.bincount(candidate, column, len(of)) for column in weighs.T]),
        )

    def promising(self, linked: Array) -> Array:
        """Return the places of the most promising of each document, in the order in which they were named."""
        if np.bincount(self.of).max() <= KEPT + MEANT:
            return np.arange(len(self.of))
        named = self.weighs[0] + self.weighs[1]
        meaning = self.high[MEANING]
        hope = self.high[WORDS] + named / (named + HALF) + 10.0 * linked + np.maximum(0.0, meaning)
        best = _ranks((-hope,), self.of)
        if self.asked[0].vector is None:
            return np.flatnonzero(best < KEPT + MEANT)
        of_the_others_the_nearest = best, np.where(best < KEPT, -np.inf, -meaning)
        return np.flatnonzero(_ranks(of_the_others_the_nearest, self.of) < KEPT + MEANT)

    def few(self, kept: Array) -> list[list[float]]:
        """Return for incidents the means of their three highest: a row of words, of names, the sum of all and meaning."""
        lengths = self.layout.lengths.take(kept)
        most = int(lengths.max())
        if most <= NEAREST:  # as with nearly all incidents: they have no more
            sums = np.add.reduceat(self.compared.measured[: MEANING + 1], self.layout.starts, axis=1)
            return (sums[:, kept] / lengths).tolist()  # type: ignore[no-any-return]
        places = np.arange(most)
        there = places < lengths[:, None]
        rows = self.layout.starts[kept][:, None] + places
        cells = self.compared.measured[: MEANING + 1].take(rows, axis=1, mode="clip")
        cells[:, ~there] = -np.inf  # below all
        cells.partition(most - NEAREST, axis=2)
        highest = cells[:, :, most - NEAREST :]
        highest[np.isinf(highest)] = 0.0
        return (highest.sum(axis=2) / np.minimum(lengths, NEAREST)).tolist()  # type: ignore[no-any-return]


def _ranks(keys: tuple[Array, ...], of: Array) -> Array:
    """Return the rank of each by some keys, the last one first, among those of its document; of equals the earlier leads."""
    ranks = np.empty(len(of), dtype=np.intp)
    ranks[np.lexsort((*keys, of))] = np.arange(len(of)) - of.searchsorted(of)
    return ranks


class Whole(NamedTuple):
    """One value an incident, of those incidents as wholes that are judged."""

    ids: Sequence[int]
    linked: Sequence[float]
    reports: Sequence[int]
    places: Sequence[int]
    meaning: Sequence[float] | None  # cosine to the mean of its reports; documents without a vector have none


def evidence(candidates: Candidates, kept: Array, whole: Whole) -> list[Evidence]:
    """Return what speaks for those of the candidates that are judged, one after the other."""
    of, few = candidates.of.take(kept), candidates.few(kept)
    asked = [candidates.asked[at] for at in of.tolist()]
    high = candidates.high[:, kept]
    told = high.tolist()
    sounds, names, figures, quotes, titled = candidates.weighs[:, kept]
    _, named, figured, _, in_title = np.array([one.names.whole for one in candidates.asked]).T.take(
        of, axis=1
    )
    columns: dict[str, Iterable[Any]] = {
        "incident_id": whole.ids,
        "words": told[WORDS],
        "title": told[TITLE],
        "centre": candidates.centre.take(kept).tolist(),
        "meaning": repeat(None),
        "meaning_centre": repeat(None),
        "names": _saturated(names + sounds).tolist(),
        "names_share": (names / np.where(named, named, 1.0)).tolist(),
        "names_title": (titled / np.where(in_title, in_title, 1.0)).tolist(),
        "names_back": told[BACK],
        "words_few": few[WORDS],
        "meaning_few": repeat(0.0),
        "named": _saturated(named).tolist(),
        "back_few": few[BACK],
        "joint": told[JOINT],
        "joint_few": few[JOINT],
        "numbers": _saturated(figures).tolist(),
        "figured": _saturated(figured).tolist(),
        "places": [_same_places(one.places, places) for one, places in zip(asked, whole.places, strict=True)],
        "quotes": _saturated(quotes).tolist(),
        "links": whole.linked,
        "days": (-high[NEARNESS]).tolist(),
        "same_language": [bool(same) for same in told[LANGUAGE]],
        "same_publisher": [bool(same) for same in told[PUBLISHER]],
        "shared": _written(candidates, kept),
        "reports": whole.reports,
        "brief": [one.brief for one in asked],
    }
    if whole.meaning is not None:
        columns |= {
            "meaning": [max(0.0, meaning) for meaning in told[MEANING]],
            "meaning_centre": [max(0.0, meaning) for meaning in whole.meaning],
            "meaning_few": few[MEANING],
        }
    return [_evidence(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=False)]


def _evidence(measures: Iterable[tuple[str, Any]]) -> Evidence:
    """Return evidence whose measures are set together: one by one, as frozen ones are, takes ten times as long."""
    found = object.__new__(Evidence)
    found.__dict__.update(measures)
    return found


def _saturated(total: Array) -> Array:
    return np.asarray(total / (total + HALF))


def _same_places(one: int, other: int) -> float:
    """Return how far the countries of a document are those of an incident: from -1 to 1, 0 where either has none."""
    return 2.0 * (one & other).bit_count() / one.bit_count() - 1.0 if one and other else 0.0


def _written(candidates: Candidates, kept: Array) -> list[tuple[str, ...]]:
    """Return the shared names and figures of incidents as they are written, the rarest first."""
    shared = []
    for of, has in zip(candidates.of.take(kept).tolist(), candidates.has.take(kept, axis=0), strict=True):
        names = candidates.asked[of].names
        ranked = names.rarest[has.take(names.rarest)].tolist() if names.written else ()
        shared.append(tuple(dict.fromkeys([names.written[place] for place in ranked])))
    return shared
