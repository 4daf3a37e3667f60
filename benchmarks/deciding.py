"""How fast documents are decided against many live incidents, without encoding; prints one line a size.

    python benchmarks/deciding.py 1000 10000

Incidents, names and vectors are made up from a seed; a tenth of the documents that are timed report on a known incident.
"""

import random
import resource
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np

from monitor.adapters.embed import DIMENSIONS, pack
from monitor.adapters.fingerprint import content_hash, sketch
from monitor.adapters.index import MemoryIndex
from monitor.domain.decide import judge_batch
from monitor.domain.model import Document, Outcome, Read, Reading, State, Verdict

START = datetime(2026, 1, 1, tzinfo=UTC)
REPORTS = 2  # of every incident
TIMED = 400
BATCH = 50
WORDS = 40_000


class World:
    """Writes reports on made-up incidents."""

    def __init__(self) -> None:
        self.chance = random.Random(7)
        self.vectors = np.random.default_rng(7)
        self.words = ["".join(self.chance.choices("abcdefghiklmnoprstuvw", k=7)) for _ in range(WORDS)]
        self.number = 0

    def report(self, incident: int) -> Read:
        """Return one more report on an incident: its names and words, and some of the report's own."""
        own, chance = random.Random(incident), self.chance
        names = [word.capitalize() for word in own.choices(self.words, k=4)]
        about = own.choices(self.words, k=25)
        text = " ".join(chance.sample(about, 18) + chance.choices(self.words[:2000], k=60) + names)
        title = " ".join([names[0], *chance.sample(about, 5), names[1]])
        self.number += 1
        when = START + timedelta(minutes=self.number)
        centre = np.random.default_rng(incident).normal(size=DIMENSIONS)
        near = centre + 0.6 * self.vectors.normal(size=DIMENSIONS)
        document = Document(title, text, "en", published_at=when)
        reading = Reading(document, content_hash(text), sketch(text), pack(near), "made up")
        return Read(self.number, f"https://example.org/{self.number}", "made-up", when, reading)


def _filled(world: World, incidents: int) -> MemoryIndex:
    index = MemoryIndex()
    for number in range(incidents * REPORTS):
        read = world.report(number % incidents)
        outcome = Outcome.NEW if number < incidents else Outcome.EXISTING
        verdict = Verdict(
            read.article_id, State.QUEUED, (), outcome=outcome, incident_id=number % incidents + 1
        )
        index.learn(replace(read, reading=replace(read.reading, sketch=b"")), verdict)
    return index


def measure(incidents: int) -> str:
    world = World()
    begun = time.process_time()
    index = _filled(world, incidents)
    filled = time.process_time() - begun
    known = [incidents + 10 + n if n % 10 else world.chance.randrange(incidents) for n in range(TIMED)]
    reads = [world.report(incident) for incident in known]
    seconds = []
    for at in range(0, TIMED, BATCH):
        begun = time.process_time()
        judge_batch(reads[at : at + BATCH], topics=(), index=index, screening=False)
        seconds.append((time.process_time() - begun) / BATCH)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rate, slow = 1 / float(np.mean(seconds)), max(seconds) * 1000
    told = f"{rate:7.0f} documents a second, slowest batch {slow:6.2f} ms a document"
    return f"{incidents:>8} incidents, {incidents * REPORTS:>8} reports: {told}; filled in {filled:.1f} s; {memory:.0f} MB"


if __name__ == "__main__":
    for size in map(int, sys.argv[1:] or ("1000", "10000")):
        print(measure(size), flush=True)
