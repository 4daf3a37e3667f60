"""Which reports have a word or a name: sorted away in runs, the newest in a dictionary.

What very many reports have is forgotten here: it says too little to look up by.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from monitor.adapters.index_rows import Array, Column

COMMON = 400  # reports that share a word, from which on it says too little to look up by
FRESH = 100_000  # postings in the dictionary, until they are sorted away
RATIO = 6  # a run is merged with the one before that is at most so many times as long


@dataclass(frozen=True)
class Run:
    """Postings in the order of their words: those of `numbers[n]` are `rows[begins[n]:begins[n + 1]]`."""

    numbers: Array
    begins: Array
    rows: Array

    def every(self) -> Array:
        """Return the word of each row."""
        return np.repeat(self.numbers, np.diff(self.begins))

    def of(self, numbers: Array) -> tuple[Array, Array]:
        """Return the rows of some words, and for each row the place of its word among them."""
        wanted = numbers.astype(self.numbers.dtype)  # of another kind, all would be converted each time
        places = self.numbers.searchsorted(wanted)
        (there,) = (self.numbers.take(places, mode="clip") == wanted).nonzero()
        places = places.take(there)
        first = self.begins.take(places).astype(np.intp)
        lengths = self.begins.take(places + 1) - first
        at = np.arange(len(there)).repeat(lengths)
        first += lengths
        first -= lengths.cumsum()  # now: how far each word's first row is from where it comes to stand
        return self.rows.take(first.take(at) + np.arange(len(at))).astype(np.intp), there.take(at)


def _run(numbers: Array, rows: Array) -> Run:
    """Return postings as a run; of one word the earlier rows come first."""
    order = np.argsort(numbers, kind="stable")
    numbers = numbers[order]
    new = np.append(True, np.diff(numbers) != 0)[: len(numbers)]
    begins = np.append(np.flatnonzero(new), len(numbers))
    return Run(numbers[begins[:-1]], begins.astype(np.uint32), rows[order])


class Postings:
    """The way back from a word's number to the rows of the reports that have it."""

    def __init__(self) -> None:
        self.posted = Column(1, np.uint16)  # by number: how many reports have it; counted until it is common
        self.runs: list[Run] = []
        self.posted.append(0)  # of zero, which is no word
        self._fresh: defaultdict[int, list[int]] = defaultdict(list)
        self._count = 0

    def learn(self, row: int, numbers: Array) -> None:
        """Remember that a row has these words and names; rows come in growing order."""
        if (missing := int(numbers.max(initial=0)) + 1 - len(self.posted)) > 0:
            self.posted.extend(np.zeros(missing, dtype=np.uint16))
        known, fresh = self.posted.rows.take(numbers), self._fresh
        self.posted.rows[numbers] = np.minimum(known + np.uint16(1), COMMON + 1)
        for number in numbers[known < COMMON].tolist():
            fresh[number].append(row)
        self._count += len(numbers)
        if self._count >= FRESH:
            self.settle()

    def of(self, numbers: Array) -> tuple[Array, Array]:
        """Return the rows that have some words, common ones left out, and for each row the place of its word."""
        posted = self.posted.rows.take(numbers, mode="clip")
        (places,) = ((posted > 0) & (posted <= COMMON)).nonzero()
        rare = numbers.take(places)
        newest: list[int] = []
        which: list[int] = []
        for place, number in enumerate(rare.tolist()):
            if own := self._fresh.get(number):
                newest += own
                which += [place] * len(own)
        found = [run.of(rare) for run in self.runs if len(run.rows)]
        rows = np.concatenate([*(rows for rows, _ in found), np.array(newest, dtype=np.intp)])
        at = np.concatenate([*(at for _, at in found), np.array(which, dtype=np.intp)])
        return rows, places.take(at)

    def parts(self) -> dict[str, Array]:
        """Return the runs as arrays."""
        self.settle()
        return {
            f"{place}-{name}": column
            for place, run in enumerate(self.runs)
            for name, column in (("numbers", run.numbers), ("begins", run.begins), ("rows", run.rows))
        }

    def restore(self, arrays: Mapping[str, Array]) -> None:
        """Begin with runs that were kept."""
        count = sum(name.endswith("-rows") for name in arrays)
        names = ("numbers", "begins", "rows")
        self.runs = [Run(*(np.array(arrays[f"{place}-{name}"]) for name in names)) for place in range(count)]
        self._fresh, self._count = defaultdict(list), 0

    def renumber(self, places: Array) -> None:
        """Give rows other numbers, and forget those whose number is below zero."""
        self.settle()
        found = []
        for run in self.runs:
            numbers = run.every()
            rows = places[run.rows]
            found.append(_run(numbers[rows >= 0], rows[rows >= 0].astype(np.uint32)))
        self.runs = found

    def settle(self) -> None:
        """Sort the newest away; runs of like length become one."""
        if self._fresh:
            lengths = np.fromiter(map(len, self._fresh.values()), np.intp, len(self._fresh))
            numbers = np.repeat(np.fromiter(self._fresh, np.uint32, len(self._fresh)), lengths)
            rows = np.fromiter(
                (row for held in self._fresh.values() for row in held), np.uint32, len(numbers)
            )
            self.runs.append(_run(numbers, rows))
        self._fresh, self._count = defaultdict(list), 0
        while len(self.runs) > 1 and len(self.runs[-2].rows) <= RATIO * len(self.runs[-1].rows):
            last, before = self.runs.pop(), self.runs.pop()
            self.runs.append(self._merged(before, last))

    def _merged(self, before: Run, last: Run) -> Run:
        numbers = np.concatenate([run.every() for run in (before, last)])
        rare = self.posted.rows[numbers] <= COMMON
        return _run(numbers[rare], np.concatenate((before.rows, last.rows))[rare])


class Ranking:
    """Sums up weights by row, without sorting all of them."""

    def __init__(self) -> None:
        self._scores = np.zeros(0)
        self._last = np.zeros(0, dtype=np.intp)

    def best(self, rows: Array, weights: Array, most: int) -> Array:
        """Return the rows with the highest sums of weights, of equals the earlier ones."""
        if (highest := int(rows.max(initial=0))) >= len(self._scores):
            self._scores, self._last = np.zeros(2 * highest + 1), np.zeros(2 * highest + 1, dtype=np.intp)
        np.add.at(self._scores, rows, weights)
        order = np.arange(len(rows))
        self._last[rows] = order
        distinct = rows[self._last.take(rows) == order]
        scores = self._scores.take(distinct)
        self._scores[distinct] = 0.0
        if len(distinct) > most:
            good = scores >= np.partition(scores, -most)[-most]
            distinct, scores = distinct[good], scores[good]
        return np.asarray(distinct.take(np.lexsort((distinct, -scores))[:most]))
