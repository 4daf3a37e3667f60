"""The incidents in memory: their reports as rows of weighted words, and the way back from a word to its rows."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf

import numpy as np

from monitor.adapters.embed import DIMENSIONS
from monitor.adapters.index_cells import Cells
from monitor.adapters.index_evidence import Compared, Whole
from monitor.adapters.index_features import NAME, SOUND
from monitor.adapters.index_probe import KEYS, SOUNDS, TERMS, Probe, Rarity, rarest, unit
from monitor.adapters.index_rows import Array, Column, Lookup

REPORTS = 24  # of an incident that are compared: the first ones and the latest
FOUNDING = 8  # reports that stay for good
PROBED = 32  # weightiest words by which earlier reports are looked up
COMMON = 400  # reports that share a word, from which on it says too little to look up by
CANDIDATES = 24
NONE = 0  # no incident has this id


def _kept(rows: list[int]) -> list[int]:
    """Return the rows of an incident that stay comparable: its first reports and its latest."""
    return rows if len(rows) <= REPORTS else rows[:FOUNDING] + rows[FOUNDING - REPORTS :]


def _back(shared: Array, keys: Array) -> Array:
    """Return the share of the names in rows that is shared, in whatever script."""
    named = ((keys & 3 == NAME) & (keys > 0)).sum(axis=1)
    found = (shared > 0) & ((shared & 3 == NAME) | (shared & 3 == SOUND))
    return np.asarray(np.minimum(1.0, found.sum(axis=1) / (named + 1.0)))


@dataclass
class Incident:
    """What is remembered of an incident: the rows of its reports, the length of their sum, how many there were."""

    slot: int
    rows: list[int] = field(default_factory=list)
    places: int = 0
    size: float = 1.0
    reports: int = 0
    first: float = inf  # day of its earliest report
    last: float = -inf

    def covers(self, first: float, last: float) -> None:
        """Stretch over these days."""
        self.first, self.last = min(self.first, first), max(self.last, last)


class Reports:
    """Every remembered report as a row of columns."""

    def __init__(self) -> None:
        self.terms = Column(TERMS, np.uint32)
        self.weights = Column(TERMS, np.float16)
        self.titles = Column(TERMS, np.float16)
        self.keys = Column(KEYS, np.uint32)
        self.sounds = Column(SOUNDS, np.uint32)
        self.vectors = Column(DIMENSIONS, np.float32)
        self.days = Column(1, np.float64)
        self.languages = Column(1, np.int32)
        self.publishers = Column(1, np.uint32)
        self.briefs = Column(1, np.bool_)
        self.incidents = Column(1, np.int64)
        self._lookup, self._titles, self._keys = Lookup(), Lookup(), Lookup()

    def append(self, one: Probe, incident_id: int) -> int:
        """Remember a report; return its row."""
        self.terms.append(one.hashes)
        self.weights.append(one.weights)
        self.titles.append(one.title_weights)
        self.keys.append(list(one.keys))
        self.sounds.append(list(one.sounds))
        self.vectors.append(one.vector if one.vector is not None else ())
        self.days.append(one.day)
        self.languages.append(one.language)
        self.publishers.append(one.publisher)
        self.briefs.append(one.brief)
        return self.incidents.append(incident_id)

    def compare(self, one: Probe, rows: Array) -> Compared:
        """Return how alike a document and each of these rows are."""
        terms = self.terms.rows[rows]
        same_language = self.languages.rows[rows] == one.language
        shared = self._shared(one, rows, same_language)
        return Compared(
            self._dots(self._lookup, one.hashes, one.weights, terms, self.weights.rows[rows]),
            self._dots(self._titles, one.hashes, one.title_weights, terms, self.titles.rows[rows]),
            None if one.vector is None else self.vectors.rows[rows] @ one.vector,
            shared,
            _back(shared, self.keys.rows[rows]),
            np.abs(self.days.rows[rows] - one.day),
            same_language,
            self.publishers.rows[rows] == one.publisher,
        )

    def _shared(self, one: Probe, rows: Array, same_language: Array) -> Array:
        """Return the names, figures and quotes that rows share; between languages the sounds of names as well."""
        keys = self._held(one.keys, self.keys.rows[rows])
        sounds = self._held(one.sounds, self.sounds.rows[rows]) * ~same_language[:, None]
        return np.concatenate((keys, sounds), axis=1)

    def _held(self, hashes: dict[int, float], cells: Array) -> Array:
        wanted = np.fromiter(hashes, dtype=np.uint32, count=len(hashes))
        self._keys.fill(wanted, np.ones(len(wanted), dtype=np.float32))
        found = np.where(self._keys.weights(cells) > 0, cells, 0)
        self._keys.clear(wanted)
        return found

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
        self._cells = Cells(self._centres)
        self._slots = Column(1, np.int64)  # slot → incident
        self._aliases: dict[int, int] = {}

    def learn(self, one: Probe, incident_id: int) -> None:
        """Remember a report of an incident."""
        incident = self.known.get(incident_id) or self._found(incident_id)
        terms = (*one.hashes.tolist(), *one.keys, *one.sounds)
        self.rarity.learn(set(terms) - self._terms_of(incident))
        row = self.reports.append(one, incident_id)
        for term in terms:
            self._postings[term].append(row)
        incident.reports += 1
        incident.places |= one.places
        incident.covers(one.day, one.day)
        incident.rows = _kept([*incident.rows, row])
        self._centre(incident)

    def _found(self, incident_id: int) -> Incident:
        self.rarity.incidents += 1
        slot = self._centres.append(())
        self._slots.append(incident_id)
        incident = self.known[incident_id] = Incident(slot)
        return incident

    def _terms_of(self, incident: Incident) -> set[int]:
        """Return the words, names and sounds of the reports that are kept of an incident."""
        columns = (self.reports.terms, self.reports.keys, self.reports.sounds)
        return {term for column in columns for term in column.rows[incident.rows].ravel().tolist()}

    def _centre(self, incident: Incident) -> None:
        """Set the mean vector and the length of the sum of an incident's reports."""
        rows = np.array(incident.rows)
        terms, weights = self.reports.terms.rows[rows].ravel(), self.reports.weights.rows[rows].ravel()
        _, places = np.unique(terms, return_inverse=True)
        incident.size = float(np.linalg.norm(np.bincount(places, weights=weights)))
        self._centres.rows[incident.slot] = unit(self.reports.vectors.rows[rows].sum(axis=0))
        self._cells.place(incident.slot)

    def merge(self, kept: int, gone: int) -> None:
        """Give the reports of one incident to another; what is not known is left alone."""
        taken, incident = self.known.get(gone), self.known.get(kept)
        if taken is None or incident is None or kept == gone:
            return
        del self.known[gone]
        self._aliases[gone] = kept
        self._slots.rows[taken.slot] = NONE
        self._centres.rows[taken.slot] = 0.0
        self._cells.drop(taken.slot)
        incident.rows = _kept(sorted(incident.rows + taken.rows))
        incident.reports += taken.reports
        incident.places |= taken.places
        incident.covers(taken.first, taken.last)
        self._centre(incident)

    def span(self, incident_id: int) -> tuple[float, float]:
        """Return the days of the first and the last report of an incident."""
        known = self.known[incident_id]
        return known.first, known.last

    def current(self, incident_id: int) -> int:
        """Return the name under which an incident goes on after merges."""
        while incident_id in self._aliases:
            incident_id = self._aliases[incident_id]
        return incident_id

    def summary(self, incident_id: int) -> Probe:
        """Return an incident as if it were one document: what its reports have in common weighs most."""
        rows = np.array(self.known[incident_id].rows)
        hashes, places = np.unique(self.reports.terms.rows[rows].ravel(), return_inverse=True)
        weights = np.bincount(places, weights=self.reports.weights.rows[rows].ravel())
        titles = np.bincount(places, weights=self.reports.titles.rows[rows].ravel())
        best = np.argsort(-weights * (hashes > 0), kind="stable")[:TERMS]
        keys = {one for one in self.reports.keys.rows[rows].ravel().tolist() if one}
        sounds = {one for one in self.reports.sounds.rows[rows].ravel().tolist() if one}
        return Probe(
            hashes[best],
            unit(weights[best].astype(np.float32)),
            unit(titles[best].astype(np.float32)),
            rarest(keys, self.rarity, 2 * KEYS),
            rarest(sounds, self.rarity, 2 * SOUNDS),
            self.known[incident_id].places,
            frozenset(),
            {},
            self._centres.rows[self.known[incident_id].slot],
            float(self.reports.days.rows[rows].mean()),
            0,
            0,
            bool(self.reports.briefs.rows[rows].all()),
        )

    def candidates(self, one: Probe) -> list[int]:
        """Return the incidents that share rare words or names with a document, or whose meaning is near."""
        found = dict.fromkeys(self._by_words(one))
        if one.vector is not None and len(self._centres):
            found |= dict.fromkeys(self._by_meaning(one.vector))
        return list(found)

    def _by_words(self, one: Probe) -> list[int]:
        chosen = [*zip(one.hashes[:PROBED].tolist(), one.weights[:PROBED].tolist(), strict=True)]
        chosen += [(key, 0.3 * rare) for key, rare in (one.keys | one.sounds).items()]
        posted = [(self._postings.get(term, ()), weight) for term, weight in chosen]
        lists = [(held, weight) for held, weight in posted if 0 < len(held) <= COMMON]
        if not lists:
            return []
        rows = np.concatenate([np.array(held) for held, _ in lists])
        weights = np.repeat([weight for _, weight in lists], [len(held) for held, _ in lists])
        distinct, places = np.unique(rows, return_inverse=True)
        scores = np.bincount(places, weights=weights)
        best = distinct[np.argsort(-scores, kind="stable")[: 4 * CANDIDATES]]
        return list(dict.fromkeys(map(self.current, self.reports.incidents.rows[best].tolist())))[:CANDIDATES]

    def _by_meaning(self, vector: Array) -> list[int]:
        rows, cosines = self._cells.near(vector)
        ordered = self._slots.rows[rows[np.argsort(-cosines, kind="stable")[:CANDIDATES]]]
        return [one for one in ordered.tolist() if one != NONE]

    def wholes(
        self, incident_ids: Sequence[int], starts: Array, vector: Array | None, linked: set[int]
    ) -> Whole:
        """Return incidents as wholes, compared with a vector."""
        known = [self.known[one] for one in incident_ids]
        slots = [one.slot for one in known]
        return Whole(
            incident_ids,
            starts,
            np.array([one.size or 1.0 for one in known]),
            np.array([one.reports for one in known]),
            [one.places for one in known],
            None if vector is None else self._centres.rows[slots] @ vector,
            np.array([float(one in linked) for one in incident_ids]),
        )

    def rows_of(self, incident_ids: Sequence[int]) -> tuple[Array, Array]:
        """Return the compared rows of some incidents, one incident after the other, and where each begins."""
        rows = [self.known[one].rows for one in incident_ids]
        starts = np.cumsum([0, *map(len, rows)])[:-1]
        return np.array([row for held in rows for row in held], dtype=np.int64), starts
