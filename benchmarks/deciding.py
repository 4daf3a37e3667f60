"""How fast documents are decided against many live incidents, what the index weighs, and how soon it is there again.

    python benchmarks/deciding.py 10000x3 100000x3 100000x6 100000x10 1000000x1

A size is incidents times reports of each; one line a size. A report is an original on topic, the only kind of article that is
kept here: where two in five articles are copies, 100000x6 is what a million articles leave, 100000x10 are a million originals.
What is remembered is made up from a seed, straight as columns: words as rare as words are (Zipf), a few names, a vector near
those of its incident. All is of one language. A tenth of the documents that are timed report on a known incident. As in the
daemon, they come in batches of 200, vectors and what matching compares come with the document, and the garbage collector
passes over what stays; the text is that of a short report, of which fingerprints are taken beforehand. Times are of the
processor: the rate is over whole batches, those of single documents are without the second look at the end of their batch,
and what is looked up for several at once is counted for each in equal parts.
"""

import argparse
import gc
import random
import resource
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

import numpy as np

from monitor.adapters.embed import DIMENSIONS, pack
from monitor.adapters.fingerprint import content_hash, sketch
from monitor.adapters.forests import together
from monitor.adapters.index import MemoryIndex, _number
from monitor.adapters.index_features import Features, packed
from monitor.adapters.index_postings import COMMON, run_of
from monitor.adapters.index_probe import TERMS
from monitor.adapters.index_reports import FACTS, STEPS
from monitor.adapters.index_rows import columns
from monitor.domain.bounds import Bounds
from monitor.domain.decide import judge_batch
from monitor.domain.match import SHIPPED
from monitor.domain.model import Document, Evidence, Outcome, Read, Reading, Verdict
from monitor.domain.position import Position
from monitor.line import COLLECT_AFTER
from monitor.stages.decide import BATCH

START = datetime(2026, 1, 1, tzinfo=UTC)
TIMED = 2000
EVERYDAY = 60_000  # words that every incident may use; the others are of one or a few
OWN, NAMES, SOUNDS = (
    18,
    15,
    25,
)  # of a report: words that its incident uses, names and figures, sounds of names
TITLE = 10
KNOWN = 5_000  # names that any incident may have
MIX = 0x9E3779B1  # odd: multiples of it differ in their lowest bits
TOGETHER = 100  # incidents whose middles are made up together
PART = 50_000  # reports that are made up together


