"""What runs, what waits, what fails: the figures behind `status`, the pages and the metrics."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import Connection

from monitor.adapters import tables as t
from monitor.adapters.engine import Database
from monitor.adapters.store.fresh import Fresh
from monitor.adapters.store.paces import see_pace
from monitor.adapters.store.polls import Polls
from monitor.adapters.store.rows import state_of, upsert
from monitor.domain.alerts import IN_TROUBLE
from monitor.domain.model import CaptureState, SourceState, State
from monitor.domain.pacing import left_today

RATE_DAYS, SPARK_DAYS = timedelta(days=7), 30
OLDEST_AMONG = 1000
SILENT = timedelta(seconds=60)  # a worker without a beat for so long is gone
FORGOTTEN = timedelta(days=1)  # its row goes then; not sooner, for it may be our own clock that is off


@dataclass(frozen=True)
class Worker:
    """One process of the daemon."""

    id: str
    roles: str
    machine: str
    pid: int
    version: str
    started_at: datetime
    beat_at: datetime


@dataclass(frozen=True)
class Overview:
    """Counts at one moment; ages in seconds."""

    articles: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)  # of failed articles
    labels: dict[str, int] = field(default_factory=dict)  # queued articles by label state
    captures: dict[str, int] = field(default_factory=dict)
    sources: dict[str, int] = field(default_factory=dict)
    incidents: int = 0
    oldest_pending: float = 0.0
    oldest_wanted_capture: float = 0.0
    captures_left: int = 0  # that the archive allows today
    workers: tuple[Worker, ...] = ()
    last_poll: float | None = None  # None: no source was ever polled
    troubled: dict[str, str] = field(default_factory=dict)  # sources in trouble, with their health


@dataclass(frozen=True)
class Day:
    """Articles found on one day (UTC), by state."""

    date: str
    states: dict[str, int]


class Overviews:
    """Counts, and keeps the list of running processes."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.new_by_day = Fresh(self._new_by_day)
        self.rates = Fresh(self._rates)

    async def take(self, now: datetime) -> Overview:
        """Count everything in one read."""
        return await self._database.read(lambda connection: _take(connection, now))

    async def source_states(self) -> dict[str, SourceState]:
        """Return every source that was ever polled with what is known of it."""
        query = sa.select(t.sources)
        return await self._database.read(lambda c: {row.name: state_of(row) for row in c.execute(query)})

    async def daily(self, now: datetime, days: int = 14) -> list[Day]:
        """Return how many articles came into each state on each of the last days (UTC), oldest first."""
        since = (now - timedelta(days=days - 1)).replace(hour=0, minute=0, second=0, microsecond=0)

        def work(connection: Connection) -> list[Day]:
            counts = _per_day(connection, since)
            dates = [(since + timedelta(days=number)).date() for number in range(days)]
            return [Day(date.isoformat(), counts.get(date.isoformat(), {})) for date in dates]

        return await self._database.read(work)

    async def _rates(self, now: datetime) -> dict[str, float]:
        """Return how many new entries a day each source brought in the last week."""
        return await Polls(self._database).entries_per_day(now - RATE_DAYS, now)

    async def _new_by_day(self, now: datetime, days: int = SPARK_DAYS) -> dict[str, list[float]]:
        """Return how many new entries each source brought on each of the last days (UTC), oldest first."""
        since = (now - timedelta(days=days - 1)).replace(hour=0, minute=0, second=0, microsecond=0)
        day = _day_of(t.polls.c.at)

        def work(connection: Connection) -> dict[str, list[float]]:
            query = sa.select(t.polls.c.source, day(connection), sa.func.sum(t.polls.c.new))
            query = query.where(t.polls.c.at >= since, t.polls.c.new > 0)
            found: dict[str, list[float]] = {}
            for source, date, new in connection.execute(query.group_by(t.polls.c.source, day(connection))):
                place = (datetime.fromisoformat(date).replace(tzinfo=UTC) - since).days
                if 0 <= place < days:
                    found.setdefault(source, [0.0] * days)[place] = float(new)
            return found

        return await self._database.read(work)

    async def take_workers(self, now: datetime) -> list[Worker]:
        """Return the processes that live."""
        return await self._database.read(lambda connection: _workers(connection, now))

    async def beat(self, worker: Worker) -> None:
        """Say that a process is alive, and forget those that are long gone, or of a future that was never to be."""

        def work(connection: Connection) -> None:
            upsert(connection, t.workers, vars(worker) | {}, ["id"])
            near = t.workers.c.beat_at.between(worker.beat_at - FORGOTTEN, worker.beat_at + FORGOTTEN)
            connection.execute(t.workers.delete().where(~near))

        await self._database.write(work)

    async def server_time(self) -> datetime:
        """Return what time it is by the server's clock; PostgreSQL only, a file has none."""
        return await self._database.read(_server_time)

    async def leave(self, worker_id: str) -> None:
        """Say that a process stops."""
        await self._database.write(lambda c: c.execute(t.workers.delete().where(t.workers.c.id == worker_id)))


