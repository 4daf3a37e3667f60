"""The composition root: the one place that knows concrete classes; it builds everything and takes it down again."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import structlog
from sqlalchemy.engine import make_url

from monitor.adapters import migrate
from monitor.adapters.apprise_targets import apprise_targets
from monitor.adapters.clock import SystemClock
from monitor.adapters.engine import SAFE_SQLITE, Database, sqlite_version
from monitor.adapters.lock import FileLock
from monitor.adapters.metrics import Metrics
from monitor.adapters.notify import Target
from monitor.adapters.schemes import load_labelling
from monitor.adapters.store.stores import Stores
from monitor.adapters.webhook import Webhook
from monitor.config import Configuration, Settings, load_sources
from monitor.domain.errors import ConfigurationError, Permanent, Problem
from monitor.domain.model import Kind, Source, Topic
from monitor.ports import Clock

log = structlog.get_logger("monitor")

PATIENCE = 0.1  # seconds that readings wait for each other on their way into the database
OLDEST_SERVER = (14,)  # of PostgreSQL
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

    def listed(self, name: str) -> Source | None:
        """Return a source by name, None for one that is no longer listed."""
        return self.configuration.sources.get(name)

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
    decider: str = ""  # how far this process's decider is, "" where it does not decide
    writes: str = "ok"  # what came of the last beat, which is a write

    async def reload(self) -> Configuration:
        """Read sources.yaml anew, beside the loop; a bad edit raises ConfigurationError and changes nothing."""
        self.watch.configuration = await asyncio.to_thread(load_sources, self.settings.SOURCES)
        return self.watch.configuration


def check_database(settings: Settings) -> None:
    """Refuse an SQLite library that may corrupt the file."""
    if settings.database_url.startswith("sqlite") and sqlite_version() < SAFE_SQLITE:
        found = ".".join(map(str, sqlite_version()))
        problem = Problem("SQLite", f"{found} has the WAL-reset corruption bug", "reinstall pysqlite3")
        raise ConfigurationError([problem])


def migrate_database(settings: Settings) -> tuple[str, str]:
    """Bring the database to this code's schema; raise ConfigurationError where a newer release took away what we need."""
    database = Database(settings.database_url, pool_size=1)
    try:
        schema = migrate.look(database.engine)
        _check_server(database)
    finally:
        database.close()
    if schema.is_newer:
        _refuse_unfit(schema)
        log.warning("database.newer", schema=schema.revision, ours=migrate.head())
    return migrate.upgrade(settings.database_url)


def _refuse_unfit(schema: migrate.Schema) -> None:
    if schema.revision and (cure := schema.cure):  # an empty one complains by itself where it is asked
        message = f"the database has schema {schema.revision}, which this release cannot work with"
        raise ConfigurationError([Problem("database", message, cure)])


def refuse_missing(settings: Settings) -> None:
    """Refuse a file that is not there, which looking would make: it is looked for in the wrong place."""
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and not (file := Path(url.database or "").resolve()).exists():
        detail = (
            f"there is no {file}; DATA_DIR and DATABASE_URL say where it is, `monitor db upgrade` makes it"
        )
        raise Permanent("database", detail=detail)


def _check_server(database: Database) -> None:
    version = database.engine.dialect.server_version_info  # known once something was asked
    if not database.is_sqlite and version and version < OLDEST_SERVER:
        found = ".".join(map(str, version))
        raise ConfigurationError(
            [Problem("PostgreSQL", f"{found} is too old", f"{OLDEST_SERVER[0]} or newer is needed")]
        )


@contextlib.asynccontextmanager
async def open_stores(
    settings: Settings,
    configuration: Configuration | None = None,
    *,
    clock: Clock | None = None,
    unfit: bool = False,
) -> AsyncIterator[System]:
    """Open the database alone: enough for the commands that only look or label.

    One whose schema this code cannot work with is refused, unless the caller wants it `unfit` too.
    """
    watch = Watch(configuration or Configuration())
    if not unfit:
        refuse_missing(settings)
    database = Database(settings.database_url, patience=PATIENCE)
    if not database.is_sqlite:
        from monitor.adapters.dispatch.announce import (
            announce,
        )  # the engine of many processes: only for those

        database.announce = announce
    try:
        if not unfit:
            _refuse_unfit(await database.read(migrate.schema_of))
        stores = Stores.on(
            database,
            topics_of=watch.topics_of,
            archive=settings.ARCHIVE != "off",
            labelling=load_labelling(settings.SOURCES.parent),
        )
        yield System(settings, watch, stores, clock or SystemClock())
    finally:
        await asyncio.to_thread(database.close)


def targets_of(settings: Settings, clock: Clock) -> list[Target]:
    """Return where alerts go beside the log; raise ConfigurationError for what cannot be one of them."""
    targets = apprise_targets(settings.ALERTS.get_secret_value())
    if settings.WEBHOOK:
        secret = settings.WEBHOOK_SECRET.get_secret_value()
        options = {"user_agent": settings.USER_AGENT, "proxy": settings.PROXY}
        hook = Webhook(settings.WEBHOOK, secret=secret, ca_file=settings.CA_FILE, clock=clock, **options)
        targets.append(hook)
    return targets


@contextlib.contextmanager
def owned(settings: Settings) -> Iterator[None]:
    """Hold the embedded database and the data folder for this process alone; PostgreSQL is shared."""
    with contextlib.ExitStack() as stack:
        for path in _locks(settings):
            stack.enter_context(FileLock(path))
        yield


def owner_of(settings: Settings) -> int | None:
    """Return the process that owns the embedded database, None where none does."""
    holders = (FileLock.holder(path) for path in _locks(settings))
    return next((holder for holder in holders if holder is not None), None)


def _locks(settings: Settings) -> list[Path]:
    """Return the folder's lock, and the file's where it lies elsewhere: two installations may name one file."""
    url = make_url(settings.database_url)
    if url.get_backend_name() != "sqlite":
        return []
    file = Path(url.database or "").resolve().with_suffix(".lock")
    return sorted({settings.DATA_DIR.resolve() / "monitor.lock", file})
