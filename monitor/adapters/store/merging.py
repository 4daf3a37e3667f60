"""What changes more than one article: incidents that are one, and originals that turn out to be copies."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from monitor.adapters import tables as t
from monitor.adapters.store.bounds import bounds_of
from monitor.adapters.store.portraits import portray
from monitor.domain.model import State

A = t.articles.c
DECIDER = "decider"
SCREENED = ("topics", "relevance", "screen_reasons")  # what an article that takes another's place takes over
MATCHED = (
    "priority",
    "incident_id",
    "match",
    "match_score",
    "match_reasons",
    "match_evidence",
    "alternative",
    "roundup",
    "words_only",
)


def merge_incidents(
    connection: Connection, *, kept: int, gone: int, who: str, now: datetime, detail: dict[str, Any]
) -> int | None:
    """Make `gone` another name of `kept`; return the change's id, or None where a person's word forbids it.

    Everything that moved is written into the change, so that it can be undone.
    """
    found = _both(connection, kept, gone)
    if found is None or (who == DECIDER and not bounds_of(connection).allows(kept, gone)):
        return None
    into, out = found
    moves = move_everything(connection, kept, gone, now)
    connection.execute(
        t.incidents.update().where(t.incidents.c.id == gone).values(merged_into=kept, updated_at=now)
    )
    dates = {
        "first_report_at": min(into.first_report_at, out.first_report_at),
        "last_report_at": max(into.last_report_at, out.last_report_at),
        "updated_at": now,
    }
    connection.execute(t.incidents.update().where(t.incidents.c.id == kept).values(dates))
    portray(connection, [kept], now)
    change = {
        "at": now,
        "who": who,
        "what": "merge",
        "incident_id": kept,
        "detail": {**detail, "kept": kept, "gone": gone, **moves},
    }
    return int(connection.execute(t.changes.insert().values(change).returning(t.changes.c.id)).scalar_one())


def _both(connection: Connection, kept: int, gone: int) -> tuple[Any, Any] | None:
    """Return the rows of two incidents that go under their own names; None where one does not."""
    query = sa.select(t.incidents).where(
        t.incidents.c.id.in_([kept, gone]), t.incidents.c.merged_into.is_(None)
    )
    rows = {row.id: row for row in connection.execute(query)}
    return (rows[kept], rows[gone]) if len(rows) == 2 else None  # noqa: PLR2004 - two of two


def move_everything(connection: Connection, kept: int, gone: int, now: datetime) -> dict[str, Any]:
    """Move articles, mentions and earlier names; return what an undo needs to know."""
    articles, both = _move_articles(connection, kept, gone), _drop_doubles(connection, kept, gone)
    mentions, earlier = _move_mentions(connection, kept, gone), _move_names(connection, kept, gone, now)
    told = {"mentioned_both": both, "earlier": earlier}
    return {"articles": articles, "mentions": mentions} | {name: rows for name, rows in told.items() if rows}


def _move_articles(connection: Connection, kept: int, gone: int) -> list[int]:
    ours = A.incident_id == gone
    statement = t.articles.update().where(ours).values(incident_id=kept).returning(A.id)
    return sorted(connection.execute(statement).scalars())


def _move_mentions(connection: Connection, kept: int, gone: int) -> list[int]:
    """Move the mentions of roundups."""
    ours = t.mentions.c.incident_id == gone
    statement = t.mentions.update().where(ours).values(incident_id=kept).returning(t.mentions.c.article_id)
    return sorted(connection.execute(statement).scalars())


def _drop_doubles(connection: Connection, kept: int, gone: int) -> list[dict[str, Any]]:
    """Let a roundup that mentions both incidents mention the kept one alone; return what it said of the other."""
    n = t.mentions.c
    both = sa.select(n.article_id).where(n.incident_id == kept)
    statement = t.mentions.delete().where(n.incident_id == gone, n.article_id.in_(both))
    rows = connection.execute(statement.returning(n.article_id, n.score, n.segment)).mappings()
    return sorted(map(dict, rows), key=lambda row: int(row["article_id"]))


def _move_names(connection: Connection, kept: int, gone: int, now: datetime) -> list[int]:
    """Let the earlier names of an incident lead to the kept one."""
    ours = t.incidents.c.merged_into == gone
    statement = t.incidents.update().where(ours).values(merged_into=kept, updated_at=now)
    return sorted(connection.execute(statement.returning(t.incidents.c.id)).scalars())


def numbers_of(incident_id: int) -> sa.CompoundSelect[Any]:
    """Ask for the numbers under which an incident goes: its own, and of those that went into it."""
    merged = sa.select(t.incidents.c.id).where(t.incidents.c.merged_into == incident_id)
    return sa.union_all(sa.select(sa.literal(incident_id)), merged)  # "or" would go through all of them


def number_now(connection: Connection, incident_id: int) -> int:
    """Return the number under which an incident goes on: its own, or that of the one it went into."""
    query = sa.select(t.incidents.c.merged_into).where(t.incidents.c.id == incident_id)
    return connection.execute(query).scalar() or incident_id


def head_of(connection: Connection, article_id: int) -> int:
    """Return the original that an article stands for now: itself, or the one it turned out to copy."""
    found = connection.execute(sa.select(A.copy_of).where(A.id == article_id)).scalar()
    return int(found) if found is not None else article_id


def take_place_of(connection: Connection, article_id: int, original_id: int, now: datetime) -> bool:
    """Make an article the original of its copies instead of one that was published later.

    An original that somebody has claimed or labelled stays: a judgement is never taken from under a hand.
    """
    free = (A.id == original_id) & (A.state == State.QUEUED.value) & (A.label_state == "pending") & ~in_hand()
    demoted = {"state": State.COPY.value, "state_at": now, "copy_of": article_id, "queued_at": None}
    if connection.execute(t.articles.update().where(free).values(demoted)).rowcount != 1:
        return False
    connection.execute(
        t.articles.update().where(A.copy_of == original_id, A.id != article_id).values(copy_of=article_id)
    )
    n = t.mentions.c
    connection.execute(t.mentions.update().where(n.article_id == original_id).values(article_id=article_id))
    old, own = (
        connection.execute(sa.select(t.articles).where(A.id == one)).one()
        for one in (original_id, article_id)
    )
    taken = MATCHED if own.topics else MATCHED + SCREENED
    promoted = {name: getattr(old, name) for name in taken}
    promoted |= {"state": State.QUEUED.value, "copy_of": None, "copy_score": None, "queued_at": now}
    connection.execute(t.articles.update().where(A.id == article_id).values(promoted))
    if old.incident_id is not None:
        portray(connection, [old.incident_id], now)
    return True


def in_hand(since: datetime | None = None) -> sa.ColumnElement[bool]:
    """Ask whether somebody holds an article or has labelled it (since then): where several label each, it may wait all the same."""
    held = sa.exists().where(t.claims.c.article_id == A.id)
    labelled = sa.exists().where(t.labels.c.article_id == A.id, ~t.labels.c.withdrawn)
    return held | (labelled if since is None else labelled.where(t.labels.c.at > since))
