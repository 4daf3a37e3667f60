"""The process that worker processes are forked from: what they import, and the encoder, is loaded once for all.

It reads no foreign bytes and runs a single thread. It is told two things: to fork a child onto a socket that comes
with the message, and to kill a child. Its children end before it, or with it.
"""

import asyncio
import contextlib
import gc
import os
import pickle
import signal
import socket
import subprocess
import sys
from collections.abc import Callable

from monitor.adapters.pool_child import HEADER, detach, hold_memory, receive, send, serve

Initializer = Callable[[], object]

ONE_THREAD = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}  # the processes share the cores, not their threads; and only what has a single thread may be forked
WHILE_LOADING = 100_000  # objects until garbage is looked for: what is loaded stays
BOOT = "import sys; from monitor.adapters.pool_nursery import tend; tend(int(sys.argv[1]))"


class Nursery:
    """The process, and our end of its socket; it runs `initializer` at once, beside whatever we do."""

    def __init__(self, initializer: Initializer | None = None) -> None:
        self.initializer = initializer
        self._door, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - a vfork of our own interpreter, a millisecond
                [sys.executable, "-P", "-c", BOOT, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env={**os.environ, **ONE_THREAD, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )
        with contextlib.suppress(OSError):  # of one that is gone already
            send(self._door, pickle.dumps(initializer))
        self._door.setblocking(False)
        self._forked = 0
        self._ending = asyncio.Lock()

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def fork(self) -> tuple[int, socket.socket]:
        """Return a new child's number and our end of its socket; it answers once everything is loaded."""
        ours, theirs = socket.socketpair()
        self._forked += 1
        with theirs, contextlib.suppress(OSError):  # where nobody forks, our end finds itself alone
            socket.send_fds(self._door, [_told(self._forked)], [theirs.fileno()])
        return self._forked, ours

    async def end(self, number: int) -> None:
        """Kill a child; return when it has given back all that it held, which takes the kernel a while."""
        loop, told = asyncio.get_running_loop(), _told(number)
        async with self._ending:
            with contextlib.suppress(OSError):
                await loop.sock_sendall(self._door, told)
                while await loop.sock_recv(self._door, HEADER) not in {told, b""}:
                    pass  # the answer to somebody who no longer waited for it

    async def close(self) -> None:
        """End the process with all its children."""
        if not self._forked:
            self._process.kill()  # it may still be loading
        self._door.close()
        await asyncio.to_thread(self._process.wait)


def tend(descriptor: int) -> None:
    """Fork and kill children as told on the socket `descriptor`, until the other end closes it."""
    detach()
    gc.set_threshold(WHILE_LOADING)
    living: dict[int, int] = {}  # processes by the numbers of children
    with socket.socket(fileno=descriptor) as door, contextlib.suppress(OSError, EOFError):
        _load(receive(door))
        while True:
            told, places, *_ = socket.recv_fds(door, HEADER, 1)
            _bury(living)
            if not told:
                break
            number = int.from_bytes(told, "big")
            if places:
                living[number] = _fork(door, places[0])
            else:
                _end(living, number)
                door.sendall(told)
    for number in list(living):
        _end(living, number)
    os._exit(0)


def _told(number: int) -> bytes:
    return number.to_bytes(HEADER, "big")


def _load(initializer: Initializer | None) -> None:
    hold_memory()
    if initializer:
        with contextlib.suppress(Exception):  # each child tries again, and tells its caller what is wrong
            initializer()
    gc.freeze()  # a child that passes over these objects would copy them


def _fork(door: socket.socket, place: int) -> int:
    process = os.fork()
    if not process:
        door.close()
        try:
            serve(place)
        finally:
            os._exit(0)
    os.close(place)
    return process


def _end(living: dict[int, int], number: int) -> None:
    process = living.pop(number, None)
    if process:
        os.kill(process, signal.SIGKILL)  # ours, dead or alive, until we have waited for it
        os.waitpid(process, 0)


def _bury(living: dict[int, int]) -> None:
    """Wait for those that died by themselves."""
    for number, process in list(living.items()):
        if os.waitpid(process, os.WNOHANG)[0]:
            del living[number]
