"""Numbers by hash: millions in two sorted arrays, the newest in a dictionary; and how rare each is."""

from collections.abc import Callable, Mapping
from math import log

import numpy as np

from monitor.adapters.index_rows import Array, Column

BITS = 32  # of a hash
CROWDED = 64  # hashes with the same highest bits, from which on they are looked up one by one
FRESH = 50_000  # in the dictionary, until they are sorted in
PRIOR = 200  # documents that are taken as read before the first: rarity needs a past


class Numbers:
    """What was learned of each hash, a number above zero; zero for those never met."""

    def __init__(self) -> None:
        self._fresh: dict[int, int] = {}
        self._sort(np.zeros(1, dtype=np.uint32), np.zeros(1, dtype=np.uint32))  # zero stands for "nothing"

    def _sort(self, hashes: Array, values: Array) -> None:
        """Go on with hashes in order, and note where those with the same highest bits begin: a few each."""
        self.hashes, self.values = hashes, values
        bits = max(1, len(hashes).bit_length() - 2)
        self._shift = BITS - bits
        sizes = np.bincount(hashes >> self._shift, minlength=1 << bits)
        self._begins = (sizes.cumsum() - sizes).astype(np.uint32)
        self._most = np.arange(sizes.max())

    def _places(self, hashes: Array) -> Array:
        """Return where each hash is, if it is there at all."""
        if len(self._most) > CROWDED:  # somebody chose words by their hashes
            return self.hashes.searchsorted(hashes)
        first = self._begins.take(hashes >> self._shift).astype(np.intp)
        there = self.hashes.take(first[:, None] + self._most, mode="clip") == hashes[:, None]
        return np.asarray(first + there.argmax(axis=1))

    def of(self, hashes: Array) -> Array:
        """Return the number of every hash."""
        places = self._places(hashes)
        found = self.values.take(places, mode="clip").astype(np.intp)
        (missing,) = (self.hashes.take(places, mode="clip") != hashes).nonzero()
        held = self._fresh
        found[missing] = [held.get(one, 0) for one in hashes.take(missing).tolist()] if held else 0
        return found

    def learn(self, hashes: Array, given: Callable[[Array], Array], known: Array | None = None) -> Array:
        """Return the number of every hash, some known; those that are new get what `given` gives them."""
        found = self.of(hashes) if known is None else known.copy()
        (missing,) = (found == 0).nonzero()
        if len(missing) and known is not None:  # some may have become known meanwhile
            found[missing] = self.of(hashes.take(missing))
            missing = missing[found.take(missing) == 0]
        if len(missing):
            wanted = hashes.take(missing).tolist()
            new = dict.fromkeys(wanted)
            self._fresh.update(
                zip(new, given(np.fromiter(new, hashes.dtype, len(new))).tolist(), strict=True)
            )
            found[missing] = [self._fresh[one] for one in wanted]
        if len(self._fresh) >= FRESH:
            self.settle()
        return found

    def settle(self) -> None:
        """Sort the newest in."""
        count = len(self._fresh)
        hashes = np.fromiter(self._fresh, dtype=np.uint32, count=count)
        values = np.fromiter(self._fresh.values(), dtype=np.uint32, count=count)
        self.take_in(hashes, values)
        self._fresh = {}

    def take_in(self, hashes: Array, values: Array) -> None:
        """Sort many in that are not there yet."""
        order = np.argsort(hashes)
        places = self.hashes.searchsorted(hashes[order])
        self._sort(
            np.insert(self.hashes, places, hashes[order]), np.insert(self.values, places, values[order])
        )

    def parts(self) -> dict[str, Array]:
        """Return everything as arrays."""
        self.settle()
        return {"hashes": self.hashes, "values": self.values}

    def restore(self, arrays: Mapping[str, Array]) -> None:
        """Begin with what was kept."""
        self._sort(np.array(arrays["hashes"]), np.array(arrays["values"]))
        self._fresh = {}


class Rarity:
    """How rare words and names are among the incidents, about 0 – 1: what one incident alone has is rare."""

    def __init__(self) -> None:
        self.numbers = Numbers()
        self.counts = Column(1, np.uint32)
        self.hashes = Column(1, np.uint32)
        self._new(np.zeros(1, dtype=np.uint32))  # what was never met
        self.incidents = 0

    def numbered(self, hashes: Array, known: Array | None = None) -> Array:
        """Return the number of every hash; new ones, those without one among the known, get one."""
        return self.numbers.learn(hashes, self._new, known)

    def _new(self, hashes: Array) -> Array:
        first = len(self.hashes)
        self.hashes.extend(hashes)
        self.counts.extend(np.zeros(len(hashes), dtype=np.uint32))
        return np.arange(first, first + len(hashes))

    def learn(self, numbers: Array) -> None:
        """Count what is new to incidents, once for each."""
        np.add.at(self.counts.rows, numbers, np.uint32(1))

    def of(self, numbers: Array) -> Array:
        """Return the rarity of every number."""
        weights = self.counts.rows.take(numbers).astype(np.float32)
        total = self.incidents + PRIOR
        weights += np.float32(0.5)
        np.divide(np.float32(total + 1.0), weights, out=weights)
        np.log(weights, out=weights)
        weights /= np.float32(log(total * 2.0 + 2.0))
        return weights
