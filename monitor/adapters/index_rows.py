"""Columns of numbers that grow: one row for every report that the index remembers."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
FIRST = 256


class Column:
    """A column whose rows are appended; `rows` is a view of what is there."""

    def __init__(self, width: int, kind: type[np.generic]) -> None:
        self._held: Array = np.zeros((FIRST, width) if width > 1 else FIRST, dtype=kind)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def rows(self) -> Array:
        """Every row that was appended."""
        return self._held[: self._count]

    def append(self, values: Any) -> int:
        """Add a row, padded with zeros where it is short, and return its number."""
        if self._count == len(self._held):
            self._held = np.concatenate((self._held, np.zeros_like(self._held)))
        if self._held.ndim > 1:
            self._held[self._count, : len(values)] = values
        else:
            self._held[self._count] = values
        self._count += 1
        return self._count - 1


class Lookup:
    """Finds the weights of a few hashes in many rows of hashes, by a table of their lowest bits."""

    BITS = 14

    def __init__(self) -> None:
        self._hash = np.zeros(1 << self.BITS, dtype=np.uint32)
        self._weight = np.zeros(1 << self.BITS, dtype=np.float32)
        self._mask = np.uint32((1 << self.BITS) - 1)

    def fill(self, hashes: Array, weights: Array) -> None:
        """Take in what will be looked up; of two hashes that fall together the later one stays."""
        slots = (hashes >> np.uint32(4)) & self._mask
        self._hash[slots] = hashes
        self._weight[slots] = weights

    def clear(self, hashes: Array) -> None:
        """Forget what `fill` took in."""
        self._hash[(hashes >> np.uint32(4)) & self._mask] = 0

    def weights(self, rows: Array) -> Array:
        """Return the weight of every hash in the rows, zero for those that were not filled in."""
        slots = (rows >> np.uint32(4)) & self._mask
        found = np.where(self._hash[slots] == rows, self._weight[slots], np.float32(0.0))
        return np.asarray(found * (rows != 0), dtype=np.float32)
