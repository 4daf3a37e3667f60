"""Schema and code: a database is brought up to date, an unknown one is left alone, a broken upgrade repeats."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from alembic import autogenerate, command
from alembic.migration import MigrationContext
from alembic.script import Script, ScriptDirectory

from monitor.adapters import migrate, tables
from monitor.adapters.engine import make_engine
from monitor.daemon import _check_server
from monitor.domain.errors import ConfigurationError, Permanent, Transient
from tests.postgres import Server

VIEWS = {"queued_articles", "incident_articles", "labels_current"}


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/new/monitor.db"
    return str(request.getfixturevalue("postgres_url"))


def names(url: str) -> tuple[set[str], set[str]]:
    engine = make_engine(url, writer=True)
    try:
        return migrate.tables(engine), set(sa.inspect(engine).get_view_names())
    finally:
        engine.dispose()


def test_an_empty_database_gets_every_table_and_view(empty_url: str) -> None:
    assert migrate.upgrade(empty_url) == ("", migrate.head())
    made, views = names(empty_url)
    assert set(tables.metadata.tables) <= made
    assert views >= VIEWS


def test_a_second_upgrade_changes_nothing(database_url: str) -> None:
    assert migrate.upgrade(database_url) == (migrate.head(), migrate.head())


def test_the_revisions_lead_to_what_the_code_says(database_url: str) -> None:
    """Neither a column nor an index of tables.py is missing from the revisions."""
    engine = make_engine(database_url, writer=True)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        differences = [
            one for one in autogenerate.compare_metadata(context, tables.metadata) if "search" not in str(one)
        ]
    engine.dispose()
    assert differences == []


def test_downgrade_and_up_again(empty_url: str) -> None:
    migrate.upgrade(empty_url)
    engine = make_engine(empty_url, writer=True)
    with engine.connect() as connection:
        config = migrate.alembic_config()
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        if connection.in_transaction():
            connection.commit()
    engine.dispose()
    left, views = names(empty_url)
    assert not (set(tables.metadata.tables) & left)
    assert not (VIEWS & views)
    assert migrate.upgrade(empty_url) == ("", migrate.head())


def test_processes_that_start_together_migrate_once(empty_url: str) -> None:
    """Three replicas of one release come up at the same moment."""
    call = [sys.executable, "-c", f"from monitor.adapters import migrate; migrate.upgrade({empty_url!r})"]
    replicas = [subprocess.Popen(call, stderr=subprocess.PIPE) for _ in range(3)]
    complaints = [replica.communicate(timeout=60)[1].decode() for replica in replicas]
    assert complaints == ["", "", ""]
    assert set(tables.metadata.tables) <= names(empty_url)[0]


def test_an_upgrade_that_was_cut_off_leaves_the_database_as_it_was(empty_url: str) -> None:
    """The last step fails: nothing of the schema stays, and the next start does it all."""
    engine = make_engine(empty_url, writer=True)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE leases (other integer)"))
    with pytest.raises(Exception, match="already exists"):
        migrate.upgrade(empty_url)
    assert names(empty_url)[0] == {"leases"}
    assert migrate.current(engine) == ""
    with engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE leases"))
    engine.dispose()
    assert migrate.upgrade(empty_url) == ("", migrate.head())


def test_an_upgrade_over_several_revisions_is_all_or_nothing(empty_url: str) -> None:
    """The release before still finds its own schema after one that was cut off at the last of them."""
    migrate.upgrade(empty_url, "0001")
    engine = make_engine(empty_url, writer=True)
    before = names(empty_url)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE INDEX ix_incidents_merged_into ON incidents (id)"))
    with pytest.raises(Exception, match="already exists"):
        migrate.upgrade(empty_url)
    assert (migrate.current(engine), names(empty_url)) == ("0001", before)
    with engine.begin() as connection:
        connection.execute(sa.text("DROP INDEX ix_incidents_merged_into"))
    engine.dispose()
    assert migrate.upgrade(empty_url) == ("0001", migrate.head())


def newer(url: str, *compatible: str) -> migrate.Schema:
    """Do as a newer release does: its revision, and whose code may work with it."""
    engine = make_engine(url, writer=True)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
        connection.execute(tables.compatible.delete())
        connection.execute(tables.compatible.insert(), [{"revision": one} for one in ("9999", *compatible)])
    found = migrate.look(engine)
    engine.dispose()
    return found


def test_a_newer_schema_that_took_something_away_does_not_fit(database_url: str) -> None:
    found = newer(database_url)
    assert (found.revision, found.is_newer, found.fits) == ("9999", True, False)


def test_a_newer_schema_that_only_added_fits_and_is_left_alone(database_url: str) -> None:
    found = newer(database_url, migrate.head())
    assert (found.revision, found.is_newer, found.fits) == ("9999", True, True)
    assert migrate.upgrade(database_url) == ("9999", "9999")


def test_every_database_says_whose_code_may_work_with_it(database_url: str) -> None:
    engine = make_engine(database_url, writer=True)
    found = migrate.look(engine)
    engine.dispose()
    assert found.compatible == migrate.compatible_with(migrate.head())
    assert (found.is_newer, found.fits) == (False, True)


def columns(url: str) -> dict[str, dict[str, bool]]:
    """Return table or view → column → whether a row needs no word about it."""
    engine = make_engine(url, writer=True)
    found = sa.inspect(engine)
    names = [*found.get_table_names(), *found.get_view_names()]
    held = {
        name: {
            column["name"]: bool(column["nullable"] or column["default"] or column.get("autoincrement"))
            for column in found.get_columns(name)
        }
        for name in names
    }
    engine.dispose()
    return held


def scripts() -> list[Script]:
    """Return the revisions as Alembic sees them, the first one first."""
    return list(ScriptDirectory.from_config(migrate.alembic_config()).walk_revisions())[::-1]


def test_the_revisions_are_known_without_alembic() -> None:
    seen = {script.revision: getattr(script.module, "takes_away", False) for script in scripts()}
    assert list(migrate.revisions().items()) == list(seen.items())


def test_a_revision_only_adds_unless_it_says_otherwise(empty_url: str) -> None:
    """Old processes work on while new ones start: what they read stays, what they write is enough."""
    before: dict[str, dict[str, bool]] = {}
    for script in scripts():
        migrate.upgrade(empty_url, script.revision)
        after = columns(empty_url)
        if not getattr(script.module, "takes_away", False):
            for name, held in before.items():
                assert set(held) <= set(after.get(name, {})), (script.revision, name)
                assert all(after[name][new] for new in set(after[name]) - set(held)), (script.revision, name)
        before = after


def test_rights_that_are_missing_say_so(postgres: Server, postgres_url: str) -> None:
    postgres.execute("DROP ROLE IF EXISTS reader_only")
    postgres.execute("CREATE ROLE reader_only LOGIN")
    with pytest.raises(Permanent, match="permission denied"):
        migrate.upgrade(postgres_url.replace("postgres@", "reader_only@"))


def test_an_extension_that_is_missing_says_so(postgres: Server, postgres_url: str) -> None:
    postgres.execute("DROP EXTENSION plpgsql", sa.engine.make_url(postgres_url).database)
    with pytest.raises(Permanent, match="CREATE EXTENSION plpgsql"):
        migrate.upgrade(postgres_url)


def test_a_server_that_takes_no_writes_says_so(postgres: Server, postgres_url: str) -> None:
    name = sa.engine.make_url(postgres_url).database
    postgres.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    with pytest.raises(Transient, match="name the primary"):
        migrate.upgrade(postgres_url)


def test_a_server_that_is_too_old_says_so() -> None:
    dialect = SimpleNamespace(server_version_info=(13, 4))
    with pytest.raises(ConfigurationError, match="is too old"):
        _check_server(SimpleNamespace(is_sqlite=False, engine=SimpleNamespace(dialect=dialect)))
