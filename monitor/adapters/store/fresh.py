"""Remembers an answer for a while: counts that many pages show need not be counted for each of them."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

R = TypeVar("R")


class Fresh(Generic[R]):
    """Asks `work` at most once in `keep`; who asks meanwhile gets the same answer, also while it is on its way."""

    def __init__(
        self, work: Callable[[datetime], Awaitable[R]], keep: timedelta = timedelta(minutes=1)
    ) -> None:
        self._work, self._keep = work, keep
        self._asked_at: datetime | None = None
        self._answer: asyncio.Future[R] | None = None

    async def __call__(self, now: datetime) -> R:
        """Return the answer; what broke is asked again the next time."""
        if self._answer is None or self._asked_at is None or abs(now - self._asked_at) > self._keep:
            self._asked_at, self._answer = now, asyncio.ensure_future(self._work(now))
        answer = self._answer
        try:
            return await asyncio.shield(answer)
        except BaseException:
            if answer.done() and self._answer is answer:
                self._answer = None
            raise
