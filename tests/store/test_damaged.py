"""Commands on a damaged file: one line that names the cure, exit code 1, no traceback."""

import asyncio
import contextlib
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor.adapters.engine import Database
from monitor.cli import main
from tests.damage import spoil_tables, spoil_text
from tests.store.rows import stores_on
from tests.web.filling import fill, replayed

COMMANDS = (
    "status",
    "articles list",
    "articles show 1",
    "incidents list",
    "incidents show 1",
    "incidents export --format stix --out out",
    "queue list",
    "queue claim --labeller ann",
    "queue export",
    "archive status",
    "retry --failed",
    "db check",
    "db prune --days 1",
)


@pytest.fixture
def file(tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "sources.yaml").write_text("version: 1\nsources: []\n")
    path = Path(shutil.copy(sqlite_template, tmp_path / "data" / "monitor.db"))
    asyncio.run(filled(path))
    monkeypatch.chdir(tmp_path)
    return path


async def filled(path: Path) -> None:
    with contextlib.closing(Database(f"sqlite:///{path}")) as database:
        await fill(stores_on(database), replayed("seeds"))


@pytest.mark.parametrize("command", COMMANDS)
def test_a_damaged_table(file: Path, command: str) -> None:
    spoil_tables(file, "articles", "incidents", "captures")
    done = CliRunner().invoke(main, command.split())
    assert (done.exit_code, type(done.exception)) == (1, SystemExit), (done.output, done.exception)
    assert "malformed" in done.output
    assert "back-up" in done.output


@pytest.mark.parametrize("command", ["incidents list", "incidents show 1"])
def test_letters_that_are_none(file: Path, command: str) -> None:
    spoil_text(file, "LinkedIn has a problem")
    done = CliRunner().invoke(main, command.split())
    assert (done.exit_code, type(done.exception)) == (1, SystemExit), (done.output, done.exception)
    assert "back-up" in done.output
    assert "has a problem" not in done.output
