"""What runs in a worker process of the pool: take a message, call the function, send the answer."""

import contextlib
import ctypes
import gc
import logging
import pickle
import resource
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from monitor.domain.errors import MonitorError, Permanent

MEBIBYTE = 1024 * 1024
HEADER = 8  # bytes that announce the length of a message
LONGEST_DETAIL = 300
PR_SET_PDEATHSIG = 1
# New objects, young rounds, middle rounds: a page makes thousands that end by themselves; saves 8 % of reading.
COLLECT_AFTER = (20_000, 20, 50)
TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # M_… of <malloc.h>
HELD = 32 * MEBIBYTE  # of freed memory: given back after each page, it would be asked for again at the next


@dataclass(frozen=True)
class Settings:
    """What a child is told when it starts; memory in bytes of address space."""

    initializer: Callable[[], object] | None
    memory: int


class Failure(Exception):  # noqa: N818 - it carries an error, it is not one
    """An error of ours on its way from a child to the caller."""

    def __init__(self, error: MonitorError) -> None:
        super().__init__(error)
        self.error = error


def serve(descriptor: int) -> None:
    """Answer messages on the socket `descriptor` until the other end closes it."""
    detach()
    with socket.socket(fileno=descriptor) as connection, contextlib.suppress(OSError, EOFError):
        send(connection, answer_to(start, (receive(connection),)))
        while True:
            function, args = receive(connection)
            send(connection, answer_to(function, args))


def detach() -> None:
    """End with the parent, leave Ctrl-C and its drain to it, and keep quiet."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a service manager signals the whole group
    logging.disable()
    with contextlib.suppress(OSError, AttributeError):  # Linux only; elsewhere the closed socket ends us
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def start(settings: Settings) -> None:
    """Set the limits of this process and import what its work needs."""
    resource.setrlimit(resource.RLIMIT_AS, (settings.memory, settings.memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    hold_memory()
    if settings.initializer:
        settings.initializer()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


def hold_memory() -> None:
    """Keep what a page has used for the next one, as far as the C library can be told so."""
    option = getattr(ctypes.CDLL(None), "mallopt", None)
    if option is not None:
        option(TRIM_THRESHOLD, HELD)
        option(MMAP_THRESHOLD, HELD)


def answer_to(function: Callable[..., object], args: tuple[Any, ...]) -> bytes:
    """Return the pickled result of a call, or the pickled Failure that it came to."""
    try:
        return pickle.dumps(function(*args), pickle.HIGHEST_PROTOCOL)
    except MonitorError as error:
        return pickle.dumps(Failure(error))
    except (MemoryError, RecursionError) as error:
        return pickle.dumps(Failure(Permanent("too-complex", detail=type(error).__name__)))
    except Exception as error:  # noqa: BLE001 - the one place where foreign errors become ours
        detail = f"{type(error).__name__}: {error}"[:LONGEST_DETAIL]
        return pickle.dumps(Failure(Permanent("reader-error", detail=detail)))


def send(connection: socket.socket, body: bytes) -> None:
    """Send one message."""
    connection.sendall(len(body).to_bytes(HEADER, "big"))
    connection.sendall(body)


def receive(connection: socket.socket) -> Any:
    """Return the next message; raises EOFError where the other end is gone."""
    length = int.from_bytes(read_exactly(connection, HEADER), "big")
    return pickle.loads(read_exactly(connection, length))  # noqa: S301 - from our own parent


def read_exactly(connection: socket.socket, length: int) -> bytearray:
    """Return `length` bytes of the stream."""
    body = bytearray(length)
    view = memoryview(body)
    while view:
        count = connection.recv_into(view)
        if not count:
            raise EOFError
        view = view[count:]
    return body
