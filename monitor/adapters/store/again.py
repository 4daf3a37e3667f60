"""Articles that were decided by words alone, or by vectors that compare with no new ones: who they are, what becomes of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from monitor.adapters import tables as t
from monitor.adapters.store.history import IN_FORCE, MERGED, SAID, verdict_of
from monitor.adapters.store.merging import DECIDER, merge_incidents
from monitor.adapters.store.rows import READ_COLUMNS, read_of, unindexed, upsert
from monitor.domain.again import Again
from monitor.domain.model import Read, State, Verdict

A = t.articles.c
MAY_CHANGE = (State.QUEUED.value, State.REJECTED.value)


def by_words(connection: Connection, since: datetime, limit: int) -> list[tuple[Read, Verdict]]:
    """Return originals found since then that were decided by words alone, the oldest first."""
    query = (
        READ_COLUMNS.add_columns(*SAID, IN_FORCE)
        .outerjoin(MERGED, MERGED.c.id == A.incident_id)
        # their own index is to be taken: half of the articles copy nothing, and are in these states
        .where(
            A.words_only, unindexed(A.state).in_(MAY_CHANGE), (A.copy_of + 0).is_(None), A.found_at >= since
        )
        .order_by(A.id)
        .limit(limit)
    )
    return [(read_of(row), verdict_of(row)) for row in connection.execute(query)]


def set_aside(connection: Connection, encoder: str) -> int:
    """Take away the vectors of other encoders; return how many. Articles in the queue are to be decided again."""
    model = t.vectors.c.model
    others = (model < encoder) | (model > encoder)  # unlike "not the same", this uses the index
    theirs = sa.select(t.vectors.c.article_id).where(others)
    waiting = t.articles.update().where(A.id.in_(theirs), A.state == State.QUEUED.value)
    connection.execute(waiting.values(words_only=True))
    return connection.execute(t.vectors.delete().where(others)).rowcount


def note_again(connection: Connection, again: Sequence[Again], now: datetime) -> bool:
    """Write vectors and what they brought; tell whether every merge was allowed."""
    for one in again:
        reading = one.read.reading
        if reading.vector:
            row = {"article_id": one.read.article_id, "model": reading.vector_model, "vector": reading.vector}
            upsert(connection, t.vectors, row, ["article_id"])
        _unmark(connection, one)
        if one.back:
            _send_back(connection, one.read.article_id, now)
    allowed = [_merged(connection, one, now) for one in again]  # each is tried
    return all(allowed)


def _unmark(connection: Connection, one: Again) -> None:
    mine = A.id == one.read.article_id
    reasons = connection.execute(sa.select(A.match_reasons).where(mine)).scalar() or []
    changes: dict[str, Any] = {"words_only": False, "match_reasons": [*reasons, one.told]}
    connection.execute(t.articles.update().where(mine).values(changes))


def _send_back(connection: Connection, article_id: int, now: datetime) -> None:
    """Let an article be decided once more, with its copies, which shared its fate."""
    ours = (A.id == article_id) | (A.copy_of == article_id)
    read = {"state": State.READ.value, "state_at": now, "copy_of": None, "match_reasons": []}
    connection.execute(t.articles.update().where(ours, A.state == State.REJECTED.value).values(read))


def _merged(connection: Connection, one: Again, now: datetime) -> bool:
    done = True
    for merge in one.merges:
        detail = {"score": merge.score, "reasons": list(merge.reasons), "article": one.read.article_id}
        made = merge_incidents(
            connection, kept=merge.kept, gone=merge.gone, who=DECIDER, now=now, detail=detail
        )
        done = done and made is not None
    return done
