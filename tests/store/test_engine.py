"""The door to both databases: what is acknowledged is committed, a failure is its own work's alone."""

import asyncio
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection

from monitor.adapters import tables as t
from monitor.adapters.engine import SAFE_SQLITE, Database, make_engine, sqlite_version
from monitor.domain.errors import Permanent, Transient
from tests.fakes import NOON, bounded
from tests.postgres import Server


def note_lease(name: str, until: datetime = NOON) -> Callable[[Connection], None]:
    def work(connection: Connection) -> None:
        connection.execute(t.leases.insert().values(name=name, token="t", until=until))

    return work


def count_leases(connection: Connection) -> int:
    return int(connection.execute(sa.select(sa.func.count()).select_from(t.leases)).scalar_one())


async def test_what_is_written_is_read_by_the_next(database: Database) -> None:
    await database.write(note_lease("a"))
    assert await database.read(count_leases) == 1


async def test_a_failing_piece_of_work_leaves_no_trace_and_spares_the_others(database: Database) -> None:
    """Group commit puts strangers into one transaction; a savepoint keeps their failures apart."""

    def half(connection: Connection) -> None:
        note_lease("half")(connection)
        raise ValueError("half way")

    works = [note_lease("a"), half, note_lease("b")]
    results = await asyncio.gather(*[database.write(work) for work in works], return_exceptions=True)
    assert [type(result) for result in results] == [type(None), ValueError, type(None)]
    assert await database.read(count_leases) == 2


async def test_a_breach_of_a_unique_key_is_its_own(database: Database) -> None:
    works = [database.write(note_lease("same")) for _ in range(4)]
    results = await asyncio.gather(*works, return_exceptions=True)
    assert [result is None for result in results].count(True) == 1
    assert await database.read(count_leases) == 1


async def test_many_producers_are_all_acknowledged_after_their_commit(database: Database) -> None:
    await asyncio.gather(*[database.write(note_lease(str(number))) for number in range(250)])
    assert await database.read(count_leases) == 250


async def test_waiting_work_is_committed_together(
    sqlite_url: str, open_database: Callable[[str], Database]
) -> None:
    """What arrives while a transaction commits goes into one transaction: a hundred rows, few syncs."""
    database = open_database(sqlite_url)
    commits = 0

    @sa.event.listens_for(database.engine, "commit")
    def count(_: Connection) -> None:
        nonlocal commits
        commits += 1

    gate = threading.Event()
    first = asyncio.ensure_future(database.write(lambda _: gate.wait(5)))
    rest = [asyncio.ensure_future(database.write(note_lease(str(number)))) for number in range(100)]
    await asyncio.sleep(0)  # let them all be submitted
    gate.set()
    await bounded(asyncio.gather(first, *rest))
    assert commits <= 3


async def test_work_given_up_while_it_waits_is_not_done(
    sqlite_url: str, open_database: Callable[[str], Database]
) -> None:
    database = open_database(sqlite_url)
    begun, gate = threading.Event(), threading.Event()
    first = asyncio.ensure_future(database.write(lambda _: (begun.set(), gate.wait(5))))
    await asyncio.to_thread(begun.wait, 5)  # what is asked for before goes into its transaction
    given_up = asyncio.ensure_future(database.write(note_lease("given up")))
    await asyncio.sleep(0)
    given_up.cancel()
    with pytest.raises(asyncio.CancelledError):
        await given_up
    gate.set()
    await bounded(first)
    await database.write(note_lease("next"))  # the writer lives on
    assert await database.read(count_leases) == 1


async def test_close_waits_for_accepted_work_and_refuses_more(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    pending = [asyncio.ensure_future(database.write(note_lease(str(number)))) for number in range(20)]
    await asyncio.sleep(0)
    await asyncio.to_thread(database.close)
    await bounded(asyncio.gather(*pending))
    with pytest.raises(Transient, match="closed"):
        await database.write(note_lease("late"))
    reopened = Database(sqlite_url)
    try:
        assert await reopened.read(count_leases) == 20
    finally:
        reopened.close()


async def test_a_reader_never_writes(sqlite_url: str, open_database: Callable[[str], Database]) -> None:
    with pytest.raises(Permanent, match="readonly"):
        await open_database(sqlite_url).read(note_lease("a"))


async def test_a_reader_sees_whole_transactions(database: Database) -> None:
    """A reader that began before a commit keeps its picture; it does not wait for the writer either."""

    def two_at_once(connection: Connection) -> None:
        note_lease("a")(connection)
        note_lease("b")(connection)

    seen = await asyncio.gather(
        *[database.read(count_leases) for _ in range(20)], database.write(two_at_once)
    )
    assert {0, 2} >= {count for count in seen if count is not None}


async def test_times_come_back_as_the_moment_they_were(database: Database) -> None:
    """12:00 in Shanghai is 4:00 UTC on both databases, whatever zone the server stands in."""
    shanghai = datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=8)))
    await database.write(note_lease("a", shanghai))
    until = await database.read(lambda c: c.execute(sa.select(t.leases.c.until)).scalar_one())
    assert until == datetime(2026, 3, 1, 4, tzinfo=UTC)
    assert until.utcoffset() == timedelta(0)


async def test_naive_times_are_refused(database: Database) -> None:
    with pytest.raises(sa.exc.StatementError, match="naive"):
        await database.write(note_lease("a", datetime(2026, 3, 1)))  # noqa: DTZ001 - that is the point


