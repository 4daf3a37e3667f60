"""Every remembered report as a row of columns, and how alike a document and rows are."""

from typing import NamedTuple

import numpy as np

from monitor.adapters.embed import DIMENSIONS
from monitor.adapters.index_features import NAME
from monitor.adapters.index_probe import TERMS, Probe
from monitor.adapters.index_rows import LOW, Array, Column, Finder, Ragged, Slim
from monitor.adapters.index_vectors import Coarse

FACTS = np.dtype(
    [
        ("article", "i8"),
        ("day", "f8"),
        ("places", "u4"),  # the row of the countries that it names
        ("language", "i4"),
        ("publisher", "u4"),
        ("slot", "u4"),  # of the incident that it was put into
        ("weight", "f4"),  # what one part of a word's weight is, see STEPS
        ("title", "f4"),  # the same in the title
        ("keys", "u1"),  # how many of the names, figures, quotes and sounds are no sounds
        ("named", "u1"),  # how many are names
        ("brief", "?"),
    ]
)
HALF = (1 << 64) - 1
NONE_LEFT_OUT = 255  # more names than a report has
STEPS = 255  # a weight is kept as so many parts of the highest one of its row


WORDS, BACK, JOINT, MEANING, TITLE, NEARNESS, LANGUAGE, PUBLISHER = range(8)  # rows of a comparison


class Compared(NamedTuple):
    """A document against some reports."""

    # a column for each report: likeness of words, share of its names that the document has, sum of the likenesses,
    # likeness of meaning and of titles, days between them (below zero), same language, same publisher
    measured: Array
    shared: tuple[Array, Array]  # pairs of a report and a name that both have


class Worded(NamedTuple):
    """Where some words are in some reports, by the places of both, and what they weigh there."""

    at: Array  # of the reports, in growing order
    held: Array  # of the words
    weights: Array
    titled: Array  # which of all these are in a title
    titles: Array  # what those weigh there


