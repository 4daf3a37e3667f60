"""An archive, a database and a clock to run the archive stage in; nothing in it touches a socket."""

import shutil
from collections.abc import Callable
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import unquote, urljoin, urlsplit

import pytest

from monitor.adapters import tables as t
from monitor.adapters.engine import Database
from monitor.adapters.migrate import upgrade
from monitor.adapters.store.captures import Captures
from monitor.adapters.wayback import Wayback
from monitor.domain.captures import Change
from monitor.domain.errors import Transient
from monitor.domain.model import Request, Response, State
from monitor.stages.archive import archive
from tests.site import Limits, ManualClock, SavePageNow
from tests.site.answers import Answer, Ask, text
from tests.site.archive import Archive, digest
from tests.site.archive_model import ACCESS, SECRET, Target

NOW = datetime(2024, 3, 10, 8, 0, tzinfo=UTC)
BASE = "https://web.archive.org"
URL = "https://news.example.org/2024/fraud.html"
MINUTES, HOURS, DAYS = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
PAGE = "<html><title>Voice clone fraud</title><p>" + "The company lost money. " * 40


class Pages:
    """The live web as the archive sees it: the same article everywhere, unless told otherwise."""

    def __init__(self):
        self.at: dict[str, Answer] = {}

    def answer(self, ask: Ask) -> Answer:
        return self.at.get(f"https://{ask.host}{ask.target}", text(PAGE))

    def target(self, url: str) -> Target:
        answer = self.at.get(url, text(PAGE))
        return Target(url, answer.status, None, digest(answer.body), len(answer.body))


class Line:
    """A Fetcher that leads straight to the stand-in and counts what came back."""

    def __init__(self, door: Archive, clock: ManualClock):
        self._door, self._clock = door, clock
        self.seen: list[tuple[datetime, str, str, int]] = []
        self.dies_at = ""  # the process dies when a request to this path was answered
        self.instead: dict[str, Callable[[str], Answer | None]] = {}  # beginning of a path → another answer

    async def fetch(self, request: Request) -> Response:
        redirects = []
        url = request.url
        for _ in range(5):
            response = self._one(request, url)
            location = response.headers.get("location")
            if not location:
                break
            url = urljoin(url, location)
            redirects.append((response.status, url))
        if self.dies_at and urlsplit(request.url).path == self.dies_at:
            self.dies_at = ""
            raise KeyboardInterrupt
        return replace(response, url=request.url, redirects=tuple(redirects))

    def _one(self, request: Request, url: str) -> Response:
        parts = urlsplit(url)
        headers = {name.lower(): value for name, value in request.headers.items()}
        ask = Ask(
            parts.hostname, unquote(parts.path), parts.query, request.method, headers, request.body or b""
        )
        other = next(
            (make(parts.path) for start, make in self.instead.items() if parts.path.startswith(start)), None
        )
        answer = other or self._door.answer(ask)
        now = self._clock.now()
        self.seen.append((now, request.method, parts.path, 0 if answer.drop else answer.status))
        if answer.drop:
            raise Transient("connection", detail="reset")
        named = {name.lower(): value for name, value in answer.headers.items()}
        return Response(url, url, answer.status, named, answer.body[: request.max_bytes], now)

    def count(self, path: str, status: int | None = None) -> int:
        return sum(seen[2] == path and status in {None, seen[3]} for seen in self.seen)


class World:
    """Everything together; `step` is one turn of the loop, `run` many."""

    def __init__(self, folder, *, rules=(), keys=True, secret=SECRET, index=None, migrated=False, **limits):
        self.clock = ManualClock(NOW)
        self.pages = Pages()
        self.spn = SavePageNow(self.clock, replace(Limits(), **limits), rules, self.pages.target)
        if index is not None:
            self.spn.index = index
        self.line = Line(Archive(self.spn, self.pages, self.clock), self.clock)
        self.url = f"sqlite:///{folder / 'monitor.db'}"
        if not migrated:
            upgrade(self.url)
        self.database = Database(self.url)
        self.store = Captures(self.database)
        self.wayback = Wayback(
            self.line, base_url=BASE, access_key=ACCESS if keys else "", secret_key=secret if keys else ""
        )
        self.happened = []

    def after_restart(self):
        """Return the same world with a new process in it: only what is in SQL is remembered."""
        other = copy(self)
        other.store, other.happened = Captures(self.database), []
        return other

    async def want(self, *urls, priority=1.0, state=State.QUEUED, incident=None):
        """Want pages archived, as the decide stage does; return the ids of their captures."""
        now = self.clock.now()

        def work(connection):
            ids = []
            for url in urls:
                article = _article(url, state, incident, now)
                key = connection.execute(t.articles.insert().values(article)).inserted_primary_key[0]
                capture = _capture(key, url, priority, now)
                ids.append(connection.execute(t.captures.insert().values(capture)).inserted_primary_key[0])
            return ids

        return await self.database.write(work)

    async def step(self):
        """Do one step and return what changed."""
        happened = await archive(store=self.store, wayback=self.wayback, clock=self.clock)
        self.happened += happened
        return happened

    async def run(self, time: timedelta, every: float = 0.5):
        """Step until so much time has passed; where nothing is due the time is skipped."""
        end = self.clock.now() + time
        while (now := self.clock.now()) < end:
            await self.step()
            _, due_at = await self.store.waiting(now)
            wait = (min(due_at or end, end) - now).total_seconds()
            self.clock.advance(max(every, wait))

    async def rows(self):
        """Return all captures."""
        return await self.database.read(
            lambda connection: connection.execute(t.captures.select().order_by(t.captures.c.id)).all()
        )

    async def row(self):
        """Return the only capture."""
        (row,) = await self.rows()
        return row

    @property
    def taken(self) -> int:
        """How many captures the archive has made."""
        return len(self.spn.index._captures)


def states(world):
    """Return every change of state that was told, in order."""
    return [(one.was.value, one.state.value) for one in world.happened if isinstance(one, Change)]


def _article(url, state, incident, now):
    return {
        "url_key": url,
        "url": url,
        "host": urlsplit(url).hostname or "",
        "source": "one",
        "entry": {},
        "found_at": now,
        "state": state.value,
        "state_at": now,
        "due_at": now,
        "incident_id": incident,
    }


def _capture(article_id, url, priority, now):
    return {
        "article_id": article_id,
        "url": url,
        "state": "wanted",
        "due_at": now,
        "priority": priority,
        "created_at": now,
        "updated_at": now,
    }


@pytest.fixture
def world_of(sqlite_template):
    """Make worlds that share one database, in memory where the system lets us, and close them."""
    memory = Path("/dev/shm")
    worlds = []
    with TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        shutil.copy(sqlite_template, Path(folder) / "monitor.db")

        def make(**options):
            worlds.append(World(Path(folder), migrated=True, **options))
            return worlds[-1]

        yield make
        for world in worlds:
            world.database.close()
