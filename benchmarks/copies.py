"""Looking up copies among a million articles, on one core.

python benchmarks/copies.py [ARTICLES]

The fingerprints are drawn, not computed (that would take ten minutes): the sizes of real ones, one text in ten with a
key of boilerplate, one look-up in two a reprint that shares 40 to 100 % of what a known text says.
"""

import resource
import struct
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np

from monitor.adapters.index_copies import Copies
from monitor.domain.copies import Trace
from monitor.domain.model import Document, Read, Reading, State

BANDS, FIGURES, SAMPLE = 24, 10, 380  # of a usual news article
BOILERPLATE = 1000
LOOKUPS = 20_000
HEADER = struct.Struct("<BBBI")
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def drawn(chance: np.random.Generator, kept: bytes = b"", share: float = 0.0) -> bytes:
    """Return a fingerprint of the usual size; `share` of it is that of another one."""
    keys = chance.integers(0, 1 << 63, BANDS, dtype=np.uint64)
    figures = chance.integers(0, 1 << 32, FIGURES, dtype=np.uint32)
    sample = chance.integers(0, 1 << 32, SAMPLE, dtype=np.uint32)
    if chance.random() < 0.1:
        keys[0] = chance.integers(0, BOILERPLATE, dtype=np.uint64)
    if kept:
        at = HEADER.size + 8 * BANDS
        keys[: int(share * BANDS)] = np.frombuffer(kept, "<u8", int(share * BANDS), HEADER.size)
        figures = np.frombuffer(kept, "<u4", FIGURES, at)
        known = np.frombuffer(kept, "<u4", SAMPLE, at + 4 * FIGURES)
        sample[: int(share * SAMPLE)] = chance.permutation(known)[: int(share * SAMPLE)]
    return (
        HEADER.pack(0, BANDS, FIGURES, SAMPLE)
        + keys.tobytes()
        + figures.tobytes()
        + np.sort(sample).tobytes()
    )


def traces(chance: np.random.Generator, articles: int, some: list[bytes]) -> Iterator[Trace]:
    """Yield what the index loads when it is built anew; every hundredth fingerprint is put aside."""
    for number in range(articles):
        sketch = drawn(chance)
        if number % 100 == 0:
            some.append(sketch)
        yield Trace(
            number + 1,
            "",
            None,
            sketch,
            str(number),
            f"Title {number}",
            "Paper",
            "",
            NOON,
            State.QUEUED,
            number,
        )


def read_of(sketch: bytes) -> Read:
    document = Document("A title", "text", publisher="Paper", published_at=NOON)
    return Read(0, "https://paper.example/", "paper", NOON, Reading(document, "none", sketch))


def main(articles: int) -> None:
    """Fill, look up, and print the figures."""
    chance = np.random.default_rng(7)
    known: list[bytes] = []
    begun = time.process_time()
    for _ in range(10_000):
        drawn(chance)
    drawing = (time.process_time() - begun) / 10_000 * articles
    copies, begun = Copies(), time.process_time()
    copies.fill(traces(chance, articles, known))
    filling = time.process_time() - begun - drawing
    asked = [
        read_of(drawn(chance, known[int(chance.integers(len(known)))], float(chance.uniform(0.4, 1))))
        if number % 2
        else read_of(drawn(chance))
        for number in range(LOOKUPS)
    ]
    times, found = [], 0
    for number, read in enumerate(asked):
        start = time.thread_time()  # of CPU: other work on this machine is none of ours
        candidates = copies.recall(read)
        times.append(time.thread_time() - start)
        found += bool(number % 2 and candidates and candidates[0].containment > 0.35)
    spent = np.array(times)
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{articles} articles: taken in within {filling:.1f} s of CPU, {megabytes:.0f} MB; {len(times) / spent.sum():.0f} look-ups a second of CPU, "
        f"median {np.median(spent) * 1000:.2f} ms, p99 {np.quantile(spent, 0.99) * 1000:.2f} ms; {found / (LOOKUPS // 2):.4f} of the reprints found"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 1_000_000)
