"""The texts in memory by their fingerprints: which earlier ones a new text may copy.

They are taken in from the database once; from then on a snapshot on the shelf holds them over restarts, and only what
was decided since it was put there is read again.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import lru_cache

import numpy as np

from monitor.adapters.fingerprint import (
    band_keys,
    bands,
    containment,
    figures_shared,
    length,
    without_bands,
)
from monitor.adapters.index_bands import Bands
from monitor.adapters.index_rows import Array
from monitor.adapters.index_sketches import Sketches
from monitor.adapters.index_texts import NONE, STATES, Texts, content, moment, name, word
from monitor.adapters.shelf import Shelf
from monitor.domain.copies import LEAST, Imprint, imprint_of
from monitor.domain.model import CopyCandidate, Read, Verdict
from monitor.domain.position import START, Position

CANDIDATES = 12
SCHEMA = 1  # of the snapshot: another number whenever an array gets another meaning, fingerprints included
EVERY = 20_000  # texts from one snapshot to the next; as many are read again after a kill
FILLING = 128_000_000  # bytes of fingerprints in memory while a whole database is taken in
OUTDATED = 8  # one text in so many is older than the window: they are forgotten together


class Copies:
    """Every remembered text, found again by its fingerprint."""

    def __init__(self, shelf: Shelf | None = None) -> None:
        """Without a shelf everything stays in memory and ends with the process."""
        self._shelf = shelf
        self._clear()

    def _clear(self) -> None:
        self._texts, self._bands, self._sketches = Texts(), Bands(), Sketches()
        self._unkept = 0
        self.position = START

    # ---------------------------------------------------------------- in step with the database

    def wake(self, since: datetime) -> Position:
        """Return up to where everything is remembered, here or on the shelf; texts found before `since` may go."""
        if self.position == START:
            self._clear()
        if self.position == START and self._shelf and (kept := self._shelf.take()):
            self.position = Position(**kept.notes)  # type: ignore[arg-type]
            self._texts.restore(kept.arrays)
            self._bands.settle(kept.arrays)
            self._sketches.settle(self._shelf, dict(kept.arrays))
        self._forget_before(since)
        return self.position

    def forget(self) -> None:
        """Remember nothing: what is here differs from what is written, or is of another database."""
        self._clear()

    def distrust(self) -> None:
        """Forget everything, the snapshot too: it is of another database."""
        self._clear()
        if self._shelf:
            self._shelf.drop()

    def take_in(self, imprints: Sequence[Imprint], position: Position) -> None:
        """Remember how decided articles stand, known and new ones, originals and copies in any order."""
        fresh, keys = [], []
        for imprint in imprints:
            row = self._texts.of(imprint.article_id)
            if row is None:
                row = self._remember(imprint)
                fresh.append(row)
                keys.append(band_keys(imprint.sketch) if imprint.sketch else np.zeros(0, np.int64))
            self._texts.stands(row, imprint)
        if fresh:
            rows = np.array(fresh, dtype=np.uint32)
            contents = self._texts.rows["content"][rows]
            sizes = [len(own) for own in keys]
            self._bands.fill(np.concatenate((*keys, contents)), np.append(np.repeat(rows, sizes), rows))
        self._texts.join()
        self.position = position
        if self._sketches.in_memory >= FILLING:
            self.keep()

    def reached(self, position: Position, since: datetime) -> None:
        """Note that everything up to here is written and remembered; put a snapshot on the shelf now and then."""
        self.position = position
        if self._unkept >= EVERY:
            self._forget_before(since)
            self.keep()

    def keep(self) -> None:
        """Put a snapshot on the shelf; whatever was learned must be written."""
        if self._shelf is None or self.position == START or not self._unkept:
            return
        parts = self._texts.parts() | self._bands.parts() | self._sketches.parts()
        same = self._texts.shelved | self._bands.shelved | self._sketches.shelved
        arrays = self._shelf.put(parts, asdict(self.position), same=same)
        self._unkept = 0
        if arrays is not None:
            self._texts.settle(arrays)
            self._bands.settle(arrays)
            self._sketches.settle(self._shelf, dict(arrays))

    def _forget_before(self, since: datetime) -> None:
        kept = self._texts.known["found"] >= since.timestamp()
        if len(kept) - int(kept.sum()) <= len(kept) // OUTDATED:
            return
        places = np.where(kept, np.cumsum(kept) - 1, NONE)
        self._texts.renumber(places)
        self._bands.renumber(places)
        self._sketches.drop_before(int(self._texts.known["place"].min(initial=len(self._sketches))))

    # ---------------------------------------------------------------- in step with the decider

    def learn(self, read: Read, verdict: Verdict) -> None:
        """Remember a text and what became of it; one that is known was decided again."""
        if self._texts.of(read.article_id) is not None:
            self.take_in([imprint_of(read, verdict)], self.position)
            return
        row = self._remember(imprint_of(read, verdict))
        original = self._texts.of(verdict.copy.original_id) if verdict.copy else None
        if original is not None:
            self._texts.rows[row]["original"] = original
        if verdict.copy and verdict.copy.earlier and original is not None:
            self._texts.rows[original]["head"] = row
        if read.reading.sketch:
            self._bands.learn(row, _keys(read.reading.sketch, read.reading.content_hash))

    def merge(self, kept: int, gone: int) -> None:
        """Remember that two incidents are one."""
        self._texts.merge(kept, gone)

    def incident_at(self, url: str) -> int | None:
        """Return the incident that the article of an address was put into."""
        return self._texts.incident_at(url)

    def keys(self, read: Read) -> Array:
        """Return the keys of which copies of a document share some."""
        keys = _keys(read.reading.sketch, read.reading.content_hash) if read.reading.sketch else ()
        return np.array(keys, dtype=np.int64)

    def recall(self, read: Read) -> tuple[CopyCandidate, ...]:
        """Return the texts that share so much with a document that it may be their copy, most alike first."""
        sketch = read.reading.sketch
        if not sketch:
            return ()
        shared = self._bands.shared(_keys(sketch, read.reading.content_hash))
        if not shared:
            return ()
        chosen = sorted(shared.items(), key=lambda pair: (-pair[1], pair[0]))[:CANDIDATES]
        asked = _Asked.of(read)
        found = (self._candidate(asked, row) for row, _ in chosen if not self._is_of(row, read.article_id))
        alike = filter(None, found)
        return tuple(sorted(alike, key=lambda one: (not one.exact, -one.containment, one.article_id)))

    def _is_of(self, row: int, article_id: int) -> bool:
        """Tell whether a text is an article's own, or a copy of it: one that is decided again copies neither."""
        texts = self._texts.rows
        return article_id in {int(texts[row]["article"]), int(texts[texts[row]["original"]]["article"])}

    def _remember(self, imprint: Imprint) -> int:
        sketch = without_bands(imprint.sketch)
        self._unkept += 1
        return self._texts.append(imprint, self._sketches.append(sketch), len(sketch))

    def _candidate(self, asked: "_Asked", row: int) -> CopyCandidate | None:
        rows = self._texts.rows
        known = rows[row]
        sketch = self._sketches.at(int(known["place"]), int(known["size"]))
        exact, share = asked.content == known["content"], containment(asked.sketch, sketch)
        if share < LEAST and not exact:  # most are: they share a phrase
            return None
        original = rows[known["original"]]
        head = rows[original["head"]]
        sizes = length(asked.sketch), length(sketch)
        return CopyCandidate(
            int(known["article"]),
            int(original["article"]),
            share,
            moment(head["published"]),
            exact=bool(exact),
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
        names = name(document.publisher), name(document.source_named)
        return cls(read.reading.sketch, content(read.reading.content_hash), word(document.title), *names)


@lru_cache(maxsize=64)  # a document is looked up, and learned right afterwards
def _keys(sketch: bytes, content_hash: str) -> tuple[int, ...]:
    return (*bands(sketch), content(content_hash))
