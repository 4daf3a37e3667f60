"""One door to both databases: `read` and `write` take a function of a connection.

SQLite has one writing connection in one thread. Work that arrives while a transaction commits goes into the
next one together (group commit): 50 producers of one row each reach 14,000 rows a second with synchronous=FULL.
PostgreSQL runs each piece of work in its own transaction on a small pool of threads.
"""

import asyncio
import json
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, OperationalError

from monitor.adapters.database_errors import translate
from monitor.adapters.silence import Lines, limits_of, silence
from monitor.domain.errors import Permanent, Transient
from monitor.domain.tickets import Announce, Ticket

T = TypeVar("T")
Work = Callable[[Connection], T]

SAFE_SQLITE = (3, 51, 3)  # older ones have the WAL-reset corruption bug
GROUP = 100  # pieces of work in one transaction
BUSY_SECONDS = 5.0
WRITE_CACHE, READ_CACHE = 65_536, 8_192  # kB of pages; there are eight readers, and the system keeps some too
TRIES_WHEN_LOCKED = 6
GOODBYE = 3.0  # seconds that accepted work may still take on a server when the door is closed


def sqlite_version() -> tuple[int, ...]:
    """Return the version of the SQLite library in use."""
    import pysqlite3

    return tuple(int(part) for part in pysqlite3.sqlite_version.split("."))


