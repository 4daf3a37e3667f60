"""What copies need of all decided articles: read page by page, without their texts, and how far that is remembered."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from monitor.adapters import tables as t
from monitor.domain.copies import Imprint
from monitor.domain.model import State
from monitor.domain.position import START, Position, proof_of

DECIDED = (State.QUEUED.value, State.COPY.value, State.REJECTED.value)
AT_ONCE = 500  # ids in one question

A, D, H = t.articles.c, t.documents.c, t.changes.c


def position_of(connection: Connection) -> Position:
    """Return up to where the history goes."""
    change = int(connection.execute(sa.select(sa.func.coalesce(sa.func.max(H.id), 0))).scalar_one())
    last = connection.execute(
        sa.select(A.seq, A.id, A.found_at).where(A.seq.is_not(None)).order_by(A.seq.desc()).limit(1)
    ).first()
    return Position(last.seq, change, proof_of(last.id, last.found_at)) if last else Position(0, change)


def is_known(connection: Connection, position: Position) -> bool:
    """Tell whether the article that proves a position has its number here, and no change is missing."""
    if position == START:
        return True
    found = connection.execute(sa.select(A.id, A.found_at).where(A.seq == position.seq)).first()
    proven = found is not None and proof_of(found.id, found.found_at) == position.proof
    return proven and position.change <= position_of(connection).change


def imprints_after(connection: Connection, since: datetime, after: int, limit: int) -> list[Imprint]:
    """Return the imprints of the articles found since then whose verdicts came after a number, in that order."""
    # the index of `seq` is the only one that may serve: with another, each page would sort all the rest
    found = sa.func.coalesce(A.found_at, A.found_at, type_=t.UtcDateTime())
    query = _query().where(A.seq > after, found >= since).order_by(A.seq).limit(limit)
    return [_imprint(row) for row in connection.execute(query)]


def imprints_changed(connection: Connection, position: Position) -> list[Imprint]:
    """Return how the articles up to a position stand now that something later has changed.

    That are those that a correction or a merge names, and the originals whose place a later verdict has taken.
    """
    later = t.articles.alias("later")
    newer = sa.select(later.c.id).where(later.c.seq > position.seq)
    demoted = sa.select(A.id).where(A.copy_of.in_(newer), sa.func.coalesce(A.seq, 0) <= position.seq)
    ids = sorted(set(connection.execute(demoted).scalars()) | set(_named(connection, position.change)))
    return [
        _imprint(row)
        for start in range(0, len(ids), AT_ONCE)
        for row in connection.execute(
            _query().where(A.id.in_(ids[start : start + AT_ONCE]), A.seq <= position.seq)
        )
    ]


def _named(connection: Connection, change: int) -> Iterator[int]:
    """Return the articles that changes after this one moved, there or back."""
    said = connection.execute(sa.select(H.detail).where(H.id > change)).scalars().all()
    undone = [detail["undoes"] for detail in said if "undoes" in detail]
    taken_back = connection.execute(sa.select(H.detail).where(H.id.in_(undone))).scalars().all()
    for detail in (*said, *taken_back):
        yield from detail.get("articles", ())


def _query() -> sa.Select[Any]:
    merged = t.incidents.alias("merged")
    incident = sa.func.coalesce(merged.c.merged_into, A.incident_id).label("incident")
    joined = (
        t.articles.join(t.documents, D.article_id == A.id)
        .outerjoin(t.sketches, t.sketches.c.article_id == A.id)
        .outerjoin(merged, merged.c.id == A.incident_id)
    )
    said = (D.content_hash, D.title, D.publisher, D.source_named, D.published_at)
    known = (
        A.id,
        A.url,
        A.copy_of,
        t.sketches.c.sketch,
        *said,
        A.state,
        incident,
        A.seq,
        A.found_at,
        A.url_key,
    )
    return sa.select(*known).select_from(joined).where(sa.func.coalesce(A.state, A.state).in_(DECIDED))


def _imprint(row: Any) -> Imprint:
    article_id, url, copy_of, sketch, content_hash, title, publisher, source_named, published_at, *rest = row
    state, *rest = rest
    said = (content_hash, title, publisher, source_named, published_at)
    return Imprint(article_id, url, copy_of, bytes(sketch or b""), *said, State(state), *rest)
