"""Politeness of many processes together: turns and holds in SQL, by the clock of the database."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import sqlalchemy as sa
from sqlalchemy import Connection

from monitor.adapters.engine import Database
from monitor.adapters.pace import LONGEST_WAIT, InProcessPace
from monitor.domain.errors import Transient

_TURN = sa.text(
    "INSERT INTO turns AS t (host, next_start) VALUES (:host, clock_timestamp() + :gap * interval '1 second') "
    "ON CONFLICT (host) DO UPDATE SET next_start = "
    "greatest(t.next_start, clock_timestamp()) + :gap * interval '1 second' "
    "WHERE t.next_start < clock_timestamp() + :longest * interval '1 second' "
    "RETURNING extract(epoch FROM next_start - clock_timestamp()) - :gap"
)
_HOLD = sa.text(
    "INSERT INTO holds AS h (key, until) VALUES (:key, now() + :seconds * interval '1 second') "
    "ON CONFLICT (key) DO UPDATE SET until = greatest(h.until, excluded.until)"
)
_HELD = sa.text(
    "SELECT coalesce(max(extract(epoch FROM until - now())), 0) FROM holds WHERE key = ANY(:keys)"
)
LONGEST_HOLD = 86_400.0


class SqlPace:
    """Implements HostPace on PostgreSQL: starts are spaced over all processes, places are counted in each.

    Only one process at a time reads a host (its ticket has a lock), so beside it only a poll can be there.
    """

    def __init__(
        self,
        database: Database,
        interval: float,
        concurrency: int,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._database, self._interval, self._sleep = database, interval, sleep
        self._near = InProcessPace(0.0, concurrency)

    @asynccontextmanager
    async def turn(self, host: str, *, spaced: bool = True) -> AsyncIterator[None]:
        """Wait for the host's next start over all processes and for a free place in this one."""
        if spaced and self._interval:
            await self._sleep(await self._reserve(host))
        async with self._near.turn(host, spaced=False):
            yield

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
