"""How many sources are polled a second, beside the `reader` library on the same sources and the same local server.

    python benchmarks/polling.py --reader PYTHON      # a Python that has `reader` (pip install reader sgmllib3k)
    python benchmarks/polling.py --sources 500        # ours alone
    python benchmarks/polling.py --profile 304        # ours alone, one round under cProfile
    python benchmarks/polling.py --large --sources 100    # feeds of 0.2 – 2.5 MB: does the loop stall?

Rounds: first sight, nothing changed (304), one new entry in every source, and so on with --rounds. Both take their
turns round by round, so that a busy machine is busy for both. Both talk to one server on the loopback that hands out
bytes made before; the politeness per host is off for both.
"""

import argparse
import asyncio
import cProfile
import json
import os
import pstats
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import psutil

ENTRIES = 20
FIRST, SAME, NEW = "first sight", "304", "one new each"

READER = """
import json, os, sys, time
from reader import make_reader
base, count, path, workers = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
reader = make_reader(path)
for number in range(count):
    reader.add_feed(f"{base}/feed/{number}")
def memory():
    return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
def updated():
    new = 0
    for result in reader.update_feeds_iter(scheduled=False, workers=workers):
        if isinstance(result.value, Exception):
            raise result.value
        new += result.value.new if result.value else 0
    return new
print("ready", flush=True)
for _ in sys.stdin:
    began, cpu = time.monotonic(), time.process_time()
    new = updated()
    print(json.dumps([time.monotonic() - began, time.process_time() - cpu, new, memory()]), flush=True)
"""


@dataclass(frozen=True)
class Round:
    """One pass over all sources; seconds, megabytes, milliseconds."""

    took: float
    cpu: float
    new: int
    memory: float
    lag: float | None = None
    busy: float = 0.0  # most that the loop itself worked within a stall; the rest is waiting for a core


# ---------------------------------------------------------------- the server


class Site(asyncio.Protocol):
    """Answers /feed/N with an ETag; /version/V/COUNT/SIZE makes COUNT new feeds of version V, small or large."""

    tag = b'"0"'
    made: dict[bytes, bytes] = {}  # noqa: RUF012 - path → answer, the same for all connections

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport, self.left = transport, b""

    def data_received(self, data: bytes) -> None:
        self.left += data
        while (end := self.left.find(b"\r\n\r\n")) >= 0:
            head, self.left = self.left[:end], self.left[end + 4 :]
            self.transport.write(self.answer(head.split(b" ", 2)[1], head))

    def answer(self, path: bytes, head: bytes) -> bytes:
        if path.startswith(b"/version/"):
            _, _, version, count, size = path.split(b"/")
            Site.tag = b'"%s"' % version
            bodies = documents(int(version), int(count), size.decode())
            Site.made = {b"/feed/%d" % number: answer(body, Site.tag) for number, body in enumerate(bodies)}
            return b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        if b": " + Site.tag in head:
            return b"HTTP/1.1 304 Not Modified\r\nETag: %s\r\n\r\n" % Site.tag
        return Site.made[path]


def answer(body: bytes, tag: bytes) -> bytes:
    form = b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nETag: %s\r\nContent-Length: %d\r\n\r\n"
    return form % (tag, len(body)) + body


def documents(version: int, count: int, size: str) -> Iterator[bytes]:
    if size == "small":
        return (document(number, version) for number in range(count))
    from feeds import made

    return (body + b"<!-- %d -->" % version for body in made(count))


def document(number: int, version: int) -> bytes:
    began = 1_790_000_000
    items = "".join(
        f"<item><title>Story {place} of {number}: a cloned voice orders a transfer</title><guid>{number}-{place}</guid>"
        f"<link>http://a{number}.example/story-{place}.html</link><description>{'The port lost its deposit. ' * 8}</description>"
        f"<pubDate>{time.strftime('%a, %d %b %Y %H:%M:%S +0000', time.gmtime(began + place * 60))}</pubDate></item>"
        for place in range(ENTRIES + version, version, -1)
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>Source {number}</title>{items}</channel></rss>'.encode()


async def serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Site, "127.0.0.1", port, backlog=1000)
    print("ready", flush=True)
    await server.serve_forever()


@contextmanager
def serving(port: int) -> Iterator[str]:
    process = subprocess.Popen([sys.executable, __file__, "server", str(port)], stdout=subprocess.PIPE)
    try:
        assert process.stdout
        process.stdout.readline()
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


# ---------------------------------------------------------------- ours


def sources_file(folder: Path, base: str, count: int) -> Path:
    rows = [f"  - {{name: s{number}, kind: rss, url: '{base}/feed/{number}'}}" for number in range(count)]
    path = folder / "sources.yaml"
    head = "version: 1\ntopics: {t: {any: [AI]}}\ndefaults: {topics: [t]}\nsources:\n"
    path.write_text(head + "\n".join(rows) + "\n")
    return path


async def lag(longest: list[float]) -> None:
    while True:
        began, worked = time.monotonic(), time.thread_time()
        await asyncio.sleep(0.005)
        longest[0] = max(longest[0], time.monotonic() - began - 0.005)
        longest[1] = max(longest[1], time.thread_time() - worked)


