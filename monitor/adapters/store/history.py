"""What incidents need of all decided articles: their reports, with the incidents that they are in now."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from monitor.adapters import tables as t
from monitor.adapters.store.rows import READ_COLUMNS, read_of
from monitor.domain.model import CopyVerdict, Outcome, Read, Screening, State, Verdict

A = t.articles.c


def history_since(connection: Connection, since: datetime) -> list[tuple[Read, Verdict]]:
    """Return what was put into incidents of the articles found since then, copies left out, in its order."""
    merged = t.incidents.alias("merged")
    incident = sa.func.coalesce(merged.c.merged_into, A.incident_id).label("incident_in_force")
    verdict = (A.state, A.copy_of, A.copy_score, A.topics, A.relevance, A.match, A.match_score, A.roundup)
    query = (
        READ_COLUMNS.add_columns(*verdict, incident)
        .outerjoin(merged, merged.c.id == A.incident_id)
        .where(A.state == State.QUEUED.value, A.incident_id.is_not(None), A.found_at >= since)
        .order_by(A.seq)
    )
    return [(read_of(row), _verdict_of(row)) for row in connection.execute(query)]


def _verdict_of(row: Any) -> Verdict:
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
