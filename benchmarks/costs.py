"""What an article costs, by stage and table, and what that says for more of them: the model of docs/scale.md.

    python benchmarks/costs.py                          measure two sizes, then check the model on a third
    python benchmarks/costs.py --articles-per-day 1e6   the same, and the machines for that many

A pass costs a start and so much a page: processor seconds of the main process (fetch, write, decide) and of the
reading processes (read, encode). By the clock a page costs its processor seconds, spread over the cores that are free,
times what cores lose to each other and to waiting: two processors may be halves of one core, and the main process and
its readers do not always have work at once. All of it is fitted on two sizes; the third is only foretold.

The three sizes take turns, and the median of the rounds counts. What a pass could not know is measured beside it: how
many cores were free (cores less what all others used meanwhile, the made-up web too, and what the host withheld), and how
fast they were (a yardstick: the same few milliseconds of work, done twenty times a second meanwhile; a processor whose
other half is busy, or belongs to a neighbour on the host, takes half as long again for it). All seconds of a fit are
those of processors as fast as in the fastest pass.
"""

import argparse
import os
import sqlite3
import statistics
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
from made_web import serving
from pipeline import HEAD, MONITOR, environment

DAY = 86_400
PAGES = 2  # of each site
CORES = len(os.sched_getaffinity(0))


@dataclass(frozen=True)
class Measured:
    """One pass: pages, seconds by the clock, processor seconds, cores that others left, milliseconds of the yardstick."""

    pages: int
    wall: float
    main: float
    reading: float
    free: float
    yardstick: float
    tables: dict[str, int]

    def at(self, yardstick: float) -> "Measured":
        """Return what it would have been on processors so fast."""
        faster = yardstick / self.yardstick
        return replace(
            self,
            wall=self.wall * faster,
            main=self.main * faster,
            reading=self.reading * faster,
            yardstick=yardstick,
        )


