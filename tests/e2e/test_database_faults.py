"""Databases in trouble: each has a clear end, a cure in its message, and a place among the exit codes."""

import contextlib
import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from monitor.adapters import migrate
from tests.conftest import sqlite_template  # noqa: F401 - a fixture of the session
from tests.e2e.conftest import ROOT
from tests.e2e.preloaded import Commands, Ended
from tests.postgres import Server

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

SOURCES = "version: 1\ntopics: {a: {title: A, any: [word]}}\nsources: []\n"
LOOKING = ("status", "run --only read", "db check", "db upgrade", "once")

Call = Callable[..., Ended]


@pytest.fixture
def call(tmp_path: Path, commands: Commands) -> Call:
    """Run a command in a folder of its own; what hangs fails."""
    (tmp_path / "sources.yaml").write_text(SOURCES)

    def run(command: str, url: str = "", largest_file: int = 0) -> Ended:
        environment = {"PATH": "/usr/bin:/bin", "MONITOR_EMBEDDINGS": "off", "PYTHONPATH": str(ROOT)}
        environment |= {"MONITOR_DATABASE_URL": url} if url else {}
        return commands(*command.split(), environment=environment, cwd=tmp_path, largest_file=largest_file)

    return run


def refused(done: Ended, code: int, *words: str) -> None:
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr + done.stdout


@pytest.mark.parametrize("url", ["nonsense", "mysql://user:hush@host/name", "postgres:/typo"])
def test_an_address_that_is_none(call, url):
    for command in ("status", "run", "check"):
        done = call(command, url)
        refused(done, 2, "DATABASE_URL", "postgresql+psycopg://")
        assert "hush" not in done.stderr + done.stdout


def test_a_server_that_is_not_there(call):
    refused(call("status", "postgresql+psycopg://nobody@127.0.0.1:1/none"), 1, "connection", "127.0.0.1")
    refused(call("check", "postgresql+psycopg://nobody@127.0.0.1:1/none"), 2, "DATABASE_URL")


def test_a_file_that_is_not_there_is_looked_for_and_not_made(call, tmp_path):
    for command in ("status", "queue list", "db check", "health", "db backup"):
        refused(call(command), 1, "database", f"{tmp_path}/data/monitor.db")
    assert not (tmp_path / "data" / "monitor.db").exists()


def test_a_folder_that_cannot_be_made(call):
    refused(call("db upgrade", "sqlite:////proc/none/monitor.db"), 1, "DATA_DIR")


@pytest.mark.parametrize("command", LOOKING)
def test_a_file_that_is_no_database(call, tmp_path, command):
    (tmp_path / "other.db").write_bytes(b"no pages, but words " * 1000)
    refused(call(command, f"sqlite:///{tmp_path}/other.db"), 1, "not a database", "back-up")


@pytest.mark.parametrize("command", LOOKING)
def test_a_damaged_file(call, tmp_path, sqlite_template, command):  # noqa: F811
    body = bytearray(sqlite_template.read_bytes())
    body[4096 * 4 : len(body) - 4096] = b"\xff" * (len(body) - 4096 * 5)
    (tmp_path / "damaged.db").write_bytes(body)
    refused(call(command, f"sqlite:///{tmp_path}/damaged.db"), 1, "malformed", "back-up")


