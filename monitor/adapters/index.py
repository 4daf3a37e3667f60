"""The index: everything that the decider remembers, in memory, in step with SQL."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

import numpy as np
import xxhash

from monitor.adapters.embed import Examples
from monitor.adapters.index_ahead import kinship, stretches
from monitor.adapters.index_copies import SCHEMA, Copies
from monitor.adapters.index_features import Features, features, unpacked
from monitor.adapters.index_incidents import NOWHERE, Incidents
from monitor.adapters.index_lookup import spoken
from monitor.adapters.index_meaning import Meaning
from monitor.adapters.index_probe import About, Probe, probes
from monitor.adapters.index_reported import SCHEMA as REPORTED
from monitor.adapters.index_reported import Reported
from monitor.adapters.index_reports import Report
from monitor.adapters.index_rivals import rivals
from monitor.adapters.index_rows import Array
from monitor.adapters.index_texts import address, identity
from monitor.adapters.shelf import Shelf
from monitor.domain.bounds import Bounds
from monitor.domain.merge import Rival
from monitor.domain.model import CopyCandidate, Evidence, Read, Recall, State, Verdict

MANY = 20  # times as many reports as a batch has documents: of fewer each one changes noticeably how rare words are
PART = 200  # reports of a history that are weighed together, as a batch is
WINDOW = timedelta(days=180)
DAY = 86400.0


class MemoryIndex:
    """Remembers texts and incidents; the same history gives the same answers."""

    def __init__(
        self,
        *,
        examples: Examples | None = None,
        window: timedelta = WINDOW,
        folder: Path | None = None,
        many: int = MANY,
    ) -> None:
        """In a folder, snapshots outlive the process."""
        self.examples = examples
        self.copies = Copies(Shelf(folder, "copies", schema=SCHEMA) if folder else None)
        self.reported = Reported(Shelf(folder, "incidents", schema=REPORTED) if folder else None)
        self._many = many
        self._days = window.total_seconds() / DAY
        self._asked: dict[int, tuple[Read, Probe]] = {}  # documents that were looked up
        self._lone: dict[int, Read] = {}  # those among them that copy nothing
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
        """Remember reports in the order in which they were decided, where they were put then, and what was merged then.

        How rare words were when something was decided depends on that; `stand` puts them where they are now.
        """
        told = [(read, verdict) for read, verdict in rows if _is_report(verdict)]
        while told:
            size = PART if len(self._incidents.reports) >= PART * self._many else 1
            part, told = told[:size], told[size:]
            reads = [read for read, _ in part]
            self._asked = {
                read.article_id: (read, one) for read, one in zip(reads, self._probes(reads), strict=True)
            }
            for read, verdict in part:
                self._join(read, verdict)
                for merge in verdict.merges:
                    self._incidents.merge(merge.kept, merge.gone)

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
        copies = () if self._lone.pop(read.article_id, None) is read else self.copies.recall(read)
        if copies or not read.reading.vector:
            # It was not looked up ahead, and is weighed by what is known now.
            self._asked.pop(read.article_id, None)
        return Recall(tuple(map(self._named, copies)), alike)

    def _named(self, copy: CopyCandidate) -> CopyCandidate:
        return (
            copy
            if copy.incident_id is None
            else replace(copy, incident_id=self._incidents.current(copy.incident_id))
        )

    def stretches(self, reads: Sequence[Read]) -> list[list[Read]]:
        """Return a batch cut before each document that one since the last cut may be kin of.

        What is near a topic comes with features. As long as little is known, each document stands alone.
        """
        self._asked = {}
        near = [read for read in reads if read.reading.features]
        if len(near) < 2 or len(near) * self._many > len(self._incidents.reports):  # noqa: PLR2004 - no others
            return [[read] for read in reads]
        asked = self._probes(near)
        kin = kinship(asked, [self.copies.keys(read) for read in near], self._incidents.postings)
        for read, one, own in zip(near, asked, kin, strict=True):
            if not own.any():  # what kin bring may change what its words weigh
                self._asked[read.article_id] = read, one
        return stretches(reads, {read.article_id: at for at, read in enumerate(near)}, kin)

    def look_ahead(self, reads: Sequence[Read]) -> dict[int, tuple[Evidence, ...]]:
        """Return what speaks for incidents, by article, for those of a stretch that no other one may change it for.

        One that stands alone is looked up when it is its turn.
        """
        self._lone = {}
        if len(reads) == 1:
            return {}
        addresses = {identity(read.url, read.url_key) for read in reads}
        lone = [read for read in reads if read.reading.features and read.reading.vector]
        lone = [read for read in lone if self._is_unrelated(read, addresses)]
        unknown = [read for read in lone if not self._was_asked(read)]
        if unknown:
            self._asked |= {
                read.article_id: (read, one) for read, one in zip(unknown, self._probes(unknown), strict=True)
            }
        self._lone = {read.article_id: read for read in lone}
        asked = [self._asked[read.article_id][1] for read in lone]
        found = spoken(self._incidents, asked, [[]] * len(lone), self._days)
        return {read.article_id: own for read, own in zip(lone, found, strict=True)}

    def _was_asked(self, read: Read) -> bool:
        known = self._asked.get(read.article_id)
        return known is not None and known[0] is read

    def _is_unrelated(self, read: Read, addresses: AbstractSet[int]) -> bool:
        """Tell whether a document links to nothing that is known, or at one of some addresses, and copies nothing."""
        if any(address(link) in addresses for link in read.document.links) or self._linked(read):
            return False
        return not self.copies.recall(read)

    def recall_incidents(self, title: str, text: str, read: Read) -> tuple[Evidence, ...]:
        """Return what speaks for each incident that the document, or one segment of it, may report on."""
        whole = text == read.document.text
        linked = self._linked(read) if whole else []
        if whole and title == read.document.title and not linked and self._was_asked(read):
            one = self._asked[read.article_id][1]
        else:
            one = self._probe(title, text, read, with_vector=whole)
        if whole:
            self._asked[read.article_id] = read, one
        (found,) = spoken(self._incidents, [one], [linked], self._days)
        return found

    def _linked(self, read: Read) -> list[int]:
        """Return the slots of the incidents that a document links to articles of."""
        found = [self.copies.incident_at(link) for link in read.document.links]
        return self._incidents.slots([one for one in found if one is not None]) if found else []

    def recall_rivals(self, incident_ids: Sequence[int]) -> list[tuple[Rival, ...]]:
        """Return for each of some incidents what speaks for each other one being the same as it."""
        asked = [one for one in incident_ids if one not in self._bounds.confirmed and self.reports(one)]
        found = dict(zip(asked, rivals(self._incidents, asked, self._bounds), strict=True))
        return [found.get(one, ()) for one in incident_ids]

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
        for merge in verdict.merges if _is_report(verdict) else ():
            self.merge(merge.kept, merge.gone)

    def _join(self, read: Read, verdict: Verdict) -> None:
        """Remember what an article says of its incident."""
        if verdict.incident_id is None or not _is_report(verdict):
            return
        document = read.document
        if read.reading.vector:
            self._meaning.learn(read.reading.vector, document.language.split("-")[0])
        report = Report(self._whole(read), self._centred(read), verdict.incident_id, read.article_id)
        self.reported.learn(report)
        self._next = max(self._next, verdict.incident_id + 1)

    def merge(self, kept: int, gone: int) -> None:
        """Remember that two incidents are one."""
        self._incidents.merge(kept, gone)
        self.copies.merge(kept, gone)
        self._bounds = self._bounds.merged(kept, gone)

    def _probe(self, title: str, text: str, read: Read, *, with_vector: bool) -> Probe:
        about = self._about(read, with_vector=with_vector)
        (one,) = probes([_features(title, text, read)], [about], self._incidents.rarity)
        return one

    def _probes(self, reads: Sequence[Read]) -> list[Probe]:
        features = [_features(read.document.title, read.document.text, read) for read in reads]
        return probes(features, [self._about(read) for read in reads], self._incidents.rarity)

    def _about(self, read: Read, *, with_vector: bool = True) -> About:
        return About(
            self._centred(read) if with_vector else None,
            day=read.when.timestamp() / DAY,
            language=_number(read.document.language.split("-")[0]),
            publisher=_number(read.document.publisher or read.source),
        )

    def _whole(self, read: Read) -> Probe:
        """Return a document as it is compared; it was looked up just now, and only its vector may lie elsewhere."""
        known = self._asked.pop(read.article_id, None)
        if known is None or known[0] is not read:
            return self._probe(read.document.title, read.document.text, read, with_vector=False)
        return known[1]

    def _centred(self, read: Read) -> Array | None:
        """Return the vector of a document without what all documents of its language have in common."""
        vector, language = read.reading.vector, read.document.language.split("-")[0]
        return self._meaning.centred(vector, language) if vector else None


def _is_report(verdict: Verdict) -> bool:
    return verdict.incident_id is not None and not verdict.copy and verdict.state is State.QUEUED


def _features(title: str, text: str, read: Read) -> Features:
    """Return the features of a document, from its reading where they are there; or of one segment of it."""
    document, known = read.document, read.reading.features
    if known and text == document.text and title == document.title and (found := unpacked(known)):
        return found
    return features(title, text)


@lru_cache(maxsize=4096)
def _number(text: str) -> int:
    return xxhash.xxh32_intdigest(text.encode()) >> 1
