"""Which texts share a key: millions of keys in sorted arrays, the newest in a dictionary.

A dictionary of lists would hold a million texts in several gigabytes; a key and the number of its text in two arrays
take twelve bytes, and a look-up is a binary search.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CROWDED = 50  # texts that share a key: of more the first ones are enough, it is boilerplate or one much-printed text
FRESH_KEYS = 200_000  # in the dictionary, until they are sorted away
LARGEST = 8_000_000  # keys of a run that is still merged with its neighbour; sorting it takes under a second

Keys = NDArray[np.int64]
Rows = NDArray[np.uint32]


@dataclass(frozen=True)
class Run:
    """Keys in order, and the text of each; of equal keys the first text comes first."""

    keys: Keys
    rows: Rows


class Bands:
    """Finds the numbers of texts by their keys; numbers are given in growing order."""

    def __init__(self) -> None:
        self._runs: list[Run] = []
        self._fresh: dict[int, list[int]] = {}
        self._count = 0

    def learn(self, row: int, keys: Sequence[int]) -> None:
        """Remember the keys of a text."""
        for key in keys:
            if len(held := self._fresh.setdefault(key, [])) < CROWDED:
                held.append(row)
        self._count += len(keys)
        if self._count >= FRESH_KEYS:
            self._sort_away()

    def fill(self, keys: Keys, rows: Rows) -> None:
        """Remember many keys at once, for the texts of an index that is built anew; rows in growing order."""
        if len(keys):
            self._runs.append(_run(keys, rows))

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

    def _sort_away(self) -> None:
        pairs = [(key, row) for key, rows in self._fresh.items() for row in rows]
        keys = np.fromiter((key for key, _ in pairs), np.int64, len(pairs))
        rows = np.fromiter((row for _, row in pairs), np.uint32, len(pairs))
        self._fresh, self._count = {}, 0
        self._runs.append(_run(keys, rows))
        while len(self._runs) > 1 and len(self._runs[-2].keys) <= 2 * len(self._runs[-1].keys) <= LARGEST:
            last, before = self._runs.pop(), self._runs.pop()
            keys = np.concatenate((before.keys, last.keys))
            self._runs.append(_run(keys, np.concatenate((before.rows, last.rows))))


def _run(keys: Keys, rows: Rows) -> Run:
    order = np.argsort(keys, kind="stable")
    return Run(keys[order], rows[order])
