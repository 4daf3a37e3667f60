"""Politeness per host: how many fetches at once, how long between their starts, and who asked to be left alone."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol

from monitor.domain.errors import Transient

LONGEST_WAIT = 120.0  # seconds that a fetch may stand in line; then it is better asked for later
_MANY = 10_000  # hosts remembered before the idle ones are forgotten
_LONGEST_HOLD = 86_400.0


class HostPace(Protocol):
    """Gives out turns on hosts; one implementation lives in this process, another may live in SQL."""

    def turn(self, host: str, *, spaced: bool = True) -> AbstractAsyncContextManager[None]:
        """Hold one of the host's places, from its next start on; raise Transient where the line is too long."""
        ...

    async def hold(self, key: str, seconds: float) -> None:
        """Remember that a server asked to be left alone under this key."""
        ...

    async def held(self, keys: list[str]) -> float:
        """Return for how many seconds more one of these keys is held; 0 for none."""
        ...


@dataclass
class _Host:
    places: asyncio.Semaphore
    next_start: float = 0.0
    waiting: int = field(default=0)


class InProcessPace:
    """The turns of one process."""

    def __init__(
        self,
        interval: float = 5.0,
        concurrency: int = 2,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._interval, self._concurrency = interval, concurrency
        self._clock, self._sleep = clock, sleep
        self._hosts: dict[str, _Host] = {}
        self._holds: dict[str, float] = {}

    @asynccontextmanager
    async def turn(self, host: str, *, spaced: bool = True) -> AsyncIterator[None]:
        """Wait for the host's next start (unless a redirect goes on there) and for a free place."""
        place = self._place(host)
        wait = self._reserve(place) if spaced else 0.0
        place.waiting += 1
        try:
            if wait > 0:
                await self._sleep(wait)
            async with place.places:
                yield
        finally:
            place.waiting -= 1

    def _reserve(self, place: _Host) -> float:
        now = self._clock()
        start = max(now, place.next_start)
        if start - now > LONGEST_WAIT:
            raise Transient("host-busy", detail=f"line of {start - now:.0f} s")
        place.next_start = start + self._interval
        return start - now

    def _place(self, host: str) -> _Host:
        if len(self._hosts) > _MANY:
            now = self._clock()
            self._hosts = {
                name: place for name, place in self._hosts.items() if place.waiting or place.next_start > now
            }
        if host not in self._hosts:
            self._hosts[host] = _Host(asyncio.Semaphore(self._concurrency))
        return self._hosts[host]

    async def hold(self, key: str, seconds: float) -> None:
        """Remember that a server asked to be left alone under this key."""
        now = self._clock()
        self._holds = {name: until for name, until in self._holds.items() if until > now}
        self._holds[key] = max(self._holds.get(key, 0.0), now + min(seconds, _LONGEST_HOLD))

    async def held(self, keys: list[str]) -> float:
        """Return for how many seconds more one of these keys is held; 0 for none."""
        if not self._holds:
            return 0.0
        now = self._clock()
        return max((self._holds.get(key, 0.0) - now for key in keys), default=0.0)
