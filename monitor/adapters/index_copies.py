"""The texts in memory by their fingerprints: which earlier ones a new text may copy."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice

import numpy as np
import xxhash

from monitor.adapters.fingerprint import (
    band_keys,
    bands,
    containment,
    figures_shared,
    length,
    without_bands,
)
from monitor.adapters.index_bands import Bands, Keys, Rows
from monitor.adapters.publishers import load_publishers
from monitor.domain.copies import Trace, trace_of
from monitor.domain.folding import bare
from monitor.domain.model import CopyCandidate, Read, State, Verdict

CANDIDATES = 12
AT_ONCE = 20_000  # texts that are taken in together when the index is built anew
STATES = tuple(State)
NONE = -1

# What is remembered of a text beside its sketch; numbers for words, so that a million texts stay small.
TEXT = np.dtype(
    [
        ("article", "i8"),
        ("original", "i8"),  # the row of the text that it copies, or its own
        ("head", "i8"),  # of an original: the row of the earliest publication among its copies
        ("published", "f8"),  # seconds, nan: unknown
        ("incident", "i8"),
        ("content", "i8"),
        ("title", "u8"),
        ("publisher", "u8"),
        ("names", "u8"),  # the publisher that it names as its source
        ("state", "u1"),
    ]
)


class Copies:
    """Every remembered text, found again by its fingerprint."""

    def __init__(self) -> None:
        self._texts = np.zeros(1024, TEXT)
        self._sketches: list[bytes] = []
        self._rows: dict[int, int] = {}
        self._bands = Bands()

    def learn(self, read: Read, verdict: Verdict) -> None:
        """Remember a text and what became of it."""
        original = self._rows.get(verdict.copy.original_id) if verdict.copy else None
        row = self._remember(trace_of(read, verdict), original)
        if verdict.copy and verdict.copy.earlier and original is not None:
            self._texts[original]["head"] = row
        if read.reading.sketch:
            self._bands.learn(row, _keys(read.reading.sketch, read.reading.content_hash))

    def fill(self, traces: Iterable[Trace]) -> None:
        """Remember decided articles, originals and copies in any order; a million take some seconds."""
        copies: list[tuple[int, int]] = []
        parts: list[tuple[Keys, Rows]] = []
        rest = iter(traces)
        while part := list(islice(rest, AT_ONCE)):
            first = len(self._sketches)
            keys = [self._taken_in(trace, copies) for trace in part]
            rows = np.arange(first, first + len(part), dtype=np.uint32)
            contents = self._texts["content"][first : first + len(part)]
            sizes = [len(own) for own in keys]
            parts.append((np.concatenate((*keys, contents)), np.append(np.repeat(rows, sizes), rows)))
        if parts:
            self._bands.fill(*map(np.concatenate, zip(*parts, strict=True)))
        for row, original in copies:
            self._texts[row]["original"] = self._rows.get(original, row)

    def _taken_in(self, trace: Trace, copies: list[tuple[int, int]]) -> Keys:
        row = self._remember(trace, None)
        if trace.copy_of is not None:
            copies.append((row, trace.copy_of))
        return band_keys(trace.sketch) if trace.sketch else np.zeros(0, np.int64)

    def recall(self, read: Read) -> tuple[CopyCandidate, ...]:
        """Return the texts that share most with a document, most alike first."""
        sketch = read.reading.sketch
        if not sketch:
            return ()
        shared = self._bands.shared(_keys(sketch, read.reading.content_hash))
        chosen = sorted(shared.items(), key=lambda pair: (-pair[1], pair[0]))[:CANDIDATES]
        asked = _Asked.of(read)
        found = (
            self._candidate(asked, row) for row, _ in chosen if self._texts[row]["article"] != read.article_id
        )
        return tuple(sorted(found, key=lambda one: (not one.exact, -one.containment, one.article_id)))

    def _remember(self, trace: Trace, original: int | None) -> int:
        row = len(self._sketches)
        if row == len(self._texts):
            self._texts = np.concatenate((self._texts, np.zeros(row, TEXT)))
        self._texts[row] = (
            trace.article_id,
            row if original is None else original,
            row,
            trace.published_at.timestamp() if trace.published_at else np.nan,
            NONE if trace.incident_id is None else trace.incident_id,
            _content(trace.content_hash),
            _word(trace.title),
            _name(trace.publisher),
            _name(trace.source_named),
            STATES.index(trace.state),
        )
        self._sketches.append(without_bands(trace.sketch))
        self._rows[trace.article_id] = row
        return row

    def _candidate(self, asked: "_Asked", row: int) -> CopyCandidate:
        known, sketch = self._texts[row], self._sketches[row]
        original = self._texts[known["original"]]
        head = self._texts[original["head"]]
        sizes = length(asked.sketch), length(sketch)
        return CopyCandidate(
            int(known["article"]),
            int(original["article"]),
            containment(asked.sketch, sketch),
            _moment(head["published"]),
            exact=asked.content == known["content"],
            letters=min(sizes),
            length_ratio=sizes[0] / max(1, sizes[1]),
            figures=figures_shared(asked.sketch, sketch),
            titles_alike=bool(asked.title) and asked.title == int(known["title"]),
            state=STATES[original["state"]],
            incident_id=None if original["incident"] == NONE else int(original["incident"]),
            names_original=bool(asked.names) and asked.names == int(head["publisher"]),
            named_by_original=bool(asked.publisher) and asked.publisher == int(head["names"]),
        )


@dataclass(frozen=True)
class _Asked:
    """What is compared of a new document."""

    sketch: bytes
    content: int
    title: int
    publisher: int
    names: int

    @classmethod
    def of(cls, read: Read) -> "_Asked":
        document = read.document
        names = _name(document.publisher), _name(document.source_named)
        return cls(read.reading.sketch, _content(read.reading.content_hash), _word(document.title), *names)


def _keys(sketch: bytes, content_hash: str) -> list[int]:
    return [*bands(sketch), _content(content_hash)]


def _content(content_hash: str) -> int:
    """Return a content hash as a signed number."""
    return int(xxhash.xxh64_intdigest(content_hash.encode())) - (1 << 63)


def _word(text: str) -> int:
    """Return a number for a title or a name, by its letters alone; 0 for none."""
    said = bare(text)
    return xxhash.xxh64_intdigest(said.encode("utf-8", "replace")) if said else 0


@lru_cache(maxsize=4096)
def _name(text: str) -> int:
    """Return a publisher's number, whatever name it goes by; there are few of them."""
    known = load_publishers().of_name(text) if text else None
    return _word(known.name if known else text)


def _moment(seconds: float) -> datetime | None:
    return None if np.isnan(seconds) else datetime.fromtimestamp(float(seconds), UTC)
