"""The embedded dispatcher: tickets are asyncio events, APScheduler is the clock that hands them out.

A ticket only says "look again"; the truth is in SQL, so a lost ticket costs one tick and a doubled one nothing.
"""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Mapping


class Tickets:
    """Wakes whoever waits for a role."""

    def __init__(self) -> None:
        self._events: dict[str, asyncio.Event] = defaultdict(asyncio.Event)

    def give(self, *roles: str) -> None:
        """Say that there may be work for these roles."""
        for role in roles:
            self._events[role].set()

    async def wait(self, role: str, seconds: float) -> None:
        """Return when a ticket came, or after so many seconds."""
        event = self._events[role]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await event.wait()
        event.clear()


class Ticker:
    """Hands out a ticket per role at fixed periods; late ticks are made up for once, never dropped."""

    def __init__(self, tickets: Tickets, periods: Mapping[str, float]) -> None:
        """`periods`: role → seconds between tickets."""
        from apscheduler.schedulers.asyncio import AsyncIOScheduler  # which a single pass does not wait for

        self._scheduler = AsyncIOScheduler(
            timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        for role, seconds in periods.items():
            self._scheduler.add_job(tickets.give, "interval", args=[role], seconds=seconds, id=role)

    def start(self) -> None:
        """Start ticking in the running event loop."""
        self._scheduler.start()

    def stop(self) -> None:
        """Stop ticking."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
