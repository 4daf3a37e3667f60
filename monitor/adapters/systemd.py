"""Tells systemd how we are: READY, WATCHDOG, STOPPING, RELOADING (sd_notify(3)); silent where nobody listens."""

import os
import socket
import time
from collections.abc import Mapping


class Notifier:
    """Sends states to the socket that systemd names in NOTIFY_SOCKET."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        given = os.environ if environment is None else environment
        self._address = given.get("NOTIFY_SOCKET", "")
        self.watchdog_seconds = int(given.get("WATCHDOG_USEC", "0")) / 1_000_000

    def send(self, *lines: str) -> bool:
        """Send a state; return whether somebody listens."""
        if not self._address:
            return False
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            try:
                sock.sendto("\n".join(lines).encode(), address)
            except OSError:
                return False
        return True

    def ready(self, status: str) -> None:
        """Say that the daemon works."""
        self.send("READY=1", f"STATUS={status}")

    def alive(self, status: str) -> None:
        """Feed the watchdog."""
        self.send("WATCHDOG=1", f"STATUS={status}")

    def reloading(self) -> None:
        """Say that the configuration is read anew; `ready` ends it."""
        self.send("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        """Say that the daemon drains."""
        self.send("STOPPING=1")
