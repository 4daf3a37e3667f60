"""What the decider remembers of its own decisions: which article is in which incident, and how it was decided."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from monitor.adapters import tables as t
from monitor.adapters.store.rows import READ_COLUMNS, read_of
from monitor.domain.model import CopyVerdict, Outcome, Read, Screening, State, Verdict

AT_ONCE = 500  # ids in one question

A = t.articles.c
MERGED = t.incidents.alias("merged")
IN_FORCE = sa.func.coalesce(MERGED.c.merged_into, A.incident_id).label("incident_in_force")
SAID = (A.state, A.copy_of, A.copy_score, A.topics, A.relevance, A.match, A.match_score, A.roundup)
OF_INCIDENTS = (A.state == State.QUEUED.value) & A.incident_id.is_not(None)


def members_since(connection: Connection, since: datetime) -> list[tuple[int, int]]:
    """Return the articles found since then that are in an incident, with it, copies left out, as they were decided."""
    query = (
        sa.select(A.id, IN_FORCE)
        .select_from(t.articles.outerjoin(MERGED, MERGED.c.id == A.incident_id))
        .where(OF_INCIDENTS, A.found_at >= since)
        .order_by(A.seq)
    )
    return [(row.id, row.incident_in_force) for row in connection.execute(query)]


def history_of(connection: Connection, articles: Sequence[int]) -> list[tuple[Read, Verdict]]:
    """Return how some articles that are in an incident were decided; they are given in that order."""
    query = (
        READ_COLUMNS.add_columns(*SAID, IN_FORCE)
        .outerjoin(MERGED, MERGED.c.id == A.incident_id)
        .where(OF_INCIDENTS)
        .order_by(A.seq)
    )
    return [
        (read_of(row), verdict_of(row))
        for start in range(0, len(articles), AT_ONCE)
        for row in connection.execute(query.where(A.id.in_(articles[start : start + AT_ONCE])))
    ]


def encoded_among(connection: Connection, articles: Sequence[int]) -> list[int]:
    """Return those of some articles that have a vector."""
    return [
        article
        for start in range(0, len(articles), AT_ONCE)
        for article in connection.execute(
            sa.select(t.vectors.c.article_id).where(
                t.vectors.c.article_id.in_(articles[start : start + AT_ONCE])
            )
        ).scalars()
    ]


def verdict_of(row: Any) -> Verdict:
    """Restore what was decided, without the reasons."""
    return Verdict(
        article_id=row.id,
        state=State(row.state),
        reasons=(),
        screening=Screening(tuple(row.topics or ()), row.relevance or 0.0, ()),
        copy=CopyVerdict(row.copy_of, row.copy_score or 1.0, "") if row.copy_of else None,
        outcome=Outcome(row.match) if row.match else None,
        incident_id=row.incident_in_force,
        score=row.match_score,
        roundup=row.roundup,
    )