def _server_time(connection: Connection) -> datetime:
    found: datetime = connection.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
    return found


def _take(connection: Connection, now: datetime) -> Overview:
    a, c = t.articles.c, t.captures.c
    pending = (a.state == State.QUEUED.value) & (a.label_state == "pending")
    return Overview(
        articles=_counts(connection, a.state),
        reasons=_counts(connection, a.reason, a.state == State.FAILED.value),
        labels=_counts(connection, a.label_state, a.state == State.QUEUED.value),
        captures=_counts(connection, c.state),
        sources=_counts(connection, t.sources.c.status),
        incidents=_standing(connection),
        oldest_pending=_age(connection, a.queued_at, pending, now, first=a.id),
        oldest_wanted_capture=_age(
            connection, c.created_at, c.state == CaptureState.WANTED.value, now, first=c.id
        ),
        captures_left=left_today(see_pace(connection), now),
        workers=tuple(_workers(connection, now)),
        last_poll=_last_poll(connection, now),
        troubled=_troubled(connection),
    )


def _last_poll(connection: Connection, now: datetime) -> float | None:
    at = connection.execute(sa.select(sa.func.max(t.sources.c.last_polled_at))).scalar()
    return max(0.0, (now - at).total_seconds()) if at else None


def _troubled(connection: Connection) -> dict[str, str]:
    query = sa.select(t.sources.c.name, t.sources.c.status)
    return {name: status for name, status in connection.execute(query) if status in IN_TROUBLE}


def _standing(connection: Connection) -> int:
    """Count the incidents that were not merged into others, from indexes alone."""
    every = sa.select(sa.func.count()).select_from(t.incidents)
    merged = sa.select(sa.func.count()).where(t.incidents.c.merged_into.is_not(None))
    return int(connection.execute(every).scalar_one()) - int(connection.execute(merged).scalar_one())


def _day_of(column: sa.Column[datetime]) -> Callable[[Connection], sa.ColumnElement[str]]:
    """Return what asks for the day (UTC) of a time, on either database."""

    def ask(connection: Connection) -> sa.ColumnElement[str]:
        if connection.dialect.name == "sqlite":
            return sa.func.substr(sa.cast(column, sa.Text), 1, 10)
        utc = sa.func.timezone(sa.literal_column("'UTC'"), column)
        return sa.func.to_char(utc, sa.literal_column("'YYYY-MM-DD'"))

    return ask


def _per_day(connection: Connection, since: datetime) -> dict[str, dict[str, int]]:
    a = t.articles.c
    day = _day_of(a.found_at)(connection)
    query = sa.select(day, a.state, sa.func.count()).where(a.found_at >= since).group_by(day, a.state)
    counts: dict[str, dict[str, int]] = {}
    for date, state, count in connection.execute(query):
        counts.setdefault(str(date), {})[str(state)] = int(count)
    return counts


def _workers(connection: Connection, now: datetime) -> list[Worker]:
    lately = t.workers.c.beat_at.between(now - SILENT, now + SILENT)  # later: the clock was wrong
    rows = connection.execute(sa.select(t.workers).where(lately)).mappings()
    return [Worker(**row) for row in rows]


def _counts(
    connection: Connection, column: sa.Column[str], where: sa.ColumnElement[bool] | None = None
) -> dict[str, int]:
    query = sa.select(column, sa.func.count()).group_by(column)
    rows = connection.execute(query if where is None else query.where(where))
    return {str(name): int(count) for name, count in rows}


def _age(
    connection: Connection,
    column: sa.Column[datetime],
    where: sa.ColumnElement[bool],
    now: datetime,
    *,
    first: sa.Column[int],
) -> float:
    """Return the age of the oldest, which is among those with the lowest numbers."""
    oldest = sa.select(column.label("at")).where(where).order_by(first).limit(OLDEST_AMONG).subquery()
    at = connection.execute(sa.select(sa.func.min(oldest.c.at))).scalar()
    return max(0.0, (now - at).total_seconds()) if at else 0.0
