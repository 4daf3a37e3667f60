"""How much memory the daemon takes, and how soon it is ready: idle, busy with two reading processes, on a full database.

    python benchmarks/memory.py                      idle, then busy
    python benchmarks/memory.py --articles 20000     on a database with that many articles, a tenth as many incidents

Memory is proportional set size (what is shared counts in parts), of the daemon and of its reading processes; the start
is the time until the log says `daemon.ready`, by the clock and of a processor.
"""

import argparse
import asyncio
import contextlib
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import sqlalchemy as sa
from made_queue import fill
from made_web import serving
from pipeline import HEAD, MONITOR, environment

from monitor.adapters import migrate
from monitor.adapters import tables as t
from monitor.adapters.embed import DIMENSIONS, MODEL, pack
from monitor.adapters.engine import Database
from monitor.adapters.fingerprint import sketch
from monitor.adapters.index_features import features, packed

PORT = 18474
DIFFERENT = 500  # what is compared, and vectors: more of them would only take longer to make
WINDOW_DAYS = 400  # the made-up articles go that far back
EMPTY = "version: 1\ntopics: {t: {any: [quimarest]}}\nsources: []\n"


@contextlib.contextmanager
def daemon(folder: Path, proxy: str = "") -> Iterator[psutil.Process]:
    """Run the daemon until the block ends; print when it was ready."""
    more = {"MONITOR_LISTEN": f"127.0.0.1:{PORT}", "MONITOR_LOG_LEVEL": "info", "MONITOR_LOG_FORMAT": "json"}
    more["MONITOR_MATCH_WINDOW_DAYS"] = str(WINDOW_DAYS)
    began = time.monotonic()
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([MONITOR, "run"], env=environment(folder, proxy) | more, stderr=log)
    try:
        while b"daemon.ready" not in (folder / "log").read_bytes():
            if process.poll() is not None:
                raise SystemExit((folder / "log").read_text()[-2000:])
            time.sleep(0.02)
        one = psutil.Process(process.pid)
        print(
            f"  ready after {time.monotonic() - began:.1f} s, {sum(one.cpu_times()[:2]):.1f} s of a processor"
        )
        yield one
    finally:
        process.terminate()
        process.wait(timeout=60)


def megabytes(process: psutil.Process) -> list[float]:
    """Return what the daemon takes, then each of its children."""
    found = []
    for one in [process, *process.children(recursive=True)]:
        with contextlib.suppress(psutil.Error):
            found.append(one.memory_full_info().pss / 1e6)
    return found


def watch(name: str, process: psutil.Process, seconds: int) -> None:
    """Print the most that all took together."""
    seen = []
    for _ in range(seconds):
        time.sleep(1)
        seen.append(megabytes(process))
    most = max(seen, key=sum)
    parts = " + ".join(f"{one:.0f}" for one in most)
    print(f"{name}: {sum(most):.0f} MB at most ({parts}), {sum(seen[-1]):.0f} MB at the end")


def idle(folder: Path, seconds: int) -> None:
    (folder / "sources.yaml").write_text(EMPTY)
    with daemon(folder) as process:
        watch("idle", process, seconds)


def busy(folder: Path, seconds: int, sites: int, pages: int) -> None:
    feeds = [
        f"  - {{name: s{n}, kind: rss, max_entries: 1000, url: 'http://site{n}.example/feed.xml'}}"
        for n in range(sites)
    ]
    (folder / "sources.yaml").write_text(HEAD + "\n".join(feeds) + "\n")
    with serving(sites, pages) as proxy, daemon(folder, proxy) as process:
        watch("busy", process, seconds)
    settled = sa.select(sa.func.count()).where(t.articles.c.seq.is_not(None))
    with contextlib.closing(Database(f"sqlite:///{folder}/data/monitor.db")) as database:
        count = asyncio.run(database.read(lambda c: c.execute(settled).scalar()))
    print(f"  {count} articles were settled meanwhile")


def full(folder: Path, seconds: int, articles: int) -> None:
    (folder / "sources.yaml").write_text(EMPTY)
    url = f"sqlite:///{folder}/data/monitor.db"
    migrate.upgrade(url)
    with contextlib.closing(Database(url)) as database:
        asyncio.run(filled(database, articles))
    for turn in ("first start", "second start"):
        print(turn)
        with daemon(folder) as process:
            watch(f"{articles} articles, {articles // 10} incidents", process, seconds)


async def filled(database: Database, articles: int) -> None:
    await fill(database, articles=articles, incidents=articles // 10)
    texts = sa.select(t.documents.c.article_id, t.documents.c.title, t.documents.c.text)
    rows = await database.read(lambda c: c.execute(texts).all())
    compared = [packed(features(row.title, row.text)) for row in rows[:DIFFERENT]]  # the readers' work: dear
    vectors = np.random.default_rng(7).standard_normal((DIFFERENT, DIMENSIONS))
    encoded = [pack(vector) for vector in vectors]
    ours = [
        (t.sketches, [{"article_id": row.article_id, "sketch": sketch(row.text)} for row in rows]),
        (
            t.features,
            [
                {"article_id": row.article_id, "features": compared[at % DIFFERENT]}
                for at, row in enumerate(rows)
            ],
        ),
        (
            t.vectors,
            [
                {"article_id": row.article_id, "model": MODEL, "vector": encoded[at % DIFFERENT]}
                for at, row in enumerate(rows)
            ],
        ),
    ]
    for table, values in ours:
        await database.write(lambda c, table=table, values=values: c.execute(table.insert(), values))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--sites", type=int, default=100)
    parser.add_argument("--pages", type=int, default=10, help="of each site")
    parser.add_argument("--articles", type=int, default=0)
    chosen = parser.parse_args()
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if chosen.articles:
            full(folder, chosen.seconds, chosen.articles)
            return
        idle(folder, min(chosen.seconds, 10))
    with tempfile.TemporaryDirectory() as name:
        busy(Path(name), chosen.seconds, chosen.sites, chosen.pages)


if __name__ == "__main__":
    main()
