"""The index: everything that the decider remembers, in memory, in step with SQL."""

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import xxhash

from monitor.adapters.embed import Examples, likeness, unpack
from monitor.adapters.index_copies import Copies
from monitor.adapters.index_features import FIGURE, NAME, QUOTE, features
from monitor.adapters.index_incidents import Compared, Incidents, Probe, kind_of, probe
from monitor.domain.model import Evidence, Read, Recall, State, Verdict
from monitor.domain.urls import url_key

WINDOW = timedelta(days=180)
DAY = 86400.0


class MemoryIndex:
    """Remembers texts and incidents; the same history gives the same answers."""

    def __init__(self, *, examples: Examples | None = None, window: timedelta = WINDOW) -> None:
        self.examples = examples
        self._window = window
        self.load([], 1)

    def load(self, rows: Sequence[tuple[Read, Verdict]], next_incident: int) -> None:
        """Forget everything and remember these, in the order in which they were decided."""
        self._copies = Copies()
        self._incidents = Incidents()
        self._links: dict[str, int] = {}
        self._next = next_incident
        for read, verdict in rows:
            self.learn(read, verdict)

    def next_incident_id(self) -> int:
        """Return an identity for a new incident; each call gives another."""
        self._next += 1
        return self._next - 1

    def recall(self, read: Read) -> Recall:
        """Return the texts that this document may copy, and how like the topics' examples it is."""
        alike = self.examples.likeness(read) if self.examples else None
        return Recall(self._copies.recall(read), alike)

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

    def recall_rivals(self, incident_id: int) -> tuple[Evidence, ...]:  # noqa: ARG002
        """Return what speaks for each other incident being the same one as this."""
        return ()

    def learn(self, read: Read, verdict: Verdict) -> None:
        """Remember a verdict, so that the next document can meet it."""
        self._copies.learn(read, verdict)
        if verdict.incident_id is not None:
            self._links.setdefault(url_key(read.url), verdict.incident_id)
        if verdict.incident_id is None or verdict.copy or verdict.state is not State.QUEUED:
            return
        document = read.document
        one = self._probe(document.title, document.text, read, with_vector=True)
        self._incidents.rarity.learn((*one.hashes.tolist(), *one.keys.tolist()))
        self._incidents.learn(one, verdict.incident_id)
        self._next = max(self._next, verdict.incident_id + 1)

    def merge(self, kept: int, gone: int) -> None:
        """Remember that two incidents are one."""

    def _probe(self, title: str, text: str, read: Read, *, with_vector: bool) -> Probe:
        vector = read.reading.vector if with_vector else None
        return probe(
            features(title, text),
            self._incidents.rarity,
            unpack(vector) if vector else None,
            day=read.when.timestamp() / DAY,
            language=_number(read.document.language.split("-")[0]),
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
        words, shared = compared.words[part], compared.keys[part]
        weights = {
            kind: (shared * (one.rarities * of_kind)).sum(axis=1).max()
            for kind, of_kind in kind_of(one.keys).items()
        }
        any_shared = np.asarray(shared.any(axis=0)).tolist()
        order = np.argsort(-one.rarities, kind="stable")
        nearest = self._incidents.centre_cosine(incident_id, one.vector) if one.vector is not None else 0.0
        return Evidence(
            incident_id,
            words=float(words.max()),
            title=float(compared.title[part].max()),
            centre=float(words.sum()) / known.size if known.size else 0.0,
            meaning=None if compared.meaning is None else likeness(float(compared.meaning[part].max())),
            meaning_centre=None if compared.meaning is None else likeness(nearest),
            names=_saturated(weights[NAME]),
            numbers=_saturated(weights[FIGURE]),
            quotes=_saturated(weights[QUOTE]),
            links=float(incident_id in linked),
            days=float(compared.days[part].min()),
            same_language=bool(compared.same_language[part].any()),
            same_publisher=bool(compared.same_publisher[part].any()),
            shared=tuple(one.written[at] for at in order if any_shared[at]),
            reports=known.reports,
        )


def _saturated(total: float) -> float:
    return float(total) / (float(total) + 1.0)


def _number(text: str) -> int:
    return xxhash.xxh32_intdigest(text.encode()) >> 1
