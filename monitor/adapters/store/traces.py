"""What copies need of all decided articles: read in one go, without their texts."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from monitor.adapters import tables as t
from monitor.domain.copies import Trace
from monitor.domain.model import State

DECIDED = (State.QUEUED.value, State.COPY.value, State.REJECTED.value)
AT_ONCE = 10_000  # rows that the database hands over together

A, D = t.articles.c, t.documents.c


def traces_since(connection: Connection, since: datetime) -> list[Trace]:
    """Return the traces of the articles found since then, in the order of decisions."""
    merged = t.incidents.alias("merged")
    incident = sa.func.coalesce(merged.c.merged_into, A.incident_id)
    said = (D.content_hash, D.title, D.publisher, D.source_named, D.published_at)
    joined = (
        t.articles.join(t.documents, D.article_id == A.id)
        .outerjoin(t.sketches, t.sketches.c.article_id == A.id)
        .outerjoin(merged, merged.c.id == A.incident_id)
    )
    query = (
        sa.select(A.id, A.url, A.copy_of, t.sketches.c.sketch, *said, A.state, incident)
        .select_from(joined)
        .where(A.state.in_(DECIDED), A.found_at >= since)
        .order_by(A.seq)
        .execution_options(yield_per=AT_ONCE)
    )
    return [_trace(*row) for row in connection.execute(query)]


def _trace(
    article_id: int, url: str, copy_of: int | None, sketch: bytes | None, content_hash: str, *rest: Any
) -> Trace:
    title, publisher, source_named, published_at, state, incident_id = rest
    known = (title, publisher, source_named, published_at, State(state), incident_id)
    return Trace(article_id, url, copy_of, bytes(sketch or b""), content_hash, *known)
