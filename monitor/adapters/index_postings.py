"""Which reports have a word or a name: sorted away in runs, the newest in a dictionary.

What very many reports have is forgotten here: it says too little to look up by.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

import numpy as np

from monitor.adapters.index_rows import Array, Column, Slim, firsts, laid_out

COMMON = 400  # reports that share a word, from which on it says too little to look up by
FRESH = 100_000  # postings in the dictionary, until they are sorted away
SPARSE = 2  # a run that lacks more than every second word names those it has
PIECE = (
    50_000  # words whose postings are merged at once: whole runs would take ten times their size meanwhile
)
RATIO = 6  # a run is merged with the one before that is at most so many times as long
PARTS = "numbers", "begins", "low", "high"  # of a run, on the shelf


@dataclass(frozen=True)
class Run:
    """Postings in the order of their words: those of the n-th word are `rows[begins[n]:begins[n + 1]]`.

    The words are `numbers`; where a run has most words there are, none are named and every number has its place.
    """

    numbers: Array | None
    begins: Array
    rows: Slim

    def every(self) -> Array:
        """Return the word of each row."""
        numbers = np.arange(len(self.begins) - 1, dtype=np.uint32) if self.numbers is None else self.numbers
        return np.repeat(numbers, np.diff(self.begins))

    @property
    def highest(self) -> int:
        """The highest word."""
        named = self.numbers
        return len(self.begins) - 2 if named is None else int(named.max(initial=0))

    def between(self, first: int, end: int) -> tuple[Array, Array]:
        """Return the postings of the words from a first one up to before an end: the words, and the rows."""
        if self.numbers is None:
            here = np.arange(first, max(first, min(end, len(self.begins) - 1)), dtype=np.uint32)
            start = first
        else:
            start, stop = self.numbers.searchsorted(np.array([first, end], dtype=self.numbers.dtype)).tolist()
            here = self.numbers[start:stop]
        begins = self.begins[start : start + len(here) + 1].astype(np.intp)
        if not len(here):
            return here, np.zeros(0, dtype=np.intp)
        return np.repeat(here, np.diff(begins)), self.rows.take(np.arange(begins[0], begins[-1]))

    def of(self, numbers: Array) -> tuple[Array, Array]:
        """Return the rows of some words, and for each row the place of its word among them."""
        if self.numbers is None:
            first = self.begins.take(numbers, mode="clip").astype(np.intp)
            cells, at = laid_out(first, self.begins.take(numbers + 1, mode="clip") - first)
            return self.rows.take(cells), at
        wanted = numbers.astype(self.numbers.dtype)  # of another kind, all would be converted each time
        places = self.numbers.searchsorted(wanted)
        (there,) = (self.numbers.take(places, mode="clip") == wanted).nonzero()
        places = places.take(there)
        first = self.begins.take(places).astype(np.intp)
        cells, at = laid_out(first, self.begins.take(places + 1) - first)
        return self.rows.take(cells), there.take(at)


def run_of(numbers: Array, rows: Array) -> Run:
    """Return postings as a run; of one word the earlier rows come first."""
    order = np.argsort(numbers, kind="stable")
    held = Slim()
    held.extend(rows[order])
    return _laid(*np.unique(numbers, return_counts=True), held)


def _laid(named: Array, counts: Array, held: Slim) -> Run:
    """Return the run of rows that lie in the order of their words, of which each has so many."""
    highest = int(named.max(initial=0))
    if highest <= SPARSE * len(named):
        whole = np.zeros(highest + 1, dtype=np.intp)
        whole[named] = counts
        named, counts = None, whole  # type: ignore[assignment]
    return Run(named, np.append(0, np.cumsum(counts)).astype(np.uint32), held)


class Postings:
    """The way back from a word's number to the rows of the reports that have it."""

    def __init__(self) -> None:
        self.posted = Column(1, np.uint16)  # by number: how many reports have it; counted until it is common
        self.runs: list[Run] = []
        self.posted.append(0)  # of zero, which is no word
        self._fresh: defaultdict[int, list[int]] = defaultdict(list)
        self._count = 0

    def learn(self, rows: Array, numbers: Array) -> None:
        """Remember which row has each of some words and names; of one word rows come in growing order."""
        if (missing := int(numbers.max(initial=0)) + 1 - len(self.posted)) > 0:
            self.posted.extend(np.zeros(missing, dtype=np.uint16))
        rare = self.posted.rows.take(numbers) < COMMON
        np.add.at(self.posted.rows, numbers, np.uint16(1))
        self.posted.rows[numbers] = np.minimum(self.posted.rows.take(numbers), COMMON + 1)
        fresh = self._fresh
        for number, row in zip(numbers[rare].tolist(), rows[rare].tolist(), strict=True):
            fresh[number].append(row)
        self._count += len(numbers)
        if self._count >= FRESH:
            self.settle()

    def of(self, numbers: Array, ends: Array) -> Iterator[tuple[Array, Array]]:
        """Return for each of some documents the rows that have its words, common ones left out, and each one's word.

        The words of all documents come one after the other, with where those of each end; a word is told by its place.
        """
        posted = self.posted.rows.take(numbers, mode="clip")
        (places,) = ((posted > 0) & (posted <= COMMON)).nonzero()
        parts = [(rows, places.take(at)) for rows, at in self._rare(numbers.take(places))]
        cuts = [[0, *at.searchsorted(ends).tolist()] for _, at in parts]
        for document in range(len(ends)):
            own = [slice(cut[document], cut[document + 1]) for cut in cuts]
            held = [(rows[cut], at[cut]) for (rows, at), cut in zip(parts, own, strict=True)]
            yield np.concatenate([rows for rows, _ in held]), np.concatenate([at for _, at in held])

    def _rare(self, numbers: Array) -> list[tuple[Array, Array]]:
        """Return the rows that have some words, and for each the place of its word: by runs, in growing order of places."""
        held = [self._fresh.get(number, ()) for number in numbers.tolist()]
        lengths = np.fromiter(map(len, held), np.intp, len(held))
        newest = np.fromiter(chain.from_iterable(held), np.intp, int(lengths.sum()))
        found = [run.of(numbers) for run in self.runs if len(run.rows)]
        return [*found, (newest, np.arange(len(held)).repeat(lengths))]

    def parts(self) -> dict[str, Array]:
        """Return the runs as arrays."""
        self.settle()
        found: dict[str, Array] = {}
        for place, run in enumerate(self.runs):
            numbers = np.zeros(0, dtype=np.uint32) if run.numbers is None else run.numbers
            parts = numbers, run.begins, run.rows.low.rows, run.rows.high.rows
            found |= {f"{place}-{name}": part for name, part in zip(PARTS, parts, strict=True)}
        return found

    def restore(self, arrays: Mapping[str, Array]) -> None:
        """Begin with runs that were kept."""
        count = sum(name.endswith("-begins") for name in arrays)
        self.runs = [_restored(*(arrays[f"{place}-{name}"] for name in PARTS)) for place in range(count)]
        self._fresh, self._count = defaultdict(list), 0

    def renumber(self, places: Array) -> None:
        """Give rows other numbers, and forget those whose number is below zero."""
        self.settle()
        found = []
        for run in self.runs:
            numbers = run.every()
            rows = places[run.rows.whole]
            found.append(run_of(numbers[rows >= 0], rows[rows >= 0].astype(np.uint32)))
        self.runs = found

    def settle(self) -> None:
        """Sort the newest away; runs of like length become one."""
        if self._fresh:
            lengths = np.fromiter(map(len, self._fresh.values()), np.intp, len(self._fresh))
            numbers = np.repeat(np.fromiter(self._fresh, np.uint32, len(self._fresh)), lengths)
            rows = np.fromiter(
                (row for held in self._fresh.values() for row in held), np.uint32, len(numbers)
            )
            self.runs.append(run_of(numbers, rows))
        self._fresh, self._count = defaultdict(list), 0
        while len(self.runs) > 1 and len(self.runs[-2].rows) <= RATIO * len(self.runs[-1].rows):
            last, before = self.runs.pop(), self.runs.pop()
            self.runs.append(self._merged(before, last))

    def _merged(self, before: Run, last: Run) -> Run:
        held, found = Slim(), []
        for first in range(0, max(before.highest, last.highest) + 1, PIECE):
            parts = [run.between(first, first + PIECE) for run in (before, last)]
            numbers, rows = (np.concatenate(both) for both in zip(*parts, strict=True))
            rare = self.posted.rows[numbers] <= COMMON
            numbers, rows = numbers[rare], rows[rare]
            held.extend(rows[np.argsort(numbers, kind="stable")])
            found.append(np.unique(numbers, return_counts=True))
        named, counts = (np.concatenate(one) for one in zip(*found, strict=True))
        return _laid(named, counts, held)


def _restored(numbers: Array, begins: Array, low: Array, high: Array) -> Run:
    rows = Slim()
    rows.low.restore(low)
    rows.high.restore(high)
    return Run(np.array(numbers) if len(numbers) else None, np.array(begins), rows)


def heaviest(rows: Array, weights: Array, most: int) -> Array:
    """Return the rows with the highest sums of weights, of equals the earlier ones."""
    count = len(rows)
    if not count:
        return rows
    bits = count.bit_length()
    keys = rows << bits  # with their places, as plain numbers they are sorted ten times as fast
    keys |= np.arange(count)
    keys.sort()
    places = keys & (1 << bits) - 1
    keys >>= bits
    first = firsts(keys)
    scores = np.add.reduceat(weights.take(places), first)
    if len(first) > most:
        good = (scores >= np.partition(scores, -most)[-most]).nonzero()[0]
        first, scores = first.take(good), scores.take(good)
    return np.asarray(keys.take(first.take((-scores).argsort(kind="stable")[:most])))
