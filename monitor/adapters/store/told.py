"""The matcher's decisions on which people have spoken: to learn from, and to measure by."""

import math
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from monitor.adapters import tables as t
from monitor.adapters.engine import Database
from monitor.adapters.store.merging import DECIDER
from monitor.domain.tune import Calibration, Told

A, H, I = t.articles.c, t.changes.c, t.incidents.c  # noqa: E741 - as elsewhere
SURE = 0.999  # a probability beyond it tells no more


class Spoken:
    """Reads decisions with what people made of them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def told(self, since: datetime | None, calibration: Calibration) -> list[Told]:
        """Return the decisions since the calibration in force was made, on which people have spoken."""
        return await self._database.read(lambda connection: _told(connection, since, calibration))


def _told(connection: Connection, since: datetime | None, calibration: Calibration) -> list[Told]:
    names = {row.id: row.merged_into for row in connection.execute(sa.select(I.id, I.merged_into))}
    query = (
        sa.select(A.id, A.incident_id, A.match, A.match_score, A.match_evidence)
        .outerjoin(t.incidents, I.id == A.incident_id)
        .where(A.match_evidence.is_not(None), A.match_score.is_not(None), A.copy_of.is_(None))
        .where(I.confirmed | A.id.in_(_corrected(connection)))
    )
    query = query if since is None else query.where(A.state_at >= since)
    rows = (row for row in connection.execute(query) if (row.match_evidence or {}).get("incident_id"))
    return [_one(row, names, calibration) for row in rows]


def _one(row: Any, names: dict[int, int | None], calibration: Calibration) -> Told:
    nearest = row.match_evidence["incident_id"]
    score = min(SURE, max(1.0 - SURE, row.match_score))
    log_odds = (math.log(score / (1.0 - score)) - calibration.offset) / calibration.slope
    return Told(row.id, log_odds, (names.get(nearest) or nearest) == row.incident_id)


def _corrected(connection: Connection) -> list[int]:
    """Return the articles whose place a person chose: moved, split off, or founders of what was merged or told apart."""
    said = sa.select(H.what, H.incident_id, H.detail).where(
        H.who != DECIDER, H.undone_by.is_(None), H.what.in_(("move", "split", "merge", "apart"))
    )
    articles, incidents = set[int](), set[int]()
    for row in connection.execute(said):
        if row.what in {"move", "split"}:
            articles |= set(row.detail["articles"])
        else:
            incidents.add(
                row.detail["gone"] if row.what == "merge" else max(row.incident_id, row.detail["other"])
            )
    founders = sa.select(I.founded_by).where(I.id.in_(incidents), I.founded_by.is_not(None))
    return sorted(articles | set(connection.execute(founders).scalars()))
