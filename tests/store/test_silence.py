"""A server that says nothing any more holds nobody up for longer than we chose."""

import asyncio
import time
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.engine import make_url

from monitor.adapters.dispatch.duty import Duty, Rhythm
from monitor.adapters.dispatch.procrastinate import Dispatcher
from monitor.adapters.dispatch.schema import SCHEMA
from monitor.adapters.engine import Database, make_engine
from monitor.adapters.silence import LIMITS
from monitor.domain.errors import Transient
from monitor.domain.tickets import Ticket
from tests.fakes import bounded
from tests.postgres import Server

TAKING = sa.text(f"SELECT count(*) FROM {SCHEMA}.procrastinate_workers")
WAITING = sa.text(
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%fetch_job%'"
)
HUNG = sa.text("SELECT pg_sleep(60)")  # as long as the test may take: no answer comes


def hang(connection: Connection) -> None:
    connection.execute(HUNG)


async def test_who_closes_waits_for_no_answer(postgres: Server, migrated_postgres_url: str) -> None:
    database = Database(migrated_postgres_url)
    await database.read(lambda connection: connection.execute(sa.text("SELECT 1")))
    hung = [asyncio.create_task(database.write(hang)) for _ in range(20)]  # more than there are connections
    began = time.monotonic()
    await asyncio.sleep(0)  # until they are begun
    await asyncio.to_thread(database.close, 0.5)
    assert time.monotonic() - began < 20
    for result in await asyncio.gather(*hung, return_exceptions=True):
        assert isinstance(result, Transient | asyncio.CancelledError)
    postgres.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(60%'"
    )


async def test_silence_is_noticed_and_whoever_asks_after_it_is_told(
    postgres: Server, migrated_postgres_url: str, open_database: Callable[[str], Database]
) -> None:
    database = open_database(migrated_postgres_url)
    listening = asyncio.create_task(database.silence(0.3))
    await database.read(lambda connection: connection.execute(sa.text("SELECT 1")))
    assert not listening.done()
    hung = [asyncio.create_task(database.write(hang)) for _ in range(20)]
    await bounded(listening, 20)
    database.hang_up()
    for asked in (database.read, database.write):
        with pytest.raises(Transient, match="closed"):
            await asked(lambda connection: connection.execute(sa.text("SELECT 1")))
    await asyncio.gather(*hung, return_exceptions=True)
    postgres.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(60%'"
    )


async def test_work_that_is_answered_is_finished_first(
    migrated_postgres_url: str, open_database: Callable[[str], Database]
) -> None:
    database = open_database(migrated_postgres_url)
    brief = sa.text("INSERT INTO leases (name, token, until) SELECT 'a', 't', now() FROM pg_sleep(0.2)")
    written = asyncio.create_task(database.write(lambda connection: connection.execute(brief)))
    await asyncio.sleep(0)
    await asyncio.to_thread(database.close)
    assert (await written).rowcount == 1


@pytest.mark.parametrize("more", ["", "&tcp_user_timeout=5000"])
def test_every_connection_has_limits_unless_its_address_says_others(postgres_url: str, more: str) -> None:
    engine = make_engine(postgres_url + more)
    with engine.connect() as connection:
        found = connection.connection.driver_connection.info.get_parameters()
    engine.dispose()
    wanted = {**LIMITS, "tcp_user_timeout": 5000} if more else LIMITS
    assert {name: int(found[name]) for name in LIMITS} == wanted


async def test_so_has_every_connection_for_tickets(migrated_postgres_url: str) -> None:
    opened = dispatcher(migrated_postgres_url)._open("read")
    async with opened as app, app.connector.pool.connection() as connection:
        found = connection.info.get_parameters()
    assert {name: int(found[name]) for name in LIMITS} == LIMITS


async def test_who_takes_tickets_ends_when_told_to_although_no_answer_comes(
    migrated_postgres_url: str, open_database: Callable[[str], Database]
) -> None:
    database = open_database(migrated_postgres_url)
    taking = dispatcher(migrated_postgres_url)
    task = asyncio.create_task(taking.run("read"))
    await until_some(database, TAKING)
    engine = make_engine(migrated_postgres_url)
    with engine.begin() as connection:
        lock = sa.text(f"LOCK TABLE {SCHEMA}.procrastinate_jobs IN ACCESS EXCLUSIVE MODE")
        await asyncio.to_thread(connection.execute, lock)  # who takes tickets may have to end with it first
        await until_some(database, WAITING)
        taking.stop.set()
        await asyncio.wait([task], timeout=1.0)  # the time that a stop gives, which it cannot use
        task.cancel()
        await bounded(asyncio.gather(task, return_exceptions=True), 20)
    left = asyncio.all_tasks() - {asyncio.current_task()}
    await bounded(asyncio.gather(*left, return_exceptions=True), 40)  # as the end of a process does
    engine.dispose()


async def until_some(database: Database, query: sa.TextClause) -> None:
    async with asyncio.timeout(30):
        while not await database.read(lambda connection: connection.execute(query).scalar()):  # noqa: ASYNC110
            await asyncio.sleep(0.02)  # another connection's doing: nothing to wait on


def dispatcher(url: str) -> Dispatcher:
    async def work(_key: str, _begun: bool) -> None: ...

    async def look() -> list[Ticket]:
        return []

    rhythm = Rhythm(heartbeat=0.2, stalled=1.0, drain=0.5, recover_every=1)
    return Dispatcher(make_url(url), {"read": Duty(work, look)}, asyncio.Event(), rhythm=rhythm)
