"""Order of numbers = order of commits, so that whoever follows by number misses nothing."""

import sqlalchemy as sa
from sqlalchemy import Connection

from monitor.adapters import tables as t
from monitor.adapters.store.rows import upsert


def in_order(connection: Connection, name: str) -> None:
    """Let one transaction at a time write to a numbered record; SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(name))))


def position(connection: Connection, name: str) -> int:
    """Return how far a follower has come, 0 at first."""
    query = sa.select(t.positions.c.position).where(t.positions.c.name == name)
    return int(connection.execute(query).scalar() or 0)


def next_incident(connection: Connection) -> int:
    """Return the lowest identity that no incident ever had, those that were taken back included."""
    numbers = (t.incidents.c.id, t.changes.c.incident_id)
    return 1 + max(int(connection.execute(sa.select(sa.func.max(one))).scalar() or 0) for one in numbers)


def move_position(connection: Connection, name: str, to: int) -> None:
    """Note how far a follower has come."""
    upsert(connection, t.positions, {"name": name, "position": to}, ["name"])
