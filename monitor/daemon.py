"""The composition root: the one place that knows concrete classes; it builds everything and takes it down again."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

import structlog

from monitor.adapters import migrate
from monitor.adapters.clock import SystemClock
from monitor.adapters.engine import SAFE_SQLITE, Database, sqlite_version
from monitor.adapters.http import Http
from monitor.adapters.index import MemoryIndex
from monitor.adapters.lock import FileLock
from monitor.adapters.metrics import Metrics
from monitor.adapters.pool import Pool
from monitor.adapters.reading import Plan, warm_up
from monitor.adapters.robots import Robots
from monitor.adapters.store.stores import Stores
from monitor.adapters.wayback import Wayback
from monitor.adapters.workers import PoolParser, PoolReader
from monitor.config import Configuration, Settings, load_sources
from monitor.domain.captures import Change, Pause
from monitor.domain.errors import ConfigurationError, Problem
from monitor.domain.model import Article, Kind, Read, Source, Topic, Verdict
from monitor.ports import Clock
from monitor.roles import Archiving, Deciding, Polling, Reading, Tickets
from monitor.stages.archive import archive
from monitor.stages.decide import decide
from monitor.stages.poll import poll
from monitor.stages.read import Fate, read
from monitor.web.server import serve
from monitor.worker import Role

log = structlog.get_logger("monitor")

ROLES = ("poll", "read", "decide", "archive", "web")


@dataclass
class Watch:
    """What is watched now; a reload replaces the configuration, and everyone sees the new one."""

    configuration: Configuration

    def sources(self) -> list[Source]:
        """Return the sources that are polled."""
        return self.configuration.enabled

    def source(self, name: str) -> Source:
        """Return a source by name; one that is no longer listed keeps its articles readable."""
        return self.configuration.sources.get(name) or Source(name, Kind.RSS, url="")

    def topics(self) -> tuple[Topic, ...]:
        """Return every topic."""
        return tuple(self.configuration.topics.values())

    def topics_of(self, name: str) -> tuple[str, ...]:
        """Return the topics that a source is watched for; all of them for one that is not listed."""
        known = self.configuration.sources.get(name)
        return known.topics if known and known.topics else tuple(self.configuration.topics)


@dataclass
class System:
    """Everything that runs, wired together."""

    settings: Settings
    watch: Watch
    stores: Stores
    clock: Clock
    metrics: Metrics = field(default_factory=Metrics)

    def reload(self) -> Configuration:
        """Read sources.yaml anew; a bad edit raises ConfigurationError and changes nothing."""
        self.watch.configuration = load_sources(self.settings.SOURCES)
        return self.watch.configuration


def check_database(settings: Settings) -> None:
    """Refuse an SQLite library that may corrupt the file."""
    if settings.database_url.startswith("sqlite") and sqlite_version() < SAFE_SQLITE:
        found = ".".join(map(str, sqlite_version()))
        problem = Problem("SQLite", f"{found} has the WAL-reset corruption bug", "reinstall pysqlite3")
        raise ConfigurationError([problem])


def migrate_database(settings: Settings) -> tuple[str, str]:
    """Bring the database to this code's schema; raise ConfigurationError where a newer release made it."""
    database = Database(settings.database_url, pool_size=1)
    try:
        revision = migrate.current(database.engine)
    finally:
        database.close()
    if revision and not migrate.known(revision):
        message = f"the database has schema {revision}, which this release does not know"
        raise ConfigurationError([Problem("database", message, "run the newer release that made it")])
    return migrate.upgrade(settings.database_url)


@contextlib.asynccontextmanager
async def open_stores(
    settings: Settings, configuration: Configuration | None = None, *, clock: Clock | None = None
) -> AsyncIterator[System]:
    """Open the database alone: enough for the commands that only look or label."""
    watch = Watch(configuration or Configuration())
    database = Database(settings.database_url)
    stores = Stores.on(database, topics_of=watch.topics_of, archive=settings.ARCHIVE != "off")
    try:
        yield System(settings, watch, stores, clock or SystemClock())
    finally:
        await asyncio.to_thread(database.close)


