"""Brings a database to the schema that this code knows, and tells when it cannot."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from monitor.adapters.engine import make_engine, translate

INSTALLED = Path(__file__).parent.parent / "_alembic"  # in a wheel
CHECKOUT = Path(__file__).parent.parent.parent / "alembic"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(INSTALLED if INSTALLED.exists() else CHECKOUT))
    return config


def head() -> str:
    """Return the revision that this code is written for."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def known(revision: str) -> bool:
    """Tell whether this code has the revision; it has not when a newer release made it."""
    return any(
        script.revision == revision for script in ScriptDirectory.from_config(_config()).walk_revisions()
    )


def current(engine: Engine) -> str:
    """Return the database's revision, "" for an empty one; raise Transient or Permanent where it is out of reach."""
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision() or ""
    except DBAPIError as error:
        raise translate(error) from error


def upgrade(url: str) -> tuple[str, str]:
    """Migrate to the newest revision; return the revisions before and after."""
    engine = make_engine(url, writer=True)
    try:
        before = current(engine)
        config = _config()
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            if connection.in_transaction():
                connection.commit()
        if engine.dialect.name == "postgresql":
            from monitor.adapters.dispatch.schema import make

            make(engine)
        return before, current(engine)
    except DBAPIError as error:
        raise translate(error) from error
    finally:
        engine.dispose()


def tables(engine: Engine) -> set[str]:
    """Return the names of the tables that exist."""
    return set(sa.inspect(engine).get_table_names())
