"""Politeness of several processes together: one line per host, by the clock of the database."""

import asyncio
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from monitor.adapters.engine import Database
from monitor.adapters.pace import LONGEST_WAIT
from monitor.adapters.pace_sql import AGAIN, SqlPace
from monitor.domain.errors import Transient
from tests.fakes import bounded

Open = Callable[[str], Database]


def two(url: str, open_database: Open, interval: float = 5.0) -> tuple[list[SqlPace], list[float]]:
    waits: list[float] = []

    async def note(seconds: float) -> None:
        waits.append(seconds)

    return [SqlPace(open_database(url), interval, 2, sleep=note) for _ in range(2)], waits


async def test_starts_are_spaced_over_all_processes(migrated_postgres_url: str, open_database: Open) -> None:
    paces, waits = two(migrated_postgres_url, open_database)

    async def one(pace: SqlPace) -> None:
        async with pace.turn("a.example"):
            pass

    await asyncio.gather(*[one(pace) for pace in paces * 3])
    starts = sorted(wait for wait in waits if wait != AGAIN)  # the others stood in line for a place
    assert [round(wait / 5) for wait in starts] == [0, 1, 2, 3, 4, 5]
    async with paces[0].turn("b.example"):
        assert waits[-1] == pytest.approx(0, abs=0.5)


async def test_a_redirect_on_the_same_host_waits_for_no_start(
    migrated_postgres_url: str, open_database: Open
) -> None:
    paces, waits = two(migrated_postgres_url, open_database)
    async with paces[0].turn("a.example", spaced=False):
        assert waits == []


async def test_a_line_that_is_too_long_is_refused_and_not_made_longer(
    migrated_postgres_url: str, open_database: Open
) -> None:
    paces, waits = two(migrated_postgres_url, open_database, interval=50.0)
    for _ in range(3):
        async with paces[0].turn("a.example"):
            pass
    for _ in range(3):
        with pytest.raises(Transient, match="host-busy"):
            async with paces[1].turn("a.example"):
                pass
    assert len(waits) == 3


async def test_who_asked_for_rest_gets_it_from_all(migrated_postgres_url: str, open_database: Open) -> None:
    paces, _ = two(migrated_postgres_url, open_database)
    assert await paces[0].held(["host:a.example"]) == 0
    await paces[0].hold("host:a.example", 600)
    await paces[0].hold("host:a.example", 5)  # the longer one counts
    assert await paces[1].held(["url:x", "host:a.example"]) == pytest.approx(600, abs=5)
    assert await paces[1].held(["host:b.example"]) == 0


async def test_without_an_interval_sql_is_not_asked(migrated_postgres_url: str, open_database: Open) -> None:
    paces, _ = two(migrated_postgres_url, open_database, interval=0.0)
    async with paces[0].turn("a.example"):
        pass
    count = sa.text("SELECT count(*) FROM turns")
    database = open_database(migrated_postgres_url)
    assert await database.read(lambda c: c.execute(count).scalar()) == 0


class Within:
    """Counts who is on a host, and lets them out when told to."""

    def __init__(self) -> None:
        self.now = self.most = 0
        self.full, self.open = asyncio.Event(), asyncio.Event()

    async def visit(self, pace: SqlPace, host: str = "a.example") -> None:
        async with pace.turn(host):
            self.now += 1
            self.most = max(self.most, self.now)
            self.full.set() if self.now == 2 else None
            await self.open.wait()
            self.now -= 1


async def test_a_host_has_so_many_places_over_all_processes(
    migrated_postgres_url: str, open_database: Open
) -> None:
    refused, within = asyncio.Event(), Within()

    async def note(_seconds: float) -> None:
        refused.set()
        await asyncio.sleep(0)

    paces = [SqlPace(open_database(migrated_postgres_url), 0.0, 2, sleep=note) for _ in range(3)]
    visits = [asyncio.create_task(within.visit(pace)) for pace in paces * 3]
    await bounded(within.full.wait())
    await bounded(refused.wait())  # the others found no place
    within.open.set()
    await bounded(asyncio.gather(*visits))
    assert within.most == 2
    left = sa.text("SELECT count(*) FROM visits")
    assert await open_database(migrated_postgres_url).read(lambda c: c.execute(left).scalar()) == 0


async def test_other_hosts_have_places_of_their_own(migrated_postgres_url: str, open_database: Open) -> None:
    paces, _ = two(migrated_postgres_url, open_database, interval=0.0)
    within = Within()
    within.open.set()
    hosts = [f"h{number}.example" for number in range(50)] * 2
    visits = [within.visit(pace, host) for pace in paces for host in hosts]
    await bounded(asyncio.gather(*visits))


async def test_the_place_of_a_process_that_died_frees_itself(
    migrated_postgres_url: str, open_database: Open
) -> None:
    dead = SqlPace(open_database(migrated_postgres_url), 0.0, 1, lease=0.0)
    await dead._place_on("a.example")  # never left
    (alive, _), waits = two(migrated_postgres_url, open_database, interval=0.0)
    async with alive.turn("a.example"):
        assert waits == []


async def test_a_host_that_has_no_place_for_long_is_asked_for_later(
    migrated_postgres_url: str, open_database: Open
) -> None:
    paces, waits = two(migrated_postgres_url, open_database, interval=0.0)
    for _ in range(2):
        await paces[0]._place_on("a.example")
    with pytest.raises(Transient, match="host-busy"):
        async with paces[1].turn("a.example"):
            pass
    assert sum(waits) == LONGEST_WAIT
