"""The index: everything that the decider remembers, in memory, in step with SQL."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np
import xxhash

from monitor.adapters.embed import Examples
from monitor.adapters.index_copies import Copies
from monitor.adapters.index_features import FIGURE, NAME, QUOTE, SOUND, features
from monitor.adapters.index_incidents import Compared, Incidents
from monitor.adapters.index_meaning import Meaning
from monitor.adapters.index_probe import Probe, probe
from monitor.adapters.index_rows import Array
from monitor.domain.bounds import Bounds
from monitor.domain.copies import Trace
from monitor.domain.errors import Permanent
from monitor.domain.model import CopyCandidate, Evidence, Read, Recall, State, Verdict
from monitor.domain.urls import url_key

WINDOW = timedelta(days=180)
DAY = 86400.0
RIVALS = 8  # incidents that are compared whole


class MemoryIndex:
    """Remembers texts and incidents; the same history gives the same answers."""

    def __init__(self, *, examples: Examples | None = None, window: timedelta = WINDOW) -> None:
        self.examples = examples
        self._window = window
        self.load([], 1)

    def load(
        self,
        rows: Sequence[tuple[Read, Verdict]],
        next_incident: int,
        bounds: Bounds | None = None,
        traces: Sequence[Trace] = (),
    ) -> None:
        """Forget everything and remember these, in the order in which they were decided; `traces` are for copies."""
        self._copies = Copies()
        self._incidents = Incidents()
        self._meaning = Meaning()
        self._links: dict[str, int] = {}
        self._next = next_incident
        self._bounds = bounds or Bounds()
        self._copies.fill(traces)
        for trace in traces:
            if trace.incident_id is not None:
                self._links.setdefault(_key(trace.url), trace.incident_id)
        for read, verdict in rows:
            self._join(read, verdict)

    def next_incident_id(self) -> int:
        """Return an identity for a new incident; each call gives another."""
        self._next += 1
        return self._next - 1

    def recall(self, read: Read) -> Recall:
        """Return the texts that this document may copy, and how like the topics' examples it is."""
        alike = self.examples.likeness(read) if self.examples else None
        return Recall(tuple(map(self._named, self._copies.recall(read))), alike)

    def _named(self, copy: CopyCandidate) -> CopyCandidate:
        return (
            copy
            if copy.incident_id is None
            else replace(copy, incident_id=self._incidents.current(copy.incident_id))
        )

    def recall_incidents(self, title: str, text: str, read: Read) -> tuple[Evidence, ...]:
        """Return what speaks for each incident that the document, or one segment of it, may report on."""
        whole = text == read.document.text
        one = self._probe(title, text, read, with_vector=whole)
        linked = (
            [self._links[key] for key in map(url_key, read.document.links) if key in self._links]
            if whole
            else []
        )
        chosen = list(dict.fromkeys((*self._incidents.candidates(one), *linked)))
        return self._evidence(one, chosen, set(linked)) if chosen else ()

    def recall_rivals(self, incident_id: int) -> tuple[Evidence, ...]:
        """Return what speaks for each other incident being the same one as this."""
        if incident_id in self._bounds.confirmed:
            return ()
        whole = self._incidents.summary(incident_id)
        found = (one for one in self._incidents.candidates(whole) if one != incident_id)
        chosen = [one for one in found if self._bounds.allows(incident_id, one)][:RIVALS]
        if not chosen:
            return ()
        compared = self._evidence(whole, chosen, set())
        return tuple(self._between(incident_id, evidence) for evidence in compared)

    def reports(self, incident_id: int) -> int:
        """Return how many reports an incident has, copies left out."""
        return self._incidents.known[incident_id].reports

    def _between(self, incident_id: int, evidence: Evidence) -> Evidence:
        """Return the evidence of one incident against another: the days and languages between their reports."""
        ours, theirs = (self._incidents.known[one].rows for one in (incident_id, evidence.incident_id))
        days, languages = self._incidents.reports.days.rows, self._incidents.reports.languages.rows
        gap = np.abs(days[ours][:, None] - days[theirs]).min()
        same = np.isin(languages[ours], languages[theirs]).any()
        return replace(evidence, days=float(gap), same_language=bool(same))

    def learn(self, read: Read, verdict: Verdict) -> None:
        """Remember a verdict, so that the next document can meet it."""
        self._copies.learn(read, verdict)
        self._join(read, verdict)

    def _join(self, read: Read, verdict: Verdict) -> None:
        """Remember what an article says of its incident."""
        if verdict.incident_id is not None:
            self._links.setdefault(_key(read.url), verdict.incident_id)
        if verdict.incident_id is None or verdict.copy or verdict.state is not State.QUEUED:
            return
        document = read.document
        if read.reading.vector:
            self._meaning.learn(read.reading.vector, document.language.split("-")[0])
        one = self._probe(document.title, document.text, read, with_vector=True)
        self._incidents.learn(one, self._incidents.current(verdict.incident_id))
        for merge in verdict.merges:
            self.merge(merge.kept, merge.gone)
        self._next = max(self._next, verdict.incident_id + 1)

    def merge(self, kept: int, gone: int) -> None:
        """Remember that two incidents are one."""
        self._incidents.merge(kept, gone)
        self._bounds = self._bounds.merged(kept, gone)

    def _probe(self, title: str, text: str, read: Read, *, with_vector: bool) -> Probe:
        vector = read.reading.vector if with_vector else None
        language = read.document.language.split("-")[0]
        return probe(
            features(title, text),
            self._incidents.rarity,
            self._meaning.centred(vector, language) if vector else None,
            day=read.when.timestamp() / DAY,
            language=_number(language),
            publisher=_number(read.document.publisher or read.source),
        )

    def _evidence(self, one: Probe, chosen: Sequence[int], linked: set[int]) -> tuple[Evidence, ...]:
        rows, starts = self._incidents.rows_of(chosen)
        compared = self._incidents.reports.compare(one, rows)
        ends = [*starts[1:].tolist(), len(rows)]
        parts = zip(chosen, starts.tolist(), ends, strict=True)
        return tuple(
            self._one(one, compared, incident, slice(start, end), linked) for incident, start, end in parts
        )

    def _one(
        self, one: Probe, compared: Compared, incident_id: int, part: slice, linked: set[int]
    ) -> Evidence:
        known = self._incidents.known[incident_id]
        words = compared.words[part]
        shared = _shared(one, compared.keys[part])
        weights = _weights(shared)
        nearest = self._incidents.centre_cosine(incident_id, one.vector) if one.vector is not None else 0.0
        return Evidence(
            incident_id,
            words=float(words.max()),
            title=float(compared.title[part].max()),
            centre=float(words.sum()) / known.size if known.size else 0.0,
            meaning=None if compared.meaning is None else max(0.0, float(compared.meaning[part].max())),
            meaning_centre=None if compared.meaning is None else max(0.0, nearest),
            names=_saturated(weights[NAME] + weights[SOUND]),
            names_share=_share(one, shared, [key for key in one.keys if key & 3 == NAME]),
            names_title=_share(one, shared, [key for key in one.keys if key in one.title_names]),
            named=_saturated(sum(rare for key, rare in one.keys.items() if key & 3 == NAME)),
            numbers=_saturated(weights[FIGURE]),
            figured=_saturated(sum(rare for key, rare in one.keys.items() if key & 3 == FIGURE)),
            places=_same_places(one.places, known.places),
            quotes=_saturated(weights[QUOTE]),
            links=float(incident_id in linked),
            brief=one.brief,
            days=float(compared.days[part].min()),
            same_language=bool(compared.same_language[part].any()),
            same_publisher=bool(compared.same_publisher[part].any()),
            shared=tuple(dict.fromkeys(one.written[key] for key in shared if key in one.written)),
            reports=known.reports,
        )


