"""db upgrade | check | backup | prune | copy: the database itself."""

import asyncio
import sys
from pathlib import Path

import click
import sqlalchemy as sa
from rich.progress import Progress
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from monitor.adapters import migrate
from monitor.adapters.backup import back_up
from monitor.adapters.clock import SystemClock
from monitor.adapters.store.retention import Policy, Retention
from monitor.adapters.transfer import Moved, move
from monitor.commands.common import (
    DAYS,
    SOME_FAILED,
    asynchronous,
    json_option,
    out,
    print_json,
    print_table,
    progress,
    settings,
)
from monitor.config.settings import DATABASE
from monitor.daemon import check_database, migrate_database, open_stores, owned, refuse_missing


@click.group()
def db() -> None:
    """Look after the database."""


@db.command()
@json_option
@asynchronous
async def upgrade(as_json: bool) -> None:
    """Bring the database to the schema of this release."""
    loaded = settings()
    check_database(loaded)
    before, after = migrate_database(loaded)
    if as_json:
        print_json({"before": before, "after": after})
    else:
        out.print(
            f"schema {before or 'empty'} → {after}" if before != after else f"schema {after}: up to date",
            markup=False,
        )


@db.command("check")
@json_option
@asynchronous
async def check_integrity(as_json: bool) -> None:
    """Check the database file and its schema."""
    loaded = settings()
    check_database(loaded)
    refuse_missing(loaded)
    async with open_stores(loaded, unfit=True) as system:
        database = system.stores.database
        schema = migrate.look(database.engine)
        answer = "ok"
        if database.is_sqlite:
            answer = str(await database.read(lambda c: c.execute(sa.text("PRAGMA quick_check")).scalar()))
    if as_json:
        print_json({"schema": schema.revision, "check": answer, "cure": schema.cure})
    else:
        called = f"schema {schema.revision or 'empty'}"
        out.print(f"{called}: {answer}" + (f"; {schema.cure}" if schema.cure else ""), markup=False)
    sys.exit(0 if answer == "ok" and schema.fits else SOME_FAILED)


@db.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), required=False)
@click.option(
    "--keep",
    default=0,
    show_default=True,
    type=click.IntRange(min=0),
    help="Keep the newest so many; 0: all.",
)
@json_option
@asynchronous
async def backup(folder: Path | None, keep: int, as_json: bool) -> None:
    """Back the database up into FOLDER (default: backups in DATA_DIR); the daemon may run meanwhile."""
    loaded = settings()
    folder = folder or loaded.DATA_DIR / "backups"
    now = SystemClock().now()
    done = await asyncio.to_thread(back_up, loaded.database_url, folder, now=now, keep=keep)
    if as_json:
        print_json(done)
        return
    out.print(f"{done.path}: {done.size / 1e6:.1f} MB in {done.seconds:.1f} s", markup=False)
    for path in done.removed:
        out.print(f"removed {path}", markup=False)


@db.command()
@click.option("--days", type=DAYS, help="How old; default: RETENTION_DAYS.")
@click.option(
    "--skipped", is_flag=True, help="Also queued articles that labellers skipped and nobody labelled."
)
@click.option("--dry-run", is_flag=True, help="Only count what would go.")
@json_option
@asynchronous
async def prune(days: int | None, skipped: bool, dry_run: bool, as_json: bool) -> None:
    """Remove the contents of old rejected and failed articles, and polls and settled deliveries of 90 days ago."""
    loaded = settings()
    policy = Policy(days or loaded.RETENTION_DAYS, skipped=skipped)
    async with open_stores(loaded) as system:
        retention, now = Retention(system.stores.database), system.clock.now()
        if dry_run:
            done = await retention.look(policy, now=now)
        else:
            with progress() as bar:
                task = bar.add_task("pruning", total=None)
                done = await retention.prune(policy, now=now, progress=lambda n: bar.advance(task, n))
            await retention.forget_expired(now=now)
    if as_json:
        print_json({"dry_run": dry_run, "removed": done})
        return
    word = "would go" if dry_run else "removed"
    out.print(
        f"{word}: contents of {done.contents} articles, {done.articles} articles, {done.polls} polls, "
        f"{done.deliveries} deliveries",
        markup=False,
    )
    if not policy.days:
        out.print("RETENTION_DAYS is 0: no article is ever removed", markup=False)


@db.command()
@click.argument("url")
@json_option
@asynchronous
async def copy(url: str, as_json: bool) -> None:
    """Copy everything into the empty database at URL, as from SQLite to PostgreSQL, and prove it equal.

    The daemon must not run meanwhile. After an interruption call it again: it goes on where it was.
    """
    loaded = settings()
    check_database(loaded)
    if _address(url) == _address(loaded.database_url):
        raise click.BadParameter("is the database in force; name another one")
    with owned(loaded), progress() as bar:
        moved = await asyncio.to_thread(move, loaded.database_url, url, progress=_Bars(bar))
    if as_json:
        print_json(moved)
    else:
        _print_moved(moved)


def _address(url: str) -> str:
    """Return an address in the one way of writing it; raise BadParameter where it is none of ours."""
    try:
        made = make_url(url) if DATABASE.match(url) else None
    except ArgumentError:
        made = None
    if made is None:
        raise click.BadParameter("is no address; write postgresql+psycopg://user:password@host/name")
    if made.get_backend_name() == "sqlite":
        made = made.set(database=str(Path(made.database or "").resolve()))
    return made.render_as_string(hide_password=True)


class _Bars:
    """One progress bar per table."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._tasks: dict[str, object] = {}

    def __call__(self, table: str, done: int, total: int) -> None:
        if table not in self._tasks:
            self._tasks[table] = self._bar.add_task(table, total=total)
        self._bar.update(self._tasks[table], completed=done)  # type: ignore[arg-type]


def _print_moved(moved: list[Moved]) -> None:
    print_table(
        ["table", "rows", "checksum, equal on both sides"], [(m.table, m.rows, m.checksum) for m in moved]
    )
    out.print("Now set DATABASE_URL to the new address.", markup=False)
