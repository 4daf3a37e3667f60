"""How Alembic reaches the database: through the engine that the daemon uses, under a lock."""

from typing import Any

from alembic import context

from monitor.adapters.engine import make_engine
from monitor.adapters.migrate import note_compatible
from monitor.adapters.tables import metadata

MIGRATION_LOCK = 7_301_944  # any number, the same in every process


def run(connection: Any) -> None:
    # SQLite too takes all revisions or none, which Alembic does not expect of it; our engine says BEGIN itself
    context.configure(
        connection=connection, target_metadata=metadata, render_as_batch=True, transactional_ddl=True
    )
    with context.begin_transaction():
        if (
            connection.dialect.name == "postgresql"
        ):  # two processes that start together migrate one after the other
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")
        context.run_migrations()
        note_compatible(connection)


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    engine = make_engine(context.config.get_main_option("sqlalchemy.url") or "", writer=True)
    with engine.connect() as opened:
        run(opened)
    engine.dispose()
