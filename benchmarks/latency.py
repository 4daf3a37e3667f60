"""How long an article takes from the poll that found it to its place in the queue, at ten articles a second.

    python benchmarks/latency.py [--seconds 60]

The real daemon polls 20 feeds every 10 seconds, each of which then shows 5 new pages; one page in twenty is on topic.
The time is that between two columns: when the entry was found, and when the article was settled (`queued_articles`
shows it from then on). The wait for the poll itself is not part of it. Processor time is that of the same minute.
"""

import argparse
import contextlib
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from urllib.request import urlopen

import psutil
from made_web import serving
from pipeline import HEAD, MONITOR, environment

SITES, STEP, EVERY = 20, 5, 10
PORT = 18473
QUERY = "SELECT found_at, state_at, state FROM articles WHERE state IN ('queued', 'copy', 'rejected')"


def settled(database: Path) -> list[tuple[float, str]]:
    """Return the seconds that each settled article took, and its state."""
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        rows = connection.execute(QUERY).fetchall()
    return [
        ((datetime.fromisoformat(end) - datetime.fromisoformat(found)).total_seconds(), state)
        for found, end, state in rows
    ]


def cpu_of(daemon: int) -> tuple[float, float]:
    """Return the processor seconds of the daemon and of its reading processes."""
    root = psutil.Process(daemon)
    children = root.children(recursive=True)
    return sum(root.cpu_times()[:2]), sum(sum(child.cpu_times()[:2]) for child in children)


def told(name: str, seconds: list[float]) -> str:
    if len(seconds) < 2:
        return f"{name}: {len(seconds)} articles"
    cuts = statistics.quantiles(seconds, n=100)
    return f"{name}: {len(seconds)} articles, p50 {cuts[49]:.2f} s, p95 {cuts[94]:.2f} s, longest {max(seconds):.2f} s"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--seconds", type=int, default=60)
    rounds = parser.parse_args().seconds // EVERY
    with tempfile.TemporaryDirectory() as name, serving(SITES, rounds * STEP) as proxy:
        folder = Path(name)
        rows = [
            f"  - {{name: s{site}, kind: rss, every: {EVERY}s, max_entries: 1000, url: 'http://site{site}.example/feed.xml'}}"
            for site in range(SITES)
        ]
        (folder / "sources.yaml").write_text(HEAD + "\n".join(rows) + "\n")
        urlopen(f"{proxy}/shown/0").read()
        more = {"MONITOR_LISTEN": f"127.0.0.1:{PORT}"}
        daemon = subprocess.Popen([MONITOR, "run"], env=environment(folder, proxy) | more)
        try:
            time.sleep(EVERY)  # it starts, and finds empty feeds
            began = cpu_of(daemon.pid)
            for shown in range(rounds):
                urlopen(f"{proxy}/shown/{(shown + 1) * STEP}").read()
                time.sleep(EVERY)
            time.sleep(EVERY)
            found = settled(folder / "data" / "monitor.db")
            spent = [now - then for now, then in zip(cpu_of(daemon.pid), began, strict=True)]
        finally:
            daemon.terminate()
            daemon.wait(timeout=60)
    print(told("settled", [seconds for seconds, _ in found]))
    print(told("queued", [seconds for seconds, state in found if state == "queued"]))
    main_process, children = (seconds / max(1, len(found)) * 1000 for seconds in spent)
    print(
        f"processor time an article: main process {main_process:.1f} ms, reading processes {children:.1f} ms"
    )


if __name__ == "__main__":
    sys.exit(main())