@asynccontextmanager
async def ours(base: str, count: int, folder: Path) -> AsyncIterator[Callable]:
    """Give what polls every source of ours once."""
    import structlog

    from monitor.adapters.dispatch.inline import Tickets
    from monitor.config import load_settings, load_sources
    from monitor.daemon import migrate_database, open_stores
    from monitor.line import open_line

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    os.environ |= {
        "MONITOR_DATA_DIR": str(folder), "MONITOR_SOURCES": str(sources_file(folder, base, count)), "MONITOR_HOST_INTERVAL": "0",
        "MONITOR_HOST_CONCURRENCY": "64", "MONITOR_ALLOW_NETWORKS": "127.0.0.0/8", "MONITOR_ARCHIVE": "off", "MONITOR_EMBEDDINGS": "off",
    }  # fmt: skip
    settings = load_settings()
    migrate_database(settings)
    async with (
        open_stores(settings, load_sources(settings.SOURCES)) as system,
        open_line(system, Tickets()) as line,
    ):
        yield line.polling.all_now


async def one_round(poll_all: Callable, profiled: bool) -> Round:
    process, longest = psutil.Process(), [0.0, 0.0]
    watch = asyncio.create_task(lag(longest))
    profile = cProfile.Profile()
    began, cpu = time.monotonic(), cpu_of(process)
    if profiled:
        profile.enable()
    done = await poll_all()
    if profiled:
        profile.disable()
        pstats.Stats(profile).sort_stats("tottime").print_stats(45)
    took = time.monotonic() - began
    watch.cancel()
    new = sum(polled.poll.new for polled in done)
    stall, busy = (seconds * 1000 for seconds in longest)
    return Round(took, cpu_of(process) - cpu, new, process.memory_info().rss / 1e6, stall, busy)


def cpu_of(process: psutil.Process) -> float:
    every = [process, *process.children(recursive=True)]
    return sum(sum(one.cpu_times()[:2]) for one in every if "READER" not in one.environ())


# ---------------------------------------------------------------- side by side


class Theirs:
    """The reader library in a process of its own; a round for every line that it is sent."""

    def __init__(self, python: str, base: str, count: int, folder: Path, workers: int) -> None:
        self.name = f"reader ({workers})"
        command = [python, "-c", READER, base, str(count), f"{folder}/reader-{workers}.sqlite", str(workers)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen(command, env={**os.environ, "READER": "1"}, **pipes)
        self._line()

    def round(self) -> Round:
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return Round(*json.loads(self._line()))

    def _line(self) -> str:
        if not (line := self.process.stdout.readline()):
            raise SystemExit(f"{self.name} ended")
        return line


def show(name: str, label: str, count: int, one: Round, than: Round | None = None) -> None:
    faster = f"{one.took / than.took:6.1f} ×" if than else "        "
    cheaper = f"{one.cpu / than.cpu:6.1f} ×" if than else "        "
    stall = f"{one.lag:5.0f} ms ({one.busy:.0f} busy)" if one.lag is not None else "     –"
    print(
        f"{label:13} {name:12} {count / one.took:7.0f} sources/s{faster}  {one.cpu / count * 1000:6.2f} ms CPU each{cheaper}"
        f" {one.new:6d} new {one.memory:5.0f} MB  lag {stall}",
        flush=True,
    )


async def side_by_side(given: argparse.Namespace, base: str, folder: Path) -> None:
    workers = given.workers if given.reader else []
    size = "large" if given.large else "small"
    others = [Theirs(given.reader, base, given.sources, folder, count) for count in workers]
    try:
        async with ours(base, given.sources, folder) as poll_all:
            for label, version in rounds_of(given.rounds):
                if label != SAME:
                    await asyncio.to_thread(set_version, f"{base}/version/{version}/{given.sources}/{size}")
                mine = await one_round(poll_all, label == given.profile)
                show("ours", label, given.sources, mine)
                for other in others:
                    show(other.name, label, given.sources, await asyncio.to_thread(other.round), than=mine)
    finally:
        for other in others:
            other.process.kill()


def rounds_of(pairs: int) -> Iterator[tuple[str, int]]:
    yield FIRST, 0
    for version in range(pairs):
        yield SAME, version
        yield NEW, version + 1


def set_version(url: str) -> None:
    urlopen(url).read()


def main() -> None:
    form = argparse.RawDescriptionHelpFormatter
    options = argparse.ArgumentParser(description=__doc__, formatter_class=form)
    options.add_argument("--sources", type=int, default=2000)
    options.add_argument("--reader", help="a Python that has the reader library")
    options.add_argument(
        "--workers", type=int, nargs="*", default=[1, 10], help="threads of the reader library"
    )
    options.add_argument("--rounds", type=int, default=1, help="pairs of a 304 round and one with news")
    options.add_argument("--profile", default="", help="the round of ours to profile")
    options.add_argument("--large", action="store_true", help="feeds of 0.2 – 2.5 MB instead of 20 entries")
    options.add_argument("--port", type=int, default=18_473)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder, serving(given.port) as base:
        asyncio.run(side_by_side(given, base, Path(folder)))


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[2]))) if sys.argv[1:2] == ["server"] else main()
