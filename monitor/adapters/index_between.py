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
from monitor.adapters.index_rows import Array, firsts
from monitor.domain.linkage import LINKS

MOST = 16  # reports of an incident that are compared here, spread over all of it
BEST = 3  # reports whose nearest ones are told apart
DAYS = 12.0  # further apart two reports count as that far
LINKED = LINKS.index("same_share")  # so many of them, the first, tell how alike reports are
NEVER = -1.0  # stands for the likeness of reports where there are none of that kind


def between(
    reports: Reports, rarity: Rarity, ours: Array, rivals: Sequence[Array]
) -> list[tuple[float, ...]]:
    """Return for each rival the numbers that `LINKS` in monitor/domain/linkage.py names, from the rows of its reports."""
    spread = [_spread(rows) for rows in rivals]
    lengths = np.array([len(rows) for rows in spread])
    both = _Both(reports, _spread(ours), np.concatenate(spread), Layout.of(lengths))
    alike = both.alike
    table = np.empty((len(LINKS), len(lengths)))
    both.link(alike, table[:LINKED].reshape(len(alike), -1, len(lengths)))
    others = *both.spoken(alike), *both.tight(), *both.core(rarity), *both.apart()
    for row, measured in zip(table[LINKED:], others, strict=True):
        row[:] = measured
    return [*map(tuple, table.T.tolist())]


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
        every = self.reports.vectors.of(np.concatenate((self.ours, self.theirs)))
        return every[: len(self.ours)], every[len(self.ours) :]

    @cached_property
    def facts(self) -> tuple[Array, Array]:
        """The facts of both."""
        every = self.reports.facts.rows.take(np.concatenate((self.ours, self.theirs)))
        return every[: len(self.ours)], every[len(self.ours) :]

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

    def link(self, alike: Array, into: Array) -> None:
        """Work out the mean, the highest, and how near each report's nearest is: of ours, of theirs, of the best three."""
        starts, lengths = self.layout
        high = np.maximum.reduceat(alike, starts, axis=2)
        into[:, 0] = np.add.reduceat(np.add.reduce(alike, axis=1), starts, axis=1) / (
            lengths * len(self.ours)
        )
        np.maximum.reduce(high, axis=1, out=into[:, 1])
        into[:, 2] = np.add.reduce(high, axis=1) / len(self.ours)
        into[:, 3] = np.add.reduceat(np.maximum.reduce(alike, axis=1), starts, axis=1) / lengths
        high.sort(axis=1)
        best = high[:, -BEST:]
        into[:, 4] = np.add.reduce(best, axis=1) / best.shape[1]

    def spoken(self, alike: Array) -> tuple[Array, ...]:
        """Return how often reports share a language, and the nearest ones across languages and within one."""
        ours, theirs = self.facts
        same = ours["language"][:, None] == theirs["language"]
        share = np.add.reduceat(same.sum(axis=0), self.layout.starts) / (len(same) * self.layout.lengths)
        within = np.where(same, alike[1:], NEVER).max(axis=1)
        across = np.where(same, NEVER, alike[::3]).max(axis=1)
        high = np.maximum.reduceat(np.concatenate((across, within)), self.layout.starts, axis=1)
        return share, *high

    def tight(self) -> tuple[Array | float, ...]:
        """Return how near the middles are, how near reports of each are to each other, and how both compare.

        How near vectors are to each other on average follows from the length of their sum; one alone is at one.
        """
        (ours, theirs), count, lengths = self.vectors, len(self.ours), self.layout.lengths
        middle, middles = ours.sum(axis=0), np.add.reduceat(theirs, self.layout.starts, axis=0)
        size, sizes = float(np.sqrt(middle @ middle)), np.sqrt(np.add.reduce(middles * middles, axis=1))
        products = middles @ middle
        near = products / np.maximum(size * sizes, 1e-6)
        inside = (size**2 - count) / (count * (count - 1)) if count > 1 else 1.0
        within = np.where(lengths > 1, (sizes**2 - lengths) / np.maximum(1, lengths * (lengths - 1)), 1.0)
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
        """Return how far apart they are in time: nearest reports, mean days, what lies between, as logarithms; pairs.

        Before the last of these, how many reports were compared: of the smaller one, and of the larger one.
        """
        ours, theirs = (facts["day"] for facts in self.facts)
        (starts, lengths), count = self.layout, len(ours)
        days = np.abs(ours[:, None] - theirs)
        nearest = np.minimum.reduceat(np.minimum.reduce(days, axis=0), starts)
        pairs = np.add.reduceat(np.add.reduce(np.minimum(days, DAYS), axis=0), starts) / (lengths * count)
        means = np.abs(np.add.reduceat(theirs, starts) / lengths - ours.mean())
        first, last = np.minimum.reduceat(theirs, starts), np.maximum.reduceat(theirs, starts)
        idle = np.maximum(0.0, np.maximum(first - ours.max(), ours.min() - last))
        near, mean, between = np.log1p((nearest, means, idle))
        return near, mean, between, np.minimum(count, lengths), np.maximum(count, lengths), pairs


def _multiplied(into: Array, weights: Array, cells: Array, others: Array, where: tuple[Array, Array]) -> None:
    """Add up the products of the weights of words in ours and in theirs, where theirs are told by place and word."""
    at, held = where
    if not len(at):
        return
    ours = np.zeros((int(cells.max()) // len(into) + 1, len(into)))
    ours.reshape(-1)[cells] = weights
    new = firsts(at)
    products = np.add.reduceat(ours.take(held, axis=0) * others[:, None], new, axis=0)
    into[:, at.take(new)] = products.T
