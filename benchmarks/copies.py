"""Looking up copies among a million articles, on one core, and what a restart costs.

python benchmarks/copies.py [ARTICLES]
python benchmarks/copies.py --restart [ARTICLES]     reads them from SQLite first

The fingerprints are drawn, not computed (that would take ten minutes): the sizes of real ones, one text in ten with a
key of boilerplate, one look-up in two a reprint that shares 40 to 100 % of what a known text says.
"""

import resource
import struct
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np

from monitor.adapters import migrate
from monitor.adapters import tables as t
from monitor.adapters.engine import Database
from monitor.adapters.index_copies import Copies
from monitor.adapters.store.traces import traces_since
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


def write(database: Database, articles: int) -> None:
    """Fill a database with decided articles, their documents (3 kB of text) and fingerprints."""
    chance = np.random.default_rng(7)
    common = {
        "found_at": NOON,
        "state_at": NOON,
        "due_at": NOON,
        "host": "paper.example",
        "source": "paper",
        "state": "queued",
        "entry": {},
    }
    said = {
        "summary": "",
        "language": "en",
        "authors": [],
        "country": "",
        "canonical_url": "",
        "image_url": "",
        "links": [],
        "reader": "template",
    }
    for start in range(1, articles + 1, 10_000):
        traced = list(traces(chance, min(10_000, articles - start + 1), []))
        rows = list(enumerate(traced, start))
        batches = {
            t.articles: [{**common, "id": n, "seq": n, "url": f"https://paper.example/{n}", "url_key": str(n)} for n, _ in rows],
            t.documents: [
                {**said, "article_id": n, "title": f"Title {n}", "publisher": "Paper", "source_named": "", "published_at": NOON, "content_hash": str(n), "read_at": NOON, "text": "word " * 600}
                for n, _ in rows
            ],
            t.sketches: [{"article_id": n, "sketch": one.sketch} for n, one in rows],
        }  # fmt: skip
        with database.engine.begin() as connection:
            for table, part in batches.items():
                connection.execute(table.insert(), part)


def restart(articles: int) -> None:
    """Write, read back and fill; print what the two latter take."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/monitor.db"
        migrate.upgrade(url)
        database = Database(url)
        write(database, articles)
        begun = time.process_time()
        with database.engine.connect() as connection:
            found = traces_since(connection, NOON - timedelta(days=1))
        read = time.process_time() - begun
        copies, begun = Copies(), time.process_time()
        copies.fill(found)
        print(
            f"{len(found)} articles: read from SQLite in {read:.1f} s of CPU, taken in within {time.process_time() - begun:.1f} s"
        )
        database.close()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--restart"]:
        restart(int(sys.argv[2]) if sys.argv[2:] else 200_000)
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else 1_000_000)
