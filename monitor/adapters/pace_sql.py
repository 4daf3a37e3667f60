"""Politeness of many processes together: turns, places and holds in SQL, by the clock of the database."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import Connection

from monitor.adapters.engine import Database
from monitor.adapters.pace import LONGEST_WAIT, InProcessPace
from monitor.adapters.store.gathered import Gathered
from monitor.domain.errors import MonitorError, Transient

_TURN = sa.text(
    "INSERT INTO turns AS t (host, next_start) VALUES (:host, clock_timestamp() + :gap * interval '1 second') "
    "ON CONFLICT (host) DO UPDATE SET next_start = "
    "greatest(t.next_start, clock_timestamp()) + :gap * interval '1 second' "
    "WHERE t.next_start < clock_timestamp() + :longest * interval '1 second' "
    "RETURNING extract(epoch FROM next_start - clock_timestamp()) - :gap"
)
# The n-th who asks for a host gets its n-th free place. Where another process takes that meanwhile, the conflict
# shows it as not free after all, and nothing comes back. Rows go in by their key: two processes meet in one order.
_ENTER = sa.text(
    """
    WITH asked AS (
        SELECT host, token, row_number() OVER (PARTITION BY host) AS turn
        FROM unnest(CAST(:hosts AS text[]), CAST(:tokens AS text[])) AS a (host, token)
    ), free AS (
        SELECT host, place, row_number() OVER (PARTITION BY host ORDER BY place) AS turn
        FROM (SELECT DISTINCT host FROM asked) AS h CROSS JOIN generate_series(1, :places) AS place
        WHERE NOT EXISTS (
            SELECT FROM visits AS v
            WHERE v.host = h.host AND v.place = place.place AND v.until > clock_timestamp()
        )
    )
    INSERT INTO visits AS v (host, place, token, until)
    SELECT host, place, token, clock_timestamp() + :lease * interval '1 second'
    FROM asked JOIN free USING (host, turn) ORDER BY host, place
    ON CONFLICT (host, place) DO UPDATE SET token = excluded.token, until = excluded.until
    WHERE v.until <= clock_timestamp()
    RETURNING token, place
    """
)
_LEAVE = sa.text(
    """
    DELETE FROM visits WHERE (host, place) IN (
        SELECT v.host, v.place FROM visits AS v
        JOIN unnest(CAST(:hosts AS text[]), CAST(:places AS int[]), CAST(:tokens AS text[])) AS g (host, place, token)
        USING (host, place, token) ORDER BY v.host, v.place FOR UPDATE OF v
    )
    """
)
_HOLD = sa.text(
    "INSERT INTO holds AS h (key, until) VALUES (:key, now() + :seconds * interval '1 second') "
    "ON CONFLICT (key) DO UPDATE SET until = greatest(h.until, excluded.until)"
)
_HELD = sa.text(
    "SELECT coalesce(max(extract(epoch FROM until - now())), 0) FROM holds WHERE key = ANY(:keys)"
)
LONGEST_HOLD = 86_400.0
LEASE = 120.0  # seconds after which a place is free whatever became of its fetch
AGAIN = 0.5  # seconds until a host without a free place is asked about again
TOGETHER = 100


@dataclass(frozen=True)
class _Visit:
    """A fetch on a host, and the place that it holds there; 0 for none yet."""

    host: str
    token: str
    place: int = 0


class SqlPace:
    """Implements HostPace on PostgreSQL: starts are spaced, and places counted, over all processes."""

    def __init__(
        self,
        database: Database,
        interval: float,
        concurrency: int,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        lease: float = LEASE,
    ) -> None:
        self._database, self._interval, self._concurrency = database, interval, concurrency
        self._sleep, self._lease = sleep, lease
        self._near = InProcessPace(0.0, concurrency)  # who waits in line here asks nothing of SQL
        self._enter = Gathered(self._enter_all, most=TOGETHER)
        self._leave = Gathered(self._leave_all, most=TOGETHER)

    @asynccontextmanager
    async def turn(self, host: str, *, spaced: bool = True) -> AsyncIterator[None]:
        """Wait for the host's next start and for a free place, both over all processes."""
        if spaced and self._interval:
            await self._sleep(await self._reserve(host))
        async with self._near.turn(host, spaced=False):
            visit = await self._place_on(host)
            try:
                yield
            finally:
                with contextlib.suppress(MonitorError):  # a database that is away: the place frees itself
                    await self._leave(visit)

    async def hold(self, key: str, seconds: float) -> None:
        """Remember for all processes that a server asked to be left alone under this key."""
        given = {"key": key, "seconds": min(seconds, LONGEST_HOLD)}
        await self._database.write(lambda connection: connection.execute(_HOLD, given))

    async def held(self, keys: list[str]) -> float:
        """Return for how many seconds more one of these keys is held; 0 for none."""
        seconds = await self._database.read(lambda c: c.execute(_HELD, {"keys": keys}).scalar_one())
        return max(0.0, float(seconds))

    async def _reserve(self, host: str) -> float:
        given = {"host": host, "gap": self._interval, "longest": LONGEST_WAIT}

        def work(connection: Connection) -> float | None:
            seconds = connection.execute(_TURN, given).scalar()
            return None if seconds is None else max(0.0, float(seconds))

        wait = await self._database.write(work)
        if wait is None:
            raise Transient("host-busy", detail=f"line of over {LONGEST_WAIT:.0f} s")
        return wait

    async def _place_on(self, host: str) -> _Visit:
        wanted, waited = _Visit(host, secrets.token_hex(8)), 0.0
        while not (visit := await self._enter(wanted)).place:
            if waited >= LONGEST_WAIT:
                raise Transient("host-busy", detail=f"no place within {LONGEST_WAIT:.0f} s")
            await self._sleep(AGAIN)
            waited += AGAIN
        return visit

    async def _enter_all(self, wanted: Sequence[_Visit]) -> list[_Visit]:
        given = {
            "hosts": [one.host for one in wanted],
            "tokens": [one.token for one in wanted],
            "places": self._concurrency,
            "lease": self._lease,
        }

        def work(connection: Connection) -> dict[str, int]:
            return {row.token: row.place for row in connection.execute(_ENTER, given)}

        places = await self._database.write(work)
        return [_Visit(one.host, one.token, places.get(one.token, 0)) for one in wanted]

    async def _leave_all(self, visits: Sequence[_Visit]) -> list[None]:
        given = {
            "hosts": [one.host for one in visits],
            "places": [one.place for one in visits],
            "tokens": [one.token for one in visits],
        }
        await self._database.write(lambda connection: connection.execute(_LEAVE, given))
        return [None] * len(visits)