def made_newer(path: Path, *, compatible: bool) -> None:
    """Do as a newer release does that only added, or that took something away."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        if not compatible:
            connection.execute("DELETE FROM compatible")
        connection.commit()


def test_a_database_that_a_newer_release_made(call, tmp_path, sqlite_template):  # noqa: F811
    path = Path(shutil.copy(sqlite_template, tmp_path / "newer.db"))
    made_newer(path, compatible=False)
    before = path.read_bytes()
    for command in (
        "run",
        "once",
        "db upgrade",
        "check",
        "queue claim --labeller a",
        "retry --failed",
        "status",
    ):
        refused(call(command, f"sqlite:///{path}"), 2, "9999", "newer")
    assert path.read_bytes() == before
    refused(call("db check", f"sqlite:///{path}"), 1, "9999", "newer release")


def test_a_database_of_an_older_release(call, tmp_path):
    url = f"sqlite:///{tmp_path}/older.db"
    migrate.upgrade(url, "0001")
    for command in ("queue claim --labeller a", "db prune --days 5", "status"):
        refused(call(command, url), 2, "0001", "run `monitor db upgrade`")
    refused(call("db check", url), 1, "0001", "run `monitor db upgrade`")
    refused(call("db upgrade", url), 0, "0001")
    refused(call("status", url), 0)


def test_a_copy_into_what_a_newer_release_made_is_refused(call, tmp_path, sqlite_template):  # noqa: F811
    here, there = (Path(shutil.copy(sqlite_template, tmp_path / name)) for name in ("here.db", "there.db"))
    made_newer(there, compatible=False)
    refused(call(f"db copy sqlite:///{there}", f"sqlite:///{here}"), 1, "9999", "newer")


def test_a_database_that_a_newer_release_only_added_to(call, tmp_path, sqlite_template):  # noqa: F811
    path = Path(shutil.copy(sqlite_template, tmp_path / "added.db"))
    made_newer(path, compatible=True)
    refused(call("once", f"sqlite:///{path}"), 0, "database.newer", "9999")
    refused(call("db check", f"sqlite:///{path}"), 0, "9999", "ok")


def test_a_full_disk_while_backing_up_leaves_no_file(call, tmp_path, sqlite_template):  # noqa: F811
    path = shutil.copy(sqlite_template, tmp_path / "full.db")
    done = call(f"db backup {tmp_path}/backups", f"sqlite:///{path}", largest_file=100_000)
    refused(done, 1, "backup")
    assert list((tmp_path / "backups").iterdir()) == []
    refused(call(f"db backup {tmp_path}/backups", f"sqlite:///{path}"), 0)


@pytest.mark.postgres
def test_a_server_without_rights(call, postgres: Server):
    for statement in ("DROP ROLE IF EXISTS guest", "CREATE ROLE guest LOGIN"):
        postgres.execute(statement)
    postgres.create("locked")
    try:
        refused(call("run", postgres.url("locked", "guest")), 1, "permission denied", "grant")
    finally:
        postgres.drop("locked")


@pytest.mark.postgres
def test_a_server_out_of_connections(call, migrated_postgres_url: str, postgres: Server):
    for statement in ("DROP ROLE IF EXISTS narrow", "CREATE ROLE narrow LOGIN CONNECTION LIMIT 0"):
        postgres.execute(statement)
    done = call("status", migrated_postgres_url.replace("postgres@", "narrow@"))
    refused(done, 1, "too many connections")


@pytest.mark.postgres
def test_a_copy_says_what_it_copied_and_refuses_itself(call, tmp_path, sqlite_template, postgres_url: str):  # noqa: F811
    url = f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'monitor.db')}"
    done = call(f"db copy {postgres_url} --json", url)
    assert done.returncode == 0, done.stderr
    assert {row["table"] for row in json.loads(done.stdout)} >= {"articles", "documents", "labels"}
    refused(call(f"db copy {url}", url), 2, "name another one")
    refused(call("db copy sqlite:///monitor.db", url), 2, "name another one")  # in other words
    for none in ("nonsense", "mysql://user@host/name", "postgresql+asyncpg://user@host/name"):
        refused(call(f"db copy {none}", url), 2, "is no address")


def test_pruning_can_be_looked_at_first(call):
    assert call("db upgrade").returncode == 0
    done = call("db prune --days 30 --dry-run --json")
    nothing = dict.fromkeys(("contents", "articles", "polls", "deliveries"), 0)
    assert json.loads(done.stdout) == {"dry_run": True, "removed": nothing}
