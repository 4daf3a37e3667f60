"""Columns of numbers that grow: one row for every report that the index remembers."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, Generic, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
FIRST = 256
SPARE = 8  # a column that was restored has room for an eighth more
LOW = 16  # bits of a slim number that are kept apart
LOWEST, BYTE = (1 << LOW) - 1, 255
NONE = 255  # in the table of a finder


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

    def take(self, cells: Array, mode: Literal["raise", "clip"] = "raise") -> Array:
        """Return the values at some places, counted flat."""
        return self.rows.reshape(-1).take(cells, mode=mode)

    def keep(self, rows: Array) -> None:
        """Forget all other rows."""
        self.restore(self.rows[rows])

    def restore(self, rows: Array) -> None:
        """Begin with rows that were kept; they are copied."""
        kind = np.promote_types(self._held.dtype, rows.dtype)
        held = np.zeros((FIRST + len(rows) + len(rows) // SPARE, *rows.shape[1:]), dtype=kind)
        held[: len(rows)] = rows
        self._held, self._count, self.rows = held, len(rows), held[: len(rows)]

    def _grow(self, more: int) -> None:
        """Make room; what is not written yet takes no memory, the system gives pages when they are touched."""
        size = max(2 * len(self._held), len(self.rows) + more)
        held = np.zeros((size, *self._held.shape[1:]), dtype=self._held.dtype)
        held[: len(self.rows)] = self.rows
        self._held = held


class Slim:
    """Whole numbers in three bytes each, the two lower ones apart; in four as soon as one needs them."""

    def __init__(self, width: int = 1) -> None:
        self.low = Column(width, np.uint16)
        self.high = Column(width, np.uint8)

    def __len__(self) -> int:
        return len(self.low)

    def append(self, numbers: Array) -> None:
        """Add a row, padded with zeros where it is short."""
        self.low.append(numbers.astype(np.uint16))
        self.high.append(self._upper(numbers))

    def extend(self, numbers: Array) -> None:
        """Add many rows."""
        self.low.extend(numbers.astype(np.uint16))
        self.high.extend(self._upper(numbers))

    def take(self, cells: Array) -> Array:
        """Return the numbers at some places, counted flat."""
        found = self.high.take(cells).astype(np.uint32)
        found <<= LOW
        found |= self.low.take(cells)
        return found

    def ends(self, cells: Array, numbers: Array) -> Array:
        """Tell at which places there are certain numbers, where the lowest bits are known to be theirs."""
        return np.asarray(self.high.take(cells, mode="clip") == numbers >> LOW)

    @property
    def whole(self) -> Array:
        """All numbers."""
        return self.take(np.arange(self.low.rows.size))

    def of(self, rows: Array) -> Array:
        """Return the numbers of some rows."""
        high = self.high.rows.take(rows, axis=0).astype(np.uint32)
        return np.asarray(high << LOW | self.low.rows.take(rows, axis=0))

    def keep(self, rows: Array) -> None:
        """Forget all other rows."""
        self.low.keep(rows)
        self.high.keep(rows)

    def _upper(self, numbers: Array) -> Array:
        upper = numbers >> LOW
        if upper.max(initial=0) > BYTE and self.high.rows.dtype == np.uint8:
            self.high.restore(self.high.rows.astype(np.uint16))
        return upper


Values = TypeVar("Values", Column, Slim)


class Ragged(Generic[Values]):
    """Rows of differing length, one after the other."""

    def __init__(self, values: Values) -> None:
        self.values: Values = values
        self.ends = Column(1, np.uint32)  # one more than there are rows: each ends where the next begins
        self.ends.append(0)

    def extend(self, values: Array) -> None:
        """Add many rows of one length."""
        self.lay(values.ravel(), np.full(len(values), values.shape[1]))

    def lay(self, values: Array, lengths: Array) -> None:
        """Add many rows, one after the other."""
        self.ends.extend(len(self.values) + lengths.cumsum())
        self.values.extend(values)

    def keep(self, rows: Array) -> None:
        """Forget all other rows."""
        cells, at = self.cells(rows)
        ends = np.append(0, np.cumsum(np.bincount(at, minlength=len(rows))))
        self.ends.restore(ends.astype(np.uint32))
        self.values.keep(cells)

    def bounds(self, rows: Array) -> tuple[Array, Array]:
        """Return where the values of some rows begin, and how many each has."""
        first = self.ends.rows.take(rows).astype(np.intp)
        return first, self.ends.rows.take(rows + 1) - first

    def cells(self, rows: Array) -> tuple[Array, Array]:
        """Return where the values of some rows are, and for each its row's place."""
        return laid_out(*self.bounds(rows))

    def of(self, rows: Array) -> tuple[Array, Array]:
        """Return the values of some rows, and for each its row's place."""
        cells, at = self.cells(rows)
        return self.values.take(cells), at


def firsts(ordered: Array) -> Array:
    """Return the places at which another number begins, among numbers in order."""
    new = np.ones(len(ordered), dtype=np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    return new.nonzero()[0]


def laid_out(first: Array, lengths: Array) -> tuple[Array, Array]:
    """Return the places of stretches, one stretch after the other, and for each which stretch it is of."""
    at = np.arange(len(first)).repeat(lengths)
    first -= lengths.cumsum()
    first += lengths  # now: how far each first place is from where it comes to stand
    return first.take(at) + np.arange(len(at)), at


def parted(columns: Sequence[Array], lengths: Array) -> Iterator[list[Array]]:
    """Return columns in stretches of some lengths: of all columns the first stretch, then the next."""
    ends = lengths.cumsum().tolist()
    return ([one[start:end] for one in columns] for start, end in pairwise([0, *ends]))


class Finder:
    """Finds a few numbers among many, by a table of their lowest bits."""

    def __init__(self) -> None:
        self._places = np.full(1 << LOW, NONE, dtype=np.uint8)
        self._flags = np.zeros(1 << LOW, dtype=np.bool_)

    def maybe(self, low: Array, wanted: Array) -> Array:
        """Return where the lowest bits, counted flat, are those of one of some numbers, however many; 0 is none."""
        lowest = wanted[wanted > 0] & LOWEST
        self._flags[lowest] = True
        found = self._flags.take(low.ravel().astype(np.intp))
        self._flags[lowest] = False
        return found.nonzero()[0]

    def like(self, low: Array, wanted: Array) -> tuple[Array, Array]:
        """Return where the lowest bits, counted flat, are those of one of at most 255 numbers, and which; 0 is none."""
        (there,) = wanted.nonzero()
        lowest = wanted.take(there) & LOWEST
        self._places[lowest] = there
        ends = low.ravel().astype(np.intp)  # by other kinds it would be looked up far slower
        found = self._places.take(ends)
        self._places[lowest] = NONE
        (where,) = (found != NONE).nonzero()
        return where, found.take(where).astype(np.intp)


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
