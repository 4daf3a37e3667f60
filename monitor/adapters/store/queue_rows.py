"""How articles stand in the labelling queue: which wait, who may have them, what their rows say."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from monitor.adapters import tables as t
from monitor.adapters.store.listings import has_topic
from monitor.domain.model import State
from monitor.domain.refused import Refused

FAR = timedelta(days=2)  # no claim is ever so long: the clock was wrong when it was made

A, C, S, L = t.articles.c, t.claims.c, t.skips.c, t.labels.c
MOST_SKIPS = 3  # labellers who skipped an article before it leaves the queue


@dataclass(frozen=True)
class Filter:
    """Which waiting articles are wanted; empty fields ask for nothing."""

    topic: str = ""
    source: str = ""
    language: str = ""
    incident_id: int | None = None


def lock(connection: Connection, ids: Sequence[int]) -> None:
    """Hold the rows of articles; raise Refused where one is not in the queue."""
    query = sa.select(A.id).where(A.id.in_(list(ids)), A.state == State.QUEUED.value).order_by(A.id)
    found = set(connection.execute(query.with_for_update()).scalars())
    if missing := set(ids) - found:
        raise Refused("not-queued", f"article {min(missing)} is not in the labelling queue")


def free_expired(connection: Connection, now: datetime) -> int:
    """End the claims whose lease is over, and let their articles wait again."""
    ended = sa.or_(C.leased_until < now, C.leased_until > now + FAR)
    over = sa.select(C.article_id).where(ended)
    held = sa.select(A.id).where(A.id.in_(over)).order_by(A.id).with_for_update(skip_locked=True)
    ids = list(connection.execute(held).scalars())
    if ids:
        connection.execute(t.claims.delete().where(C.article_id.in_(ids), ended))
        recount(connection, ids)
    return len(ids)


def recount(connection: Connection, ids: Sequence[int]) -> None:
    """Write down how articles stand, from their labels, claims and skips."""
    if not ids:
        return
    labelled = count(L.labeller, L.article_id, ~L.withdrawn)
    skipped = count(S.labeller, S.article_id, ~S.withdrawn)
    rejected = count(S.labeller, S.article_id, ~S.withdrawn & S.final)
    held = count(C.labeller, C.article_id, sa.true())
    state = sa.case(
        ((rejected > 0) | (skipped >= MOST_SKIPS), "skipped"),
        (labelled >= A.overlap, "labelled"),
        (labelled + held >= A.overlap, "claimed"),
        else_="pending",
    )
    connection.execute(t.articles.update().where(A.id.in_(list(ids))).values(label_state=state))


def count(who: sa.Column[str], article: sa.Column[int], where: sa.ColumnElement[bool]) -> Any:
    """Ask how many labellers have something with the article of the row at hand."""
    query = sa.select(sa.func.count(sa.distinct(who))).where(article == A.id, where)
    return query.correlate(t.articles).scalar_subquery()


def next_ids(connection: Connection, labeller: str, count: int, wanted: Filter) -> list[int]:
    """Return waiting articles that this labeller has not had, best first, and lock them; taken ones are passed over."""
    had = (
        sa.exists().where(C.article_id == A.id, C.labeller == labeller),
        sa.exists().where(S.article_id == A.id, S.labeller == labeller, ~S.withdrawn),
        sa.exists().where(L.article_id == A.id, L.labeller == labeller, ~L.withdrawn),
    )
    query = waiting(sa.select(A.id), wanted).where(*(~one for one in had))
    query = (
        query.order_by(A.place, A.id).limit(max(0, count)).with_for_update(of=t.articles, skip_locked=True)
    )
    return list(connection.execute(query).scalars())


def waiting(query: sa.Select[Any], wanted: Filter) -> sa.Select[Any]:
    """Narrow a query on articles to those that wait, in the words of the index."""
    waits = sa.text("articles.state || '/' || articles.label_state = 'queued/pending'")
    return query.where(waits, *conditions(wanted))


def conditions(wanted: Filter) -> list[sa.ColumnElement[bool]]:
    """Return what a query on articles asks for."""
    asked: list[sa.ColumnElement[bool]] = []
    if wanted.topic:
        asked.append(has_topic(A.topics, wanted.topic))
    if wanted.source:
        asked.append(A.source == wanted.source)
    if wanted.incident_id is not None:
        asked.append(A.incident_id == wanted.incident_id)
    if wanted.language:
        speaks = (t.documents.c.article_id == A.id) & (t.documents.c.language == wanted.language)
        asked.append(
            sa.exists().where(speaks).correlate(t.articles)
        )  # whoever asks may have joined documents
    return asked
