"""Things that a worker process is asked to do in tests; imports little, so that children start fast."""

import os
import signal
import threading
from datetime import timedelta

from monitor.domain.errors import Permanent, Transient

BUSY = threading.Event()  # never set: a wait on it hangs without computing


def add(left: int, right: int) -> int:
    return left + right


def process_id() -> int:
    return os.getpid()


def echo(body: bytes) -> bytes:
    return body


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def hang() -> None:
    BUSY.wait()


def refuse() -> None:
    raise Permanent("no-article", detail="a gallery")


def postpone() -> None:
    raise Transient("busy", retry_after=timedelta(seconds=7))


def stumble() -> None:
    raise KeyError("absent")


def devour() -> int:
    return len(bytearray(4 << 30))


def descend() -> None:
    descend()


def answer_unpicklable() -> object:
    return lambda: None


def initialize() -> None:
    os.environ["POOL_TEST"] = "ready"


def read_environment() -> str:
    return os.environ.get("POOL_TEST", "")


def note_process() -> None:
    os.environ.setdefault("POOL_TEST_LOADED_BY", str(os.getpid()))


def noted_process() -> int:
    return int(os.environ["POOL_TEST_LOADED_BY"])
