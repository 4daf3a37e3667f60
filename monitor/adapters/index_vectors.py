"""Vectors in one byte a dimension, or in six bits: so that a million stay small."""

import numpy as np

from monitor.adapters.index_rows import Array, Column

SIX = 6  # bits of a dimension
LOWEST = (1 << SIX) - 1
ZERO = 32  # what stands for zero in six bits
SPREAD = np.float32(1 << SIX)


class Quantised:
    """Vectors in one byte a dimension: a cosine is off by about 0.0005."""

    HIGHEST = 127.0  # what stands for the highest value of a vector

    def __init__(self, width: int) -> None:
        self.steps = Column(width, np.int8)
        self.scales = Column(1, np.float32)

    def __len__(self) -> int:
        return len(self.scales)

    def append(self, vector: Array | None) -> int:
        """Add a vector; None, or one of zeros, is near nothing."""
        row = self.steps.append(())
        self.scales.append(0.0)
        if vector is not None:
            self.write(row, vector)
        return row

    def extend(self, vectors: Array) -> None:
        """Add many vectors; those of zeros are near nothing."""
        scales, steps = self._scaled(vectors)
        self.scales.extend(scales)
        self.steps.extend(steps)

    def put(self, rows: Array, vectors: Array) -> None:
        """Put vectors in the place of others."""
        self.scales.rows[rows], self.steps.rows[rows] = self._scaled(vectors)

    def _scaled(self, vectors: Array) -> tuple[Array, Array]:
        scales = (np.abs(vectors).max(axis=1) / self.HIGHEST).astype(np.float32)
        steps = self._kept(np.rint(vectors / np.where(scales, scales, np.float32(1.0))[:, None]))
        return scales, np.where(scales[:, None], steps, steps.dtype.type(0))

    def write(self, row: int, vector: Array) -> None:
        """Put a vector in the place of another."""
        scale = max(float(vector.max()), -float(vector.min())) / self.HIGHEST
        self.scales.rows[row] = scale
        self.steps.rows[row] = self._kept(np.rint(vector / np.float32(scale))) if scale else 0

    def of(self, rows: Array) -> Array:
        """Return vectors as numbers."""
        return self._numbers(self.steps.rows.take(rows, axis=0)) * self.scales.rows.take(rows)[:, None]

    def dots(self, rows: Array, vector: Array) -> Array:
        """Return the products of vectors with one vector."""
        return self._products(self.steps.rows.take(rows, axis=0), vector) * self.scales.rows.take(rows)

    def _kept(self, steps: Array) -> Array:
        """Return whole steps as they are kept."""
        return steps.astype(np.int8)

    def _numbers(self, kept: Array) -> Array:
        return kept.astype(np.float32)

    def _products(self, kept: Array, vector: Array) -> Array:
        return np.asarray(kept.astype(np.float32) @ vector)


class Coarse(Quantised):
    """Vectors in six bits a dimension: a cosine is off by about 0.0015.

    The first three quarters of a vector have the lower bits of a byte each; the last quarter is spread over their upper ones.
    """

    HIGHEST = 31.0

    def __init__(self, width: int) -> None:
        super().__init__(width)
        self._first = width // 4 * 3
        self.steps = Column(self._first, np.uint8)
        self._room = np.empty((0, self._first), dtype=np.float32)

    def _kept(self, steps: Array) -> Array:
        whole = (steps + ZERO).astype(np.uint8)
        first, last = whole[..., : self._first], whole[..., self._first :]
        return first | np.concatenate((last & 3, last >> 2 & 3, last >> 4), axis=-1) << SIX

    def _numbers(self, kept: Array) -> Array:
        upper, third = kept >> SIX, self._first // 3
        last = upper[..., :third] | upper[..., third : 2 * third] << 2 | upper[..., 2 * third :] << 4
        whole = np.concatenate((kept & LOWEST, last), axis=-1).astype(np.float32)
        whole -= ZERO
        return np.asarray(whole)

    def _products(self, kept: Array, vector: Array) -> Array:
        first, last = vector[: self._first], vector[self._first :]
        spread = np.concatenate((last, 4.0 * last, 16.0 * last)) - SPREAD * first
        if len(kept) > len(self._room):
            self._room = np.empty((2 * len(kept), self._first), dtype=np.float32)
        # one and the same: what is new each time drives other things from the cache
        room = self._room[: len(kept)]
        room[:] = kept
        found = room @ first  # with the upper bits, which are taken out again
        kept >>= SIX
        room[:] = kept
        found += room @ spread
        found -= np.float32(ZERO) * np.add.reduce(vector)
        return np.asarray(found)
