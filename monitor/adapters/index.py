"""The index: everything that the decider remembers, in memory, in step with SQL."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np
import xxhash

from monitor.adapters.embed import Examples
from monitor.adapters.index_copies import Copies
from monitor.adapters.index_evidence import evidence
from monitor.adapters.index_features import features
from monitor.adapters.index_incidents import Incidents
from monitor.adapters.index_meaning import Meaning
from monitor.adapters.index_probe import Probe, probe
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
        self._days = window.total_seconds() / DAY
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
        known = dict.fromkeys((*self._incidents.candidates(one), *linked))
        chosen = [near for near in known if self._is_recent(near, one.day)]
        return self._evidence(one, chosen, set(linked)) if chosen else ()

    def _is_recent(self, incident_id: int, day: float) -> bool:
        """Tell whether an incident was reported on within the window around a day."""
        first, last = self._incidents.span(incident_id)
        return first - self._days <= day <= last + self._days

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
        return tuple(self._between(incident_id, rival) for rival in compared)

    def reports(self, incident_id: int) -> int:
        """Return how many reports an incident has, copies left out."""
        return self._incidents.known[incident_id].reports

    def _between(self, incident_id: int, rival: Evidence) -> Evidence:
        """Return the evidence of one incident against another: the days and languages between their reports."""
        ours, theirs = (self._incidents.known[one].rows for one in (incident_id, rival.incident_id))
        days, languages = self._incidents.reports.days.rows, self._incidents.reports.languages.rows
        gap = np.abs(days[ours][:, None] - days[theirs]).min()
        same = np.isin(languages[ours], languages[theirs]).any()
        return replace(rival, days=float(gap), same_language=bool(same))

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
        whole = self._incidents.wholes(chosen, starts, one.vector, linked)
        return evidence(one, self._incidents.reports.compare(one, rows), whole)


def _key(url: str) -> str:
    """Return the identity of an address; what is none has itself."""
    try:
        return url_key(url)
    except Permanent:
        return url


def _number(text: str) -> int:
    return xxhash.xxh32_intdigest(text.encode()) >> 1
