"""The installation's own secret, made once and the same for all its processes."""

import secrets

import sqlalchemy as sa
from sqlalchemy import Connection

from monitor.adapters import tables as t
from monitor.adapters.engine import Database
from monitor.adapters.store.rows import insert_new

NAME = "websub"
BYTES = 32


async def installation_key(database: Database) -> str:
    """Return the key from which tokens and secrets of subscriptions follow; the first call makes it."""
    query = sa.select(t.paces.c.state).where(t.paces.c.name == NAME)

    def work(connection: Connection) -> str:
        insert_new(connection, t.paces, [{"name": NAME, "state": {"key": secrets.token_hex(BYTES)}}], "name")
        return str(connection.execute(query).scalar_one()["key"])

    return await database.write(work)