def _key(url: str) -> str:
    """Return the identity of an address; what is none has itself."""
    try:
        return url_key(url)
    except Permanent:
        return url


def _shared(one: Probe, cells: Array) -> dict[int, float]:
    """Return the keys that some reports share with a document, the rarest first."""
    rarities = one.keys | one.sounds
    found = ((key, rarities[key]) for key in set(cells[cells > 0].tolist()))
    return dict(sorted(found, key=lambda pair: (-pair[1], pair[0])))


def _weights(shared: dict[int, float]) -> dict[int, float]:
    """Return the sum of the rarities of every kind of key."""
    sums = dict.fromkeys((NAME, FIGURE, QUOTE, SOUND), 0.0)
    for key, rare in shared.items():
        sums[key & 3] += rare
    return sums


def _share(one: Probe, shared: dict[int, float], keys: list[int]) -> float:
    """Return the share of some keys of a document that is shared, by rarity."""
    total = sum(one.keys[key] for key in keys)
    return sum(one.keys[key] for key in keys if key in shared) / total if total else 0.0


def _same_places(one: int, other: int) -> float:
    """Return how far the countries of a document are those of an incident: from -1 to 1, 0 where either has none."""
    return 2.0 * (one & other).bit_count() / one.bit_count() - 1.0 if one and other else 0.0


def _saturated(total: float) -> float:
    return float(total) / (float(total) + 2.0)


def _number(text: str) -> int:
    return xxhash.xxh32_intdigest(text.encode()) >> 1
