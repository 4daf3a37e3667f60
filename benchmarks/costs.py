"""What an article costs, by stage and table, and what that says for more of them: the model of docs/scale.md.

    python benchmarks/costs.py                          measure two sizes, then check the model on a third
    python benchmarks/costs.py --articles-per-day 1e6   the same, and the machines for that many

A pass costs a start and so much a page: processor seconds of the main process (fetch, write, decide) and of the
reading processes (read, encode). Both are fitted on two sizes. The time of a third is then foretold: the start, and
the larger of the main process's share and of all work spread over the cores.
"""

import argparse
import os
import sqlite3
import subprocess
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psutil
from made_web import serving
from pipeline import HEAD, MONITOR, environment

DAY = 86_400
PAGES = 2  # of each site


@dataclass(frozen=True)
class Measured:
    """One pass: pages, seconds by the clock, processor seconds, bytes by table."""

    pages: int
    wall: float
    main: float
    reading: float
    tables: dict[str, int]


def measure(sites: int) -> Measured:
    with tempfile.TemporaryDirectory() as name, serving(sites, PAGES) as proxy:
        folder = Path(name)
        rows = [
            f"  - {{name: s{site}, kind: rss, url: 'http://site{site}.example/feed.xml'}}"
            for site in range(sites)
        ]
        (folder / "sources.yaml").write_text(HEAD + "\n".join(rows) + "\n")
        began = time.monotonic()
        process = subprocess.Popen(
            [MONITOR, "once", "--json"], env=environment(folder, proxy), stdout=subprocess.DEVNULL
        )
        spent = watched(psutil.Process(process.pid), process)
        wall = time.monotonic() - began
        own = spent.pop(process.pid)
        return Measured(sites * PAGES, wall, own, sum(spent.values()), tables(folder / "data" / "monitor.db"))


def watched(root: psutil.Process, process: subprocess.Popen) -> dict[int, float]:
    """Return the processor seconds of a process and its children, read until it ends."""
    spent: dict[int, float] = {}
    while process.poll() is None:
        for one in [root, *root.children(recursive=True)]:
            try:
                spent[one.pid] = sum(one.cpu_times()[:2]) or spent.get(one.pid, 0.0)
            except psutil.Error:
                continue
        time.sleep(0.05)
    return spent


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
    """Seconds: a start, and what a page costs in each kind of process."""

    start: float
    main_start: float
    reading_start: float
    main: float
    reading: float

    def wall(self, pages: int, cores: int) -> float:
        """Return how long a pass takes where so many cores are free."""
        main, every = self.main * pages, (self.main + self.reading) * pages
        return self.start + max(main, every / cores)


def fitted(small: Measured, large: Measured, cores: int) -> Model:
    more = large.pages - small.pages
    main, reading = (large.main - small.main) / more, (large.reading - small.reading) / more
    start = small.wall - max(main, (main + reading) / cores) * small.pages
    return Model(
        max(start, 0.0), small.main - main * small.pages, small.reading - reading * small.pages, main, reading
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--articles-per-day", type=float, nargs="*", default=[1e4, 1e6, 1e8])
    parser.add_argument(
        "--sites", type=int, nargs=3, default=[50, 150, 300], help="two to learn from, one to check"
    )
    chosen = parser.parse_args()
    cores = len(os.sched_getaffinity(0))
    small, large, check = [measure(sites) for sites in chosen.sites]
    model = fitted(small, large, cores)
    print(
        f"a page: main process {model.main * 1000:.1f} ms, reading processes {model.reading * 1000:.1f} ms of a core;"
        f" a start {model.start:.1f} s (processor {model.main_start:.1f} s + {model.reading_start:.1f} s)"
    )
    foretold = model.wall(check.pages, cores)
    print(
        f"{check.pages} pages: foretold {foretold:.1f} s, measured {check.wall:.1f} s, {foretold / check.wall - 1:+.0%}"
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
