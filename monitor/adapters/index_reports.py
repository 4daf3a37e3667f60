"""Every remembered report as a row of columns, and how alike a document and rows are."""

from dataclasses import dataclass

import numpy as np

from monitor.adapters.embed import DIMENSIONS
from monitor.adapters.index_features import NAME, SOUND
from monitor.adapters.index_probe import TERMS, Probe
from monitor.adapters.index_rows import Array, Column, Finder, Quantised, Ragged

FACTS = np.dtype(
    [
        ("article", "i8"),
        ("day", "f8"),
        ("places", "u8", (2,)),  # countries, one bit for each
        ("language", "i4"),
        ("publisher", "u4"),
        ("slot", "u4"),  # of the incident that it was put into
        ("weight", "f4"),  # what one part of a word's weight is, see STEPS
        ("title", "f4"),  # the same in the title
        ("named", "u1"),  # how many of the keys are names
        ("brief", "?"),
    ]
)
HALF = (1 << 64) - 1
STEPS = 255  # a weight is kept as so many parts of the highest one of its row


@dataclass(frozen=True)
class Compared:
    """A document against rows: one number a row for every measure."""

    words: Array
    title: Array
    meaning: Array | None
    shared: tuple[Array, Array]  # pairs of a row and a name that both have
    back: Array  # of the names in the rows, the share that the document has
    days: Array
    same_language: Array
    same_publisher: Array


class Reports:
    """Every remembered report as a row of columns."""

    def __init__(self) -> None:
        self.terms = Column(TERMS, np.uint32)
        self.weights = Column(TERMS, np.uint8)
        self.titles = Column(TERMS, np.uint8)
        self.keys = Ragged(np.uint32)
        self.sounds = Ragged(np.uint32)
        self.vectors = Quantised(DIMENSIONS)
        self.facts = Column(1, FACTS)
        self._finder = Finder()

    def __len__(self) -> int:
        return len(self.facts)

    def keep(self, rows: Array) -> None:
        """Forget all other rows."""
        whole = (self.terms, self.weights, self.titles, self.facts, self.vectors.steps, self.vectors.scales)
        for column in whole:
            column.restore(column.rows[rows])
        self.keys.keep(rows)
        self.sounds.keep(rows)

    def append(self, one: Probe, article_id: int, slot: int) -> int:
        """Remember a report; return its row."""
        names = one.names
        self.terms.append(one.numbers)
        self.keys.append(names.numbers[: names.keys])
        self.sounds.append(names.numbers[names.keys :])
        self.vectors.append(one.vector)
        steps = self._stepped(self.weights, one.weights), self._stepped(self.titles, one.title_weights)
        named = np.count_nonzero(names.kinds[: names.keys] == NAME)
        places = one.places & HALF, one.places >> 64
        facts = (article_id, one.day, places, one.language, one.publisher, slot, *steps, named, one.brief)
        return self.facts.append(facts)

    def _stepped(self, column: Column, weights: Array) -> float:
        step = float(weights.max(initial=0.0)) / STEPS
        column.append(np.rint(weights / np.float32(step)) if step else ())
        return step

    def weighed(self, rows: Array) -> tuple[Array, Array, Array]:
        """Return the words of rows with their weights and those in the title, one after the other."""
        facts = self.facts.rows[rows]
        weights = self.weights.rows[rows] * facts["weight"][:, None]
        titles = self.titles.rows[rows] * facts["title"][:, None]
        return self.terms.rows[rows].ravel(), weights.ravel(), titles.ravel()

    def missing(self, rows: Array, numbers: Array) -> Array:
        """Return those words, names and sounds that no row has."""
        named = self.keys.of(rows)[0], self.sounds.of(rows)[0]
        held = np.concatenate((self.terms.rows[rows].ravel(), *named))
        return np.asarray(np.delete(numbers, self._finder.among(held, numbers)[1]))

    def compare(self, one: Probe, rows: Array) -> Compared:
        """Return how alike a document and each of these rows are."""
        facts = self.facts.rows[rows]
        same_language = facts["language"] == one.language
        words, title = self._worded(one, rows, facts)
        shared = self._shared(one, rows, same_language)
        return Compared(
            words,
            title,
            None if one.vector is None else self.vectors.dots(rows, one.vector),
            shared,
            self._back(one, facts, shared),
            np.abs(facts["day"] - one.day),
            same_language,
            facts["publisher"] == one.publisher,
        )

    def _worded(self, one: Probe, rows: Array, facts: Array) -> tuple[Array, Array]:
        """Return how alike the words are, and those of the titles."""
        where, which = self._finder.among(self.terms.rows[rows], one.numbers)
        at, cell = where // TERMS, where % TERMS
        held = rows[at]
        words = np.bincount(at, self.weights.rows[held, cell] * one.weights[which], len(rows))
        titles = np.bincount(at, self.titles.rows[held, cell] * one.title_weights[which], len(rows))
        return words * facts["weight"], titles * facts["title"]

    def _shared(self, one: Probe, rows: Array, same_language: Array) -> tuple[Array, Array]:
        """Return the names, figures and quotes that rows share; between languages the sounds of names as well."""
        keys, numbers = one.names.keys, one.names.numbers
        cells, at = self.keys.of(rows)
        where, which = self._finder.among(cells, numbers[:keys])
        foreign = np.flatnonzero(~same_language)
        if not len(foreign) or keys == len(numbers):
            return at[where], which
        cells, heard_at = self.sounds.of(rows[foreign])
        heard_where, heard = self._finder.among(cells, numbers[keys:])
        found = np.concatenate((at[where], foreign[heard_at[heard_where]]))
        return found, np.concatenate((which, heard + keys))

    def _back(self, one: Probe, facts: Array, shared: tuple[Array, Array]) -> Array:
        """Return the share of the names in rows that is shared, in whatever script."""
        at, which = shared
        kinds = one.names.kinds[which]
        found = np.bincount(at[(kinds == NAME) | (kinds == SOUND)], minlength=len(facts))
        return np.asarray(np.minimum(1.0, found / (facts["named"] + 1.0)))
