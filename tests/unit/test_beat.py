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


def status(trouble: Exception | None = None, *, alive: bool = True, is_sqlite: bool = False) -> str:
    database = SimpleNamespace(alive=alive, is_sqlite=is_sqlite)
    stores = SimpleNamespace(database=database, overviews=Overviews(trouble))
    system = SimpleNamespace(stores=stores, clock=FakeClock(NOON))
    service = Service(Settings(), Configuration(), ["read"])
    return asyncio.run(service._say_alive(system))


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
