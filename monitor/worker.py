"""Runs a stage over what is due: step after step, until drained or told to stop.

Here, and only here, every exception is caught: a stage's bug costs its one piece of work and a log line.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Protocol

import structlog

from monitor.domain.errors import MonitorError

log = structlog.get_logger("worker")

AFTER_TROUBLE = 5.0  # seconds until a step that failed is tried again


class Role(Protocol):
    """One stage with what it works on."""

    name: str

    async def step(self) -> int:
        """Do, or start, what is due; return how much that was."""
        ...

    async def land(self) -> bool:
        """Wait until something under way ends; False where nothing is."""
        ...

    async def finish(self) -> None:
        """Wait for all that was started."""
        ...


class Waiting(Protocol):
    """Where tickets come from."""

    async def wait(self, role: str, seconds: float) -> None:
        """Return when a ticket came, or after so many seconds."""
        ...


class Flight:
    """A bounded set of running tasks, one per key."""

    def __init__(self, most: int, *, landed: Callable[[], None] = lambda: None) -> None:
        self._most, self._landed = most, landed
        self._tasks: dict[Any, asyncio.Task[None]] = {}
        self._landing = asyncio.Event()

    @property
    def free(self) -> int:
        """How many more may start."""
        return self._most - len(self._tasks)

    @property
    def keys(self) -> list[Any]:
        """What is under way."""
        return list(self._tasks)

    def start(self, key: Any, work: Coroutine[Any, Any, None]) -> None:
        """Start one; the key must not be under way."""
        task = asyncio.create_task(self._guarded(key, work))
        self._tasks[key] = task
        task.add_done_callback(lambda _: self._remove(key))

    async def finish(self) -> None:
        """Wait for all that are under way."""
        while self._tasks:
            await asyncio.wait(list(self._tasks.values()))

    def stir(self) -> None:
        """Let whoever waits for one to land look again: there is more to do already."""
        self._landing.set()

    async def any_done(self, key: Any = None) -> None:
        """Wait until one lands, or the one with this key; return at once where that is not under way."""
        if key is not None:
            await asyncio.wait([self._tasks[key]]) if key in self._tasks else None
        elif self._tasks:
            self._landing.clear()
            await self._landing.wait()

    async def cancel(self) -> None:
        """Give up what is under way, and wait until it has ended."""
        for task in self._tasks.values():
            task.cancel()
        await self.finish()

    def _remove(self, key: Any) -> None:
        self._tasks.pop(key, None)
        self._landing.set()
        self._landed()

    @staticmethod
    async def _guarded(key: Any, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except MonitorError as error:
            log.warning("work.failed", key=str(key), reason=str(error))
        except Exception:
            log.exception("work.broke", key=str(key))


class Progress:
    """Remembers when each role last came round, for the watchdog."""

    def __init__(self) -> None:
        self._seen: dict[str, float] = {}

    def note(self, role: str) -> None:
        """Say that a role's loop came round."""
        self._seen[role] = time.monotonic()

    def oldest(self) -> float:
        """Return how many seconds ago the slowest role came round."""
        return time.monotonic() - min(self._seen.values()) if self._seen else 0.0


async def keep_running(
    role: Role,
    tickets: Waiting,
    *,
    stop: asyncio.Event,
    progress: Progress,
    idle: float = 15.0,
    linger: float = 0.0,
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Step whenever there is a ticket, and again at once while there is work; finish what was started at the end.

    `linger`: seconds between a ticket and the step, so that what comes together is done together.
    """
    while not stop.is_set():
        progress.note(role.name)
        done = await _safely(role.step)
        if stop.is_set():
            break
        if done:
            await asyncio.sleep(0)
            continue
        await tickets.wait(role.name, AFTER_TROUBLE if done is None else idle)
        if linger and not stop.is_set():
            await pause(linger)
    await role.finish()


async def drain(role: Role, *, linger: float = 0.0) -> int:
    """Step until nothing is due and nothing under way; return how much was done.

    `linger`: seconds between what ends and the next step, so that what ends together makes room together.
    """
    total = quiet = 0
    while quiet < 2:  # noqa: PLR2004 - what landed during a step may have made room for more: look once again
        done = await role.step()
        total += done
        if await role.land():
            await asyncio.sleep(linger)
        elif not done:
            quiet += 1
            continue
        quiet = 0
    return total


async def drain_behind(
    role: Role,
    ahead: asyncio.Future[Any],
    enough: Callable[[], Awaitable[bool]],
    *,
    apart: float = 0.2,
    linger: float = 0.0,
) -> None:
    """Step beside what is ahead of a role whenever there is `enough` to do, and drain it once that has ended.

    `apart`: seconds between two looks while there is nothing to do.
    """
    while not ahead.done():
        if not (await enough() and await role.step()):
            await asyncio.wait([ahead], timeout=apart)
    await drain(role, linger=linger)


async def _safely(step: Callable[[], Awaitable[int]]) -> int | None:
    try:
        return await step()
    except MonitorError as error:
        log.warning("step.failed", reason=str(error))
    except Exception:
        log.exception("step.broke")
    return None
