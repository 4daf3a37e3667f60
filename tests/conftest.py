"""What all tests share: sockets to loopback only, a real PostgreSQL, a migrated database of either kind."""

import gc
import itertools
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import hypothesis
import pytest
from pytest_socket import socket_allow_hosts
from sqlalchemy.engine import make_url

from monitor.adapters import migrate
from monitor.adapters.engine import Database
from tests.postgres import Server, running

LOOPBACK = ["127.0.0.0/8", "::1", "0.0.0.0"]
LONG = {"e2e", "browser"}
NO_SERVER = "no PostgreSQL server here (apt-get install postgresql)"

_number = itertools.count()

# No test is timed: on a busy machine an example takes as long as it takes.
hypothesis.settings.register_profile(
    "untimed", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("untimed")


def pytest_runtest_setup() -> None:
    socket_allow_hosts(LOOPBACK, allow_unix_socket=True)


def pytest_collection_finish() -> None:
    """Put the modules aside, so that the look for open files after each test need not walk through them."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the long ones begin first, that no process waits for another at the end."""
    items.sort(key=lambda item: item.path.parent.name not in LONG)
    for item in items:
        if {"postgres", "postgres_url", "migrated_postgres_url"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.postgres)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """The server of this test process; each worker of xdist has its own."""
    with running() as server:
        if server is None:
            pytest.skip(NO_SERVER)
        yield server


@pytest.fixture
def postgres_url(postgres: Server) -> Iterator[str]:
    """An empty database, gone after the test; a connection that the test leaves open fails it."""
    yield from _fresh(postgres, "template1")


@pytest.fixture(scope="session")
def postgres_template(postgres: Server) -> str:
    """A database that was migrated once; copies of it are made in a moment."""
    migrate.upgrade(postgres.create("migrated"))
    return "migrated"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that was migrated once."""
    path = tmp_path_factory.mktemp("template") / "monitor.db"
    migrate.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(tmp_path: Path, sqlite_template: Path) -> Iterator[str]:
    """A migrated file; a descriptor that the test leaves open fails it."""
    path = tmp_path / "monitor.db"
    shutil.copy(sqlite_template, path)
    yield f"sqlite:///{path}"
    assert _open_descriptors(path) == [], "the test left connections open"


@pytest.fixture
def migrated_postgres_url(postgres: Server, postgres_template: str) -> Iterator[str]:
    """A migrated database on the server, gone after the test."""
    yield from _fresh(postgres, postgres_template)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database: every test that asks for it runs on both kinds."""
    name = "sqlite_url" if request.param == "sqlite" else "migrated_postgres_url"
    return str(request.getfixturevalue(name))


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An open door to a migrated database."""
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def open_database() -> Iterator[Callable[[str], Database]]:
    """Open as many doors as a test needs; all are closed at its end."""
    doors: list[Database] = []

    def door(url: str) -> Database:
        doors.append(Database(url))
        return doors[-1]

    yield door
    for opened in doors:
        opened.close()


def _fresh(server: Server, template: str) -> Iterator[str]:
    name = f"test_{os.getpid()}_{next(_number)}"
    url = server.create(name, template)
    yield url
    left = server.connections_left(str(make_url(url).database))
    server.drop(name)
    assert left == 0, "the test left connections open"


def _open_descriptors(path: Path) -> list[str]:
    if _descriptors_of(path):
        gc.collect()  # what nobody holds any more counts as closed; to look for it takes longer than many a test
    return _descriptors_of(path)


def _descriptors_of(path: Path) -> list[str]:
    found = []
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            target = str(descriptor.readlink())
        except OSError:
            continue
        if target.startswith(str(path)):
            found.append(target)
    return found
