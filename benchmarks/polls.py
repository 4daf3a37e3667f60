"""How many sources are polled a second, beside the `reader` library on the same sources and the same local server.

    python benchmarks/polls.py --reader PYTHON      # a Python that has `reader` (pip install reader)
    python benchmarks/polls.py --sources 500        # ours alone

Three rounds each: first sight, nothing changed (304), one new entry in every source.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from aiohttp import web

ENTRIES = 20

READER = """
import json, os, sys, time, urllib.request
from reader import make_reader
base, count, rounds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
reader = make_reader(sys.argv[4])
for number in range(count):
    reader.add_feed(f"{base}/feed/{number}")
def rss():
    return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
lines = []
for version in rounds * [None] and [0, 0, 1][:rounds]:
    urllib.request.urlopen(f"{base}/version/{version}").read()
    began, cpu = time.monotonic(), time.process_time()
    new = sum(result.value.new for result in reader.update_feeds_iter(scheduled=False, workers=int(sys.argv[5])) if not isinstance(result.value, Exception) and result.value)
    lines.append([time.monotonic() - began, time.process_time() - cpu, new, rss()])
print(json.dumps(lines))
"""


def server() -> None:
    """Answer /feed/N with ENTRIES entries and an ETag; /version/V changes every feed at once."""
    version = [0]

    async def feed(request: web.Request) -> web.Response:
        tag = f'"{version[0]}"'
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers={"ETag": tag})
        return web.Response(
            body=document(request.match_info["number"], version[0]),
            content_type="application/rss+xml",
            headers={"ETag": tag},
        )

    async def change(request: web.Request) -> web.Response:
        version[0] = int(request.match_info["version"])
        return web.Response(text="ok")

    app = web.Application()
    app.router.add_get("/feed/{number}", feed)
    app.router.add_get("/version/{version}", change)
    web.run_app(
        app,
        host="127.0.0.1",
        port=int(sys.argv[2]),
        print=lambda _: print("ready", flush=True),
        access_log=None,
    )


def document(number: str, version: int) -> bytes:
    now = time.time() - 3600
    items = "".join(
        f"<item><title>Story {place} of {number}: a cloned voice orders a transfer</title><guid>{number}-{place}</guid>"
        f"<link>http://a{number}.example/story-{place}.html</link><description>{'The port lost its deposit. ' * 8}</description>"
        f"<pubDate>{time.strftime('%a, %d %b %Y %H:%M:%S +0000', time.gmtime(now + place * 60))}</pubDate></item>"
        for place in range(ENTRIES + version, version, -1)
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>Source {number}</title>{items}</channel></rss>'.encode()


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


def sources_file(folder: Path, base: str, count: int) -> Path:
    rows = [f"  - {{name: s{number}, kind: rss, url: '{base}/feed/{number}'}}" for number in range(count)]
    path = folder / "sources.yaml"
    path.write_text(
        "version: 1\ntopics: {t: {any: [AI]}}\ndefaults: {topics: [t]}\nsources:\n" + "\n".join(rows) + "\n"
    )
    return path


async def lag(longest: list[float]) -> None:
    while True:
        began = time.monotonic()
        await asyncio.sleep(0.005)
        longest[0] = max(longest[0], time.monotonic() - began - 0.005)


async def ours(base: str, count: int, folder: Path) -> list[list[float]]:
    import aiohttp
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
    lines: list[list[float]] = []
    async with (
        open_stores(settings, load_sources(settings.SOURCES)) as system,
        open_line(system, Tickets()) as line,
    ):
        children = psutil.Process()
        for version in (0, 0, 1):
            async with aiohttp.ClientSession() as session:
                await (await session.get(f"{base}/version/{version}")).read()
            longest = [0.0]
            watch = asyncio.create_task(lag(longest))
            began, cpu = time.monotonic(), cpu_of(children)
            done = await line.polling.all_now()
            took = time.monotonic() - began
            watch.cancel()
            new = sum(polled.poll.new for polled in done)
            lines.append(
                [took, cpu_of(children) - cpu, new, children.memory_info().rss / 1e6, longest[0] * 1000]
            )
    return lines


def cpu_of(process: psutil.Process) -> float:
    every = [process, *process.children(recursive=True)]
    return sum(sum(one.cpu_times()[:2]) for one in every)


def show(name: str, count: int, lines: list[list[float]]) -> None:
    for label, (took, cpu, new, memory, *longest) in zip(
        ("first sight", "304", "one new each"), lines, strict=True
    ):
        stall = f", longest stall {longest[0]:.0f} ms" if longest else ""
        print(
            f"{name:8} {label:13} {count / took:7.0f} sources/s, {cpu:6.1f} s CPU, {new:6.0f} new, {memory:5.0f} MB{stall}",
            flush=True,
        )


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--sources", type=int, default=2000)
    options.add_argument("--reader", help="a Python that has the reader library")
    options.add_argument(
        "--workers", type=int, default=10, help="threads that the reader library fetches with"
    )
    options.add_argument("--port", type=int, default=18_473)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder, serving(given.port) as base:
        show("ours", given.sources, asyncio.run(ours(base, given.sources, Path(folder))))
        if given.reader:
            command = [
                given.reader,
                "-c",
                READER,
                base,
                str(given.sources),
                "3",
                f"{folder}/reader.sqlite",
                str(given.workers),
            ]
            found = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            show("reader", given.sources, json.loads(found.stdout))


if __name__ == "__main__":
    server() if sys.argv[1:2] == ["server"] else main()
