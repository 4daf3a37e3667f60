"""Finds the vectors that lie near a vector among very many, by looking only where such vectors lie.

Vectors are kept in cells around anchors; a cell that grows too full is split in two. In the cells that are looked into,
vectors are compared by a short form first where there are many. As long as there are few, all are compared whole.
"""

from collections.abc import Sequence

import numpy as np

from monitor.adapters.embed import DIMENSIONS
from monitor.adapters.index_rows import Array, Column
from monitor.adapters.index_vectors import Quantised

FULL = 384  # vectors in a cell, from which on it is split
PROBED = 5  # cells that are looked into
SHORT = 64  # dimensions of the short form, a byte each
STEPS = 254.0  # of a dimension from 0 to 1; what is beyond a half is cut
MANY = 512  # cells, from which on their anchors are compared by a short form first
LOOKED = 64  # cells whose anchors are compared whole then
SAFELY = 2.1  # times as far as a vector moves at most two products with vectors of length one move apart
WORTH = 4  # times as many as are wanted are compared whole


def _basis() -> Array:
    """Return directions at right angles to each other, by chance but always the same."""
    chance = np.random.default_rng(1).normal(size=(DIMENSIONS, SHORT))
    return np.linalg.qr(chance)[0].astype(np.float32)


class Cells:
    """The rows of a column of vectors, found by nearness; rows that are zero are nowhere."""

    def __init__(self, vectors: Quantised, many: int = MANY) -> None:
        self._vectors, self._many = vectors, many
        self._basis = _basis()
        self._last: tuple[Array, int, float] | None = None  # looked for: its nearest cell, by how much
        self.anchors = Column(DIMENSIONS, np.float32)
        self.outlines = Column(SHORT, np.float32)  # of the anchors: a short form
        self.members = Column(FULL + 1, np.uint32)
        self.short = Column((FULL + 1, SHORT), np.int8)  # of the members: they are looked through together
        self.sizes = Column(1, np.uint32)
        self.cell_of = Column(1, np.int32)  # by row, one more than its cell; 0: in none

    def place(self, row: int) -> None:
        """Note that a row was written."""
        self.drop(row)
        if not self._vectors.scales.rows[row]:
            return
        vector = self._vectors.at(row)
        if not len(self.anchors):
            self._found(vector, np.zeros(0, dtype=np.uint32), np.zeros((0, SHORT), dtype=np.int8))
        cell = self._cell_for(vector)
        size = int(self.sizes.rows[cell])
        self.members.rows[cell, size] = row
        self.short.rows[cell, size] = (vector @ self._basis * STEPS).clip(-127, 127)
        self.sizes.rows[cell] = size + 1
        self.cell_of.rows[row] = cell + 1
        if size + 1 > FULL:
            self._split(cell)

    def drop(self, row: int) -> None:
        """Note that a row is no longer there."""
        while row >= len(self.cell_of):
            self.cell_of.append(0)
        cell = int(self.cell_of.rows[row]) - 1
        if cell >= 0:
            last = int(self.sizes.rows[cell]) - 1
            members, short = self.members.rows[cell], self.short.rows[cell]
            place = int((members[: last + 1] == row).argmax())
            members[place], short[place] = members[last], short[last]
            self.sizes.rows[cell] = last
            self.cell_of.rows[row] = 0

    def near(self, vector: Array, most: int) -> Array:
        """Return the rows that lie nearest, the nearest first."""
        if not len(self.anchors):
            return np.zeros(0, dtype=np.intp)
        best = self._nearest(vector, PROBED)
        cells = [*zip(best.tolist(), self.sizes.rows.take(best).tolist(), strict=True)]
        rows = np.concatenate([self.members.rows[cell, :size] for cell, size in cells])
        worth = WORTH * most
        if len(rows) > 2 * worth:
            roughly = self._roughly(cells, vector @ self._basis)
            rows = rows.take(roughly.argpartition(len(rows) - worth)[-worth:])
        rows = rows.astype(np.intp)
        cosines = self._vectors.dots(rows, vector)
        return np.asarray(rows.take(np.lexsort((rows, -cosines))[:most]))

    def _roughly(self, cells: Sequence[tuple[int, int]], outline: Array) -> Array:
        """Return the products of the short forms of the members of some cells, of so many members each, with another."""
        return np.concatenate(
            [self.short.rows[cell, :size].astype(np.float32) @ outline for cell, size in cells]
        )

    def _nearest(self, vector: Array, most: int) -> Array:
        """Return the cells whose anchors lie nearest; of very many, only those that do roughly are looked at."""
        if len(self.anchors) <= self._many:
            nearness = self.anchors.rows @ vector
            best = (-nearness).argsort(kind="stable")[:most]
            self._note(vector, best, nearness.take(best))
            return np.asarray(best)
        roughly = self.outlines.rows @ (vector @ self._basis)
        looked = roughly.argpartition(max(0, len(roughly) - LOOKED))[-LOOKED:]
        nearness = self.anchors.rows.take(looked, axis=0) @ vector
        order = (-nearness).argsort(kind="stable")[:most]
        return np.asarray(looked.take(order))

    def _note(self, vector: Array, best: Array, nearness: Array) -> None:
        """Remember by how much the nearest cell is nearer than the next."""
        if len(best) > 1:
            self._last = vector, int(best[0]), float(nearness[0] - nearness[1])

    def _cell_for(self, vector: Array) -> int:
        """Return the cell whose anchor lies nearest: for nearly the vector that was looked for last it is known."""
        if self._last is not None:
            known, cell, ahead = self._last
            moved = vector - known
            if float(np.sqrt(moved @ moved)) * SAFELY < ahead:  # no anchor comes nearer by more than that
                return cell
        return int(self._nearest(vector, 1)[0])

    def _found(self, anchor: Array, members: Array, short: Array) -> None:
        cell = self.anchors.append(anchor)
        self.outlines.append(anchor @ self._basis)
        self.members.append(members)
        self.short.append(short)
        self.sizes.append(len(members))
        self.cell_of.rows[members] = cell + 1

    def _split(self, cell: int) -> None:
        """Give those members that lie nearer to the far end of a cell a cell of their own."""
        self._last = None
        members = self.members.rows[cell, : self.sizes.rows[cell]].copy()
        short = self.short.rows[cell, : len(members)].copy()
        rows = self._vectors.of(members)
        one = rows[int(np.argmin(rows @ rows[0]))]
        other = rows[int(np.argmin(rows @ one))]
        moved = rows @ one > rows @ other
        if not moved.any() or moved.all():  # all the same: nothing to tell apart by
            moved = np.arange(len(members)) % 2 == 1
        self.anchors.rows[cell] = middle = _middle(rows[~moved])
        self.outlines.rows[cell] = middle @ self._basis
        stay = members[~moved]
        self.members.rows[cell, : len(stay)], self.short.rows[cell, : len(stay)] = stay, short[~moved]
        self.sizes.rows[cell] = len(stay)
        self._found(_middle(rows[moved]), members[moved], short[moved])


def _middle(rows: Array) -> Array:
    whole = rows.sum(axis=0)
    return np.asarray(whole / max(float(np.linalg.norm(whole)), 1e-6))
