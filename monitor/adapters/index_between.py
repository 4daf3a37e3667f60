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
DAYS = 12.0  # further apart two reports count as that far
NEVER = -1.0  # stands for the likeness of reports where there are none of that kind


def between(
    reports: Reports, rarity: Rarity, ours: Array, rivals: Sequence[Array]
) -> list[tuple[float, ...]]:
    """Return for each rival the numbers that `LINKS` in monitor/domain/linkage.py names, from the rows of its reports."""
    spread = [_spread(rows) for rows in rivals]
    layout = Layout.of(np.array([len(rows) for rows in spread]))
    both = _Both(reports, _spread(ours), np.concatenate(spread), layout)
    alike = both.alike
    columns = [column for measured in both.linked(alike) for column in measured]
    *apart, days = both.apart()
    columns += [*both.spoken(alike), *both.tight(), *both.core(rarity), *apart]
    sizes = np.minimum(len(both.ours), layout.lengths), np.maximum(len(both.ours), layout.lengths)
    return [tuple(row) for row in np.stack([*columns, *sizes, days], axis=1).tolist()]


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
    def alike(self) -> Array:
        """How alike each of ours and each of theirs are: in meaning, words, words of the titles, and all three together."""
        ours, theirs = self.vectors
        found = np.zeros((4, len(self.ours), len(self.theirs)))
        found[0] = ours @ theirs.T
        self._worded(found[1], found[2])
        np.add(found[0] + found[1], found[2], out=found[3])
        return found

    def _worded(self, words: Array, titles: Array) -> None:
        """Work out how alike words are, and those in the titles."""
        reports, count = self.reports, len(self.ours)
        known, held = np.unique(reports.terms.of(self.ours).ravel(), return_inverse=True)
        cells = held * count + np.arange(count).repeat(TERMS)
        theirs = reports.worded_in(self.theirs, known)
        in_titles = theirs.at.take(theirs.titled), theirs.held.take(theirs.titled)
        _multiplied(words, reports.weighed(self.ours), cells, theirs.weights, (theirs.at, theirs.held))
        _multiplied(titles, reports.weighed_in_titles(self.ours), cells, theirs.titles, in_titles)

    def linked(self, alike: Array) -> Array:
        """Return the mean, the highest, and how near each report's nearest is: of ours, of theirs, of the best three."""
        starts, lengths = self.layout.starts, self.layout.lengths
        high = np.maximum.reduceat(alike, starts, axis=2)
        measured = (
            np.add.reduceat(alike.sum(axis=1), starts, axis=1) / (lengths * len(self.ours)),
            high.max(axis=1),
            high.mean(axis=1),
            np.add.reduceat(alike.max(axis=1), starts, axis=1) / lengths,
            np.sort(high, axis=1)[:, -BEST:].mean(axis=1),
        )
        return np.stack(measured, axis=1)

    def spoken(self, alike: Array) -> tuple[Array, ...]:
        """Return how often reports share a language, and the nearest ones across languages and within one."""
        ours, theirs = self.facts
        same = ours["language"][:, None] == theirs["language"]
        share = np.add.reduceat(same.sum(axis=0), self.layout.starts) / (len(same) * self.layout.lengths)
        within = np.where(same, alike[1:], NEVER).max(axis=1)
        across = np.where(same, NEVER, alike[::3]).max(axis=1)
        high = np.maximum.reduceat(np.concatenate((across, within)), self.layout.starts, axis=1)
        return share, *high

    def tight(self) -> tuple[Array, ...]:
        """Return how near the middles are, how near reports of each are to each other, and how both compare."""
        (ours, theirs), count, lengths = self.vectors, len(self.ours), self.layout.lengths
        middle, middles = ours.sum(axis=0), np.add.reduceat(theirs, self.layout.starts, axis=0)
        size, sizes = float(np.linalg.norm(middle)), np.linalg.norm(middles, axis=1)
        products = middles @ middle
        near = products / np.maximum(size * sizes, 1e-6)
        inside = _inside(np.array([size]), np.array([count])) * np.ones(len(lengths))
        within = _inside(sizes, lengths)
        looser = products / (count * lengths) - np.minimum(inside, within)
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
        at, places = self.reports.named_in(self.theirs, known)
        rival = np.arange(len(self.layout.lengths)).repeat(self.layout.lengths).take(at)
        counts = np.bincount(rival * len(known) + places, minlength=len(self.layout.lengths) * len(known))
        return np.asarray(counts.reshape(len(self.layout.lengths), -1) / self.layout.lengths[:, None])

    def apart(self) -> tuple[Array, ...]:
        """Return how far apart they are in time: nearest reports, mean days, what lies between, as logarithms; pairs."""
        ours, theirs = (facts["day"] for facts in self.facts)
        starts, lengths = self.layout.starts, self.layout.lengths
        days = np.abs(ours[:, None] - theirs)
        nearest = np.minimum.reduceat(days.min(axis=0), starts)
        pairs = np.add.reduceat(np.minimum(days, DAYS).sum(axis=0), starts) / (lengths * len(ours))
        means = np.abs(np.add.reduceat(theirs, starts) / lengths - ours.mean())
        first, last = np.minimum.reduceat(theirs, starts), np.maximum.reduceat(theirs, starts)
        idle = np.maximum(0.0, np.maximum(first - ours.max(), ours.min() - last))
        return np.log1p(nearest), np.log1p(means), np.log1p(idle), pairs


def _multiplied(into: Array, weights: Array, cells: Array, others: Array, where: tuple[Array, Array]) -> None:
    """Add up the products of the weights of words in ours and in theirs, where theirs are told by place and word."""
    at, held = where
    if not len(at):
        return
    ours = np.zeros((int(cells.max()) // len(into) + 1, len(into)))
    ours.reshape(-1)[cells] = weights
    new = np.flatnonzero(np.diff(at, prepend=-1))
    products = np.add.reduceat(ours.take(held, axis=0) * others[:, None], new, axis=0)
    into[:, at.take(new)] = products.T


def _inside(sizes: Array, counts: Array) -> Array:
    """Return how near vectors are to each other on average, from the length of their sum; one alone is at one."""
    pairs = np.maximum(1, counts * (counts - 1))
    return np.where(counts > 1, (sizes**2 - counts) / pairs, 1.0)
