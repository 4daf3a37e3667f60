"""What systemd is told, over a real socket of its kind."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.adapters.systemd import Notifier


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bound:
        bound.bind(str(tmp_path / "notify"))
        bound.settimeout(5)
        yield bound


def told(listener: socket.socket) -> list[str]:
    return listener.recv(4096).decode().split("\n")


def test_each_state_is_said_in_the_words_of_sd_notify(listener: socket.socket) -> None:
    notifier = Notifier({"NOTIFY_SOCKET": listener.getsockname(), "WATCHDOG_USEC": "60000000"})
    notifier.ready("running")
    assert told(listener) == ["READY=1", "STATUS=running"]
    notifier.alive("running")
    assert told(listener)[0] == "WATCHDOG=1"
    notifier.reloading()
    reloading, moment = told(listener)
    assert reloading == "RELOADING=1"
    assert moment.startswith("MONOTONIC_USEC=")
    notifier.stopping()
    assert told(listener) == ["STOPPING=1"]
    assert notifier.watchdog_seconds == 60.0


def test_an_abstract_socket_is_found_too() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bound:
        bound.bind("\0monitor-test-notify")
        bound.settimeout(5)
        assert Notifier({"NOTIFY_SOCKET": "@monitor-test-notify"}).send("READY=1")
        assert told(bound) == ["READY=1"]


def test_nobody_listens_and_nothing_breaks(tmp_path: Path) -> None:
    assert not Notifier({}).send("READY=1")
    assert not Notifier({"NOTIFY_SOCKET": str(tmp_path / "gone")}).send("READY=1")
