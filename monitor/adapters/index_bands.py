"""Which texts share a key: millions of keys in sorted arrays, the newest in a dictionary.

A dictionary of lists would hold a million texts in several gigabytes; a key and the number of its text in two arrays
take twelve bytes, and a look-up is a binary search.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np
from numpy.typing import NDArray

CROWDED = 50  # texts that share a key: of more the first ones are enough, it is boilerplate or one much-printed text
FRESH_KEYS = 100_000  # in the dictionary, until they are sorted away
LARGEST = 8_000_000  # keys of a run that is still merged with its neighbour; sorting it takes under a second
KEYS, ROWS = "keys-", "rows-"  # names on the shelf

Keys = NDArray[np.int64]
Rows = NDArray[np.uint32]


@dataclass(frozen=True)
class Run:
    """Keys in order, and the text of each; of equal keys the first text comes first."""

    number: int
    keys: Keys
    rows: Rows


class Bands:
    """Finds the numbers of texts by their keys; numbers are given in growing order."""

    def __init__(self) -> None:
        self._runs: list[Run] = []
        self._fresh: dict[int, list[int]] = {}
        self._count = 0
        self._numbers = count()
        self.shelved: set[str] = set()  # names of arrays that are on the shelf as they are here

    def learn(self, row: int, keys: Sequence[int]) -> None:
        """Remember the keys of a text."""
        for key in keys:
            held = self._fresh.get(key)
            if held is None:
                self._fresh[key] = [row]
            elif len(held) < CROWDED:
                held.append(row)
        self._count += len(keys)
        if self._count >= FRESH_KEYS:
            self._sort_away()

    def fill(self, keys: Keys, rows: Rows) -> None:
        """Remember many keys at once; rows in growing order, and greater than all that were learned before."""
        self._sort_away()
        self._add(keys, rows)

    def first(self, key: int) -> int | None:
        """Return the first text that has a key."""
        wanted = np.int64(key)
        for run in self._runs:
            start = int(run.keys.searchsorted(wanted))
            if start < len(run.keys) and run.keys[start] == wanted:
                return int(run.rows[start])
        held = self._fresh.get(key)
        return held[0] if held else None

    def shared(self, keys: Sequence[int]) -> Counter[int]:
        """Return how many of these keys each text shares."""
        wanted = np.sort(np.array(keys, dtype=np.int64))
        found = Counter[int]()
        for run in self._runs:
            starts = run.keys.searchsorted(wanted)
            there = run.keys[np.minimum(starts, len(run.keys) - 1)] == wanted
            for start in starts[there].tolist():
                own = run.keys[start : start + CROWDED]
                found.update(run.rows[start : start + int(own.searchsorted(own[0], "right"))].tolist())
        for key in keys:
            if held := self._fresh.get(key):
                found.update(held)
        return found

    # ---------------------------------------------------------------- on the shelf

    def parts(self) -> dict[str, Keys | Rows]:
        """Return everything as arrays for the shelf."""
        self._sort_away()
        named: dict[str, Keys | Rows] = {}
        for run in self._runs:
            named |= {f"{KEYS}{run.number}": run.keys, f"{ROWS}{run.number}": run.rows}
        return named

    def settle(self, arrays: Mapping[str, Keys | Rows]) -> None:
        """Go on with the arrays that are on the shelf now."""
        numbers = sorted(int(name.removeprefix(KEYS)) for name in arrays if name.startswith(KEYS))
        self._runs = [Run(one, arrays[f"{KEYS}{one}"], arrays[f"{ROWS}{one}"]) for one in numbers]  # type: ignore[arg-type]
        self._numbers = count(max(numbers, default=-1) + 1)
        self.shelved = {f"{kind}{one}" for one in numbers for kind in (KEYS, ROWS)}

    def renumber(self, places: NDArray[np.int64]) -> None:
        """Give each text the number that `places` has at its old one; forget those that get -1."""
        self._sort_away()
        runs = [(run.keys, places[run.rows]) for run in self._runs]
        self._runs, self.shelved = [], set()
        for keys, rows in runs:
            kept = rows >= 0
            if kept.any():
                self._runs.append(Run(next(self._numbers), keys[kept], rows[kept].astype(np.uint32)))

    def _sort_away(self) -> None:
        pairs = [(key, row) for key, rows in self._fresh.items() for row in rows]
        keys = np.fromiter((key for key, _ in pairs), np.int64, len(pairs))
        rows = np.fromiter((row for _, row in pairs), np.uint32, len(pairs))
        self._fresh, self._count = {}, 0
        self._add(keys, rows)

    def _add(self, keys: Keys, rows: Rows) -> None:
        """Take in a run, and merge it with its neighbours while they are of its size."""
        if not len(keys):
            return
        self._runs.append(_run(next(self._numbers), keys, rows))
        while len(self._runs) > 1 and len(self._runs[-2].keys) <= 2 * len(self._runs[-1].keys) <= LARGEST:
            last, before = self._runs.pop(), self._runs.pop()
            keys, rows = np.concatenate((before.keys, last.keys)), np.concatenate((before.rows, last.rows))
            self._runs.append(_run(next(self._numbers), keys, rows))


def _run(number: int, keys: Keys, rows: Rows) -> Run:
    order = np.argsort(keys, kind="stable")
    return Run(number, keys[order], rows[order])