class World:
    """Makes up what reports on incidents have in common."""

    def __init__(self, incidents: int) -> None:
        self.incidents, self.chance = incidents, np.random.default_rng(7)
        room = incidents + 2 * TIMED
        self.rare = EVERYDAY + 25 * room  # numbers of words, from the everyday ones on
        self.heard = self.rare + 6 * room + KNOWN  # then those of names
        self.size = self.heard + 6 * room + KNOWN  # then those of their sounds
        mixed = 4 * (
            np.arange(1, self.size + 1, dtype=np.uint32) * np.uint32(MIX)
        )  # none twice below 2 to the 30th
        self.hashes = mixed + (np.arange(self.size) < self.heard).astype(np.uint32)
        self.number = self.first = 0  # of the latest report, and of the first that is timed

    def terms(self, incidents: np.ndarray) -> np.ndarray:
        """Return the numbers of words of one report on each incident: some of its own, the rest everyday ones."""
        count = len(incidents)
        places = np.argsort(self.chance.random((count, 25)), axis=1)[:, :OWN]
        own = EVERYDAY + 25 * incidents[:, None] + places
        zipf = EVERYDAY ** self.chance.random((count, TERMS - OWN))
        return np.concatenate((own, zipf.astype(np.int64)), axis=1).astype(np.uint32)

    def names(self, incidents: np.ndarray, many: int, first: int) -> np.ndarray:
        """Return the numbers of names, or of sounds: four of the incident's, the others of those that many have."""
        own = first + KNOWN + 6 * incidents[:, None] + np.arange(4)
        known = first + (KNOWN ** self.chance.random((len(incidents), many - 4))).astype(np.int64)
        return np.concatenate((own, known), axis=1).astype(np.uint32)

    def vectors(self, incidents: np.ndarray) -> np.ndarray:
        """Return vectors that lie near the middle of their incident."""
        own, at = np.unique(incidents, return_inverse=True)
        blocks = {one: _middles(one) for one in np.unique(own // TOGETHER).tolist()}
        near = np.stack([blocks[one // TOGETHER][one % TOGETHER] for one in own.tolist()])[at]
        rows = near + 0.6 * self.chance.standard_normal((len(incidents), DIMENSIONS), dtype=np.float32)
        return rows / np.linalg.norm(rows, axis=1)[:, None]

    def report(self, incident: int) -> Read:
        """Return one more report on an incident as the decider takes it."""
        self.number += 1
        one = np.array([incident])
        terms, keys = np.unique(self.terms(one)[0]), np.unique(self.names(one, NAMES, self.rare)[0])
        sounds = np.unique(self.names(one, SOUNDS, self.heard)[0])
        weights = np.ones(len(terms), dtype=np.float32)
        title = np.where(np.arange(len(terms)) % 6 == 0, 1.0, 0.0).astype(np.float32)
        written = tuple(f"name {key}" for key in (*keys.tolist(), *sounds.tolist()))
        compared = Features(
            self.hashes[terms], weights + 1.5 * title, title, self.hashes[keys], self.hashes[sounds],
            np.arange(len(keys)) < 2, written, 1 << incident % 90, brief=False,
        )  # fmt: skip
        when = START + timedelta(days=170, minutes=self.number - self.first)
        own = random.Random(self.number)
        text = " ".join("".join(own.choices("abcdefghiklmnoprstuvw", k=7)) for _ in range(100))
        document = Document(f"Report {self.number}", text, "en", published_at=when)
        vector = pack(self.vectors(one)[0])
        reading = Reading(document, content_hash(text), sketch(text), vector, "made up", packed(compared))
        url = f"https://example.org/{self.number}"
        return Read(self.number, url, "made-up", when, reading, url_key=url)


@lru_cache(maxsize=4)
def _middles(block: int) -> np.ndarray:
    """Return the middles of incidents that follow each other, each near that of its topic."""
    chance = np.random.default_rng((11, block))
    topics = TOPICS[np.arange(block * TOGETHER, (block + 1) * TOGETHER) % len(TOPICS)]
    return chance.standard_normal((TOGETHER, DIMENSIONS), dtype=np.float32) + 0.7 * topics


TOPICS = np.random.default_rng(3).standard_normal((300, DIMENSIONS), dtype=np.float32)


class Timed(MemoryIndex):
    """Notes how long each document took until it was decided and learned: its own time, and its part of what was done together."""

    took: list[float]
    shared = noted = 0.0

    def look_ahead(self, reads: Sequence[Read]) -> dict[int, tuple[Evidence, ...]]:
        """Look ahead, and note the time for each."""
        begun = time.process_time()
        found = super().look_ahead(reads)
        self.noted = time.process_time()
        self.shared = (self.noted - begun) / len(reads)
        return found

    def learn(self, read: Read, verdict: Verdict) -> None:
        """Learn it, and note the time."""
        super().learn(read, verdict)
        now = time.process_time()
        self.took.append(now - self.noted + self.shared)
        self.noted = now


def filled(world: World, each: int, folder: Path) -> Timed:
    """Return an index that remembers so many reports of every incident."""
    index = Timed(folder=folder)
    known, total = index.reported.incidents, world.incidents * each
    rarity, reports = known.rarity, known.reports
    whole = np.arange(1, world.size + 1)
    rarity.numbers.take_in(world.hashes, whole)
    rarity.hashes.extend(world.hashes)
    counts, numbers, rows = np.zeros(world.size + 1, dtype=np.int64), [], []
    for first in range(0, total, PART):
        at = np.arange(first, min(total, first + PART))
        incidents = at // each
        terms, keys = world.terms(incidents) + 1, world.names(incidents, NAMES, world.rare) + 1
        sounds = world.names(incidents, SOUNDS, world.heard) + 1
        _append(reports, (terms, keys, sounds), at, incidents, world.vectors(incidents))
        posted = np.concatenate((terms, keys, sounds), axis=1)
        numbers.append(posted.ravel().astype(np.uint32))
        rows.append(np.repeat(at.astype(np.uint32), posted.shape[1]))
        counts += np.bincount(posted.ravel(), minlength=world.size + 1)
    rarity.counts.extend(np.minimum(counts[1:], world.incidents).astype(np.uint32))
    rarity.incidents = world.incidents
    known.postings.posted.extend(np.minimum(counts[1:], COMMON + 1).astype(np.uint16))
    flat, of = np.concatenate(numbers), np.concatenate(rows)
    few = counts[flat] <= COMMON
    known.postings.runs = [run_of(flat[few], of[few])]
    for incident in range(world.incidents):
        slot = known.found(incident + 1)
        own = list(range(incident * each, (incident + 1) * each))
        known.counts.rows[slot] = each
        known.spans.rows[slot] = reports.facts.rows["day"][own].min(), reports.facts.rows["day"][own].max()
        known.hold(slot, own)
    rarity.incidents = world.incidents
    index.know(world.incidents + 1, Bounds())
    world.number = total
    world.first = total
    return index


def _append(reports, named, at, incidents, vectors) -> None:
    terms, keys, sounds = named
    count = len(at)
    reports.terms.extend(terms)
    reports.weights.extend(np.full((count, TERMS), STEPS // 2, dtype=np.uint8))
    reports.titles.extend(np.full((count, TITLE), STEPS, dtype=np.uint8))
    reports.names.extend(np.concatenate((keys, sounds), axis=1))
    reports.vectors.extend(vectors)
    reports.places.extend(np.zeros((0 if len(reports.places) else 1, 2), dtype=np.uint64))
    facts = np.zeros(count, FACTS)
    facts["article"], facts["slot"] = at + 1, incidents + 1
    facts["day"] = START.timestamp() / 86400.0 + 170.0 * (at % 997) / 997.0
    facts["language"], facts["weight"], facts["title"] = _number("en"), 0.25 / STEPS, 0.3 / STEPS
    facts["named"] = facts["keys"] = NAMES
    reports.facts.extend(facts)


def measure(incidents: int, each: int, folder: Path) -> str:
    """Return one line of figures for a size; the snapshot is put into a folder."""
    world = World(incidents)
    index = filled(world, each, folder)
    known = [incidents + 10 + n if n % 10 else random.Random(n).randrange(incidents) for n in range(TIMED)]
    reads = [world.report(incident) for incident in known]
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
    took, joined, whole, decisions = [], 0, 0.0, together(SHIPPED)
    for first in range(0, TIMED, BATCH):
        begun = time.process_time()
        index.took = []
        batch = reads[first : first + BATCH]
        judged = judge_batch(batch, topics=(), index=index, screening=False, decisions=decisions)
        if first:  # the first batch only warms up
            whole += time.process_time() - begun
            took += index.took
        joined += sum(verdict.outcome is Outcome.EXISTING for _, verdict in judged)
    took.sort()
    weighs = sum(column.rows.nbytes for _, column in columns(index.reported.incidents)) / 1e6
    others = index.reported.incidents.rarity.numbers, index.reported.incidents.postings
    weighs += sum(array.nbytes for part in others for array in part.parts().values()) / 1e6
    put, taken = _shelved(index)
    p50, p99 = (1000 * took[int(len(took) * share)] for share in (0.5, 0.99))
    rate, told = len(took) / whole, f"{incidents} incidents, {incidents * each} originals on topic"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return (
        f"{told}: {rate:.0f} documents a second, median {p50:.2f} ms, p99 {p99:.2f} ms, slowest {1000 * took[-1]:.1f} ms, "
        f"{joined / TIMED:.0%} joined; index {weighs:.0f} MB, snapshot put in {put:.1f} s and taken in and compared with what SQL would say in {taken:.1f} s; peak {peak:.0f} MB"
    )


def _shelved(index: MemoryIndex) -> tuple[float, float]:
    facts = index.reported.incidents.reports.facts.rows
    members = [
        (one, incident)
        for one, incident in zip(facts["article"].tolist(), facts["slot"].tolist(), strict=True)
    ]
    begun = time.perf_counter()
    index.reported.position = Position(1)
    index.reported.keep()
    put = time.perf_counter() - begun
    index.reported.forget()
    begun = time.perf_counter()
    index.reported.wake()
    index.stand(members)
    return put, time.perf_counter() - begun


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sizes", nargs="*", default=["1000x10", "10000x10"], metavar="INCIDENTSxEACH")
    for size in parser.parse_args().sizes:
        incidents, each = map(int, size.split("x"))
        with tempfile.TemporaryDirectory() as folder:
            print(measure(incidents, each, Path(folder)), flush=True)
