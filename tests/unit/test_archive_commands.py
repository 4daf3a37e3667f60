"""`monitor archive …` and the export of an incident's pages: what an operator types works beside the daemon."""

import asyncio
import json
import shutil
import zipfile

import pytest
from click.testing import CliRunner

from monitor.adapters.engine import Database
from monitor.adapters.warc import WarcArchive
from monitor.cli import main
from tests.fakes import NOON, response
from tests.store.rows import add_read, copy_of, queued, stores_on

KEPT, SKIPPED, COPY = "https://host0.example/1", "https://host1.example/2", "https://host2.example/3"


async def fill(folder):
    """Decide three articles, a copy among them, and record the pages of the first two."""
    database = Database(f"sqlite:///{folder / 'monitor.db'}")
    stores = stores_on(database)
    reads = await add_read(stores, 3)
    await stores.verdicts.hold(NOON)
    settled = [queued(reads[0], 1), queued(reads[1], 2), copy_of(reads[2], reads[0].article_id, 1)]
    await stores.verdicts.settle(settled, now=NOON)
    database.close()
    archive = WarcArchive(folder / "warc")
    for url in (KEPT, SKIPPED):
        await archive.record(response(url))
    await archive.close()


@pytest.fixture
def monitor(tmp_path, sqlite_template, monkeypatch):
    """Run a command on an installation with two recorded pages."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MONITOR_DATA_DIR", str(tmp_path))
    shutil.copy(sqlite_template, tmp_path / "monitor.db")
    asyncio.run(fill(tmp_path))

    def run(*arguments: str, code: int = 0) -> str:
        done = CliRunner().invoke(main, arguments)
        assert done.exit_code == code, done.output
        return done.output

    return run


def records(monitor, url):
    return json.loads(monitor("archive", "show", url, "--json"))["records"]


def test_an_address_is_deleted_with_a_record(monitor, tmp_path):
    told = json.loads(monitor("archive", "delete", KEPT, "--reason", "court order", "--who", "ann", "--json"))
    assert (told["records"], told["reason"], told["who"]) == (1, "court order", "ann")
    assert records(monitor, KEPT) == []
    assert len(records(monitor, SKIPPED)) == 1
    assert "court order" in (tmp_path / "warc/deletions.jsonl").read_text()
    monitor("archive", "delete", KEPT, code=2)  # without a reason


def test_old_records_go_but_for_those_that_people_need(monitor, tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'monitor.db'}")
    skip = "UPDATE articles SET label_state = 'skipped' WHERE id = 2"
    asyncio.run(database.write(lambda connection: connection.exec_driver_sql(skip)))
    database.close()
    assert "name --days" in monitor("archive", "prune", code=2)
    assert json.loads(monitor("archive", "prune", "--days", "1", "--json")) == {"removed": 1}
    assert records(monitor, SKIPPED) == []
    assert len(records(monitor, KEPT)) == 1


def test_an_incident_is_exported_with_what_there_is_of_it(monitor, tmp_path):
    told = monitor("incidents", "export", "1", "--format", "wacz", "--out", "one.wacz")
    assert "1 of 2 pages" in told
    assert f"not in the local archive: {COPY}" in told
    with zipfile.ZipFile(tmp_path / "one.wacz") as wacz:
        assert KEPT in wacz.read("pages/pages.jsonl").decode()
    assert "no incident 99" in monitor("incidents", "export", "99", "--format", "wacz", "--out", "x", code=1)
    monitor("incidents", "export", "--format", "wacz", "--out", "x", code=2)


def test_captures_are_shown_and_wanted_again(monitor):
    assert json.loads(monitor("archive", "status", "--json"))["captures"] == {"wanted": 3}
    assert "wanted" in monitor("archive", "show", KEPT)
    assert json.loads(monitor("archive", "retry", "--lost", "--json")) == {"wanted": 0}
    assert json.loads(monitor("archive", "verify", "--json")) == {"verified": 0}
    monitor("archive", "retry", code=2)
