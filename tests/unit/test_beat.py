"""The watchdog is fed while the daemon works or waits for what it cannot mend, and not else."""

import asyncio
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from monitor.config import Configuration, Settings
from monitor.domain.errors import Transient
from monitor.service import WAITING, Service
from tests.fakes import NOON, FakeClock


@dataclass
class Overviews:
    """Takes beats, or fails to."""

    trouble: Exception | None = None
    beats: list[object] = field(default_factory=list)

    async def beat(self, worker: object) -> None:
        if self.trouble:
            raise self.trouble
        self.beats.append(worker)

    async def leave(self, worker_id: str) -> None:
        await self.beat(worker_id)


@dataclass
class Server:
    """A database far away, silent or not; whoever waits for it may be told to wait no longer."""

    silent: bool
    alive: bool = True
    is_sqlite: bool = False
    is_given_up: bool = False

    async def silence(self, patience: float) -> None:
        if not self.silent:
            await asyncio.Event().wait()

    def hang_up(self) -> None:
        self.is_given_up = True


@dataclass
class Verdicts:
    """Lets go of the lock, unless nobody answers."""

    silent: bool

    async def let_go(self) -> None:
        if self.silent:
            await asyncio.Event().wait()


def system(trouble: Exception | None = None, *, alive: bool = True, is_sqlite: bool = False, silent=False):
    database = Server(silent, alive, is_sqlite)
    stores = SimpleNamespace(database=database, overviews=Overviews(trouble), verdicts=Verdicts(silent))
    return SimpleNamespace(stores=stores, clock=FakeClock(NOON), writes="ok")


def service() -> Service:
    return Service(Settings(), Configuration(), ["read"])


def status(trouble: Exception | None = None, **facts: bool) -> str:
    return asyncio.run(service()._say_alive(system(trouble, **facts)))


def test_a_daemon_that_works_is_running():
    assert status() == "running"


@pytest.mark.parametrize("is_sqlite", [True, False])
def test_a_database_that_is_away_or_full_is_waited_for(is_sqlite):
    assert status(Transient("database", detail="is full"), is_sqlite=is_sqlite) == WAITING


def test_a_writer_that_has_ended_needs_a_new_start():
    assert status(Transient("database", detail="closed"), alive=False, is_sqlite=True) == ""


def test_no_answer_is_a_server_far_away_or_a_file_that_hangs():
    assert status(TimeoutError(), is_sqlite=False) == WAITING
    assert status(TimeoutError(), is_sqlite=True) == ""


def test_what_came_of_the_beat_is_there_for_readyz():
    """A server that only reads, or a full disk, answers every question and takes no write."""
    full = system(Transient("database", detail="is full"))
    asyncio.run(service()._say_alive(full))
    assert full.writes == "database: is full"
    full.stores.overviews.trouble = None
    asyncio.run(service()._say_alive(full))
    assert full.writes == "ok"


@pytest.mark.parametrize("trouble", [None, Transient("database", detail="connection refused")])
def test_a_database_that_is_away_does_not_keep_the_daemon_from_ending_in_order(trouble):
    line = SimpleNamespace(system=system(trouble, silent=trouble is None))
    asyncio.run(asyncio.wait_for(service()._say_goodbye(line), 10))
    assert line.system.stores.database.is_given_up


def test_what_is_under_way_is_not_waited_for_while_the_server_is_silent():
    """It could write nothing down, and whoever stops the daemon gives it thirty seconds."""

    async def drain() -> None:
        stage = asyncio.create_task(asyncio.Event().wait())
        await asyncio.wait_for(service()._drain(Server(silent=True), [stage], []), 10)
        assert stage.cancelled()

    asyncio.run(drain())