async def test_times_sort_as_time_does(database: Database) -> None:
    """Years below and above 1000, microseconds or none: text on SQLite must sort like the moments."""
    moments = [NOON + timedelta(microseconds=step) for step in (0, 1, 999_999, 1_000_000)]
    for number, moment in enumerate(reversed(moments)):
        await database.write(note_lease(str(number), moment))
    query = sa.select(t.leases.c.until).order_by(t.leases.c.until)
    assert await database.read(lambda c: list(c.execute(query).scalars())) == moments


async def test_a_database_without_tables_names_the_cure(
    tmp_path: Path, open_database: Callable[[str], Database]
) -> None:
    with pytest.raises(Permanent, match="monitor db upgrade"):
        await open_database(f"sqlite:///{tmp_path}/empty.db").read(count_leases)


async def test_an_empty_postgres_names_the_cure(
    postgres_url: str, open_database: Callable[[str], Database]
) -> None:
    with pytest.raises(Permanent, match="monitor db upgrade"):
        await open_database(postgres_url).read(count_leases)


async def test_a_file_that_is_no_database_is_permanent(
    tmp_path: Path, open_database: Callable[[str], Database]
) -> None:
    (tmp_path / "monitor.db").write_bytes(b"words, not pages " * 500)
    with pytest.raises(Permanent, match="not a database"):
        await open_database(f"sqlite:///{tmp_path}/monitor.db").read(count_leases)


async def test_a_server_that_went_away_is_transient_and_comes_back(
    postgres: Server, migrated_postgres_url: str, open_database: Callable[[str], Database]
) -> None:
    database = open_database(migrated_postgres_url)
    await database.write(note_lease("before"))
    postgres.stop("immediate")
    try:
        with pytest.raises(Transient, match="database"):
            await database.write(note_lease("while away"))
    finally:
        postgres.start()
    assert await database.read(count_leases) <= 1  # nothing is synced in the tests: the crash may take it


async def test_rights_that_are_missing_are_permanent(
    postgres: Server, migrated_postgres_url: str, open_database: Callable[[str], Database]
) -> None:
    postgres.execute("DROP ROLE IF EXISTS outsider")
    postgres.execute("CREATE ROLE outsider LOGIN")
    with pytest.raises(Permanent, match="permission denied"):
        await open_database(migrated_postgres_url.replace("postgres@", "outsider@")).read(count_leases)


async def test_a_full_disk_costs_the_write_and_nothing_before_it(
    sqlite_url: str, open_database: Callable[[str], Database]
) -> None:
    """What does not fit is refused whole, the rest stays readable, and with room it goes on."""
    database = open_database(sqlite_url)
    await database.write(note_lease("before"))
    pages = await database.write(lambda c: int(c.execute(sa.text("PRAGMA page_count")).scalar_one()))
    await database.write(lambda c: c.execute(sa.text(f"PRAGMA max_page_count = {pages + 2}")))

    def too_much(connection: Connection) -> None:
        for number in range(2000):
            note_lease(f"{number}" * 20)(connection)

    with pytest.raises(Transient, match="full"):
        await database.write(too_much)
    assert await database.read(count_leases) == 1
    await database.write(lambda c: c.execute(sa.text("PRAGMA max_page_count = 1000000")))
    await database.write(too_much)
    assert await database.read(count_leases) == 2001


async def test_a_full_disk_spares_what_is_written_with_it(
    sqlite_url: str, open_database: Callable[[str], Database]
) -> None:
    """SQLite may give up the whole transaction; then everyone in it is told, and nobody is told otherwise."""
    database = open_database(sqlite_url)
    pages = await database.write(lambda c: int(c.execute(sa.text("PRAGMA page_count")).scalar_one()))
    await database.write(lambda c: c.execute(sa.text(f"PRAGMA max_page_count = {pages + 2}")))

    def too_much(connection: Connection) -> None:
        for number in range(2000):
            note_lease(f"{number}" * 20)(connection)

    works = [note_lease("small"), too_much, note_lease("other")]
    results = await asyncio.gather(*[database.write(work) for work in works], return_exceptions=True)
    assert await database.read(count_leases) == sum(result is None for result in results)
    assert isinstance(results[1], Transient)
    assert database.alive


async def test_another_writer_is_waited_for(
    sqlite_url: str, open_database: Callable[[str], Database]
) -> None:
    """A tool that writes for a moment costs a moment."""
    database, other = open_database(sqlite_url), make_engine(sqlite_url, writer=True)
    holds, gate = threading.Event(), threading.Event()

    def hold() -> None:
        with other.begin() as connection:
            note_lease("other")(connection)
            holds.set()
            gate.wait(5)

    thread = threading.Thread(target=hold)
    thread.start()
    holds.wait(5)
    ours = asyncio.ensure_future(database.write(note_lease("ours")))
    await asyncio.sleep(0)
    gate.set()
    await bounded(ours)
    thread.join()
    other.dispose()
    assert await database.read(count_leases) == 2


def test_the_library_is_free_of_the_bug_that_corrupts_files() -> None:
    assert sqlite_version() >= SAFE_SQLITE


def test_only_the_writer_moves_the_log_into_the_file(sqlite_url: str) -> None:
    """Two connections that checkpoint at the same moment are what corrupted files."""
    for reading in (True, False):
        engine = make_engine(sqlite_url, writer=not reading, read_only=reading)
        with engine.begin() as connection:
            pages = connection.execute(sa.text("PRAGMA wal_autocheckpoint")).scalar_one()
            synchronous = connection.execute(sa.text("PRAGMA synchronous")).scalar_one()
            foreign = connection.execute(sa.text("PRAGMA foreign_keys")).scalar_one()
        engine.dispose()
        assert pages == (0 if reading else 1000)
        assert (synchronous, foreign) == (2, 1)
