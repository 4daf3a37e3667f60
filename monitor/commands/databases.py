"""db upgrade | check: the database itself."""

import sys

import click
import sqlalchemy as sa

from monitor.adapters import migrate
from monitor.commands.common import SOME_FAILED, asynchronous, json_option, out, print_json, settings
from monitor.daemon import check_database, migrate_database, open_stores


@click.group()
def db() -> None:
    """Look after the database."""


@db.command()
@json_option
def upgrade(as_json: bool) -> None:
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
    async with open_stores(loaded) as system:
        database = system.stores.database
        revision = migrate.current(database.engine)
        answer = "ok"
        if database.is_sqlite:
            answer = str(await database.read(lambda c: c.execute(sa.text("PRAGMA quick_check")).scalar()))
    print_json({"schema": revision, "check": answer}) if as_json else out.print(
        f"schema {revision}: {answer}", markup=False
    )
    sys.exit(0 if answer == "ok" and revision == migrate.head() else SOME_FAILED)
