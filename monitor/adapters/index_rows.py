"""Columns of numbers that grow: one row for every report that the index remembers."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
FIRST = 256
SPARE = 8  # a column that was restored has room for an eighth more


class Column:
    """A column whose rows are appended; `rows` is a view of what is there."""

    def __init__(self, width: int | tuple[int, ...], kind: Any) -> None:
        shape = width if isinstance(width, tuple) else (width,) if width > 1 else ()
        self._held: Array = np.zeros((FIRST, *shape), dtype=kind)
        self._many = bool(shape)
        self._count = 0
        self.rows: Array = self._held[:0]  # every row that was appended

    def __len__(self) -> int:
        return self._count

    def append(self, values: Any) -> int:
        """Add a row, padded with zeros where it is short, and return its number."""
        at = self._count
        if at == len(self._held):
            self._grow(1)
        if self._many:
            self._held[at, : len(values)] = values
        else:
            self._held[at] = values
        self._count = at + 1
        self.rows = self._held[: at + 1]
        return at

    def extend(self, values: Array) -> None:
        """Add many rows."""
        first, self._count = self._count, self._count + len(values)
        if self._count > len(self._held):
            self._grow(len(values))
        self.rows = self._held[: self._count]
        self.rows[first:] = values

    def restore(self, rows: Array) -> None:
        """Begin with rows that were kept; they are copied."""
        held = np.zeros((FIRST + len(rows) + len(rows) // SPARE, *rows.shape[1:]), dtype=self._held.dtype)
        held[: len(rows)] = rows
        self._held, self._count, self.rows = held, len(rows), held[: len(rows)]

    def _grow(self, more: int) -> None:
        """Make room; what is not written yet takes no memory, the system gives pages when they are touched."""
        size = max(2 * len(self._held), len(self.rows) + more)
        held = np.zeros((size, *self._held.shape[1:]), dtype=self._held.dtype)
        held[: len(self.rows)] = self.rows
        self._held = held


class Ragged:
    """Rows of differing length, one after the other."""

    def __init__(self, kind: Any) -> None:
        self.values = Column(1, kind)
        self.ends = Column(1, np.int64)  # one more than there are rows: each ends where the next begins
        self.ends.append(0)

    def append(self, values: Array) -> None:
        """Add a row."""
        self.values.extend(values)
        self.ends.append(len(self.values))

    def keep(self, rows: Array) -> None:
        """Forget all other rows."""
        values, at = self.of(rows)
        self.ends.restore(np.append(0, np.cumsum(np.bincount(at, minlength=len(rows)))))
        self.values.restore(values)

    def of(self, rows: Array, most: Array | None = None) -> tuple[Array, Array]:
        """Return the values of some rows, the first ones only where `most` says so, and for each its row's place."""
        first = self.ends.rows.take(rows)
        lengths = self.ends.rows.take(rows + 1) - first
        if most is not None:
            lengths = np.minimum(lengths, most)
        at = np.arange(len(rows)).repeat(lengths)
        first -= lengths.cumsum()
        first += lengths  # now: how far each row's first value is from where it comes to stand
        return self.values.rows.take(first.take(at) + np.arange(len(at))), at


class Quantised:
    """Vectors in one byte a dimension: a cosine is off by about 0.0005."""

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

    def write(self, row: int, vector: Array) -> None:
        """Put a vector in the place of another."""
        scale = max(float(vector.max()), -float(vector.min())) / 127.0
        self.scales.rows[row] = scale
        self.steps.rows[row] = np.rint(vector / np.float32(scale)) if scale else 0

    def of(self, rows: Array) -> Array:
        """Return vectors as numbers."""
        return self.steps.rows.take(rows, axis=0).astype(np.float32) * self.scales.rows.take(rows)[:, None]

    def at(self, row: int) -> Array:
        """Return one vector as numbers."""
        return np.asarray(self.steps.rows[row].astype(np.float32) * self.scales.rows[row])

    def dots(self, rows: Array, vector: Array) -> Array:
        """Return the products of vectors with one vector."""
        return np.asarray(
            (self.steps.rows.take(rows, axis=0).astype(np.float32) @ vector) * self.scales.rows.take(rows)
        )


class Finder:
    """Finds a few numbers among many, by a table of their lowest bits."""

    MASK = (1 << 16) - 1

    def __init__(self) -> None:
        self._flags = np.zeros(self.MASK + 1, dtype=np.bool_)
        self._places = np.zeros(self.MASK + 1, dtype=np.uint8)

    def among(self, cells: Array, wanted: Array) -> tuple[Array, Array]:
        """Return where in the cells, counted flat, one of at most 255 wanted numbers is, and which; 0 is none."""
        (there,) = wanted.nonzero()
        lowest = wanted.take(there) & self.MASK
        self._flags[lowest], self._places[lowest] = True, there
        flat = cells.ravel()
        ends = (flat & self.MASK).astype(np.intp)  # numbers of another kind would be looked up far slower
        (where,) = self._flags.take(ends).nonzero()
        self._flags[lowest] = False
        which = self._places.take(ends.take(where)).astype(np.intp)
        right = flat.take(where) == wanted.take(which)
        return where[right], which[right]


def columns(of: object) -> Iterator[tuple[str, Column]]:
    """Return every column that belongs to an object or to its parts, by the way to it; what is private is left out."""
    for name, part in vars(of).items():
        path = name.replace("_", "-")
        if name.startswith("_"):
            continue
        if isinstance(part, Column):
            yield path, part
        elif type(part).__module__.startswith("monitor.adapters.index"):
            yield from ((f"{path}-{rest}", column) for rest, column in columns(part))
