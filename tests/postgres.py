"""A throw-away PostgreSQL server for the tests: an own folder, a unix socket, nothing synced to the disk.

It runs Debian's server under an unprivileged user, for PostgreSQL refuses root. `stop` and `start` may be called
again and again: that is how tests restart it under a running daemon.
"""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import psycopg

ROOM = 2 * 1024**3  # bytes
SETTINGS = {
    "listen_addresses": "''",
    "fsync": "off",  # a commit still outlives the server, if not the machine
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "200",
    "timezone": "'Asia/Shanghai'",  # not UTC: whoever relies on the server's zone shall fail
    "max_wal_size": "256MB",
    "autovacuum_naptime": "5s",
}


def binaries() -> Path | None:
    """Return the folder of the newest installed server, None where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    return found[-1] if found and (found[-1] / "initdb").exists() else None


def _folder() -> Path:
    """Return a new folder: in memory where there is room, for a database is made there in a tenth of the time."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOM
    return Path(tempfile.mkdtemp(prefix="monitor-pg-", dir=memory if roomy else None))


def _runs_as() -> str | None:
    """Return the user to run under, None for our own."""
    if os.getuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


class Server:
    """One server in a temporary folder."""

    def __init__(
        self, binary_folder: Path, folder: Path | None = None, settings: Mapping[str, str] = SETTINGS
    ) -> None:
        """`folder` and `settings` are for databases that are too large for memory."""
        self._binaries, self._user = binary_folder, _runs_as()
        self.folder = folder or _folder()
        self._data = self.folder / "data"
        self._kept: psycopg.Connection | None = None
        if not self._data.exists():
            self._make(settings)

    def _make(self, settings: Mapping[str, str]) -> None:
        if self._user:
            shutil.chown(self.folder, self._user)
        self._call("initdb", "-D", self._data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
        lines = [f"{name} = {value}" for name, value in settings.items()]
        lines.append(f"unix_socket_directories = '{self.folder}'")
        with (self._data / "postgresql.conf").open("a") as file:
            file.write("\n".join(lines) + "\n")

    def start(self) -> None:
        """Start and wait until it answers."""
        self._call("pg_ctl", "-D", self._data, "-l", self.folder / "log", "-w", "-t", "60", "start")

    def stop(self, how: str = "fast") -> None:
        """Stop: `fast` cuts sessions off, `immediate` is a crash."""
        self._call("pg_ctl", "-D", self._data, "-m", how, "-w", "-t", "60", "stop")

    def kill(self) -> None:
        """End it without a word to anyone, as a power cut does."""
        pid = int((self._data / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGQUIT)

    def remove(self) -> None:
        """Stop and leave nothing behind."""
        if self._kept:
            self._kept.close()
        with contextlib.suppress(subprocess.CalledProcessError):
            self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str, user: str = "postgres") -> str:
        """Return the address of a database in the words of SQLAlchemy."""
        return f"postgresql+psycopg://{user}@/{database}?host={self.folder}"

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Run one statement outside a transaction; return its rows."""
        if database == "postgres":
            return _rows(self._kept_connection(), statement)
        with self._connect(database) as connection:
            return _rows(connection, statement)

    def _connect(self, database: str) -> psycopg.Connection:
        return psycopg.connect(host=str(self.folder), dbname=database, user="postgres", autocommit=True)

    def _kept_connection(self) -> psycopg.Connection:
        """Return one that stays open, for a new one costs the server more than what is asked."""
        with contextlib.suppress(psycopg.Error):  # the server ended since
            if self._kept and self._kept.execute("SELECT 1"):
                return self._kept
        self._kept = self._connect("postgres")
        return self._kept

    def create(self, name: str, template: str = "template1") -> str:
        """Make a database and return its address."""
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        return self.url(name)

    def drop(self, name: str) -> None:
        """Remove a database, whoever is connected."""
        self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def connections(self, name: str) -> int:
        """Count who is connected to a database."""
        query = f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{name}'"
        return int(str(self.execute(query)[0][0]))

    def connections_left(self, name: str) -> int:
        """Count likewise, once those that were closed a moment ago had two seconds to go."""
        for _ in range(200):
            if not (left := self.connections(name)):
                return 0
            self.execute("SELECT pg_sleep(0.01)")  # the server waits, not the test
        return left

    def _call(self, program: str, *arguments: object) -> None:
        subprocess.run(
            [str(self._binaries / program), *map(str, arguments)],
            user=self._user,
            group=self._user and pwd.getpwnam(self._user).pw_gid,
            extra_groups=[] if self._user else None,
            cwd=self.folder,
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=120,
        )


def _rows(connection: psycopg.Connection, statement: str) -> list[tuple[object, ...]]:
    cursor = connection.execute(statement.encode())
    return cursor.fetchall() if cursor.description else []


@contextlib.contextmanager
def running() -> Iterator[Server | None]:
    """Run a server while the block runs; None where there is no server to run."""
    folder = binaries()
    if folder is None:
        yield None
        return
    server = Server(folder)
    try:
        server.start()
        yield server
    finally:
        server.remove()
