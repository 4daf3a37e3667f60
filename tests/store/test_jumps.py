"""A clock that jumps under tickets: looks for what is due go on."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from monitor.adapters.dispatch.duty import Duty, Rhythm
from monitor.adapters.dispatch.procrastinate import Dispatcher
from monitor.adapters.dispatch.schema import SCHEMA
from monitor.adapters.engine import Database
from monitor.domain.jumps import Clocks
from monitor.domain.tickets import Ticket
from tests.fakes import bounded

NEWEST = sa.text(f"SELECT max(id) FROM {SCHEMA}.procrastinate_workers")
QUICK = Rhythm(heartbeat=0.2, stalled=1.0, drain=2.0, recover_every=1)
HOUR = 3600.0


@pytest.mark.parametrize(
    ("wall", "counted", "jump"),
    [(60.0, 60.0, 0.0), (70.0, 60.0, 0.0), (60.0 - HOUR, 60.0, -HOUR), (60.0 + HOUR, 60.0, HOUR)],
)
def test_a_jump_is_told_from_seconds_that_passed(wall: float, counted: float, jump: float) -> None:
    assert Clocks(1e9, 5.0).jump(Clocks(1e9 + wall, 5.0 + counted)) == jump


@dataclass
class Wall:
    """A clock on the wall that can be set, and says when it was looked at."""

    off: float = 0.0
    looked: asyncio.Event = field(default_factory=asyncio.Event)

    def __call__(self) -> float:
        self.looked.set()
        return time.time() + self.off


@pytest.mark.parametrize("jump", [-HOUR, HOUR])
async def test_tickets_are_taken_anew_after_a_jump(
    migrated_postgres_url: str, database: Database, jump: float
) -> None:
    wall, stop = Wall(), asyncio.Event()
    taking = Dispatcher(make_url(migrated_postgres_url), {"read": duty()}, stop, rhythm=QUICK, wall=wall)
    task = asyncio.create_task(taking.run("read"))
    try:
        first = await newer(database, 0)
        await wall.looked.wait()
        wall.off = jump
        await newer(database, first)
    finally:
        stop.set()
        await bounded(task, 20)


@pytest.fixture
def database(migrated_postgres_url: str, open_database: Callable[[str], Database]) -> Database:
    return open_database(migrated_postgres_url)


async def newer(database: Database, than: int) -> int:
    """Wait for a worker that came after another one."""
    async with asyncio.timeout(30):
        while True:
            found = await database.read(lambda connection: connection.execute(NEWEST).scalar())
            if found and found > than:
                return int(found)
            await asyncio.sleep(0.02)  # another connection's doing: nothing to wait on


def duty() -> Duty:
    async def work(_key: str, _begun: bool) -> None: ...

    async def look() -> list[Ticket]:
        return []

    return Duty(work, look)
