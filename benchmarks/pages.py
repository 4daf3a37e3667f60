"""Server time of every page and the main lists of the API on a large database, and the first page on the wire.

python benchmarks/pages.py [--kind sqlite|postgresql] [--articles 100000] [--incidents 5000] [--rounds 9]
"""

import argparse
import asyncio
import gzip
import json
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from made_queue import NOW, fill, opened

sys.path.insert(0, str(Path(__file__).parents[1]))

from monitor.adapters.metrics import Metrics
from monitor.adapters.store.overview import Worker
from monitor.adapters.store.stores import Stores
from monitor.config.settings import Settings
from monitor.domain.model import Kind, Source, Topic
from monitor.web.app import create_app
from monitor.web.rate import Rate
from tests.fakes import FakeClock
from tests.web.client import Client


class Watched:
    """Two hundred sources and one topic."""

    def sources(self) -> list[Source]:
        return [self.source(f"source-{number}") for number in range(200)]

    def source(self, name: str) -> Source:
        return Source(name, Kind.RSS, f"https://{name}.example/feed", publisher=name.title())

    def topics(self) -> tuple[Topic, ...]:
        return (Topic("ai-incidents", "AI incidents"),)


@dataclass
class Context:
    """What the web part is given."""

    stores: Stores
    settings: Settings = field(default_factory=Settings)
    watch: Watched = field(default_factory=Watched)
    clock: FakeClock = field(default_factory=lambda: FakeClock(NOW))
    metrics: Metrics = field(default_factory=Metrics)
    decider: str = ""


def addresses(articles: int, incidents: int) -> list[str]:
    article, incident = articles - articles % 6 + 2 - 6, incidents // 2
    return [
        "/", "/fragments/today", "/queue", "task", "/incidents", f"/incidents/{incident}", "/incidents?words=deepfake",
        "/incidents?words=深度伪造&language=zh-Hans", "/incidents?country=CN&since=2026-01-01",
        "/incidents?label=oecd:article_label:unrelated", "/sources", "/sources/source-7", "/search",
        "/search?q=deepfake", "/search?q=深度伪造", "/search?q=fraud+court&language=en", f"/articles/{article}",
        "/api/docs", "/login", "/api/v1/queue", "/api/v1/articles", "/api/v1/articles?order=settled",
        "/api/v1/articles?language=ja&topic=ai-incidents", "/api/v1/incidents", "/api/v1/sources", "/api/v1/overview",
        "/api/v1/labels", "/metrics",
    ]  # fmt: skip


async def measure(client: Client, path: str, rounds: int) -> tuple[float, float, int]:
    """Return the first and the median time in milliseconds, and the bytes on the wire."""
    times, body = [], b""
    for _ in range(rounds):
        began = time.perf_counter()
        answer = await client.get(
            "/queue" if path == "task" else quote(path, safe="/?&=:+"), accept="text/html"
        )
        times.append((time.perf_counter() - began) * 1000)
        assert answer.status == 200, (path, answer.status, answer.text[:300])
        body = gzip.compress(answer.body, 5)
    return times[0], sorted(times)[rounds // 2], len(body)


def _static() -> int:
    files = [Path("monitor/web/static") / name for name in ("style.css", "icon.svg", "refresh.js")]
    return sum(len(gzip.compress(path.read_bytes(), 5)) for path in files)


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", default="sqlite", choices=["sqlite", "postgresql"])
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--incidents", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--only", default="", help="paths that hold these words")
    asked = parser.parse_args()
    with opened(asked.kind) as database:
        began = time.perf_counter()
        await fill(database, articles=asked.articles, incidents=asked.incidents)
        stores = Stores.on(database, topics_of=lambda _: ("ai-incidents",), archive=True)
        filled = time.perf_counter() - began
        while not asked.only and await stores.search.catch_up():
            pass
        print(
            f"filled in {filled:.0f} s, indexed in {time.perf_counter() - began - filled:.0f} s",
            file=sys.stderr,
        )
        await stores.overviews.beat(Worker("w", "web", "here", 1, "0", NOW, NOW))
        await stores.incident_search.facets(NOW)  # the daemon counts these beside the pages
        await stores.overviews.rates(NOW)
        await stores.overviews.new_by_day(NOW)
        client = Client(create_app(Context(stores), Rate(1e6, 1e6)))
        told = {}
        for path in [
            one for one in addresses(asked.articles, asked.incidents) if asked.only in one or one == "/"
        ]:
            if path == "task":
                await client.submit("/queue/name", name="ann")
                await client.submit("/queue/next")
            first, median, size = await measure(client, path, asked.rounds)
            told[path] = {"first_ms": round(first, 1), "median_ms": round(median, 1), "bytes": size}
            print(
                f"{path:50} first {first:8.1f} ms   median {median:8.1f} ms   {size:7} bytes", file=sys.stderr
            )
    static = _static()
    slowest = max(told, key=lambda path: told[path]["median_ms"])
    print(
        json.dumps(
            {"slowest": {slowest: told[slowest]}, "first page on the wire": told["/"]["bytes"] + static}
        )
    )


if __name__ == "__main__":
    asyncio.run(main())
