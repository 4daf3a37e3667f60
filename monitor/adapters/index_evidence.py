"""What speaks for each of some incidents, worked out for all of them at once."""

from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import Any, NamedTuple, TypeVar

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


class Whole(NamedTuple):
    """One value an incident, of those incidents as wholes that are judged."""

    ids: Sequence[int]
    linked: Sequence[float]
    reports: Sequence[int]
    places: Sequence[int]
    meaning: Sequence[float | None]  # cosine to the mean of its reports


def evidence(candidates: Candidates, kept: Array, whole: Whole) -> tuple[Evidence, ...]:
    """Return what speaks for those of the candidates that are judged."""
    one, few = candidates.one, candidates.few(kept)
    high, weighs = candidates.high[:, kept], candidates.weighs[kept].T
    told = high.tolist()
    sounds, names, figures, quotes, titled = weighs
    _, named, figured, _, in_title = one.names.whole
    columns: dict[str, Iterable[Any]] = {
        "incident_id": whole.ids,
        "words": told[WORDS],
        "title": told[TITLE],
        "centre": candidates.centre.take(kept).tolist(),
        "meaning": whole.meaning,
        "meaning_centre": whole.meaning,
        "names": _saturated(names + sounds).tolist(),
        "names_share": (names / (named or 1.0)).tolist(),
        "names_title": (titled / (in_title or 1.0)).tolist(),
        "names_back": told[BACK],
        "words_few": few[WORDS],
        "meaning_few": repeat(0.0),
        "named": repeat(_saturated(named)),
        "back_few": few[BACK],
        "joint": told[JOINT],
        "joint_few": few[JOINT],
        "numbers": _saturated(figures).tolist(),
        "figured": repeat(_saturated(figured)),
        "places": [_same_places(one.places, places) for places in whole.places],
        "quotes": _saturated(quotes).tolist(),
        "links": whole.linked,
        "days": (-high[NEARNESS]).tolist(),
        "same_language": [bool(same) for same in told[LANGUAGE]],
        "same_publisher": [bool(same) for same in told[PUBLISHER]],
        "shared": _written(one.names, candidates.has[kept]),
        "reports": whole.reports,
        "brief": repeat(one.brief),
    }
    if one.vector is not None:
        columns |= {
            "meaning": [max(0.0, meaning) for meaning in told[MEANING]],
            "meaning_centre": [max(0.0, meaning or 0.0) for meaning in whole.meaning],
            "meaning_few": few[MEANING],
        }
    return tuple(_evidence(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=False))


def _evidence(measures: Iterable[tuple[str, Any]]) -> Evidence:
    """Return evidence whose measures are set together: one by one, as frozen ones are, takes ten times as long."""
    found = object.__new__(Evidence)
    found.__dict__.update(measures)
    return found


Value = TypeVar("Value", float, Array)


def _saturated(total: Value) -> Value:
    return total / (total + HALF)


def _same_places(one: int, other: int) -> float:
    """Return how far the countries of a document are those of an incident: from -1 to 1, 0 where either has none."""
    return 2.0 * (one & other).bit_count() / one.bit_count() - 1.0 if one and other else 0.0


def _written(names: Names, has: Array) -> list[tuple[str, ...]]:
    """Return the shared names and figures of incidents as they are written, the rarest first."""
    if not names.written:
        return [()] * len(has)
    order = np.lexsort((names.hashes, -names.rarities)).tolist()
    found: list[dict[str, None]] = [{} for _ in has]
    ranked = [names.written[place] for place in order]
    at, ranks = has[:, order].nonzero()
    for row, rank in zip(at.tolist(), ranks.tolist(), strict=True):
        found[row][ranked[rank]] = None
    return [tuple(own) for own in found]