def make_engine(
    url: str | URL, *, writer: bool = False, read_only: bool = False, pool_size: int = 8
) -> Engine:
    """Return an engine with our habits: WAL and full sync on SQLite, UTC and a small pool on PostgreSQL."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return sa.create_engine(
            parsed,
            pool_size=pool_size,
            max_overflow=4,
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args=limits_of(parsed),
        )
    import pysqlite3

    if parsed.database and parsed.database != ":memory:":
        _make_folder(Path(parsed.database).parent)
    engine = sa.create_engine(
        parsed,
        module=pysqlite3,
        pool_size=pool_size,
        connect_args={"check_same_thread": False},
        hide_parameters=True,  # an article's text is no part of an error message
        json_serializer=partial(json.dumps, ensure_ascii=False),  # people read these columns
    )
    _set_pragmas(engine, checkpoints=writer, read_only=read_only)
    return engine


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        detail = f"cannot make {folder} ({error.strerror}); set DATA_DIR to a folder that can be written to"
        raise Permanent("database", detail=detail) from error


def _set_pragmas(engine: Engine, *, checkpoints: bool, read_only: bool) -> None:
    @event.listens_for(engine, "connect")
    def connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout={int(BUSY_SECONDS * 1000)}",
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "temp_store=MEMORY",
            "journal_size_limit=67108864",
            f"cache_size=-{READ_CACHE if read_only else WRITE_CACHE}",
            f"wal_autocheckpoint={1000 if checkpoints else 0}",
            f"query_only={'ON' if read_only else 'OFF'}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A deferred transaction that reads first and writes later fails at once when another wrote between.
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


def _silent(_connection: Connection, /, *_tickets: Ticket) -> None:
    """Give no tickets: one process sees its own work."""


class Database:
    """Runs work on the database without blocking the event loop; `close` waits for what was accepted.

    `patience`: seconds that small writes of a stream may wait for each other, to share a statement. `announce` gives tickets to other processes inside the transaction that calls it.
    """

    announce: Announce[Connection] = staticmethod(_silent)

    def __init__(self, url: str, *, pool_size: int = 8, patience: float = 0.0) -> None:
        self.url, self.patience = make_url(url), patience
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._readers = ThreadPoolExecutor(pool_size, thread_name_prefix="db-read")
        if self.is_sqlite:
            self.engine = make_engine(self.url, writer=True, pool_size=1)
            self._read_engine = make_engine(self.url, read_only=True, pool_size=pool_size)
            self._writer: _Writer | None = _Writer(self.engine)
            self._lines: Lines | None = None
        else:
            self.engine = self._read_engine = make_engine(self.url, pool_size=pool_size)
            self._writer, self._lines = None, Lines.of(self.engine)

    async def read(self, work: Work[T]) -> T:
        """Return what `work` reads, in a transaction of its own; raise Transient when the database is away."""
        return await self._ask(self._read_engine, work)

    async def write(self, work: Work[T]) -> T:
        """Run `work` and return its result once it is committed; raise Transient when the database is away."""
        if self._writer is not None:
            return await asyncio.wrap_future(self._writer.submit(work))
        return await self._ask(self.engine, work)

    async def silence(self, patience: float) -> None:
        """Return once a server has not answered for `patience` seconds; a file is never silent."""
        if self._lines is None:
            await asyncio.Event().wait()
        await silence(lambda: self.read(lambda connection: connection.execute(sa.select(1))), patience)

    @property
    def alive(self) -> bool:
        """Whether writes are still taken."""
        return self._writer is None or self._writer.thread.is_alive()

    def close(self, within: float = GOODBYE) -> None:
        """Finish accepted work and let go of every connection; a server that is silent is waited for `within` seconds."""
        if self._writer is not None:
            self._writer.close()
        impatient = threading.Timer(within, self.hang_up)
        impatient.start()
        self._readers.shutdown(wait=True)
        impatient.cancel()
        self._read_engine.dispose()
        self.engine.dispose()

    def hang_up(self) -> None:
        """Wait no longer for a silent server: what was asked of it fails, and nothing more is asked."""
        if self._lines is not None:
            self._readers.shutdown(wait=False, cancel_futures=True)
            self._lines.hang_up()

    async def _ask(self, engine: Engine, work: Work[T]) -> T:
        if self._lines is not None and self._lines.ended:
            raise Transient("database", detail="closed")
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._run, engine, work)

    @staticmethod
    def _run(engine: Engine, work: Work[T]) -> T:
        try:
            with engine.begin() as connection:
                return work(connection)
        except DBAPIError as error:
            raise translate(error) from error


class _Writer:
    """One thread, one connection, many pieces of work in one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._queue: queue.SimpleQueue[tuple[Work[Any], Future[Any]] | None] = queue.SimpleQueue()
        self._closed = False
        self.thread = threading.Thread(target=self._loop, name="db-write", daemon=True)
        self.thread.start()

    def submit(self, work: Work[T]) -> "Future[T]":
        if self._closed:
            raise Transient("database", detail="closed")
        future: Future[T] = Future()
        self._queue.put((work, future))
        return future

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._queue.put(None)
            self.thread.join()

    def _loop(self) -> None:
        while group := self._next_group():
            self._commit(group)

    def _next_group(self) -> list[tuple[Work[Any], Future[Any]]]:
        """Wait for one piece of work and take along whatever else has arrived; empty means: stop."""
        first = self._queue.get()
        group = [] if first is None else [first]
        while group and len(group) < GROUP and not self._queue.empty():
            following = self._queue.get()
            if following is None:
                self._queue.put(None)
                break
            group.append(following)
        return group

    def _commit(self, group: list[tuple[Work[Any], Future[Any]]]) -> None:
        """Run what nobody gave up meanwhile; whatever breaks, everyone gets an answer and the thread lives on."""
        wanted = [(work, future) for work, future in group if future.set_running_or_notify_cancel()]
        results: list[tuple[Future[Any], Any, BaseException | None]] = []
        try:
            with self._begin() as connection:
                results = _attempt_all(connection, wanted)
        except Exception as error:  # noqa: BLE001 - it travels to the callers
            failure = translate(error) if isinstance(error, DBAPIError) else error
            results = [(future, None, failure) for _, future in wanted]
        for future, value, trouble in results:
            if trouble is None:
                future.set_result(value)
            else:
                future.set_exception(trouble)

    def _begin(self) -> Any:
        """Begin, again and again for half a minute where another process holds the lock."""
        tries = 0
        while True:
            try:
                context = self._engine.begin()
                return _Entered(context, context.__enter__())
            except OperationalError as error:
                tries += 1
                if "locked" not in str(error.orig) or tries == TRIES_WHEN_LOCKED:
                    raise
                time.sleep(0.05)  # the busy time-out has already waited; this only yields


class _Entered:
    """A transaction that has already begun, as a context manager."""

    def __init__(self, context: Any, connection: Connection) -> None:
        self._context, self._connection = context, connection

    def __enter__(self) -> Connection:
        return self._connection

    def __exit__(self, *error: object) -> Any:
        return self._context.__exit__(*error)


def _attempt_all(
    connection: Connection, wanted: list[tuple[Work[Any], Future[Any]]]
) -> list[tuple[Future[Any], Any, BaseException | None]]:
    """Run a group; what is alone has the transaction to itself and needs no savepoint."""
    if len(wanted) == 1:
        ((work, future),) = wanted
        return [(future, work(connection), None)]
    return [(future, *_attempt(connection, work)) for work, future in wanted]


def _attempt(connection: Connection, work: Work[Any]) -> tuple[Any, BaseException | None]:
    """Run one piece of work behind a savepoint, so that its failure is its own."""
    savepoint = connection.begin_nested()
    try:
        value = work(connection)
        savepoint.commit()
    except DBAPIError as error:
        if not connection.connection.in_transaction:  # a full disk ends the transaction, savepoints and all
            raise
        savepoint.rollback()
        return None, translate(error)
    except Exception as error:  # noqa: BLE001 - it travels to the caller
        savepoint.rollback()
        return None, error
    return value, None
