"""Looking up copies among a million articles, on one core: how fast, how much memory, and what a start costs.

python benchmarks/copies.py [ARTICLES]               fills an index, keeps it, and starts a second process on it
python benchmarks/copies.py --restart [ARTICLES]     the same with the articles in SQLite: without and with a snapshot

The fingerprints are drawn, not computed (that would take ten minutes): the sizes of real ones, one text in ten with a
key of boilerplate, one look-up in two a reprint that shares 40 to 100 % of what a known text says.
"""

import argparse
import gc
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from monitor.adapters import migrate
from monitor.adapters import tables as t
from monitor.adapters.engine import Database
from monitor.adapters.index_copies import SCHEMA, Copies
from monitor.adapters.shelf import Shelf
from monitor.adapters.store.imprints import imprints_after, imprints_changed, is_known, position_of
from monitor.domain.copies import Imprint
from monitor.domain.model import Document, Read, Reading, State
from monitor.domain.position import Position

BANDS, FIGURES, SAMPLE = 24, 10, 380  # of a usual news article
BOILERPLATE = 1000
LOOKUPS = 20_000
HEADER = struct.Struct("<BBBI")
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
BEFORE = NOON - timedelta(days=1)
PAGE = 10_000
TAIL = 20_000  # verdicts since the last snapshot, at most


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


def imprints(
    chance: np.random.Generator, articles: int, some: list[bytes], first: int = 1
) -> Iterator[Imprint]:
    """Yield what the index takes in when it is built anew; every hundredth fingerprint is put aside."""
    for number in range(first, first + articles):
        sketch = drawn(chance)
        if number % 100 == 0:
            some.append(sketch)
        address = f"https://paper.example/{number}"
        known = (f"Title {number}", "Paper", "", NOON, State.QUEUED, number, number, NOON)
        yield Imprint(number, address, None, sketch, str(number), *known)


def read_of(sketch: bytes) -> Read:
    document = Document("A title", "text", publisher="Paper", published_at=NOON)
    return Read(0, "https://paper.example/", "paper", NOON, Reading(document, "none", sketch))


def memory() -> str:
    """Return what this process holds resident, mapped files included, and what it held at its peak."""
    said = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    now, peak, files = (int(said[name].split()[0]) // 1024 for name in ("VmRSS", "VmHWM", "RssFile"))
    return f"{now} MB resident ({files} MB of it mapped files), {peak} MB at its peak"


def fill(folder: Path, articles: int) -> None:
    """Build the index from nothing, and keep it."""
    chance, known, spent = np.random.default_rng(7), [], 0.0
    copies = Copies(Shelf(folder, "copies", schema=SCHEMA))
    for start in range(1, articles + 1, PAGE):
        page = list(imprints(chance, min(PAGE, articles - start + 1), known, start))
        begun = time.process_time()
        copies.take_in(page, Position(page[-1].seq, 0, "proof"))
        spent += time.process_time() - begun
    begun = time.process_time()
    copies.keep()
    keeping = time.process_time() - begun
    print(f"{articles} articles taken in within {spent:.1f} s of CPU, kept in {keeping:.1f} s; {memory()}")
    size = sum(path.stat().st_size for path in (folder / "copies").iterdir())
    print(f"the snapshot has {size / 1e6:.0f} MB on disk", flush=True)
    (folder / "known").write_bytes(b"".join(known))


def start(folder: Path) -> None:
    """Begin with what was kept, and look up."""
    begun, clock = time.process_time(), time.perf_counter()
    copies = Copies(Shelf(folder, "copies", schema=SCHEMA))
    articles = copies.wake(BEFORE).seq
    took = time.process_time() - begun, time.perf_counter() - clock
    print(f"a start with {articles} articles: {took[0]:.2f} s of CPU ({took[1]:.2f} s); {memory()}")
    chance = np.random.default_rng(8)
    size, data = len(drawn(chance)), (folder / "known").read_bytes()
    known = [data[at : at + size] for at in range(0, len(data), size)]
    asked = [
        read_of(drawn(chance, known[int(chance.integers(len(known)))], float(chance.uniform(0.4, 1))))
        if number % 2
        else read_of(drawn(chance))
        for number in range(LOOKUPS)
    ]
    times, found = [], 0
    gc.freeze()
    for number, read in enumerate(asked):
        begun = time.thread_time()  # of CPU: other work on this machine is none of ours
        candidates = copies.recall(read)
        times.append(time.thread_time() - begun)
        found += bool(number % 2 and candidates and candidates[0].containment > 0.35)
    spent = np.array(times)
    print(
        f"{len(times) / spent.sum():.0f} look-ups a second of CPU, median {np.median(spent) * 1000:.2f} ms, "
        f"p99 {np.quantile(spent, 0.99) * 1000:.2f} ms; {found / (LOOKUPS // 2):.4f} of the reprints found; {memory()}"
    )


def main(articles: int) -> None:
    """Fill in one process, start in another; both print their figures."""
    with tempfile.TemporaryDirectory() as folder:
        for step in (["--fill", folder, str(articles)], ["--start", folder]):
            subprocess.run([sys.executable, __file__, *step], check=True)


def write(database: Database, first: int, articles: int) -> None:
    """Fill a database with decided articles, their documents (3 kB of text) and fingerprints."""
    chance = np.random.default_rng(first)
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
    for start in range(first, first + articles, PAGE):
        rows = [(one.seq, one) for one in imprints(chance, min(PAGE, first + articles - start), [], start)]
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


def followed(database: Database, copies: Copies) -> float:
    """Bring an index up to what is written; return the seconds of CPU, SQL included."""
    begun = time.process_time()
    with database.engine.connect() as connection:
        known, now = copies.wake(BEFORE), position_of(connection)
        if known.seq and is_known(connection, known):
            copies.take_in(imprints_changed(connection, known), known)
        after = known.seq
        while page := imprints_after(connection, BEFORE, after, PAGE):
            after = page[-1].seq
            copies.take_in(page, Position(after, now.change, "proof"))
        copies.take_in([], now)
    return time.process_time() - begun


def restart(articles: int) -> None:
    """Write articles, read them into an index; keep it, write some more, and start again."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/monitor.db"
        migrate.upgrade(url)
        database, shelf = Database(url), Shelf(Path(folder), "copies", schema=SCHEMA)
        write(database, 1, articles)
        copies = Copies(shelf)
        print(
            f"{articles} articles: without a snapshot {followed(database, copies):.2f} s of CPU; {memory()}"
        )
        copies.keep()
        write(database, articles + 1, TAIL)
        spent = followed(database, Copies(Shelf(Path(folder), "copies", schema=SCHEMA)))
        print(f"with a snapshot and {TAIL} verdicts since {spent:.2f} s; {memory()}")
        database.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("articles", type=int, nargs="?", help="1,000,000, or 200,000 in SQLite")
    parser.add_argument("--restart", action="store_true", help="with the articles in SQLite")
    parser.add_argument("--fill", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--start", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.fill:
        fill(given.fill, given.articles)
    elif given.start:
        start(given.start)
    elif given.restart:
        restart(given.articles or 200_000)
    else:
        main(given.articles or 1_000_000)
