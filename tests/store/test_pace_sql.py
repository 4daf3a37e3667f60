"""Politeness of several processes together: one line per host, by the clock of the database."""

import asyncio
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from monitor.adapters.engine import Database
from monitor.adapters.pace_sql import SqlPace
from monitor.domain.errors import Transient

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
    assert [round(wait / 5) for wait in sorted(waits)] == [0, 1, 2, 3, 4, 5]
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
