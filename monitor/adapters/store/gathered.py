"""Joins calls that come while one is under way: the next statement carries all that wait."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from monitor.domain.errors import Transient

A = TypeVar("A")
R = TypeVar("R")


class Gathered(Generic[A, R]):
    """Calls `work` with the arguments of many callers, `most` at a time, and gives each caller its own result.

    `at_once` is how many such calls may be under way, `apart` how many seconds lie at least between two of them: what
    comes after quiet goes at once, a stream of calls goes in few statements.

    What breaks for many is tried one by one, so that one caller's bad value is its own trouble; a database that is
    away is everyone's.
    """

    def __init__(
        self,
        work: Callable[[Sequence[A]], Awaitable[Sequence[R]]],
        *,
        most: int,
        at_once: int = 1,
        apart: float = 0.0,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._work, self._most, self._at_once = work, most, at_once
        self._apart, self._pause, self._quiet_until = apart, pause, 0.0
        self._waiting: deque[tuple[A, asyncio.Future[R]]] = deque()
        self._running: set[asyncio.Task[None] | None] = set()

    async def __call__(self, argument: A) -> R:
        """Return the result for this argument; raises what its work raised."""
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((argument, future))
        if len(self._running) < self._at_once:
            self._running.add(asyncio.create_task(self._run()))
        return await future

    async def _run(self) -> None:
        try:
            while self._waiting:
                await self._keep_apart()
                taken = [self._waiting.popleft() for _ in range(min(len(self._waiting), self._most))]
                await self._settle(taken)
        finally:
            self._running.discard(asyncio.current_task())

    async def _keep_apart(self) -> None:
        now = asyncio.get_running_loop().time()
        if now < self._quiet_until and len(self._waiting) < self._most:
            await self._pause(self._quiet_until - now)
        self._quiet_until = max(now, self._quiet_until) + self._apart

    async def _settle(self, taken: Sequence[tuple[A, asyncio.Future[R]]]) -> None:
        try:
            results = await self._work([argument for argument, _ in taken])
        except BaseException as error:
            if len(taken) > 1 and isinstance(error, Exception) and not isinstance(error, Transient):
                for one in taken:
                    await self._settle([one])
                return
            for _, future in taken:
                _fail(future, error)
            if not isinstance(error, Exception):  # we are told to stop
                raise
            return
        for (_, future), result in zip(taken, results, strict=True):
            if not future.done():
                future.set_result(result)


def _fail(future: "asyncio.Future[R]", error: BaseException) -> None:
    if future.done():
        return
    if isinstance(error, asyncio.CancelledError):
        future.cancel()
    else:
        future.set_exception(error)
