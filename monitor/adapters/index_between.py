"""What speaks for two incidents being one: every report of the one against every report of the other."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from monitor.adapters.index_evidence import Layout
from monitor.adapters.index_features import SOUND
from monitor.adapters.index_numbers import Rarity
from monitor.adapters.index_probe import TERMS
from monitor.adapters.index_reports import Reports
from monitor.adapters.index_rows import Array

MOST = 16  # reports of an incident that are compared here, spread over all of it
BEST = 3  # reports whose nearest ones are told apart
NEVER = -1.0  # stands for the likeness of reports where there are none of that kind


def between(
    reports: Reports, rarity: Rarity, ours: Array, rivals: Sequence[Array]
) -> list[tuple[float, ...]]:
    """Return for each rival the numbers that `LINKS` in monitor/domain/merge.py names, from the rows of its reports."""
    spread = [_spread(rows) for rows in rivals]
    layout = Layout.of(np.array([len(rows) for rows in spread]))
    both = _Both(reports, _spread(ours), np.concatenate(spread), layout)
    meaning, (words, titles) = both.meaning, both.worded
    measured = meaning, words, titles, meaning + words + titles
    columns = [column for alike in measured for column in both.linked(alike)]
    columns += [*both.spoken(meaning, words, titles), *both.tight(), *both.core(rarity), *both.apart()]
    sizes = np.minimum(len(both.ours), layout.lengths), np.maximum(len(both.ours), layout.lengths)
    return [tuple(row) for row in np.stack([*columns, *sizes], axis=1).tolist()]


def _spread(rows: Array) -> Array:
    return rows if len(rows) <= MOST else rows[np.linspace(0, len(rows) - 1, MOST).astype(np.intp)]


@dataclass(frozen=True)
class _Both:
    """The reports of one incident, and those of its rivals one after the other."""

    reports: Reports
    ours: Array
    theirs: Array
    layout: Layout

    @cached_property
    def vectors(self) -> tuple[Array, Array]:
        """The vectors of both."""
        return self.reports.vectors.of(self.ours), self.reports.vectors.of(self.theirs)

    @cached_property
    def facts(self) -> tuple[Array, Array]:
        """The facts of both."""
        rows = self.reports.facts.rows
        return rows.take(self.ours), rows.take(self.theirs)

    @property
    def meaning(self) -> Array:
        """How alike in meaning each of ours and each of theirs are."""
        ours, theirs = self.vectors
        return np.asarray(ours @ theirs.T, dtype=np.float64)

    @property
    def worded(self) -> tuple[Array, Array]:
        """The same of their words, and of those in the titles."""
        known = np.unique(self.reports.terms.of(self.ours))
        known = known[known > 0]
        ours, theirs = self._among(self.ours, known), self._among(self.theirs, known)
        return ours[0] @ theirs[0].T, ours[1] @ theirs[1].T

    def _among(self, rows: Array, known: Array) -> tuple[Array, Array]:
        """Return the weights that words, in order, have in some reports, and those in their titles."""
        reports = self.reports
        at, places = reports.maybe(rows, known)
        numbers = reports.terms.take(rows.take(at) * TERMS + places)
        held = known.searchsorted(numbers)
        right = known.take(held, mode="clip") == numbers
        at, places, held = at[right], places[right], held[right]
        words, titles = np.zeros((len(rows), len(known))), np.zeros((len(rows), len(known)))
        words[at, held] = reports.weighed(rows).reshape(-1, TERMS)[at, places]
        titles[at, held] = reports.weighed_in_titles(rows).reshape(-1, TERMS)[at, places]
        return words, titles

    def linked(self, alike: Array) -> tuple[Array, ...]:
        """Return the mean, the highest, and how near each report's nearest is: of ours, of theirs, of the best three."""
        starts, lengths = self.layout.starts, self.layout.lengths
        high = np.maximum.reduceat(alike, starts, axis=1)
        return (
            np.add.reduceat(alike.sum(axis=0), starts) / (lengths * len(alike)),
            high.max(axis=0),
            high.mean(axis=0),
            np.add.reduceat(alike.max(axis=0), starts) / lengths,
            np.sort(high, axis=0)[-BEST:].mean(axis=0),
        )

    def spoken(self, meaning: Array, words: Array, titles: Array) -> tuple[Array, ...]:
        """Return how often reports share a language, and the nearest ones across languages and within one."""
        ours, theirs = self.facts
        same = ours["language"][:, None] == theirs["language"]
        joint = meaning + words + titles
        asked = (meaning, ~same), (joint, ~same), (words, same), (titles, same), (joint, same)
        share = np.add.reduceat(same.sum(axis=0), self.layout.starts) / (len(same) * self.layout.lengths)
        high = [np.where(where, alike, NEVER).max(axis=0) for alike, where in asked]
        return share, *(np.maximum.reduceat(one, self.layout.starts) for one in high)

    def tight(self) -> tuple[Array, ...]:
        """Return how near the middles are, how near reports of each are to each other, and how both compare."""
        (ours, theirs), count, lengths = self.vectors, len(self.ours), self.layout.lengths
        middle, middles = ours.sum(axis=0), np.add.reduceat(theirs, self.layout.starts, axis=0)
        size, sizes = float(np.linalg.norm(middle)), np.linalg.norm(middles, axis=1)
        near = middles @ middle / np.maximum(size * sizes, 1e-6)
        inside = _inside(np.array([size]), np.array([count])) * np.ones(len(lengths))
        within = _inside(sizes, lengths)
        looser = middles @ middle / (count * lengths) - np.minimum(inside, within)
        others = (near.sum() - near) / max(1, len(near) - 1)
        return near, inside, within, looser, near - others

    def core(self, rarity: Rarity) -> tuple[Array, ...]:
        """Return what names weigh that most reports of both have: together, as a cosine, as a share; and sounds."""
        values, _ = self.reports.names.of(self.ours)
        known, counts = np.unique(values[values > 0], return_counts=True)
        ours, theirs = counts / len(self.ours), self._often(known)
        heard = rarity.hashes.rows[known] & np.uint32(3) == SOUND
        rare = rarity.of(known).astype(np.float64)
        named = np.where(heard, 0.0, rare)
        core, full = theirs @ (ours * named), float(ours**2 @ named)
        cosine = core / np.sqrt(np.maximum(full * (theirs**2 @ named), 1e-6))
        return core, cosine, core / full if full else 0.0 * core, theirs @ (ours * (rare - named))

    def _often(self, known: Array) -> Array:
        """Return which share of each rival's reports has each of some names, in order."""
        values, at = self.reports.names.of(self.theirs)
        if not len(known):
            return np.zeros((len(self.layout.lengths), 0))
        places = known.searchsorted(values)
        (there,) = (known.take(places, mode="clip") == values).nonzero()
        rival = np.arange(len(self.layout.lengths)).repeat(self.layout.lengths).take(at.take(there))
        cells = rival * len(known) + places.take(there)
        counts = np.bincount(cells, minlength=len(self.layout.lengths) * len(known))
        return np.asarray(counts.reshape(-1, len(known)) / self.layout.lengths[:, None])

    def apart(self) -> tuple[Array, ...]:
        """Return how far apart they are in time, as logarithms: nearest reports, mean days, what lies between."""
        ours, theirs = (facts["day"] for facts in self.facts)
        starts, lengths = self.layout.starts, self.layout.lengths
        nearest = np.minimum.reduceat(np.abs(ours[:, None] - theirs).min(axis=0), starts)
        means = np.abs(np.add.reduceat(theirs, starts) / lengths - ours.mean())
        first, last = np.minimum.reduceat(theirs, starts), np.maximum.reduceat(theirs, starts)
        idle = np.maximum(0.0, np.maximum(first - ours.max(), ours.min() - last))
        return np.log1p(nearest), np.log1p(means), np.log1p(idle)


def _inside(sizes: Array, counts: Array) -> Array:
    """Return how near vectors are to each other on average, from the length of their sum; one alone is at one."""
    pairs = np.maximum(1, counts * (counts - 1))
    return np.where(counts > 1, (sizes**2 - counts) / pairs, 1.0)
