"""Reading with 1, 2 and 4 reading machines on one PostgreSQL.

    python benchmarks/readers.py [--pages 1200] [--readers 1 2 4]

A made-up web is polled first. Then so many `monitor run --only read`, each with one reading process and held to one
core as a machine of one core would be, read everything; the server and the made-up web stay on the first core. The
rate is that of the middle 70 % of the pages. With more readers than cores, nothing is added: then the rate must not fall.
"""

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
from made_web import serving
from pipeline import HEAD, MONITOR, environment

sys.path.insert(0, str(Path(__file__).parent.parent))
from tests.postgres import Server, running

SITES = 100
PORT = 18480
READ = "SELECT extract(epoch FROM read_at) FROM documents ORDER BY 1"
WAITING = "SELECT count(*) FROM articles WHERE state = 'found'"


@contextlib.contextmanager
def daemon(roles: str, number: int, settings: dict[str, str], core: int) -> Iterator[psutil.Process]:
    """Run a process of the daemon on one core until the block ends."""
    settings = settings | {"MONITOR_LISTEN": f"127.0.0.1:{PORT + number}"}
    command = ["taskset", "-c", str(core), MONITOR, "run", "--only", roles]
    process = subprocess.Popen(command, env=settings, stderr=subprocess.DEVNULL)
    try:
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(timeout=60)


def until(condition, patience: float = 600.0) -> None:
    ends = time.monotonic() + patience
    while not condition():
        if time.monotonic() > ends:
            sys.exit("nothing moves any more")
        time.sleep(0.2)


def rate(times: list[float]) -> float:
    """Return pages a second over the middle of the run."""
    first, last = times[len(times) * 15 // 100], times[len(times) * 85 // 100]
    return len(times) * 0.7 / (last - first)


def measured(server: Server, readers: int, pages: int) -> tuple[float, float]:
    """Return pages a second, and the processor milliseconds of the readers a page."""
    name, cores = f"readers{readers}", os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as folder, serving(SITES, pages // SITES) as proxy:
        rows = [
            f"  - {{name: s{n}, kind: rss, max_entries: 1000, url: 'http://site{n}.example/feed.xml'}}"
            for n in range(SITES)
        ]
        (Path(folder) / "sources.yaml").write_text(HEAD + "\n".join(rows) + "\n")
        settings = environment(Path(folder), proxy) | {
            "MONITOR_DATABASE_URL": server.create(name),
            "MONITOR_READ_PROCESSES": "1",
            "MONITOR_EMBEDDINGS": "off",
        }
        with daemon("poll", 0, settings, 0):
            until(
                lambda: (
                    int(str(server.execute(WAITING, name)[0][0])) >= pages if exists(server, name) else False
                )
            )
        with contextlib.ExitStack() as stack:
            many = [stack.enter_context(daemon("read", n, settings, n % cores)) for n in range(readers)]
            until(lambda: server.execute(WAITING, name)[0][0] == 0)
            spent = sum(
                sum(one.cpu_times()[:2]) for root in many for one in [root, *root.children(recursive=True)]
            )
        times = [float(str(row[0])) for row in server.execute(READ, name)]
        server.drop(name)
    return rate(times), spent / len(times) * 1000


def exists(server: Server, name: str) -> bool:
    return bool(server.execute("SELECT to_regclass('articles') IS NOT NULL", name)[0][0])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pages", type=int, default=1200)
    parser.add_argument("--readers", type=int, nargs="+", default=[1, 2, 4])
    chosen = parser.parse_args()
    os.sched_setaffinity(0, {0})  # what this starts stays there, unless told otherwise
    with running() as server:
        alone = 0.0
        for readers in chosen.readers:
            pages, cost = measured(server, readers, chosen.pages)
            alone = alone or pages
            print(
                f"{readers} readers: {pages:.1f} pages a second, {pages / alone:.2f} times one; {cost:.1f} ms of a core a page",
                flush=True,
            )


if __name__ == "__main__":
    main()
