"""Many processes of the daemon on one PostgreSQL: started, killed, frozen, stopped."""

import contextlib
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import psycopg

from tests.e2e.conftest import MONITOR, ROOT, Installation
from tests.postgres import Server

UNDER_WAY = "SELECT count(*) FROM articles WHERE state IN ('found', 'read')"
PATIENCE = 120.0  # seconds; a bound, not a wait


class Process(Protocol):
    """What a test does to a process of the daemon."""

    def send_signal(self, number: int, /) -> None: ...

    def kill(self) -> None: ...

    def wait(self, timeout: float) -> int: ...

    def poll(self) -> int | None: ...


Spawn = Callable[[Installation, str, str, Path], Process]  # installation, roles, database, log
FAR_AWAY = "far_away"  # the database role of a process that can be cut off


def command(installation: Installation, roles: str, url: str, log: Path) -> Process:
    """Start the real command."""
    environment = {**installation.environment, "MONITOR_DATABASE_URL": url}
    with log.open("wb") as file:
        return subprocess.Popen([MONITOR, "run", "--only", roles], env=environment, cwd=ROOT, stderr=file)


@dataclass
class Fleet:
    """Processes by their roles, all on one database and one replayed web."""

    installation: Installation
    server: Server
    name: str
    spawn: Spawn = command
    processes: dict[str, Process] = field(default_factory=dict)
    started: int = 0

    def start(self, roles: str, user: str = "postgres") -> str:
        """Start one process and return its name."""
        self.started += 1
        name = f"{roles}-{self.started}"
        url, log = self.server.url(self.name, user), self.log_folder / f"{name}.log"
        self.processes[name] = self.spawn(self.installation, roles, url, log)
        return name

    @property
    def log_folder(self) -> Path:
        folder = self.installation.folder / "logs"
        folder.mkdir(exist_ok=True)
        return folder

    @property
    def log(self) -> str:
        return "".join(path.read_text(errors="replace") for path in sorted(self.log_folder.iterdir()))

    def kill(self, name: str) -> None:
        """End a process as the kernel does when memory is short."""
        process = self.processes.pop(name)
        process.kill()
        process.wait(30)

    def freeze(self, name: str) -> None:
        self.processes[name].send_signal(signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        self.processes[name].send_signal(signal.SIGCONT)

    def start_far_away(self, roles: str) -> str:
        """Start a process that `cut` can cut off from the database."""
        for statement in (f"DROP ROLE IF EXISTS {FAR_AWAY}", f"CREATE ROLE {FAR_AWAY} SUPERUSER LOGIN"):
            self.server.execute(statement)
        return self.start(roles, FAR_AWAY)

    def cut(self) -> None:
        """Cut it off, as when its network goes: its connections break, and it gets no new ones."""
        self.server.execute(f"ALTER ROLE {FAR_AWAY} NOLOGIN")
        self.server.execute(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{FAR_AWAY}'"
        )

    def mend(self) -> None:
        self.server.execute(f"ALTER ROLE {FAR_AWAY} LOGIN")

    def stop(self, within: float = 60.0) -> dict[str, int]:
        """Ask all to stop; return their exit codes."""
        for process in self.processes.values():
            process.send_signal(signal.SIGTERM)
        codes = {name: process.wait(within) for name, process in self.processes.items()}
        self.processes.clear()
        return codes

    def stop_one(self, name: str, within: float = 60.0) -> int:
        """Ask one process to stop; return its exit code."""
        process = self.processes.pop(name)
        process.send_signal(signal.SIGTERM)
        return process.wait(within)

    def rows(self, query: str) -> list[tuple]:
        return self.server.execute(query, self.name)

    def number(self, query: str) -> int:
        return int(str(self.rows(query)[0][0]))

    def wait_until(self, condition: Callable[[], bool], what: str, patience: float = PATIENCE) -> float:
        """Look at a condition of other processes again and again, with a bound; return how long it took."""
        began = time.monotonic()
        while time.monotonic() - began < patience:
            with contextlib.suppress(psycopg.Error, FileNotFoundError):  # a log that is not begun yet
                if condition():
                    return time.monotonic() - began
            time.sleep(0.25)
        raise AssertionError(f"waited in vain for {what}: {self._state}; the logs end:\n{self.log[-3000:]}")

    @property
    def _state(self) -> str:
        """Say what is known of processes and articles where a wait was in vain."""
        codes = {name: process.poll() for name, process in self.processes.items()}
        told = {name: "alive" if code is None else f"ended with {code}" for name, code in codes.items()}
        try:
            return f"{told}, {self.rows('SELECT state, count(*) FROM articles GROUP BY 1')}"
        except psycopg.Error as error:
            return f"{told}, {error}"

    def wait_until_ready(self, name: str) -> None:
        """Wait until a process is past its start, which ends where the database is gone (systemd starts it again)."""
        log = self.log_folder / f"{name}.log"
        self.wait_until(
            lambda: "daemon.ready" in log.read_text(errors="replace"), f"{name} to be ready", 60.0
        )

    def wait_until_settled(self, at_least: int, patience: float = PATIENCE) -> float:
        """Wait until so many articles are there and none is under way."""
        total = "SELECT count(*) FROM articles"
        return self.wait_until(
            lambda: self.number(total) >= at_least and self.number(UNDER_WAY) == 0,
            f"{at_least} settled articles",
            patience,
        )


@contextlib.contextmanager
def fleet(installation: Installation, server: Server, name: str, spawn: Spawn = command) -> Iterator[Fleet]:
    """A fleet on a fresh database; whatever still runs at the end is killed, the database removed."""
    installation.more |= {
        "MONITOR_DATABASE_URL": server.create(name),
        "MONITOR_READ_PROCESSES": "1",
        "MONITOR_ARCHIVE": "wayback",
    }
    made = Fleet(installation, server, name, spawn)
    try:
        yield made
    finally:
        for process in made.processes.values():
            process.kill()
            process.wait(30)
        server.drop(name)
