"""Brings a database to the schema that this code knows, and tells when it cannot.

Releases overlap while an installation is upgraded: revisions only add, so that older code works on beside newer code.
A revision that takes something away says so (`takes_away = True`); code older than it is then refused. Which code may
work with a schema stands in the table `compatible`, for older code cannot know what newer code did.

Alembic is imported where there is something to migrate: most starts find the schema as it should be.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from monitor.adapters import tables as t
from monitor.adapters.database_errors import translate
from monitor.adapters.engine import make_engine

if TYPE_CHECKING:
    from alembic.config import Config

INSTALLED = Path(__file__).parent.parent / "_alembic"  # in a wheel
CHECKOUT = Path(__file__).parent.parent.parent / "alembic"
TAKES_AWAY = re.compile(r"^takes_away = True", re.MULTILINE)
VERSION = sa.table("alembic_version", sa.column("version_num"))


@dataclass(frozen=True)
class Schema:
    """A database's revision, "" for an empty one, and the revisions whose code may work with it."""

    revision: str
    compatible: frozenset[str] = frozenset()

    @property
    def is_newer(self) -> bool:
        """Whether a newer release made it."""
        return bool(self.revision) and not known(self.revision)

    @property
    def fits(self) -> bool:
        """Whether this code may work with it: it is ours, or a newer one that has all we need."""
        return self.revision == head() or (self.is_newer and head() in self.compatible)

    @property
    def cure(self) -> str:
        """What to do where this code may not work with it, else ""."""
        if self.fits:
            return ""
        return "run the newer release that made it" if self.is_newer else "run `monitor db upgrade`"


def _scripts() -> Path:
    return INSTALLED if INSTALLED.exists() else CHECKOUT


@cache
def revisions() -> dict[str, bool]:
    """Return every revision that this code has, the first one first, and whether it took something away."""
    files = sorted((_scripts() / "versions").glob("[0-9]*.py"))
    return {file.name[:4]: bool(TAKES_AWAY.search(file.read_text("utf-8"))) for file in files}


def head() -> str:
    """Return the revision that this code is written for."""
    return list(revisions())[-1]


def known(revision: str) -> bool:
    """Tell whether this code has the revision; it has not when a newer release made it."""
    return revision in revisions()


def compatible_with(revision: str) -> frozenset[str]:
    """Return the revisions whose code may work with this one: back to the last that took something away."""
    fitting = set()
    for one, takes_away in reversed([pair for pair in revisions().items() if pair[0] <= revision]):
        fitting.add(one)
        if takes_away:
            break
    return frozenset(fitting)


def schema_of(connection: Connection) -> Schema:
    """Return what a database says of its schema."""
    names = sa.inspect(connection)
    if not names.has_table(VERSION.name):
        return Schema("")
    revision = connection.execute(sa.select(VERSION.c.version_num)).scalar() or ""
    if not names.has_table(t.compatible.name):
        return Schema(revision)
    return Schema(revision, frozenset(connection.execute(sa.select(t.compatible.c.revision)).scalars()))


def look(engine: Engine) -> Schema:
    """Return what a database says of its schema; raise Transient or Permanent where it is out of reach."""
    try:
        with engine.connect() as connection:
            return schema_of(connection)
    except DBAPIError as error:
        raise translate(error) from error


def current(engine: Engine) -> str:
    """Return the database's revision, "" for an empty one; raise Transient or Permanent where it is out of reach."""
    return look(engine).revision


def upgrade(url: str, to: str = "head") -> tuple[str, str]:
    """Migrate, unless a newer release already went further; return the revisions before and after."""
    engine = make_engine(url, writer=True)
    try:
        before = look(engine)
        done = to == "head" and before.revision == head() and before.compatible == compatible_with(head())
        if not done and not (before.is_newer and before.fits):
            _migrate(engine, to)
        if engine.dialect.name == "postgresql":
            from monitor.adapters.dispatch.schema import make

            make(engine)
        return before.revision, current(engine)
    except DBAPIError as error:
        raise translate(error) from error
    finally:
        engine.dispose()


def _migrate(engine: Engine, to: str) -> None:
    from alembic import command

    config = alembic_config()
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, to)
        if connection.in_transaction():
            connection.commit()


def alembic_config() -> "Config":
    """Return what Alembic has to know of us."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_scripts()))
    return config


def note_compatible(connection: Connection) -> None:
    """Write down, inside the migration's own transaction, whose code may work with its outcome."""
    found = schema_of(connection)
    wanted = compatible_with(found.revision) if found.revision else frozenset()
    if not sa.inspect(connection).has_table(t.compatible.name) or wanted == found.compatible:
        return
    connection.execute(t.compatible.delete())
    connection.execute(t.compatible.insert(), [{"revision": one} for one in sorted(wanted)])


def tables(engine: Engine) -> set[str]:
    """Return the names of the tables that exist."""
    return set(sa.inspect(engine).get_table_names())