def owned(settings: Settings) -> contextlib.AbstractContextManager[object]:
    """Hold the embedded database for this process alone; PostgreSQL is shared."""
    return (
        FileLock(settings.DATA_DIR)
        if settings.database_url.startswith("sqlite")
        else contextlib.nullcontext()
    )


@dataclass(frozen=True)
class Line:
    """The roles of this process and what they share."""

    system: System
    polling: Polling
    reading: Reading
    deciding: Deciding
    archiving: Archiving
    http: Http
    parser: PoolParser
    reader: PoolReader
    pool: Pool

    @property
    def roles(self) -> tuple[Role, ...]:
        """The stages, in the order of an article's way."""
        return (self.polling, self.reading, self.deciding, self.archiving)

    async def serve(self) -> None:
        """Serve the page and the API until cancelled."""
        await serve(self.system)


@contextlib.asynccontextmanager
async def open_line(system: System, tickets: Tickets) -> AsyncIterator[Line]:
    """Build the fetcher, the worker processes and the roles on an open system."""
    settings = system.settings
    async with (
        Http(
            user_agent=settings.USER_AGENT,
            proxy=settings.PROXY,
            ca_file=settings.CA_FILE,
            allow_networks=settings.ALLOW_NETWORKS,
            host_interval=settings.HOST_INTERVAL,
            host_concurrency=settings.HOST_CONCURRENCY,
        ) as http,
        Pool(settings.processes, initializer=warm_up) as pool,
    ):
        parser, reader = PoolParser(pool), PoolReader(pool, partial(plan_of, system))
        yield Line(
            system,
            polling=_polling(system, http, parser, tickets),
            reading=_reading(system, http, reader, tickets),
            deciding=_deciding(system, tickets),
            archiving=_archiving(system, http),
            http=http,
            parser=parser,
            reader=reader,
            pool=pool,
        )


def plan_of(system: System) -> Plan:
    """Return what worker processes do beside reading, by the configuration in force."""
    encode = system.settings.EMBEDDINGS == "bundled"
    return Plan(system.watch.topics(), encode, tuple(system.watch.configuration.publishers.items()))


def _polling(system: System, http: Http, parser: PoolParser, tickets: Tickets) -> Polling:
    stage = partial(poll, fetcher=http, parser=parser, store=system.stores.polls, clock=system.clock)
    return Polling(system.watch.sources, stage, system.stores.polls, tickets, system.metrics, system.clock)


def _reading(system: System, http: Http, reader: PoolReader, tickets: Tickets) -> Reading:
    robots = Robots(http, user_agent=system.settings.USER_AGENT, clock=system.clock)

    async def stage(article: Article) -> Fate:
        return await read(
            article,
            system.watch.source(article.source),
            fetcher=http,
            robots=robots,
            reader=reader,
            store=system.stores.articles,
            clock=system.clock,
        )

    return Reading(stage, system.stores.articles, tickets, system.metrics, system.clock)


def _deciding(system: System, tickets: Tickets) -> Deciding:
    window = timedelta(days=system.settings.MATCH_WINDOW_DAYS)
    memory, store = MemoryIndex(window=window), system.stores.verdicts

    async def stage() -> list[tuple[Read, Verdict]]:
        topics = system.watch.topics()
        return await decide(store=store, memory=memory, topics=topics, clock=system.clock, window=window)

    return Deciding(stage, tickets, system.metrics, system.clock)


def _archiving(system: System, http: Http) -> Archiving:
    settings = system.settings
    wayback = Wayback(
        http,
        base_url=settings.WAYBACK_URL,
        access_key=settings.WAYBACK_ACCESS_KEY.get_secret_value(),
        secret_key=settings.WAYBACK_SECRET_KEY.get_secret_value(),
    )

    async def stage() -> list[Change | Pause]:
        if settings.ARCHIVE not in {"wayback", "both"}:
            return []
        return await archive(store=system.stores.captures, wayback=wayback, clock=system.clock)

    return Archiving(stage, system.metrics)
