"""What is done about a PostgreSQL server that says nothing any more, as when a cable is pulled or its machine dies.

No connection ends by that: without limits of our own a thread waits a quarter of an hour for an acknowledgement, and
two hours for an answer.
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import Awaitable, Callable
from typing import Any, Self
from weakref import WeakSet

from sqlalchemy import Engine, event
from sqlalchemy.engine import URL

from monitor.domain.errors import MonitorError, Transient

# in libpq's words; seconds, but for the last one
LIMITS = {
    "connect_timeout": 10,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
PAUSE = 1.0  # seconds between two questions


def limits_of(url: URL) -> dict[str, int]:
    """Return how long a connection waits for a silent server, but for what its address says itself."""
    return {name: value for name, value in LIMITS.items() if name not in url.query}


class Lines:
    """Open connections, so that nobody need wait for an answer on them."""

    def __init__(self) -> None:
        self._open: WeakSet[Any] = WeakSet()
        self._ended = False

    @classmethod
    def of(cls, engine: Engine) -> Self:
        """Return the connections of an engine, those to come as well."""
        lines = cls()
        event.listen(engine, "do_connect", lambda *_: lines._refuse_once_ended())
        event.listen(engine, "connect", lambda connection, _record: lines._open.add(connection))
        return lines

    async def note(self, connection: Any) -> None:
        """Remember a connection that was just opened."""
        self._open.add(connection)

    def hang_up(self) -> None:
        """End every connection, and make no more; who waits for an answer is told that the server went away."""
        self._ended = True
        for connection in list(self._open):
            ended = contextlib.suppress(OSError, connection.Error)
            with ended, socket.socket(fileno=os.dup(connection.fileno())) as line:
                line.shutdown(socket.SHUT_RDWR)

    @property
    def ended(self) -> bool:
        """Whether nobody may ask any more."""
        return self._ended

    def _refuse_once_ended(self) -> None:
        if self._ended:
            raise Transient("database", detail="closed")


async def silence(ask: Callable[[], Awaitable[Any]], patience: float) -> None:
    """Ask again and again, and return once there was no answer for `patience` seconds; trouble is one as well."""
    while True:
        try:
            async with asyncio.timeout(patience):
                await ask()
        except TimeoutError:
            return
        except MonitorError:
            pass
        await asyncio.sleep(PAUSE)
