"""The whole pipeline beside two bare processes that only extract the same pages.

    python benchmarks/pipeline.py                two runs: sites never seen, and sites that have been learned
    python benchmarks/pipeline.py --pages 500    a smaller one

Ours is `monitor once` on a made-up web: it fetches feeds, robots.txt and pages over HTTP, reads, decides, stores and
queues. Theirs are two processes that run `trafilatura.extract` with metadata over the same bytes in memory. One in
twenty pages is on topic. Both start from nothing, imports included; they take turns, and ratios are of wall time.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from multiprocessing import get_context
from pathlib import Path
from urllib.request import urlopen

from made_web import made, serving

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


def once(folder: Path, proxy: str) -> tuple[float, dict]:
    """Return the seconds of a pass, and its summary."""
    began = time.monotonic()
    done = subprocess.run(
        [MONITOR, "once", "--json"],
        env=environment(folder, proxy),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(done.stderr[-2000:])
    return time.monotonic() - began, json.loads(done.stdout)


def ours(sites: int, pages: int, learned: int) -> tuple[float, dict]:
    """Return the seconds for all pages after the first `learned` of each site, and the summary."""
    with tempfile.TemporaryDirectory() as name, serving(sites, pages + learned) as proxy:
        folder = Path(name)
        rows = [
            f"  - {{name: s{site}, kind: rss, max_entries: 1000, url: 'http://site{site}.example/feed.xml'}}"
            for site in range(sites)
        ]
        (folder / "sources.yaml").write_text(HEAD + "\n".join(rows) + "\n")
        if learned:
            urlopen(f"{proxy}/shown/{learned}").read()
            once(folder, proxy)
            urlopen(f"{proxy}/shown/{learned + pages}").read()
        return once(folder, proxy)


def extract(part: list[tuple[str, bytes]]) -> int:
    import trafilatura

    return sum(bool(trafilatura.extract(body, url=url, with_metadata=True)) for url, body in part)


def theirs(pages: list[tuple[str, bytes]]) -> float:
    """Return the seconds that bare processes take."""
    began = time.monotonic()
    with get_context("spawn").Pool(BARE) as pool:
        pool.map(extract, [pages[start::BARE] for start in range(BARE)], chunksize=1)
    return time.monotonic() - began


def compare(name: str, sites: int, pages: int, learned: int, rounds: int) -> None:
    bodies = [
        (page.url, page.markup)
        for place, page in enumerate(made(sites, pages + learned))
        if place % (pages + learned) >= learned
    ]
    times = []
    for _ in range(rounds):
        took, summary = ours(sites, pages, learned)
        times.append((took, theirs(bodies)))
        print(f"  {times[-1][0]:.1f} s against {times[-1][1]:.1f} s; {summary['states']}", flush=True)
    ratio = [bare / mine for mine, bare in times]
    print(
        f"{name}: {len(bodies)} pages of {sites} sites, monitor {len(bodies) / statistics.median(t[0] for t in times):.0f} pages/s,"
        f" two bare processes {len(bodies) / statistics.median(t[1] for t in times):.0f} pages/s,"
        f" {statistics.median(ratio):.2f} times their rate ({min(ratio):.2f} – {max(ratio):.2f})",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--pages", type=int, default=2000, help="pages in all")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=["unseen", "learned"])
    chosen = parser.parse_args()
    if chosen.only != "learned":
        compare("sites never seen", chosen.pages // 2, 2, 0, chosen.rounds)
    if chosen.only != "unseen":
        compare("learned sites", 20, chosen.pages // 20, SEEN, chosen.rounds)


if __name__ == "__main__":
    main()
