"""Every remembered report as a row of columns, and how alike a document and rows are."""

from collections.abc import Sequence
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
EVERY = np.arange(TERMS)  # the places of a row's words
WEIGHTS = Probe._fields.index("weights"), Probe._fields.index("title_weights")
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


class Report(NamedTuple):
    """A report to remember: as it is compared, its vector by now, its incident."""

    probe: Probe
    vector: Array | None
    incident_id: int
    article_id: int


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

    def extend(self, told: Sequence[Report], words: Array, names: Array, slots: Sequence[int]) -> Array:
        """Remember reports, by the numbers that their words and names have by now; return their rows."""
        first, asked = len(self), [one.probe for one in told]
        lengths = np.array([len(one.numbers) for one in asked])
        of = np.arange(len(told)).repeat(lengths)
        weights = np.array([np.concatenate([one[kind] for one in asked]) for kind in WEIGHTS])
        titled = weights[1] > 0.0
        order = (2 * of + ~titled).argsort(kind="stable")
        cells = TERMS * of + np.arange(len(of)) - (lengths.cumsum() - lengths).take(of)
        self.terms.extend(_laid(words.take(order)[None], cells, (1, len(told), TERMS))[0])
        (weights, titles), (step, title) = _stepped(
            _laid(weights.take(order, axis=1), cells, (2, len(told), TERMS))
        )
        self.weights.extend(weights)
        in_title = np.bincount(of, titled, len(told)).astype(np.intp)
        self.titles.lay(titles[in_title[:, None] > EVERY], in_title)
        self.names.lay(names, np.array([len(one.names.numbers) for one in asked]))
        none = np.zeros(DIMENSIONS, dtype=np.float32)
        self.vectors.extend(np.array([none if one.vector is None else one.vector for one in told]))
        self.facts.extend(self._facts(told, slots, step, title))
        return np.arange(first, len(self))

    def _facts(self, told: Sequence[Report], slots: Sequence[int], steps: Array, titles: Array) -> Array:
        """Return the facts of reports, in the order of `FACTS`."""
        rows = zip(told, slots, steps.tolist(), titles.tolist(), strict=True)
        return np.array([self._fact(*row) for row in rows], dtype=FACTS)

    def _fact(self, report: Report, slot: int, step: float, title: float) -> tuple[float, ...]:
        one, names = report.probe, report.probe.names
        places = self._together((one.places & HALF, one.places >> 64))
        named = int(np.count_nonzero(names.kinds == NAME))
        about = report.article_id, one.day, places, one.language, one.publisher, slot
        return *about, step, title, names.keys, named, one.brief

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

    def compare(self, asked: Sequence[Probe], rows: Array, sizes: Array) -> Compared:
        """Return how alike documents and reports are: so many rows for the first document, then those for the next."""
        facts = self.facts.rows.take(rows)
        of = np.arange(len(asked)).repeat(sizes)
        days, languages, publishers = (
            np.array(told).take(of)
            for told in zip(*((one.day, one.language, one.publisher) for one in asked), strict=True)
        )
        parts = [
            slice(end - size, end) for size, end in zip(sizes.tolist(), sizes.cumsum().tolist(), strict=True)
        ]
        same_language = facts["language"] == languages
        measured = np.zeros((8, len(rows)))
        shared, kinds = self._shared(
            asked, rows, parts, np.where(same_language, facts["keys"], NONE_LEFT_OUT)
        )
        measured[WORDS], measured[TITLE] = self._worded(asked, rows, parts, facts)
        measured[BACK] = _back(facts, shared[0], kinds)
        measured[JOINT] = measured[WORDS] + measured[TITLE] + measured[BACK]
        for one, part in zip(asked, parts, strict=True):
            if one.vector is not None:
                measured[MEANING, part] = self.vectors.dots(rows[part], one.vector)
        measured[JOINT] += measured[MEANING]
        measured[NEARNESS] = -np.abs(facts["day"] - days)
        measured[LANGUAGE], measured[PUBLISHER] = same_language, facts["publisher"] == publishers
        return Compared(measured, shared)

    def between(self, rows: Array, others: Array) -> tuple[Array, Array]:
        """Return for each row the days to the nearest of others, below zero, and whether one has its language."""
        ours, theirs = self.facts.rows.take(rows), self.facts.rows.take(others)
        gaps = np.abs(ours["day"][:, None] - theirs["day"]).min(axis=1)
        return -gaps, (ours["language"][:, None] == theirs["language"]).any(axis=1)

    def _worded(
        self, asked: Sequence[Probe], rows: Array, parts: Sequence[slice], facts: Array
    ) -> tuple[Array, Array]:
        """Return how alike the words are, and those of the titles."""
        found = [self._same_words(one, rows[part]) for one, part in zip(asked, parts, strict=True)]
        where, weights, titles = (np.concatenate(part) for part in zip(*found, strict=True))
        at = where // TERMS
        at += np.repeat([part.start for part in parts], [len(one) for one, _, _ in found])
        words = np.bincount(at, weights, len(rows))
        first, lengths = self.titles.bounds(rows)
        places = where % TERMS
        (titled,) = (places < lengths.take(at)).nonzero()
        at = at.take(titled)
        in_title = self.titles.values.take(first.take(at) + places.take(titled))
        alike = np.bincount(at, in_title * titles.take(titled), len(rows))
        return words * facts["weight"], alike * facts["title"]

    def _same_words(self, one: Probe, rows: Array) -> tuple[Array, Array, Array]:
        """Return where the words of a document are in rows, by what they add to likeness, and what they weigh in its title."""
        where, which = self._finder.like(self.terms.low.rows.take(rows, axis=0), one.numbers)
        # whole rows lie together in memory, words and weights by themselves would be fetched from all over it
        right = self.terms.high.rows.take(rows, axis=0).take(where) == (one.numbers >> LOW).take(which)
        where, which = where[right], which[right]
        weights = self.weights.rows.take(rows, axis=0).take(where)
        return where, weights * one.weights.take(which), one.title_weights.take(which)

    def _shared(
        self, asked: Sequence[Probe], rows: Array, parts: Sequence[slice], most: Array
    ) -> tuple[tuple[Array, Array], Array]:
        """Return the names, figures and quotes that rows share, of each row so many, and what each of these is.

        Between languages the sounds of names are asked for as well.
        """
        first, lengths = self.names.bounds(rows)
        lengths = np.minimum(lengths, most)
        found = []
        for one, part in zip(asked, parts, strict=True):
            at, which = self._same_names(one, first[part], lengths[part])
            found.append((at + part.start, which, one.names.kinds.take(which)))
        at, which, kinds = (np.concatenate(column) for column in zip(*found, strict=True))
        return (at, which), kinds

    def _same_names(self, one: Probe, first: Array, lengths: Array) -> tuple[Array, Array]:
        """Return which of a document's names are in rows, whose names lie in stretches: pairs of a row and a name."""
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


def _laid(values: Array, cells: Array, shape: tuple[int, ...]) -> Array:
    """Return layers of values at some places, counted flat in each, among zeros."""
    found = np.zeros(shape, dtype=values.dtype)
    found.reshape(len(values), -1)[:, cells] = values
    return found


def _stepped(weights: Array) -> tuple[Array, Array]:
    """Return weights in parts of the highest one of their row, and what one part is."""
    steps = weights.max(axis=-1) / np.float64(STEPS)
    return np.rint(weights / np.where(steps, steps, 1.0).astype(np.float32)[..., None]), steps


def _back(facts: Array, at: Array, kinds: Array) -> Array:
    """Return the share of the names in rows that is shared, in whatever script."""
    found = np.bincount(at[kinds <= NAME], minlength=len(facts))
    return np.minimum(1.0, found / (facts["named"] + 1.0))
