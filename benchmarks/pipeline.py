"""The whole pipeline beside two bare processes that only extract the same pages.

    python benchmarks/pipeline.py                     two runs: sites never seen, and sites that have been learned
    python benchmarks/pipeline.py --pages 500         a smaller one
    python benchmarks/pipeline.py --embeddings off    without encoding what is on topic

Ours is `monitor once` on a made-up web: it fetches feeds, robots.txt and pages over HTTP, reads, decides, stores and
queues. Theirs are two processes that run `trafilatura.extract` with metadata over the same bytes in memory. Some one
in twenty pages is on topic. Both start from nothing, imports included; they take turns. Every round also runs both on
one page each, so that the start can be taken off: the rates from readiness. Processor time is that of all processes of
a side (the server of the made-up web is none of them), and says more than the clock where a machine has other work.
Our modules are compiled beforehand, as an installer does it for both.
"""

import argparse
import compileall
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from urllib.request import urlopen

from made_web import made, serving

import monitor

MONITOR = str(Path(sys.executable).with_name("monitor"))
BARE = 2  # processes
SEEN = 12  # pages of a site that are read before it counts as learned
HEAD = """version: 1
topics: {t: {any: [quimarest, anlosol, viraber, ponfinhu, golhujin]}}
defaults: {topics: [t]}
sources:
"""


def environment(folder: Path, proxy: str) -> dict[str, str]:
    return os.environ | {
        "MONITOR_DATA_DIR": str(folder / "data"),
        "MONITOR_SOURCES": str(folder / "sources.yaml"),
        "MONITOR_PROXY": proxy,
        "MONITOR_ALLOW_NETWORKS": "127.0.0.0/8",
        "MONITOR_HOST_INTERVAL": "0",
        "MONITOR_HOST_CONCURRENCY": "8",
        "MONITOR_ARCHIVE": "off",
        "MONITOR_READ_PROCESSES": str(BARE),
        "MONITOR_LOG_LEVEL": "error",
    }


@dataclass(frozen=True)
class Spent:
    """Seconds by the clock, and of a processor."""

    wall: float
    cpu: float

    def __sub__(self, other: "Spent") -> "Spent":
        return Spent(self.wall - other.wall, self.cpu - other.cpu)

    def over(self, other: "Spent") -> tuple[float, float]:
        """Return how many times what the other spent this is."""
        return self.wall / other.wall, self.cpu / other.cpu


def spent(work: Callable[[], object]) -> Spent:
    """Run something that waits for all its child processes; return what it and they took."""

    def used() -> float:
        both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        return sum(one.ru_utime + one.ru_stime for one in both)

    began, cpu = time.monotonic(), used()
    work()
    return Spent(time.monotonic() - began, used() - cpu)


def once(folder: Path, proxy: str, more: dict[str, str]) -> tuple[Spent, dict]:
    """Return what a pass took, and its summary."""
    done: list[subprocess.CompletedProcess[str]] = []
    took = spent(
        lambda: done.append(
            subprocess.run(
                [MONITOR, "once", "--json"],
                env=environment(folder, proxy) | more,
                capture_output=True,
                text=True,
                check=False,
            )
        )
    )
    if done[0].returncode:
        sys.exit(done[0].stderr[-2000:])
    return took, json.loads(done[0].stdout)


def ours(sites: int, pages: int, learned: int, more: dict[str, str]) -> tuple[Spent, dict]:
    """Return what all pages after the first `learned` of each site took, and the summary."""
    with tempfile.TemporaryDirectory() as name, serving(sites, pages + learned) as proxy:
        folder = Path(name)
        rows = [
            f"  - {{name: s{site}, kind: rss, max_entries: 1000, url: 'http://site{site}.example/feed.xml'}}"
            for site in range(sites)
        ]
        (folder / "sources.yaml").write_text(HEAD + "\n".join(rows) + "\n")
        if learned:
            urlopen(f"{proxy}/shown/{learned}").read()
            once(folder, proxy, more)
            urlopen(f"{proxy}/shown/{learned + pages}").read()
        return once(folder, proxy, more)


def extract(part: list[tuple[str, bytes]]) -> int:
    import trafilatura

    return sum(bool(trafilatura.extract(body, url=url, with_metadata=True)) for url, body in part)


def theirs(pages: list[tuple[str, bytes]]) -> Spent:
    """Return what bare processes take."""

    def work() -> None:
        with get_context("spawn").Pool(BARE) as pool:
            pool.map(extract, [pages[start::BARE] for start in range(BARE)], chunksize=1)
            pool.close()
            pool.join()

    return spent(work)


def compare(name: str, web: tuple[int, int, int], rounds: int, more: dict[str, str]) -> None:
    """Print how both do on so many sites, so many pages of each, after so many that were learned."""
    sites, pages, learned = web
    bodies = [
        (page.url, page.markup)
        for place, page in enumerate(made(sites, pages + learned))
        if place % (pages + learned) >= learned
    ]
    whole: list[tuple[float, float]] = []
    ready: list[tuple[float, float]] = []
    times: list[tuple[Spent, Spent]] = []
    for _ in range(rounds):
        (mine, summary), bare = ours(sites, pages, learned, more), theirs(bodies)
        start, their_start = ours(1, 1, 0, more)[0], theirs(bodies[:BARE])
        whole.append(bare.over(mine))
        ready.append((bare - their_start).over(mine - start))
        times.append((mine, bare))
        print(
            f"  {mine.wall:.1f} s (start {start.wall:.1f}) against {bare.wall:.1f} s (start {their_start.wall:.1f});"
            f" processor {mine.cpu:.1f} s ({start.cpu:.1f}) against {bare.cpu:.1f} s ({their_start.cpu:.1f});"
            f" {summary['states']}",
            flush=True,
        )
    rates = [len(bodies) / statistics.median(pair[side].wall for pair in times) for side in (0, 1)]
    print(
        f"{name}: {len(bodies)} pages of {sites} sites, monitor {rates[0]:.0f} pages/s, two bare processes {rates[1]:.0f};"
        f" {told(whole)}; from readiness {told(ready)}",
        flush=True,
    )


def told(ratios: list[tuple[float, float]]) -> str:
    wall, cpu = ([pair[side] for pair in ratios] for side in (0, 1))
    return (
        f"{statistics.median(wall):.2f} times their rate ({min(wall):.2f} – {max(wall):.2f}),"
        f" by processor time {statistics.median(cpu):.2f} ({min(cpu):.2f} – {max(cpu):.2f})"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--pages", type=int, default=2000, help="pages in all")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=["unseen", "learned"])
    parser.add_argument("--embeddings", choices=["bundled", "off"], default="bundled")
    chosen = parser.parse_args()
    more = {"MONITOR_EMBEDDINGS": chosen.embeddings}
    compileall.compile_dir(Path(monitor.__file__).parent, quiet=2)
    if chosen.only != "learned":
        compare("sites never seen", (chosen.pages // 2, 2, 0), chosen.rounds, more)
    if chosen.only != "unseen":
        compare("learned sites", (20, chosen.pages // 20, SEEN), chosen.rounds, more)


if __name__ == "__main__":
    main()
