"""The real daemon as a subprocess against the replayed web; nothing leaves the loopback."""

import contextlib
import json
import re
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.e2e.preloaded import Commands, Daemon, Ended, preloaded
from tests.site.demo import environment, free_port

ROOT = Path(__file__).parents[2]
MONITOR = str(Path(sys.executable).with_name("monitor"))
QUIET_DAY = "2024-03-27"
PATIENCE = 240.0  # seconds; a bound, not a wait


@dataclass
class Installation:
    """One data folder with the settings that point it at the replay."""

    folder: Path
    site: str
    port: int
    more: dict[str, str] = field(default_factory=dict)
    commands: Commands | None = None  # the installed command where there are none

    @property
    def environment(self) -> dict[str, str]:
        given = environment(
            int(self.site.rpartition(":")[2]), f"127.0.0.1:{self.port}", str(self.folder / "data")
        )
        return {**given, "MONITOR_HOST_INTERVAL": "0.02", "MONITOR_LOG_FORMAT": "json", **self.more}

    @property
    def database(self) -> Path:
        return self.folder / "data" / "monitor.db"

    def monitor(self, *arguments: str, check: bool = True) -> Ended:
        """Run a command to its end."""
        call = self.commands or installed
        done = call(*arguments, environment=self.environment, cwd=ROOT, within=PATIENCE)
        assert not check or done.returncode == 0, done.stderr[-4000:]
        return done

    def start(self, *arguments: str) -> subprocess.Popen[str] | Daemon:
        """Start a command whose log lines are read as they come."""
        if self.commands:
            return self.commands.start(*arguments, environment=self.environment, cwd=ROOT)
        return subprocess.Popen(
            [MONITOR, *arguments],
            env=self.environment,
            cwd=ROOT,
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )

    def rows(self, query: str) -> list[sqlite3.Row]:
        """Read as a downstream tool would: plain SQL, read-only."""
        with contextlib.closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            return connection.execute(query).fetchall()

    def get(self, path: str) -> tuple[int, str]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=20) as answer:
            return answer.status, answer.read().decode()


def installed(*arguments: str, environment: Mapping[str, str], cwd: Path, within: float) -> Ended:
    """Run the command as an operator does."""
    done = subprocess.run(
        [MONITOR, *arguments],
        env=environment,
        cwd=cwd,
        capture_output=True,
        check=False,
        text=True,
        timeout=within,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def events(log: str) -> list[dict]:
    """Return the events of a log in JSON."""
    return [json.loads(line) for line in log.splitlines() if line.startswith("{")]


@contextlib.contextmanager
def replay(*arguments: str) -> Iterator[str]:
    """Serve the replayed web and give its address."""
    command = [sys.executable, "-m", "tests.site", "--port", "0", "--slow", "0.2", *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        try:
            announced = server.stdout.readline()
            yield re.search(r"http://[\d.]+:\d+", announced)[0]
        finally:
            server.terminate()
            server.wait(timeout=20)


@contextlib.contextmanager
def running(installation: Installation) -> Iterator[subprocess.Popen[str] | Daemon]:
    """Run the daemon until the block ends; it must then stop by itself."""
    daemon = installation.start("run")
    try:
        yield daemon
    finally:
        daemon.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            daemon.wait(timeout=40)
        daemon.kill()


def wait_for(condition, what: str) -> None:
    """Poll a condition of another process, with a bound."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, sqlite3.OperationalError):
            if condition():
                return
        time.sleep(0.1)
    raise AssertionError(f"waited in vain for {what}")


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    with replay("--captures-per-minute", "10000", "--concurrent-captures", "500") as address:
        yield address


@pytest.fixture(scope="session")
def quiet_site() -> Iterator[str]:
    """One day of the replay, for what needs no more."""
    with replay(
        "--days", QUIET_DAY, "--captures-per-minute", "10000", "--concurrent-captures", "500"
    ) as address:
        yield address


@pytest.fixture(scope="session")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Commands]:
    """The command, ready to be called often."""
    with preloaded(tmp_path_factory.mktemp("said")) as ready:
        yield ready


@pytest.fixture
def small(tmp_path: Path, quiet_site: str, commands: Commands) -> Installation:
    """An installation on one day of the replay, decided by words alone."""
    return Installation(tmp_path, quiet_site, free_port(0), {"MONITOR_EMBEDDINGS": "off"}, commands)


@pytest.fixture
def installation(tmp_path: Path, site: str, commands: Commands) -> Installation:
    return Installation(tmp_path, site, free_port(0), commands=commands)


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, site: str) -> tuple[Installation, dict, list[dict]]:
    """One installation after `monitor once` on the whole replay, its summary and its log."""
    made = Installation(tmp_path_factory.mktemp("once"), site, free_port(0))
    done = made.monitor("once", "--json", check=False)
    assert done.returncode in {0, 1}, done.stderr[-4000:]
    return made, json.loads(done.stdout), events(done.stderr)
