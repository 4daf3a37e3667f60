"""Own worker processes over socket pairs: a hung or dying child costs one call, never the pool.

The standard pool cannot kill one task and breaks as a whole when a child dies, so each worker here is a
process of its own that is asked one thing at a time, killed when it is late and replaced at the next call.
All are forked from one process that has loaded what they need (`pool_nursery.py`).
"""

import asyncio
import contextlib
import pickle
import select
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TypeVar, cast

from monitor.adapters.pool_child import HEADER, MEBIBYTE, Failure, Settings
from monitor.adapters.pool_nursery import Initializer, Nursery
from monitor.domain.errors import Transient

T = TypeVar("T")

LARGEST_ANSWER = 64 * MEBIBYTE
START_SECONDS = 60.0


class Child:
    """One worker process and our end of its socket."""

    def __init__(
        self, nursery: Nursery, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._nursery, self._number = nursery, number
        self._reader = reader
        self._writer = writer
        self.tasks = 0

    @property
    def alive(self) -> bool:
        """Whether the process, which is asked nothing at the moment, still keeps its end open."""
        if self._reader.at_eof() or self._writer.is_closing():
            return False
        unasked = select.poll()
        unasked.register(self._writer.get_extra_info("socket"), select.POLLIN)
        return not unasked.poll(0)

    async def ask(self, message: object, timeout: float) -> Any:  # noqa: ASYNC109 - the promise is a deadline
        """Return the answer to one message; raises Transient where the child is lost, or what it raised."""
        self.tasks += 1
        try:
            async with asyncio.timeout(timeout):
                answer = await self._exchange(message)
        except TimeoutError as error:
            raise Transient("worker-timeout", detail=f"over {timeout:g} s") from error
        except (OSError, EOFError) as error:
            raise Transient("worker-died") from error
        if isinstance(answer, Failure):
            raise answer
        return answer

    async def _exchange(self, message: object) -> object:
        body = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
        self._writer.writelines([len(body).to_bytes(HEADER, "big"), body])
        await self._writer.drain()
        length = int.from_bytes(await self._reader.readexactly(HEADER), "big")
        if length > LARGEST_ANSWER:
            raise EOFError
        return pickle.loads(await self._reader.readexactly(length))  # noqa: S301 - from our own child

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
    child.tasks = 0
    return child


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
        self._slots: asyncio.Queue[Child | None] = asyncio.Queue()
        self._living: set[Child] = set()
        self._closed = False
        self.replaced = 0  # children that were lost, for the metrics
        for _ in range(processes):
            self._slots.put_nowait(None)

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
        child = await self._slots.get()
        try:
            child = await self._ready(child)
            return cast(T, await child.ask((function, args), timeout))
        except Failure as failure:
            raise failure.error from None
        except BaseException:  # lost, late or cancelled: in every case it may still be at work
            await self._lose(child)
            child = None
            raise
        finally:
            self._slots.put_nowait(child)

    async def close(self) -> None:
        """Kill every child; calls that are under way fail with Transient("worker-died")."""
        self._closed = True
        for child in list(self._living):
            self._living.discard(child)
            await child.end()
        if self._nursery:
            await self._nursery.close()

    async def _ready(self, child: Child | None) -> Child:
        if child and child.alive and child.tasks < self._recycle_after:
            return child
        if child:
            self._living.discard(child)
            await child.end()
        if self._closed:
            raise Transient("worker-died", detail="the pool is closed")
        child = await start_child(await self._tended(), self._settings)
        self._living.add(child)
        return child

    async def _tended(self) -> Nursery:
        """Return the process to fork from; where it died, its children died with it."""
        if self._nursery and not self._nursery.alive:
            lost, self._nursery = self._nursery, None
            await lost.close()
        self._nursery = self._nursery or Nursery(self._settings.initializer)
        return self._nursery

    async def _lose(self, child: Child | None) -> None:
        if child in self._living:
            self.replaced += 1
            self._living.discard(child)
            await child.end()
