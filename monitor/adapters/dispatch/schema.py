"""Where tickets lie on PostgreSQL: the engine's own tables in a schema named after their version.

Two releases with different engines overlap that way, each with its own tickets; what is true, whose turn it is and
who decides stands in our tables, which both share.
"""

import re
from typing import Any

import psycopg
import sqlalchemy as sa
from procrastinate.schema import SchemaManager, migrations_path
from sqlalchemy import Connection, Engine

from monitor.domain.errors import Permanent

MAKING = 7_301_945  # an advisory lock, any number


def _version() -> str:
    newest = max(path.name for path in migrations_path.glob("*.sql"))
    found = re.match(r"(\d+)\.(\d+)\.(\d+)", newest)
    return "_".join(found.groups()) if found else "0"


SCHEMA = f"tickets_{_version()}"


def make(engine: Engine) -> bool:
    """Make the engine's tables where they are missing; return whether they were."""
    with engine.begin() as connection:
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(MAKING)))
        if exists(connection):
            return False
        connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
        use(connection)
        driver = connection.connection.driver_connection
        if driver is not None:
            _make_tables(driver)
        # who has a lock is looked up for every ticket that is taken
        connection.exec_driver_sql(
            "CREATE INDEX ix_tickets_lock ON procrastinate_jobs (lock) WHERE status IN ('todo', 'doing')"
        )
    return True


def _make_tables(driver: Any) -> None:
    try:
        driver.execute(SchemaManager.get_schema())
    except psycopg.errors.UndefinedObject as error:
        cure = "as its owner run `CREATE EXTENSION plpgsql` in it"
        raise Permanent("database", detail=f"{error.diag.message_primary}; {cure}") from error


def exists(connection: Connection) -> bool:
    """Tell whether the engine's tables are there."""
    return (
        connection.execute(sa.select(sa.func.to_regclass(f"{SCHEMA}.procrastinate_jobs"))).scalar()
        is not None
    )


def use(connection: Connection) -> None:
    """Find the engine's tables by their plain names until the transaction ends; ours are found as before."""
    path = sa.func.current_setting("search_path")
    beside = sa.func.concat(SCHEMA, ", ", path)
    connection.execute(sa.select(sa.func.set_config("search_path", beside, True)))