def measure(sites: int, proxy: str) -> Measured:
    """Let one pass read all of a made-up web."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = [
            f"  - {{name: s{site}, kind: rss, url: 'http://site{site}.example/feed.xml'}}"
            for site in range(sites)
        ]
        (folder / "sources.yaml").write_text(HEAD + "\n".join(rows) + "\n")
        began, busy = time.monotonic(), busy_seconds()
        process = subprocess.Popen(
            [MONITOR, "once", "--json"], env=environment(folder, proxy), stdout=subprocess.DEVNULL
        )
        spent, yardstick = watched(psutil.Process(process.pid), process)
        wall = time.monotonic() - began
        others = busy_seconds() - busy - sum(spent.values())
        own = spent.pop(process.pid)
        return Measured(
            sites * PAGES,
            wall,
            own,
            sum(spent.values()),
            CORES - max(others, 0.0) / wall,
            yardstick,
            tables(folder / "data" / "monitor.db"),
        )


def busy_seconds() -> float:
    """Return the seconds that all processors were not idle, what the host withheld included."""
    times = psutil.cpu_times()
    return sum(times) - times.idle - times.iowait - times.guest - times.guest_nice


def median(rounds: Sequence[Measured]) -> Measured:
    """Return the median of each figure."""
    names = ("wall", "main", "reading", "free", "yardstick")
    middle = {name: statistics.median(getattr(one, name) for one in rounds) for name in names}
    return replace(rounds[-1], **middle)


def watched(root: psutil.Process, process: subprocess.Popen) -> tuple[dict[int, float], float]:
    """Return the processor seconds of a process and its children, read until it ends, and the yardstick meanwhile."""
    spent: dict[int, float] = {}
    lengths: list[float] = []
    while process.poll() is None:
        for one in [root, *root.children(recursive=True)]:
            try:
                spent[one.pid] = sum(one.cpu_times()[:2]) or spent.get(one.pid, 0.0)
            except psutil.Error:
                continue
        lengths.append(yardstick())
        time.sleep(0.05)
    return spent, statistics.fmean(lengths)


def yardstick() -> float:
    """Return the milliseconds of a processor that the same work takes now."""
    began, number = time.thread_time(), 1
    for _ in range(20_000):
        number = (number * 1103515245 + 12345) & 0x7FFFFFFF
    return (time.thread_time() - began) * 1000


def tables(database: Path) -> dict[str, int]:
    """Return the bytes that every table takes with its indexes."""
    import pysqlite3

    query = "SELECT m.tbl_name, sum(d.pgsize) FROM dbstat d JOIN sqlite_master m ON m.name = d.name GROUP BY 1 ORDER BY 2 DESC"
    with closing(pysqlite3.connect(str(database))) as connection:
        try:
            return dict(connection.execute(query).fetchall())
        except (sqlite3.Error, pysqlite3.Error):
            return {"all": database.stat().st_size}


@dataclass(frozen=True)
class Model:
    """Seconds: a start, and what a page costs in each kind of process; by how much cores hold each other up."""

    start: float
    main_start: float
    reading_start: float
    main: float
    reading: float
    contention: float

    def wall(self, pages: int, cores: float) -> float:
        """Return how long a pass takes where so many cores are free."""
        every = (self.main + self.reading) * self.contention
        return self.start + pages * max(self.main, every / cores)


def fitted(small: Measured, large: Measured) -> Model:
    more = large.pages - small.pages
    main, reading = (large.main - small.main) / more, (large.reading - small.reading) / more
    ideal = [(main + reading) * one.pages / one.free for one in (small, large)]
    contention = (large.wall - small.wall) / (ideal[1] - ideal[0])
    return Model(
        small.wall - contention * ideal[0],
        small.main - main * small.pages,
        small.reading - reading * small.pages,
        main,
        reading,
        contention,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--articles-per-day", type=float, nargs="*", default=[1e4, 1e6, 1e8])
    parser.add_argument(
        "--sites", type=int, nargs=3, default=[100, 300, 600], help="two to learn from, one to check"
    )
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    with ExitStack() as stack:
        webs = [(sites, stack.enter_context(serving(sites, PAGES))) for sites in chosen.sites]
        rounds = [[measure(*web) for web in webs] for _ in range(chosen.rounds)]
    for one in (each for every in rounds for each in every):
        print(
            f"  {one.pages} pages: {one.wall:.1f} s, processor {one.main:.1f} s + {one.reading:.1f} s,"
            f" {one.free:.2f} cores free, yardstick {one.yardstick:.2f} ms"
        )
    fastest = min(one.yardstick for every in rounds for one in every)
    small, large, check = [median([each.at(fastest) for each in one]) for one in zip(*rounds, strict=True)]
    model = fitted(small, large)
    print(
        f"a page: main process {model.main * 1000:.1f} ms, reading processes {model.reading * 1000:.1f} ms of a core;"
        f" a start {model.start:.1f} s (processor {model.main_start:.1f} s + {model.reading_start:.1f} s);"
        f" contention {model.contention:.2f}"
    )
    foretold = model.wall(check.pages, check.free)
    print(
        f"{check.pages} pages: foretold {foretold:.1f} s, measured {check.wall:.1f} s (processors as in the fastest pass), {foretold / check.wall - 1:+.0%}"
    )
    every = sum(check.tables.values())
    shown = ", ".join(f"{name} {size / check.pages:.0f}" for name, size in list(check.tables.items())[:6])
    print(f"disk: {every / check.pages:.0f} bytes an article ({shown})")
    for count in chosen.articles_per_day:
        busy = count / DAY * (model.main + model.reading)
        decider = count / DAY * model.main
        print(
            f"{count:,.0f} articles a day: {busy:.2f} cores busy, {decider:.2f} of them main processes;"
            f" {count * every / check.pages / 1e9:.1f} GB a day"
        )


if __name__ == "__main__":
    main()
