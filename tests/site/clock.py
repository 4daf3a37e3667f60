"""The time that the replayed web lives in; tests move it by hand."""

import asyncio
from datetime import UTC, datetime, timedelta


class Clock:
    """Tells and waits for real time."""

    def now(self) -> datetime:
        """Return the aware UTC time."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Wait for that many seconds of this clock."""
        await asyncio.sleep(seconds)


class ManualClock(Clock):
    """Stands still until a test advances it; sleepers wake when their time has come."""

    def __init__(self, start: datetime) -> None:
        self.asleep = asyncio.Event()  # set once somebody waits for this clock
        self._now = start
        self._sleepers: list[tuple[datetime, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        """Return the time that was set."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock was advanced by that many seconds."""
        if seconds <= 0:
            return
        woken = asyncio.get_running_loop().create_future()
        self._sleepers.append((self._now + timedelta(seconds=seconds), woken))
        self.asleep.set()
        await woken

    def advance(self, seconds: float) -> None:
        """Move the time forward and wake whoever was waiting for it."""
        self._now += timedelta(seconds=seconds)
        for due, woken in self._sleepers:
            if due <= self._now and not woken.done():
                woken.set_result(None)
        self._sleepers = [pair for pair in self._sleepers if not pair[1].done()]
