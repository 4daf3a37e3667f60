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
        self.anchors = Column(DIMENSIONS, np.float32)
        self.outlines = Column(SHORT, np.float32)  # of the anchors: a short form
        self.members = Column(FULL + 1, np.uint32)
        self.short = Column((FULL + 1, SHORT), np.int8)  # of the members: they are looked through together
        self.sizes = Column(1, np.uint32)
        self.cell_of = Column(1, np.int32)  # by row, one more than its cell; 0: in none

    def place(self, rows: Array) -> None:
        """Note that some rows were written, each named once."""
        for row in rows.tolist():
            self.drop(row)
        rows = rows[self._vectors.scales.rows.take(rows) > 0.0]
        if not len(rows):
            return
        vectors = self._vectors.of(rows)
        if not len(self.anchors):
            self._found(vectors[0], np.zeros(0, dtype=np.uint32), np.zeros((0, SHORT), dtype=np.int8))
        cells, short = (
            self._nearest(vectors, 1)[:, 0].tolist(),
            (vectors @ self._basis * STEPS).clip(-127, 127),
        )
        for at, (row, cell) in enumerate(zip(rows.tolist(), cells, strict=True)):
            if self._put(row, cell, short[at]):  # the others may lie nearer to one of the halves
                self.place(rows[at + 1 :])
                return

    def _put(self, row: int, cell: int, short: Array) -> bool:
        """Put a row into a cell; tell whether that was split."""
        size = int(self.sizes.rows[cell])
        self.members.rows[cell, size], self.short.rows[cell, size] = row, short
        self.sizes.rows[cell] = size + 1
        self.cell_of.rows[row] = cell + 1
        if size + 1 <= FULL:
            return False
        self._split(cell)
        return True

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

    def near(self, vectors: Array, most: int) -> list[Array]:
        """Return for each of some vectors the rows that lie nearest, the nearest first."""
        if not len(self.anchors):
            return [np.zeros(0, dtype=np.intp)] * len(vectors)
        best, outlines = self._nearest(vectors, PROBED), vectors @ self._basis
        asked = zip(vectors, outlines, best.tolist(), strict=True)
        return [
            self._near(vector, self._roughly(outline, cells, WORTH * most), most)
            for vector, outline, cells in asked
        ]

    def _near(self, vector: Array, rows: Array, most: int) -> Array:
        """Return those of some rows that lie nearest."""
        cosines = self._vectors.dots(rows, vector)
        return np.asarray(rows.take(np.lexsort((rows, -cosines))[:most]))

    def _roughly(self, outline: Array, cells: Sequence[int], worth: int) -> Array:
        """Return so many rows in some cells whose short forms lie nearest to an outline; of few rows all of them."""
        held = [*zip(cells, self.sizes.rows.take(cells).tolist(), strict=True)]
        rows = np.concatenate([self.members.rows[cell, :size] for cell, size in held])
        if len(rows) > 2 * worth:
            products = [self.short.rows[cell, :size].astype(np.float32) @ outline for cell, size in held]
            rows = rows.take(np.concatenate(products).argpartition(len(rows) - worth)[-worth:])
        return rows.astype(np.intp)

    def _nearest(self, vectors: Array, most: int) -> Array:
        """Return for each vector the cells whose anchors lie nearest; of very many, only those that do roughly are looked at."""
        if len(self.anchors) <= self._many:
            return _lowest(-(vectors @ self.anchors.rows.T), most)
        return np.stack([self._nearest_roughly(vector, most) for vector in vectors])

    def _nearest_roughly(self, vector: Array, most: int) -> Array:
        roughly = self.outlines.rows @ (vector @ self._basis)
        looked = roughly.argpartition(max(0, len(roughly) - LOOKED))[-LOOKED:]
        nearness = self.anchors.rows.take(looked, axis=0) @ vector
        return np.asarray(looked.take((-nearness).argsort(kind="stable")[:most]))

    def _found(self, anchor: Array, members: Array, short: Array) -> None:
        cell = self.anchors.append(anchor)
        self.outlines.append(anchor @ self._basis)
        self.members.append(members)
        self.short.append(short)
        self.sizes.append(len(members))
        self.cell_of.rows[members] = cell + 1

    def _split(self, cell: int) -> None:
        """Give those members that lie nearer to the far end of a cell a cell of their own."""
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


def _lowest(values: Array, most: int) -> Array:
    """Return in each row the places of the lowest values, the lowest first."""
    if values.shape[1] <= most:
        return np.asarray(values.argsort(axis=1, kind="stable"))
    least = np.partition(values, most - 1, axis=1)[:, most - 1, None]
    rows, places = (values <= least).nonzero()
    order = np.lexsort((values[rows, places], rows))
    ranks = np.arange(len(rows)) - rows.searchsorted(rows)
    return np.asarray(places.take(order)[ranks < most].reshape(len(values), most))


def _middle(rows: Array) -> Array:
    whole = rows.sum(axis=0)
    return np.asarray(whole / max(float(np.linalg.norm(whole)), 1e-6))
