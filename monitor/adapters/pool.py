"""Own worker processes over socket pairs: a hung or dying child costs one call, never the pool.

The standard pool cannot kill one task and breaks as a whole when a child dies, so each worker here is a
process of its own that does one thing at a time, is killed when it is late and replaced at the next call. One more
task may already wait in its socket, so that it does not stand idle until our event loop has its turn; where the child
is lost, that one goes to its successor.
All are forked from one process that has loaded what they need (`pool_nursery.py`).
"""

import asyncio
import contextlib
import pickle
import select
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self, TypeVar, cast

from monitor.adapters.pool_child import HEADER, MEBIBYTE, Failure, Settings
from monitor.adapters.pool_nursery import Initializer, Nursery
from monitor.domain.errors import Transient

T = TypeVar("T")

LARGEST_ANSWER = 64 * MEBIBYTE
START_SECONDS = 60.0
AT_ONCE = 2  # tasks of a child: the one that it works on, and the next


class Unbegun(Exception):  # noqa: N818 - it is nobody's error
    """The child was lost before it came to this task."""


class Child:
    """One worker process and our end of its socket; it answers in the order in which it was asked."""

    def __init__(
        self, nursery: Nursery, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._nursery, self._number = nursery, number
        self._reader = reader
        self._writer = writer
        self._turn = asyncio.Lock()  # whose answer is waited for
        self.asked = self._answered = 0
        self.lost = False  # late, dead, or given up in the midst of a task

    @property
    def alive(self) -> bool:
        """Whether the process can be asked something: it was not lost, and where it is idle still keeps its end open."""
        if self.lost or self._reader.at_eof() or self._writer.is_closing():
            return False
        unasked = select.poll()
        unasked.register(self._writer.get_extra_info("socket"), select.POLLIN)
        return self.asked > self._answered or not unasked.poll(0)

    async def ask(self, message: object, timeout: float) -> Any:  # noqa: ASYNC109 - the promise is a deadline
        """Return the answer to one message, within `timeout` seconds from when the child comes to it.

        Raises Transient where the child is lost over it, Unbegun where it was lost before, or what it raised.
        """
        body = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
        self._writer.writelines([len(body).to_bytes(HEADER, "big"), body])
        self.asked += 1
        number = self.asked
        async with self._turn:
            if self.lost:
                raise Unbegun
            answer = await self._answer_to(number, timeout)
        if isinstance(answer, Failure):
            raise answer
        return answer

    async def _answer_to(self, number: int, timeout: float) -> object:  # noqa: ASYNC109
        while self._answered < number - 1:  # somebody who no longer waits was before us
            try:
                await self._next_answer(timeout)
            except Transient as error:
                raise Unbegun from error
        return await self._next_answer(timeout)

    async def _next_answer(self, timeout: float) -> object:  # noqa: ASYNC109
        try:
            async with asyncio.timeout(timeout):
                answer = await self._receive()
        except BaseException as error:
            self.lost = True  # it may still be at work
            if isinstance(error, TimeoutError):
                raise Transient("worker-timeout", detail=f"over {timeout:g} s") from error
            if isinstance(error, OSError | EOFError):
                raise Transient("worker-died") from error
            raise
        self._answered += 1
        return answer

    async def _receive(self) -> object:
        length = int.from_bytes(await self._reader.readexactly(HEADER), "big")
        if length > LARGEST_ANSWER:
            raise EOFError
        return pickle.loads(await self._reader.readexactly(length))  # noqa: S301 - from our own child

    async def rest(self) -> None:
        """Return when nothing is asked of it any more."""
        async with self._turn:
            pass

    async def end(self) -> None:
        """Kill the process and give back all that it held."""
        self._writer.close()
        await self._nursery.end(self._number)  # before we wait: it may never take what we still have to send
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()


async def start_child(nursery: Nursery, settings: Settings) -> Child:
    """Return a worker process that is ready for work; raises Transient where it does not come up."""
    number, ours = nursery.fork()
    child = Child(nursery, number, *await asyncio.open_connection(sock=ours, limit=MEBIBYTE))
    try:
        await child.ask(settings, START_SECONDS)
    except BaseException:
        await child.end()
        raise
    return child


@dataclass(eq=False)
class Seat:
    """The place of one worker process, which is started when it is first needed and followed by another."""

    child: Child | None = None
    tasks: int = 0
    changing: asyncio.Lock = field(default_factory=asyncio.Lock)


class Pool:
    """Runs plain functions in `processes` worker processes, in the order in which they were asked for.

    `initializer` runs once in every child (imports that take long); `memory` bounds each child's address
    space in bytes; a child is replaced after `recycle_after` tasks, so that what libraries leak stays bounded.
    Functions, arguments and results travel pickled.
    """

    def __init__(
        self,
        processes: int,
        *,
        initializer: Initializer | None = None,
        nursery: Nursery | None = None,
        memory: int = 1536 * MEBIBYTE,
        recycle_after: int = 10_000,
    ) -> None:
        self.processes = processes
        self._nursery = nursery
        self._settings = Settings(nursery.initializer if nursery else initializer, memory)
        self._recycle_after = recycle_after
        self._seats = [Seat() for _ in range(processes)]
        self._room = asyncio.Semaphore(processes * AT_ONCE)
        self._closed = False
        self.replaced = 0  # children that were lost, for the metrics

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def run(self, function: Callable[..., T], *args: object, timeout: float = 30.0) -> T:  # noqa: ASYNC109
        """Return what `function(*args)` returns in a child, within `timeout` seconds of its start.

        Raises Transient("worker-timeout") or Transient("worker-died") where the child was lost, our own errors
        as they were raised, and Permanent("reader-error") for any other.
        """
        async with self._room:
            seat = min(self._seats, key=lambda one: one.tasks)
            seat.tasks += 1
            try:
                return cast(T, await self._asked(seat, (function, args), timeout))
            except Failure as failure:
                raise failure.error from None
            finally:
                seat.tasks -= 1

    async def close(self) -> None:
        """Kill every child; calls that are under way fail with Transient("worker-died")."""
        self._closed = True
        for seat in self._seats:
            await self._clear(seat)
        if self._nursery:
            await self._nursery.close()

    async def _asked(self, seat: Seat, message: object, timeout: float) -> object:  # noqa: ASYNC109
        """Return the answer of the child in a seat; of its successor where it was lost over another task."""
        while True:
            child = await self._ready(seat)
            try:
                return await child.ask(message, timeout)
            except Unbegun:
                continue
            finally:
                if child.lost and seat.child is child:
                    self.replaced += 1
                    await self._clear(seat)

    async def _ready(self, seat: Seat) -> Child:
        async with seat.changing:
            child = seat.child
            if child and child.alive and child.asked <= self._recycle_after:  # its settings were one
                return child
            if child:
                await child.rest()
                await self._clear(seat)
            if self._closed:
                raise Transient("worker-died", detail="the pool is closed")
            seat.child = await start_child(await self._tended(), self._settings)
            return seat.child

    async def _tended(self) -> Nursery:
        """Return the process to fork from; where it died, its children died with it."""
        if self._nursery and not self._nursery.alive:
            lost, self._nursery = self._nursery, None
            await lost.close()
        self._nursery = self._nursery or Nursery(self._settings.initializer)
        return self._nursery

    @staticmethod
    async def _clear(seat: Seat) -> None:
        child, seat.child = seat.child, None
        if child:
            await child.end()
