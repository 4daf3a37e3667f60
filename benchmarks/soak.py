"""Does the daemon stay as it is? Days of the replayed web at 1,000 times speed; memory, handles, connections, tickets.

    python benchmarks/soak.py [--days 10] [--speed 1000] [--database sqlite|postgres] [--shown 20] [--articles 100]

Every day the articles of `tests/site` appear anew at other addresses: as they were (reprints) or with other paragraphs
(follow-ups). The daemon is the real service with a clock that runs faster; what it waits for in seconds of the machine
(its own ticks, the network) keeps its pace. It ends with an error where something grows that should not.
"""

import argparse
import asyncio
import contextlib
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).parent.parent))
from tests.made_sites import sentence
from tests.site import Article, Limits, load
from tests.site.app import Site
from tests.site.demo import environment, free_port

ROOT = Path(__file__).parent.parent
WARM = 0.25  # of the run: what is loaded once, is loaded then
DRAIN = 60
PER_ARTICLE = 8.0  # kB that the decider and the database's caches may keep of an article
MARGIN = 1.1
BROKEN = re.compile(r'"(work|step)\.broke"|task-broke')


# ------------------------------------------------------------------ the web


def editions(days: int, a_day: int) -> list[Article]:
    """Return the articles of every day; those after the first stand at addresses of their own."""
    whole = load()
    first = whole[:: max(1, len(whole) // a_day)]
    return first + [
        edition(article, day) for day in range(1, days) for article in first if article.channel != "kr36"
    ]


def edition(article: Article, day: int) -> Article:
    again = replace(
        article,
        key=f"{article.key}-{day}",
        path=f"{article.path}?edition={day}",
        published_at=article.published_at + timedelta(days=day),
    )
    if day % 2:
        return again
    import random

    words = random.Random(again.key)
    made = tuple(sentence(words, 40) + "." for _ in range(4))
    return replace(again, headline=f"{article.headline} ({day})", paragraphs=article.paragraphs[:1] + made)


async def serve(days: int, a_day: int, seconds: float) -> None:
    """Serve the web; its articles appear one after another over so many seconds."""
    from tests.site.app import serve as site_of
    from tests.site.web import Pace

    articles = editions(days, a_day)
    async with site_of(
        articles, pace=Pace(slow=0.0), limits=Limits(per_minute=10**6, concurrent=500, index_lag=0)
    ) as site:
        appear(site, articles, seconds)
        print(site.port, flush=True)
        while True:
            await asyncio.sleep(10)
            site.log.clear()


def appear(site: Site, articles: list[Article], seconds: float) -> None:
    """Let articles appear in their order; the web's own way of finding a place is too slow for so many."""
    web, began = site.web, datetime.now(UTC)
    at = {one.key: began + timedelta(seconds=seconds * n / len(articles)) for n, one in enumerate(articles)}
    web.appears_at = lambda article: at[article.key]  # type: ignore[method-assign]


# ------------------------------------------------------------------ the daemon


class Fast:
    """A clock that runs so many times faster than ours."""

    def __init__(self, speed: float) -> None:
        self._speed, self._began, self._start = speed, time.monotonic(), datetime.now(UTC)

    def now(self) -> datetime:
        return self._start + timedelta(seconds=(time.monotonic() - self._began) * self._speed)


async def daemon(speed: float) -> None:
    """Be the daemon with all its roles."""
    from monitor import log
    from monitor.adapters.dispatch.duty import Rhythm
    from monitor.config import load_settings, load_sources
    from monitor.daemon import ROLES, migrate_database
    from monitor.service import Service

    settings = load_settings()
    log.set_up(form="json", level="warning")
    migrate_database(settings)
    rhythm = Rhythm(stalled=30.0 * speed)  # the lock is measured with this clock, work with the machine's
    await Service(settings, load_sources(settings.SOURCES), ROLES, rhythm=rhythm, clock=Fast(speed)).run()


# ------------------------------------------------------------------ what is looked at


@dataclass(frozen=True)
class Sample:
    """How the daemon was at one moment."""

    day: float
    articles: int
    waiting: int  # found or read, not settled
    main: float  # MB
    readers: float  # MB, all worker processes
    handles: int
    threads: int
    connections: int
    tickets: int


class Watch:
    """Looks at a running daemon from outside."""

    def __init__(self, pid: int, url: str, page: str, server: object | None) -> None:
        self._process, self._page, self._server = psutil.Process(pid), page, server
        self._engine = make_engine(url)

    def wait_until_ready(self) -> None:
        for _ in range(300):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(self._page + "/readyz", timeout=20).read()
                return
            time.sleep(0.2)

    def sample(self, day: float) -> Sample:
        with contextlib.suppress(OSError):  # handles of the page count as well
            for path in ("/", "/metrics", "/api/v1/articles", "/readyz"):
                urllib.request.urlopen(self._page + path, timeout=20).read()
        children = self._process.children(recursive=True)
        with self._engine.connect() as connection:
            states = dict(
                connection.execute(sa.text("SELECT state, count(*) FROM articles GROUP BY 1")).all()
            )
            tickets = self._tickets(connection)
        return Sample(
            round(day, 1),
            sum(states.values()),
            states.get("found", 0) + states.get("read", 0),
            self._process.memory_info().rss / 1e6,
            sum(child.memory_info().rss for child in children) / 1e6,
            self._process.num_fds(),
            self._process.num_threads(),
            self._server.connections("soak") - 1 if self._server else 0,  # type: ignore[attr-defined]
            tickets,
        )

    def _tickets(self, connection: sa.Connection) -> int:
        if self._server is None:
            return 0
        schema = "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'tickets%'"
        name = connection.execute(sa.text(schema)).scalar()
        return int(
            connection.execute(sa.text(f"SELECT count(*) FROM {name}.procrastinate_jobs")).scalar_one()
        )


def make_engine(url: str) -> sa.Engine:
    from monitor.adapters.engine import make_engine as made

    return made(url, read_only=True, pool_size=1)


def verdict(samples: list[Sample]) -> list[str]:
    """Return what grew that should not: the middle of the last third beside that of the first after warming up."""
    warm = samples[int(len(samples) * WARM) :]
    third = max(1, len(warm) // 3)
    first, last = warm[:third], warm[-third:]
    grown = []
    for name in ("main", "readers", "handles", "threads", "connections", "tickets"):
        before, after = (statistics.median(getattr(one, name) for one in part) for part in (first, last))
        allowed = before * MARGIN + {"tickets": 20, "handles": 5, "connections": 2, "threads": 2}.get(name, 5)
        if name == "main":
            allowed += (last[-1].articles - first[0].articles) * PER_ARTICLE / 1000
        if after > allowed:
            grown.append(f"{name}: {before:.0f} → {after:.0f}, at most {allowed:.0f}")
    if samples[-1].waiting > 20:
        grown.append(f"{samples[-1].waiting} articles wait")
    return grown


# ------------------------------------------------------------------ the run


@contextlib.contextmanager
def started(*arguments: str, **options: object) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen([sys.executable, __file__, *arguments], text=True, **options)  # type: ignore[call-overload]
    try:
        yield process
    finally:
        process.terminate()
        process.wait(DRAIN)


def run(
    days: float,
    speed: float,
    shown: int,
    folder: Path,
    *,
    a_day: int = 100,
    server: object | None = None,
    more: dict[str, str] | None = None,
) -> list[Sample]:
    """Run for so many days of the daemon's clock; print a line of the table at each look."""
    seconds, port = days * 86_400 / speed, free_port(0)
    url = server.create("soak") if server else f"sqlite:///{folder}/data/monitor.db"  # type: ignore[attr-defined]
    sources = (ROOT / "tests/site/sources.yaml").read_text().replace("every: 10s", "every: 15m")
    (folder / "sources.yaml").write_text(sources)
    with started(
        "--serve", str(int(days) or 1), str(a_day), str(seconds * 0.9), stdout=subprocess.PIPE
    ) as site:
        assert site.stdout
        given = environment(int(site.stdout.readline()), f"127.0.0.1:{port}", str(folder / "data"))
        given |= {"MONITOR_SOURCES": str(folder / "sources.yaml"), "MONITOR_DATABASE_URL": url}
        given |= {"MONITOR_HOST_INTERVAL": "0", "OPENBLAS_NUM_THREADS": "1", "MONITOR_RETENTION_DAYS": "30"}
        given |= more or {}
        with (
            (folder / "log").open("w") as log,
            started("--daemon", str(speed), env=given, stderr=log) as child,
        ):
            return sampled(Watch(child.pid, url, f"http://127.0.0.1:{port}", server), seconds, days, shown)


def sampled(watch: Watch, seconds: float, days: float, shown: int) -> list[Sample]:
    print("  day  articles  wait  main MB  readers MB  handles  threads  connections  tickets", flush=True)
    watch.wait_until_ready()
    began, samples = time.monotonic(), []
    for number in range(1, shown + 1):
        time.sleep(max(0.0, began + seconds * number / shown - time.monotonic()))
        one = watch.sample(days * number / shown)
        samples.append(one)
        print(
            f"{one.day:5} {one.articles:9} {one.waiting:5} {one.main:8.0f} {one.readers:11.0f} {one.handles:8}"
            f" {one.threads:8} {one.connections:12} {one.tickets:8}",
            flush=True,
        )
    return samples


def main() -> int:
    if sys.argv[1:2] == ["--serve"]:
        asyncio.run(serve(int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])))
    if sys.argv[1:2] == ["--daemon"]:
        asyncio.run(daemon(float(sys.argv[2])))
        return 0
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--days", type=float, default=10)
    parser.add_argument("--speed", type=float, default=1000)
    parser.add_argument("--shown", type=int, default=20, help="how often it is looked at")
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--articles", type=int, default=100, help="how many a day")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, stop)  # whoever stops us stops what we started
    with contextlib.ExitStack() as stack:
        folder, server = Path(stack.enter_context(tempfile.TemporaryDirectory())), None
        if given.database == "postgres":
            from tests.postgres import running

            server = stack.enter_context(running())
        samples = run(given.days, given.speed, given.shown, folder, a_day=given.articles, server=server)
        broken = [line for line in (folder / "log").read_text().splitlines() if BROKEN.search(line)]
    grown = verdict(samples) + broken[:5]
    print("flat" if not grown else "GROWN: " + "; ".join(grown))
    return 1 if grown else 0


def stop(_number: int, _frame: object) -> None:
    raise SystemExit(1)


if __name__ == "__main__":
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    sys.exit(main())