class Reports:
    """Every remembered report as a row of columns."""

    def __init__(self) -> None:
        self.terms = Slim(TERMS)  # those of the title first
        self.weights = Column(TERMS, np.uint8)
        self.titles: Ragged[Column] = Ragged(Column(1, np.uint8))  # weights in the title, of its words alone
        self.names: Ragged[Slim] = Ragged(Slim())  # names, figures and quotes, then sounds
        self.vectors = Coarse(DIMENSIONS)
        self.facts = Column(1, FACTS)
        self.places = Column(2, np.uint64)  # countries that are named together, one bit for each
        self._places: dict[tuple[int, int], int] = {}
        self._finder = Finder()

    def __len__(self) -> int:
        return len(self.facts)

    def keep(self, rows: Array) -> None:
        """Forget all other rows."""
        vectors = self.vectors.steps, self.vectors.scales
        for column in (self.terms, self.weights, self.titles, self.names, self.facts, *vectors):
            column.keep(rows)

    def append(self, one: Probe, numbers: Array, vector: Array | None, article_id: int, slot: int) -> int:
        """Remember a report, by the numbers that its words and names have by now; return its row."""
        names, words = one.names, len(one.numbers)
        order = (one.title_weights <= 0.0).argsort(kind="stable")
        self.terms.append(numbers[:words].take(order))
        self.names.append(numbers[words:])
        self.vectors.append(vector)
        weights, step = _stepped(one.weights.take(order))
        self.weights.append(weights)
        titles, title = _stepped(one.title_weights.take(order))
        self.titles.append(titles[: np.count_nonzero(one.title_weights)])
        named = np.count_nonzero(names.kinds == NAME)
        about = (
            article_id,
            one.day,
            self._together((one.places & HALF, one.places >> 64)),
            one.language,
            one.publisher,
            slot,
        )
        return self.facts.append((*about, step, title, names.keys, named, one.brief))

    def _together(self, places: tuple[int, int]) -> int:
        """Return the row of countries that are named together; there are few such rows."""
        if len(self._places) != len(self.places):  # it was on the shelf
            self._places = {(low, high): row for row, (low, high) in enumerate(self.places.rows.tolist())}
        if (known := self._places.get(places)) is None:
            known = self._places[places] = self.places.append(places)
        return known

    def named_places(self, rows: Array) -> Array:
        """Return the countries that any of some rows names."""
        return np.asarray(np.bitwise_or.reduce(self.places.rows[self.facts.rows["places"][rows]], axis=0))

    def weights_of(self, row: int) -> Array:
        """Return the weights of the words of one row."""
        return np.asarray(self.weights.rows[row] * self.facts.rows["weight"][row])

    def weighed(self, rows: Array) -> Array:
        """Return the weights of the words of rows, one row after the other."""
        weights = self.weights.rows.take(rows, axis=0) * self.facts.rows["weight"][rows][:, None]
        return np.asarray(weights.ravel())

    def weighed_in_titles(self, rows: Array) -> Array:
        """Return the weights that they have in the titles."""
        weights = np.zeros((len(rows), TERMS), dtype=np.float32)
        cells, at = self.titles.cells(rows)
        first = cells - self.titles.ends.rows.take(rows.take(at))
        weights[at, first] = self.titles.values.take(cells) * self.facts.rows["title"][rows].take(at)
        return np.asarray(weights.ravel())

    def missing(self, rows: Array, numbers: Array) -> Array:
        """Return those words, names and sounds that no row has."""
        words, (names, _) = rows[:, None] * TERMS + np.arange(TERMS), self.names.cells(rows)
        new = np.ones(len(numbers), dtype=np.bool_)
        new[self._alike(self.terms, words.ravel(), numbers)[1]] = False
        new[self._alike(self.names.values, names, numbers)[1]] = False
        return np.asarray(numbers[new])

    def worded_in(self, rows: Array, known: Array) -> Worded:
        """Return which of some words, in order, are in rows and what they weigh; one row after the other."""
        where = self._finder.maybe(self.terms.low.rows.take(rows, axis=0), known)
        numbers = self.terms.of(rows).take(where)
        held = known.searchsorted(numbers)
        right = known.take(held, mode="clip") == numbers
        where, held = where[right], held[right]
        at = where // TERMS
        facts = self.facts.rows.take(rows)
        weights = self.weights.rows.take(rows, axis=0).take(where) * facts["weight"].take(at)
        first, lengths = self.titles.bounds(rows)
        places = where - at * TERMS
        (titled,) = (places < lengths.take(at)).nonzero()
        in_title = at.take(titled)
        titles = self.titles.values.take(first.take(in_title) + places.take(titled))
        return Worded(at, held, weights, titled, titles * facts["title"].take(in_title))

    def named_in(self, rows: Array, known: Array) -> tuple[Array, Array]:
        """Return which of some names and sounds, in order, are in rows: the places of the rows, and of the names."""
        first, lengths = self.names.bounds(rows)
        most = int(lengths.max(initial=0))
        cells = first[:, None] + np.arange(most)  # with some of the next row where one has fewer
        where = self._finder.maybe(self.names.values.low.take(cells, mode="clip"), known)
        at = where // max(1, most)
        there = where - at * most < lengths.take(at)
        where, at = where[there], at[there]
        numbers = self.names.values.take(cells.take(where))
        held = known.searchsorted(numbers)
        right = known.take(held, mode="clip") == numbers
        return at[right], held[right]

    def compare(self, one: Probe, rows: Array) -> Compared:
        """Return how alike a document and each of these rows are."""
        facts = self.facts.rows.take(rows)
        same_language = facts["language"] == one.language
        shared = self._shared(one, rows, facts, same_language)
        measured = np.zeros((8, len(rows)))
        measured[WORDS], measured[TITLE] = self._worded(one, rows, facts)
        measured[BACK] = _back(one, facts, shared)
        measured[JOINT] = measured[WORDS] + measured[TITLE] + measured[BACK]
        if one.vector is not None:
            measured[MEANING] = self.vectors.dots(rows, one.vector)
            measured[JOINT] += measured[MEANING]
        measured[NEARNESS] = -np.abs(facts["day"] - one.day)
        measured[LANGUAGE], measured[PUBLISHER] = same_language, facts["publisher"] == one.publisher
        return Compared(measured, shared)

    def between(self, rows: Array, others: Array) -> tuple[Array, Array]:
        """Return for each row the days to the nearest of others, below zero, and whether one has its language."""
        ours, theirs = self.facts.rows.take(rows), self.facts.rows.take(others)
        gaps = np.abs(ours["day"][:, None] - theirs["day"]).min(axis=1)
        return -gaps, (ours["language"][:, None] == theirs["language"]).any(axis=1)

    def _worded(self, one: Probe, rows: Array, facts: Array) -> tuple[Array, Array]:
        """Return how alike the words are, and those of the titles."""
        where, which = self._finder.like(self.terms.low.rows.take(rows, axis=0), one.numbers)
        at = where // TERMS
        places = where - at * TERMS  # in their rows
        # whole rows lie together in memory, words and weights by themselves would be fetched from all over it
        right = self.terms.high.rows.take(rows, axis=0).take(where) == (one.numbers >> LOW).take(which)
        weights = self.weights.rows.take(rows, axis=0).take(where) * right
        words = np.bincount(at, weights * one.weights.take(which), len(rows))
        first, lengths = self.titles.bounds(rows)
        (titled,) = (right & (places < lengths.take(at))).nonzero()
        at, which = at.take(titled), which.take(titled)
        in_title = self.titles.values.take(first.take(at) + places.take(titled))
        titles = np.bincount(at, in_title * one.title_weights.take(which), len(rows))
        return words * facts["weight"], titles * facts["title"]

    def _shared(self, one: Probe, rows: Array, facts: Array, same_language: Array) -> tuple[Array, Array]:
        """Return the names, figures and quotes that rows share; between languages the sounds of names as well."""
        first, lengths = self.names.bounds(rows)
        lengths = np.minimum(lengths, np.where(same_language, facts["keys"], NONE_LEFT_OUT))
        most = int(lengths.max(initial=0))
        cells = first[:, None] + np.arange(most)  # with some of the next row where one has fewer
        values = self.names.values
        where, which = self._finder.like(values.low.take(cells, mode="clip"), one.names.numbers)
        at = where // max(1, most)
        right = values.ends(cells.take(where), one.names.numbers.take(which))
        right &= where - at * most < lengths.take(at)
        return at[right], which[right]

    def _alike(self, held: Slim, cells: Array, wanted: Array) -> tuple[Array, Array]:
        """Return at which of some places one of the wanted numbers is, and which."""
        where, which = self._finder.like(held.low.take(cells), wanted)
        right = held.ends(cells.take(where), wanted.take(which))
        return where[right], which[right]


def _stepped(weights: Array) -> tuple[Array, float]:
    """Return weights in parts of the highest one, and what one part is."""
    step = float(weights.max(initial=0.0)) / STEPS
    return (np.rint(weights / np.float32(step)) if step else weights), step


def _back(one: Probe, facts: Array, shared: tuple[Array, Array]) -> Array:
    """Return the share of the names in rows that is shared, in whatever script."""
    at, which = shared
    found = np.bincount(at[one.names.kinds.take(which) <= NAME], minlength=len(facts))
    return np.minimum(1.0, found / (facts["named"] + 1.0))
