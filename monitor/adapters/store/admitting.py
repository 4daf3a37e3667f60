"""Pulls rejected articles in by hand: into an incident, or as the first report of a new one; and back out."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from monitor.adapters import tables as t
from monitor.adapters.store.merging import in_hand
from monitor.adapters.store.order import next_incident
from monitor.adapters.store.queue_rows import recount
from monitor.domain.model import CaptureState, State
from monitor.domain.refused import Refused

A, C, D, I = t.articles.c, t.captures.c, t.documents.c, t.incidents.c  # noqa: E741 - as A, C and D


def admit(connection: Connection, article_id: int, incident_id: int | None, now: datetime) -> dict[str, Any]:
    """Queue a rejected article, with a new number for readers that follow; return what a change has to say."""
    row = _rejected(connection, article_id)
    copies = list(connection.execute(sa.select(A.id).where(A.copy_of == article_id)).scalars())
    new = incident_id if incident_id is not None else _found_on(connection, row, now)
    topics = row.topics or connection.execute(sa.select(I.topics).where(I.id == new)).scalar_one()
    detail = {
        "article": article_id,
        "articles": [article_id, *copies],
        "new": new,
        "founded": incident_id is None,
    }
    same = {"incident_id": new, "state_at": now, "topics": list(topics)}
    last = int(connection.execute(sa.select(sa.func.max(A.seq))).scalar_one())
    own = {"state": State.QUEUED.value, "queued_at": now, "seq": last + 1}
    own |= {"match": "new" if incident_id is None else "existing", "match_reasons": ["put here by hand"]}
    connection.execute(t.articles.update().where(A.id == article_id).values(same | own))
    for number, copy in enumerate(sorted(copies), last + 2):
        changes = same | {"state": State.COPY.value, "seq": number}
        connection.execute(t.articles.update().where(A.id == copy).values(changes))
    connection.execute(t.skips.update().where(t.skips.c.article_id == article_id).values(withdrawn=True))
    recount(connection, [article_id])  # it may have been labelled where it was
    return detail | {"reason": row.reason}


def want_captures(connection: Connection, articles: list[int], now: datetime) -> None:
    """Want the pages archived that are not yet."""
    known = sa.select(C.article_id).where(C.article_id.in_(articles))
    for row in connection.execute(
        sa.select(A.id, A.url, A.priority).where(A.id.in_(articles), A.id.not_in(known))
    ):
        wanted = {"article_id": row.id, "url": row.url, "priority": row.priority + 1.0, "due_at": now}
        stamped = {"state": CaptureState.WANTED.value, "created_at": now, "updated_at": now}
        connection.execute(t.captures.insert().values(wanted | stamped))


def send_out(connection: Connection, change: Any) -> None:
    """Reject again what was pulled in; refuse where somebody is at work on it or it was moved on."""
    detail = change.detail
    known = detail["articles"]
    ours = A.id.in_(known) | A.copy_of.in_(known)  # with the copies that came since
    free = (A.incident_id == detail["new"]) & ~in_hand(change.at)
    kept = connection.execute(sa.select(A.id).where(ours, ~free)).first()
    further = (A.incident_id == detail["new"]) & A.id.not_in(known) & A.copy_of.is_(None)
    others = sa.select(A.id).where(further).limit(1)
    if kept is not None:
        raise Refused("cannot-undo", f"article {kept.id} was labelled, claimed or moved since")
    if detail["founded"] and connection.execute(others).first() is not None:
        raise Refused("cannot-undo", f"incident {detail['new']} has further articles by now")
    out: dict[str, Any] = {
        "state": State.REJECTED.value,
        "queued_at": None,
        "match": None,
        "match_reasons": [],
    }
    connection.execute(t.articles.update().where(ours).values(out | {"incident_id": None}))
    if detail["founded"]:
        _take_down(connection, detail["new"])


def _take_down(connection: Connection, incident_id: int) -> None:
    """Remove an incident that has no article any more; refuse where a person said more about it."""
    labels = t.incident_labels.c
    in_force = sa.select(labels.id).where(labels.incident_id == incident_id, ~labels.withdrawn).limit(1)
    if connection.execute(in_force).first() is not None:
        raise Refused("cannot-undo", f"incident {incident_id} has a label by hand: withdraw it first")
    names = sa.select(I.id).where(I.merged_into == incident_id).limit(1)
    if (name := connection.execute(names).scalar()) is not None:
        raise Refused("cannot-undo", f"incident {name} leads to {incident_id}")
    connection.execute(t.incident_labels.delete().where(labels.incident_id == incident_id))
    connection.execute(t.mentions.delete().where(t.mentions.c.incident_id == incident_id))
    connection.execute(t.incidents.delete().where(I.id == incident_id))


def _rejected(connection: Connection, article_id: int) -> Any:
    row = connection.execute(sa.select(t.articles).where(A.id == article_id)).first()
    if row is None or row.seq is None:
        raise Refused("unknown-article", "choose an article that was decided")
    if row.copy_of is not None:
        raise Refused("is-copy", f"article {row.id} is a copy of {row.copy_of}: choose the original")
    if row.state != State.REJECTED.value:
        raise Refused("not-rejected", f"article {article_id} is {row.state}: move it instead")
    return row


def _found_on(connection: Connection, article: Any, now: datetime) -> int:
    """Found an incident on an article."""
    document = connection.execute(sa.select(t.documents).where(D.article_id == article.id)).first()
    if document is None:
        raise Refused("pruned-article", "its text was pruned: only its address is left")
    new = next_incident(connection)
    when = document.published_at or article.found_at
    row = {
        "id": new,
        "title": document.title or article.url,
        "summary": document.summary,
        "topics": list(article.topics or ()),
        "founded_by": article.id,
        "first_report_at": when,
        "last_report_at": when,
        "created_at": now,
        "updated_at": now,
    }
    connection.execute(t.incidents.insert().values(row))
    return new
