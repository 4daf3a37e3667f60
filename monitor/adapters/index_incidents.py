"""The incidents in memory: their reports as rows of weighted words, and the way back from a word to its rows."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import log

import numpy as np

from monitor.adapters.embed import DIMENSIONS
from monitor.adapters.index_features import FIGURE, NAME, QUOTE, Features
from monitor.adapters.index_rows import Array, Column, Lookup

TERMS = 64  # words that are kept of a report, the weightiest
KEYS = 40
REPORTS = 24  # of an incident that are compared: the first ones and the latest
FOUNDING = 8  # reports that stay for good
PRIOR = 200  # documents that are taken as read before the first: rarity needs a past
PROBED = 32  # weightiest words by which earlier reports are looked up
COMMON = 400  # reports that share a word, from which on it says too little to look up by
CANDIDATES = 24


class Rarity:
    """How rare words and names are among everything that was learned, about 0 – 1."""

    def __init__(self) -> None:
        self._count: defaultdict[int, int] = defaultdict(int)
        self._documents = 0

    def learn(self, hashes: Iterable[int]) -> None:
        """Count one document."""
        self._documents += 1
        for one in hashes:
            self._count[one] += 1

    def of(self, hashes: Iterable[int]) -> Array:
        """Return the rarity of every hash."""
        counts = np.array([self._count.get(one, 0) for one in hashes], dtype=np.float32)
        total = self._documents + PRIOR
        weights = np.log((total + 1.0) / (counts + 0.5)) / np.float32(log(total * 2.0 + 2.0))
        return np.asarray(weights, dtype=np.float32)


@dataclass(frozen=True)
class Probe:
    """A document as it is compared: hashes with weights of unit length, names with rarities, vector, time in days."""

    hashes: Array
    weights: Array
    title_weights: Array  # of the same hashes
    keys: Array
    rarities: Array
    written: tuple[str, ...]  # how the keys are written
    vector: Array | None
    day: float
    language: int
    publisher: int


def unit(weights: Array) -> Array:
    """Return the weights scaled to length 1; unchanged where all are zero."""
    size = float(np.linalg.norm(weights))
    return weights / np.float32(size) if size else weights


def probe(
    features: Features, rarity: Rarity, vector: Array | None, *, day: float, language: int, publisher: int
) -> Probe:
    """Return a document as it is compared, its words weighed by what was learned so far."""
    hashes = np.fromiter(features.terms, dtype=np.uint32, count=len(features.terms))
    rare = rarity.of(features.terms)
    weights = np.fromiter(features.terms.values(), dtype=np.float32, count=len(hashes)) * rare
    title = np.array([features.title.get(term, 0.0) for term in features.terms], dtype=np.float32) * rare
    kept = np.argsort(-weights, kind="stable")[:TERMS]
    keys = list(features.keys)[:KEYS]
    return Probe(
        hashes[kept],
        unit(weights[kept]),
        unit(title[kept]),
        np.array(keys, dtype=np.uint32),
        rarity.of(keys),
        tuple(features.keys[one] for one in keys),
        vector,
        day,
        language,
        publisher,
    )


@dataclass
class Incident:
    """What is remembered of an incident: the rows of its reports, the length of their sum, how many there were."""

    slot: int
    rows: list[int] = field(default_factory=list)
    size: float = 1.0
    reports: int = 0


@dataclass(frozen=True)
class Compared:
    """A document against rows: one number a row for every measure."""

    rows: Array
    words: Array
    title: Array
    meaning: Array | None
    keys: Array  # of booleans: row × key of the document
    days: Array
    same_language: Array
    same_publisher: Array


class Reports:
    """Every remembered report as a row of columns."""

    def __init__(self) -> None:
        self.terms = Column(TERMS, np.uint32)
        self.weights = Column(TERMS, np.float16)
        self.titles = Column(TERMS, np.float16)
        self.keys = Column(KEYS, np.uint32)
        self.vectors = Column(DIMENSIONS, np.float32)
        self.days = Column(1, np.float64)
        self.languages = Column(1, np.int32)
        self.publishers = Column(1, np.uint32)
        self.incidents = Column(1, np.int64)
        self._lookup, self._titles, self._keys = Lookup(), Lookup(), Lookup()

    def append(self, one: Probe, incident_id: int) -> int:
        """Remember a report; return its row."""
        self.terms.append(one.hashes)
        self.weights.append(one.weights)
        self.titles.append(one.title_weights)
        self.keys.append(one.keys)
        self.vectors.append(one.vector if one.vector is not None else ())
        self.days.append(one.day)
        self.languages.append(one.language)
        self.publishers.append(one.publisher)
        return self.incidents.append(incident_id)

    def compare(self, one: Probe, rows: Array) -> Compared:
        """Return how alike a document and each of these rows are."""
        terms = self.terms.rows[rows]
        return Compared(
            rows,
            self._dots(self._lookup, one.hashes, one.weights, terms, self.weights.rows[rows]),
            self._dots(self._titles, one.hashes, one.title_weights, terms, self.titles.rows[rows]),
            None if one.vector is None else self.vectors.rows[rows] @ one.vector,
            np.any(self.keys.rows[rows][:, :, None] == one.keys, axis=1),
            np.abs(self.days.rows[rows] - one.day),
            self.languages.rows[rows] == one.language,
            self.publishers.rows[rows] == one.publisher,
        )

    @staticmethod
    def _dots(lookup: Lookup, hashes: Array, weights: Array, terms: Array, held: Array) -> Array:
        lookup.fill(hashes, weights)
        products = lookup.weights(terms) * held
        lookup.clear(hashes)
        sums: Array = products.sum(axis=1, dtype=np.float32)
        return sums


class Incidents:
    """The incidents and their reports, found again by rare words, names, meaning and links."""

    def __init__(self) -> None:
        self.rarity = Rarity()
        self.reports = Reports()
        self.known: dict[int, Incident] = {}
        self._postings: defaultdict[int, list[int]] = defaultdict(list)
        self._centres = Column(DIMENSIONS, np.float32)
        self._slots = Column(1, np.int64)  # slot → incident

    def learn(self, one: Probe, incident_id: int) -> None:
        """Remember a report of an incident."""
        row = self.reports.append(one, incident_id)
        for term in (*one.hashes.tolist(), *one.keys.tolist()):
            self._postings[term].append(row)
        incident = self.known.get(incident_id) or self._found(incident_id)
        incident.reports += 1
        incident.rows.append(row)
        if len(incident.rows) > REPORTS:
            incident.rows.pop(FOUNDING)
        self._centre(incident)

    def _found(self, incident_id: int) -> Incident:
        slot = self._centres.append(())
        self._slots.append(incident_id)
        incident = self.known[incident_id] = Incident(slot)
        return incident

    def _centre(self, incident: Incident) -> None:
        """Set the mean vector and the length of the sum of an incident's reports."""
        rows = np.array(incident.rows)
        terms, weights = self.reports.terms.rows[rows].ravel(), self.reports.weights.rows[rows].ravel()
        _, places = np.unique(terms, return_inverse=True)
        incident.size = float(np.linalg.norm(np.bincount(places, weights=weights)))
        self._centres.rows[incident.slot] = unit(self.reports.vectors.rows[rows].sum(axis=0))

    def candidates(self, one: Probe) -> list[int]:
        """Return the incidents that share rare words or names with a document, or whose meaning is near."""
        found = dict.fromkeys(self._by_words(one))
        if one.vector is not None and len(self._centres):
            found |= dict.fromkeys(self._by_meaning(one.vector))
        return list(found)

    def _by_words(self, one: Probe) -> list[int]:
        chosen = [*zip(one.hashes[:PROBED].tolist(), one.weights[:PROBED].tolist(), strict=True)]
        chosen += [*zip(one.keys.tolist(), (one.rarities * 0.3).tolist(), strict=True)]
        posted = [(self._postings.get(term, ()), weight) for term, weight in chosen]
        lists = [(held, weight) for held, weight in posted if 0 < len(held) <= COMMON]
        if not lists:
            return []
        rows = np.concatenate([np.array(held) for held, _ in lists])
        weights = np.repeat([weight for _, weight in lists], [len(held) for held, _ in lists])
        distinct, places = np.unique(rows, return_inverse=True)
        scores = np.bincount(places, weights=weights)
        best = distinct[np.argsort(-scores, kind="stable")[: 4 * CANDIDATES]]
        return list(dict.fromkeys(self.reports.incidents.rows[best].tolist()))[:CANDIDATES]

    def _by_meaning(self, vector: Array) -> list[int]:
        cosines = self._centres.rows @ vector
        count = min(CANDIDATES, len(cosines))
        best = np.argpartition(-cosines, count - 1)[:count]
        return [int(self._slots.rows[slot]) for slot in best[np.argsort(-cosines[best], kind="stable")]]

    def centre_cosine(self, incident_id: int, vector: Array) -> float:
        """Return the cosine of a vector and the mean of an incident's reports."""
        return float(self._centres.rows[self.known[incident_id].slot] @ vector)

    def rows_of(self, incident_ids: Sequence[int]) -> tuple[Array, Array]:
        """Return the compared rows of some incidents, one incident after the other, and where each begins."""
        rows = [self.known[one].rows for one in incident_ids]
        starts = np.cumsum([0, *map(len, rows)])[:-1]
        return np.array([row for held in rows for row in held], dtype=np.int64), starts


def kind_of(keys: Array) -> dict[int, Array]:
    """Return which keys are names, figures and quotes."""
    return {kind: (keys & np.uint32(3)) == kind + 1 for kind in (NAME, FIGURE, QUOTE)}
