"""A back-up is whole, taken while others write, and can be put in the place of what was lost."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from monitor.adapters.backup import back_up, check_file
from monitor.adapters.engine import Database
from monitor.domain.errors import Permanent
from tests.fakes import NOON, bounded
from tests.postgres import Server, binaries
from tests.store.rows import add_found, rows_of, stores_on

Open = Callable[[str], Database]


async def write_on(database: Database, done: asyncio.Event) -> int:
    """Note articles until told to stop, two in every transaction; return how many."""
    stores, count = stores_on(database), 0
    while not done.is_set():
        count += await add_found(stores, [f"a{count}.example", f"b{count}.example"])
    return count


async def test_a_backup_taken_while_others_write_is_whole(
    sqlite_url: str, tmp_path: Path, open_database: Open
) -> None:
    done = asyncio.Event()
    writing = asyncio.ensure_future(write_on(open_database(sqlite_url), done))
    await add_found(stores_on(open_database(sqlite_url)), ["first.example"])
    backup = await asyncio.to_thread(back_up, sqlite_url, tmp_path / "backups", now=NOON)
    done.set()
    written = await bounded(writing)
    restored = open_database(f"sqlite:///{shutil.copy(backup.path, tmp_path / 'restored.db')}")
    [row] = await rows_of(restored, "SELECT count(*) AS n FROM articles WHERE host <> 'first.example'")
    assert 0 <= int(str(row["n"])) <= int(str(written))
    assert int(str(row["n"])) % 2 == 0  # no half transaction
    assert check_file(backup.path) == "ok"
    assert backup.size == backup.path.stat().st_size > 0


async def test_the_restored_database_works_on(sqlite_url: str, tmp_path: Path, open_database: Open) -> None:
    await add_found(stores_on(open_database(sqlite_url)), ["a.example", "b.example"])
    backup = back_up(sqlite_url, tmp_path / "backups", now=NOON)
    stores = stores_on(open_database(f"sqlite:///{shutil.copy(backup.path, tmp_path / 'restored.db')}"))
    claimed = await stores.articles.claim_found(9, now=NOON, lease=timedelta(minutes=5))
    assert [one.host for one in claimed] == ["a.example", "b.example"]
    assert await add_found(stores, ["a.example", "b.example", "c.example"]) == 1


def test_a_file_that_holds_nothing_of_ours_is_no_backup(tmp_path: Path) -> None:
    """As where a nightly job looks into another folder than the daemon."""
    (tmp_path / "monitor.db").touch()
    with pytest.raises(Permanent, match="DATA_DIR"):
        back_up(f"sqlite:///{tmp_path}/monitor.db", tmp_path / "backups", now=NOON)
    assert list((tmp_path / "backups").iterdir()) == []


def test_what_a_killed_backup_left_goes_after_a_day(sqlite_url: str, tmp_path: Path) -> None:
    left = tmp_path / "monitor-20261101T031700Z.db.part"
    for age, stays in ((timedelta(hours=23), True), (timedelta(hours=25), False)):
        left.touch()
        os.utime(left, times=((NOON - age).timestamp(),) * 2)
        back_up(sqlite_url, tmp_path, now=NOON)
        assert left.exists() is stays


def test_the_newest_are_kept(sqlite_url: str, tmp_path: Path) -> None:
    days = [NOON + timedelta(days=day) for day in range(4)]
    removed = [back_up(sqlite_url, tmp_path / "backups", now=day, keep=2).removed for day in days]
    assert [len(paths) for paths in removed] == [0, 0, 1, 1]
    names = [path.name for path in sorted((tmp_path / "backups").iterdir())]
    assert names == ["monitor-20260303T120000Z.db", "monitor-20260304T120000Z.db"]


def test_a_backup_that_fails_leaves_nothing_behind(sqlite_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "file"
    folder.write_text("no folder")
    with pytest.raises(Permanent, match="backup"):
        back_up(sqlite_url, folder, now=NOON)
    with pytest.raises(Permanent, match="there is no database"):
        back_up(f"sqlite:///{tmp_path}/none.db", tmp_path / "backups", now=NOON)
    assert list((tmp_path / "backups").iterdir()) == []


def test_a_damaged_database_is_not_backed_up_as_if_it_were_sound(sqlite_url: str, tmp_path: Path) -> None:
    path = Path(str(make_url(sqlite_url).database))
    damaged = tmp_path / "damaged.db"
    body = bytearray(path.read_bytes())
    body[4096 * 3 : 4096 * 60] = b"\xff" * (4096 * 57)
    damaged.write_bytes(body)
    assert check_file(damaged) != "ok"
    with pytest.raises(Permanent, match="backup"):
        back_up(f"sqlite:///{damaged}", tmp_path / "backups", now=NOON)
    assert list((tmp_path / "backups").iterdir()) == []


async def test_a_server_is_dumped_and_restored(
    postgres: Server, migrated_postgres_url: str, postgres_url: str, tmp_path: Path, open_database: Open
) -> None:
    await add_found(stores_on(open_database(migrated_postgres_url)), ["a.example", "b.example"])
    backup = back_up(migrated_postgres_url, tmp_path / "backups", now=NOON)
    folder = binaries()
    assert folder is not None
    name = str(make_url(postgres_url).database)
    restore = [str(folder / "pg_restore"), "-h", str(postgres.folder), "-U", "postgres", "-d", name]
    command = [*restore, "--no-owner", "--exit-on-error", str(backup.path)]
    await asyncio.to_thread(subprocess.run, command, check=True)
    rows = await rows_of(open_database(postgres_url), "SELECT host FROM articles ORDER BY id")
    assert [row["host"] for row in rows] == ["a.example", "b.example"]


def test_a_server_that_is_away_is_said_so(postgres: Server, tmp_path: Path) -> None:
    with pytest.raises(Permanent, match="does not exist"):
        back_up(postgres.url("nobody_made_this"), tmp_path / "backups", now=NOON)
