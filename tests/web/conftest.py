"""The application on a filled database, spoken to without a socket."""

import asyncio
import contextlib
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import sqlalchemy as sa
from fastapi import FastAPI

from monitor.adapters.engine import Database
from monitor.adapters.metrics import Metrics
from monitor.adapters.store.stores import Stores
from monitor.config.settings import Settings
from monitor.domain.model import Kind, Source, Topic
from monitor.web.app import create_app
from monitor.web.rate import Rate
from tests.fakes import FakeClock
from tests.postgres import Server
from tests.store.rows import stores_on
from tests.web.client import Client
from tests.web.filling import NOW, TOPIC, address, fill, replayed


class Watched:
    """Two listed sources and one topic."""

    def sources(self) -> list[Source]:
        return [self.source("replay"), self.source("wall")]

    def source(self, name: str) -> Source:
        return Source(name, Kind.RSS, f"https://{name}.example/feed", publisher=name.title())

    def topics(self) -> tuple[Topic, ...]:
        return (Topic(TOPIC, "AI incidents"),)


@dataclass
class Setting:
    """Everything that the web part is given."""

    stores: Stores
    settings: Settings = field(default_factory=Settings)
    watch: Watched = field(default_factory=Watched)
    clock: FakeClock = field(default_factory=lambda: FakeClock(NOW))
    metrics: Metrics = field(default_factory=Metrics)
    decider: str = ""
    writes: str = "ok"

    def client(self, peer: str = "127.0.0.1", **headers: str) -> Client:
        return Client(self.app(), peer, headers)

    def app(self) -> FastAPI:
        return create_app(self, Rate(per_second=1e6, burst=1e6))


@pytest.fixture(scope="session")
def sqlite_template(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that holds the three replayed incidents, decided."""
    path = Path(shutil.copy(sqlite_template, tmp_path_factory.mktemp("filled") / "monitor.db"))
    asyncio.run(_fill(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres: Server, postgres_template: str) -> str:
    """A database that holds the same."""
    asyncio.run(_fill(postgres.create("filled", postgres_template)))
    return "filled"


async def _fill(url: str) -> None:
    with contextlib.closing(Database(url)) as database:
        await fill(stores_on(database), replayed("seeds"))


@pytest.fixture
def stores(database: Database) -> Stores:
    return stores_on(database)


@pytest.fixture
async def ids(database: Database) -> dict[str, int]:
    """The ids of the replayed articles by their keys."""
    rows = await database.read(
        lambda connection: connection.execute(sa.text("SELECT url, id FROM articles")).all()
    )
    known = dict(map(tuple, rows))
    return {row["key"]: known[address(row)] for row in replayed("seeds") if address(row) in known}


@pytest.fixture
def setting(stores: Stores, ids: dict[str, int]) -> Setting:
    return Setting(stores)


@pytest.fixture
def client(setting: Setting) -> Client:
    return setting.client()
