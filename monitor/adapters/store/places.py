"""Gives articles their place in the labelling queue, again when their incident has grown."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from monitor.adapters import tables as t
from monitor.adapters.store.order import in_order, move_position, position
from monitor.adapters.store.queue_rows import recount
from monitor.domain.labelling import Labelling
from monitor.domain.model import State
from monitor.domain.priority import SPEED_WINDOW, Standing, place

A = t.articles.c
FOLLOWER = "ranked"
AT_ONCE = 500  # verdicts looked at in one transaction


def rank_position(connection: Connection) -> int | None:
    """Return the number of the last verdict that was ranked, None before the first."""
    return position(connection, FOLLOWER) or None


def rank_new(connection: Connection, labelling: Labelling) -> int:
    """Place what the verdicts since the last time concern; return how many articles were placed."""
    in_order(connection, FOLLOWER)
    since = position(connection, FOLLOWER)
    query = sa.select(A.id, A.seq, A.incident_id).where(A.seq > since).order_by(A.seq).limit(AT_ONCE)
    rows = connection.execute(query).all()
    if not rows:
        return 0
    incidents = {row.incident_id for row in rows if row.incident_id is not None}
    placed = place_articles(connection, [row.id for row in rows], incidents, labelling)
    move_position(connection, FOLLOWER, rows[-1].seq)
    return placed


def place_articles(
    connection: Connection, ids: Sequence[int], incidents: Iterable[int], labelling: Labelling
) -> int:
    """Place these articles, and every waiting one of these incidents."""
    sizes = _sizes(connection, list(incidents))
    waits = (A.state == State.QUEUED.value) & A.label_state.in_(["pending", "claimed"])
    columns = (A.id, A.queued_at, A.relevance, A.match, A.alternative, A.incident_id, A.topics, A.overlap)
    concerned = A.id.in_(list(ids)) | A.incident_id.in_(list(sizes))
    rows = connection.execute(sa.select(*columns).where(waits, concerned)).all()
    changes = [_changes(row, sizes, labelling) for row in rows]
    if changes:
        statement = t.articles.update().where(A.id == sa.bindparam("wanted"))
        values: dict[str, Any] = {
            name: sa.bindparam(f"new_{name}") for name in ("place", "priority", "place_reasons", "overlap")
        }
        connection.execute(statement.values(values), changes)
    pairs = zip(rows, changes, strict=True)
    recount(connection, [row.id for row, change in pairs if row.overlap != change["new_overlap"]])
    return len(changes)


def _changes(row: Any, sizes: dict[int, tuple[int, int]], labelling: Labelling) -> dict[str, Any]:
    manner = labelling.manner(row.topics or ())
    reports, recent = sizes.get(row.incident_id, (1, 1))
    standing = Standing(
        queued_at=row.queued_at,
        relevance=row.relevance or 0.0,
        new=row.match == "new",
        unsure=row.alternative is not None,
        reports=reports,
        recent=recent,
    )
    found = place(standing, manner.weights)
    return {
        "wanted": row.id,
        "new_place": found.place,
        "new_priority": found.priority,
        "new_place_reasons": dict(found.reasons),
        "new_overlap": manner.overlap,
    }


def _sizes(connection: Connection, incidents: list[int]) -> dict[int, tuple[int, int]]:
    """Return how many reports each incident has, and how many of them fall into its last two days."""
    when: dict[int, list[datetime]] = defaultdict(list)
    query = sa.select(A.incident_id, A.found_at).where(A.incident_id.in_(incidents), A.copy_of.is_(None))
    for incident, found_at in connection.execute(query):
        when[incident].append(found_at)
    return {
        incident: (len(times), sum(one > max(times) - SPEED_WINDOW for one in times))
        for incident, times in when.items()
    }
