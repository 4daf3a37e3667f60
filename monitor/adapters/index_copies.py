"""The texts in memory by their fingerprints: which earlier ones a new text may copy."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime

from monitor.adapters.fingerprint import bands, containment, figures_shared, length
from monitor.domain.folding import bare
from monitor.domain.model import CopyCandidate, Read, State, Verdict

CANDIDATES = 12
CROWDED = 50  # texts that share a band, from which on it is boilerplate


@dataclass(frozen=True)
class Known:
    """What is remembered of a text."""

    article_id: int
    original_id: int
    sketch: bytes
    content_hash: str
    title: str
    published_at: datetime | None
    state: State
    incident_id: int | None


class Copies:
    """Every remembered text, found again by its fingerprint."""

    def __init__(self) -> None:
        self._known: dict[int, Known] = {}
        self._bands: defaultdict[int, list[int]] = defaultdict(list)
        self._equal: dict[str, int] = {}

    def learn(self, read: Read, verdict: Verdict) -> None:
        """Remember a text and what became of it."""
        reading = read.reading
        original = verdict.copy.original_id if verdict.copy else read.article_id
        self._known[read.article_id] = Known(
            read.article_id,
            original,
            reading.sketch,
            reading.content_hash,
            bare(read.document.title),
            read.document.published_at,
            verdict.state,
            verdict.incident_id,
        )
        if reading.sketch:
            self._equal.setdefault(reading.content_hash, read.article_id)
        for band in bands(reading.sketch):
            if len(held := self._bands[band]) < CROWDED:
                held.append(read.article_id)

    def recall(self, read: Read) -> tuple[CopyCandidate, ...]:
        """Return the texts that share most with a document, most alike first."""
        sketch = read.reading.sketch
        if not sketch:
            return ()
        shared = Counter(one for band in bands(sketch) for one in self._bands.get(band, ()))
        chosen = [one for one, _ in sorted(shared.items(), key=lambda pair: (-pair[1], pair[0]))[:CANDIDATES]]
        if (equal := self._equal.get(read.reading.content_hash)) is not None and equal not in chosen:
            chosen.append(equal)
        found = (self._candidate(read, self._known[one]) for one in chosen if one != read.article_id)
        return tuple(sorted(found, key=lambda one: (not one.exact, -one.containment, one.article_id)))

    def _candidate(self, read: Read, known: Known) -> CopyCandidate:
        sketch = read.reading.sketch
        sizes = length(sketch), length(known.sketch)
        title = bare(read.document.title)
        original = self._known.get(known.original_id, known)
        return CopyCandidate(
            known.article_id,
            known.original_id,
            containment(sketch, known.sketch),
            original.published_at,
            exact=read.reading.content_hash == known.content_hash,
            letters=min(sizes),
            length_ratio=sizes[0] / max(1, sizes[1]),
            figures=figures_shared(sketch, known.sketch),
            titles_alike=bool(title) and title == known.title,
            state=original.state,
            incident_id=original.incident_id,
        )
