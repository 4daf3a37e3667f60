"""Finds the vectors that lie near a vector among very many, by looking only where such vectors lie.

Vectors are kept in cells around anchors; a cell that grows too full is split in two. As long as there are few, all are looked at.
"""

import numpy as np

from monitor.adapters.embed import DIMENSIONS
from monitor.adapters.index_rows import Array, Column

FULL = 384  # vectors in a cell, from which on it is split
PROBED = 5  # cells that are looked into


class Cells:
    """The rows of a column of vectors, found by nearness; rows that are zero are nowhere."""

    def __init__(self, vectors: Column) -> None:
        self._vectors = vectors
        self._anchors = Column(DIMENSIONS, np.float32)
        self._members: list[list[int]] = []
        self._cell: dict[int, int] = {}

    def place(self, row: int) -> None:
        """Note that a row was written."""
        self.drop(row)
        vector = self._vectors.rows[row]
        if not vector.any():
            return
        if not self._members:
            self._found(vector, [])
        cell = int(np.argmax(self._anchors.rows @ vector))
        self._members[cell].append(row)
        self._cell[row] = cell
        if len(self._members[cell]) > FULL:
            self._split(cell)

    def drop(self, row: int) -> None:
        """Note that a row is no longer there."""
        cell = self._cell.pop(row, None)
        if cell is not None:
            self._members[cell].remove(row)

    def near(self, vector: Array) -> tuple[Array, Array]:
        """Return rows among which the nearest ones are, and their cosines."""
        anchors = self._anchors.rows @ vector
        best = np.argsort(-anchors, kind="stable")[:PROBED].tolist()
        parts = [np.array(self._members[cell], dtype=np.int64) for cell in best]
        rows = np.sort(np.concatenate(parts)) if parts else np.zeros(0, dtype=np.int64)
        return rows, self._vectors.rows[rows] @ vector

    def _found(self, anchor: Array, members: list[int]) -> None:
        cell = self._anchors.append(anchor)
        self._members.append(members)
        self._cell |= dict.fromkeys(members, cell)

    def _split(self, cell: int) -> None:
        """Give those members that lie nearer to the far end of a cell a cell of their own."""
        members = np.array(self._members[cell])
        rows = self._vectors.rows[members]
        one = rows[int(np.argmin(rows @ rows[0]))]
        other = rows[int(np.argmin(rows @ one))]
        moved = rows @ one > rows @ other
        if not moved.any() or moved.all():
            return  # all the same: nothing to tell apart by
        self._anchors.rows[cell] = _middle(rows[~moved])
        self._members[cell] = members[~moved].tolist()
        self._found(_middle(rows[moved]), members[moved].tolist())


def _middle(rows: Array) -> Array:
    whole = rows.sum(axis=0)
    return np.asarray(whole / max(float(np.linalg.norm(whole)), 1e-6))
