"""The index: everything that the decider remembers, in memory, in step with SQL."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

import numpy as np
import xxhash

from monitor.adapters.embed import Examples
from monitor.adapters.index_between import between
from monitor.adapters.index_copies import SCHEMA, Copies
from monitor.adapters.index_features import Features, features, unpacked
from monitor.adapters.index_incidents import NOWHERE, Incidents
from monitor.adapters.index_meaning import Meaning
from monitor.adapters.index_probe import Probe, probe
from monitor.adapters.index_reported import SCHEMA as REPORTED
from monitor.adapters.index_reported import Reported
from monitor.adapters.index_rows import Array
from monitor.adapters.shelf import Shelf
from monitor.domain.bounds import Bounds
from monitor.domain.merge import Rival
from monitor.domain.model import CopyCandidate, Evidence, Read, Recall, State, Verdict

WINDOW = timedelta(days=180)
DAY = 86400.0
RIVALS = 8  # incidents that are compared whole


class MemoryIndex:
    """Remembers texts and incidents; the same history gives the same answers."""

    def __init__(
        self, *, examples: Examples | None = None, window: timedelta = WINDOW, folder: Path | None = None
    ) -> None:
        """In a folder, snapshots outlive the process."""
        self.examples = examples
        self.copies = Copies(Shelf(folder, "copies", schema=SCHEMA) if folder else None)
        self.reported = Reported(Shelf(folder, "incidents", schema=REPORTED) if folder else None)
        self._days = window.total_seconds() / DAY
        self._last: tuple[Read, Probe] | None = None
        self.know(1, Bounds())

    @property
    def _incidents(self) -> Incidents:
        return self.reported.incidents

    @property
    def _meaning(self) -> Meaning:
        return self.reported.meaning

    def know(self, next_incident: int, bounds: Bounds) -> None:
        """Take note of the lowest identity that no incident ever had, and of what people said."""
        self._next, self._bounds = next_incident, bounds

    def load(
        self, rows: Sequence[tuple[Read, Verdict]], next_incident: int, bounds: Bounds | None = None
    ) -> None:
        """Forget all incidents and remember these reports, in the order in which they were decided."""
        self.reported.forget()
        self.know(next_incident, bounds or Bounds())
        self.take_in(rows)

    def stand(self, members: Sequence[tuple[int, int]]) -> list[int]:
        """Put reports where they are now, by article and incident; return the articles that are not remembered."""
        told, count = np.array(members, dtype=np.int64).reshape(-1, 2), len(self._incidents.reports)
        missing = self._incidents.stand(told[:, 0], told[:, 1])
        if len(self._incidents.reports) != count:
            self.reported.touched()
        return [int(one) for one in missing]

    def take_in(self, rows: Sequence[tuple[Read, Verdict]]) -> None:
        """Remember reports in the order in which they were decided."""
        self._last = None
        for read, verdict in rows:
            self._join(read, verdict)

    def without_vectors(self) -> list[int]:
        """Return the articles of reports that came without a vector."""
        reports = self._incidents.reports
        bare = (reports.vectors.scales.rows == 0.0) & (reports.facts.rows["slot"] != NOWHERE)
        return [int(one) for one in reports.facts.rows["article"][bare]]

    def keep(self) -> None:
        """Put snapshots on the shelf before the process ends."""
        self.copies.keep()
        self.reported.keep()

    def next_incident_id(self) -> int:
        """Return an identity for a new incident; each call gives another."""
        self._next += 1
        return self._next - 1

    def recall(self, read: Read) -> Recall:
        """Return the texts that this document may copy, and how like the topics' examples it is."""
        alike = self.examples.likeness(read) if self.examples else None
        return Recall(tuple(map(self._named, self.copies.recall(read))), alike)

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
        if whole:
            self._last = read, one
        linked = self._linked(read) if whole else []
        known = [*dict.fromkeys((*self._incidents.candidates(one), *linked))]
        if not known:
            return ()
        chosen = self._incidents.recent(np.array(known), one.day, self._days)
        links = np.array([float(slot in linked) for slot in chosen.tolist()])
        return self._incidents.evidence(one, chosen, links) if len(chosen) else ()

    def _linked(self, read: Read) -> list[int]:
        """Return the slots of the incidents that a document links to articles of."""
        found = (self.copies.incident_at(link) for link in read.document.links)
        return self._incidents.slots([one for one in found if one is not None])

    def recall_rivals(self, incident_id: int) -> tuple[Rival, ...]:
        """Return what speaks for each other incident being the same one as this."""
        if incident_id in self._bounds.confirmed or not self.reports(incident_id):
            return ()
        (slot,) = self._incidents.slots([incident_id])
        whole = self._incidents.summary(slot)
        found = np.array(self._incidents.candidates(whole), dtype=np.intp)
        names = self._incidents.named(found).tolist()
        allowed = [name != incident_id and self._bounds.allows(incident_id, name) for name in names]
        chosen = found[np.array(allowed, dtype=np.bool_)][:RIVALS]
        if not len(chosen):
            return ()
        compared = self._incidents.rivals(slot, whole, chosen)
        links = self._links(slot, compared)
        return tuple(Rival(rival, link) for rival, link in zip(compared, links, strict=True))

    def _links(self, slot: int, rivals: Sequence[Evidence]) -> list[tuple[float, ...]]:
        """Return how the reports of one incident and those of each of others are linked."""
        known, others = self._incidents, self._incidents.slots([rival.incident_id for rival in rivals])
        return between(known.reports, known.rarity, known.rows(slot), [known.rows(one) for one in others])

    def reports(self, incident_id: int) -> int:
        """Return how many reports an incident has, copies left out."""
        slots = self._incidents.slots([incident_id])
        return int(self._incidents.counts.rows[slots].sum())

    def current(self, incident_id: int) -> int:
        """Return the name under which an incident goes on after merges."""
        return self._incidents.current(incident_id)

    def allows(self, one: int, other: int) -> bool:
        """Tell whether two incidents may become one without a person."""
        return self._bounds.allows(one, other)

    def encoded(self, read: Read) -> None:
        """Remember the vector of a report that came without one."""
        if read.reading.vector:
            language = read.document.language.split("-")[0]
            self._meaning.learn(read.reading.vector, language)
            self.reported.touched()
            self._incidents.rewrite(read.article_id, self._meaning.centred(read.reading.vector, language))

    def learn(self, read: Read, verdict: Verdict) -> None:
        """Remember a verdict, so that the next document can meet it."""
        self.copies.learn(read, verdict)
        self._join(read, verdict)

    def _join(self, read: Read, verdict: Verdict) -> None:
        """Remember what an article says of its incident."""
        if verdict.incident_id is None or verdict.copy or verdict.state is not State.QUEUED:
            return
        document = read.document
        if read.reading.vector:
            self._meaning.learn(read.reading.vector, document.language.split("-")[0])
        one = self._whole(read)
        vector = self._centred(read)
        self._last = None
        self._incidents.learn(one, vector, self._incidents.current(verdict.incident_id), read.article_id)
        for merge in verdict.merges:
            self.merge(merge.kept, merge.gone)
        self._next = max(self._next, verdict.incident_id + 1)

    def merge(self, kept: int, gone: int) -> None:
        """Remember that two incidents are one."""
        self._incidents.merge(kept, gone)
        self.copies.merge(kept, gone)
        self._bounds = self._bounds.merged(kept, gone)

    def _probe(self, title: str, text: str, read: Read, *, with_vector: bool) -> Probe:
        return probe(
            _features(title, text, read),
            self._incidents.rarity,
            self._centred(read) if with_vector else None,
            day=read.when.timestamp() / DAY,
            language=_number(read.document.language.split("-")[0]),
            publisher=_number(read.document.publisher or read.source),
        )

    def _whole(self, read: Read) -> Probe:
        """Return a document as it is compared; it was looked up just now, and only its vector may lie elsewhere."""
        if self._last is None or self._last[0] is not read:
            return self._probe(read.document.title, read.document.text, read, with_vector=False)
        return self._last[1]

    def _centred(self, read: Read) -> Array | None:
        """Return the vector of a document without what all documents of its language have in common."""
        vector, language = read.reading.vector, read.document.language.split("-")[0]
        return self._meaning.centred(vector, language) if vector else None


def _features(title: str, text: str, read: Read) -> Features:
    """Return the features of a document, from its reading where they are there; or of one segment of it."""
    document, known = read.document, read.reading.features
    if known and text == document.text and title == document.title and (found := unpacked(known)):
        return found
    return features(title, text)


@lru_cache(maxsize=4096)
def _number(text: str) -> int:
    return xxhash.xxh32_intdigest(text.encode()) >> 1
