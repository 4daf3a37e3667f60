"""Which captures are due, and which of them are best; written so that each question uses one index.

A time too far ahead was written by a clock that has since been put right: it counts as past.
"""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from monitor.adapters import tables as t
from monitor.domain.captures import Errand
from monitor.domain.model import CaptureState, State

LEASE = timedelta(minutes=5)  # longer than any request to the archive takes
IMPLAUSIBLE = timedelta(days=3)  # nothing is ever put off for so long
MOST_LABELLED = 500  # incidents, and their articles, that come before all others

c = t.captures.c
a = t.articles.c
WANTED = c.state == CaptureState.WANTED.value
SUBMITTED = c.state == CaptureState.SUBMITTED.value
CAPTURED = c.state == CaptureState.CAPTURED.value
FRESH, DOUBTFUL = WANTED & c.sent_at.is_(None), WANTED & c.sent_at.is_not(None)
KINDS = {Errand.SUBMIT: (FRESH,), Errand.POLL: (SUBMITTED,), Errand.LOOK_UP: (DOUBTFUL, CAPTURED)}


def any_due(connection: Connection, errand: Errand, now: datetime, *, only_originals: bool = False) -> bool:
    """Tell whether there is a capture for this errand."""
    for kind in KINDS[errand]:
        past = _past_unindexed(now) if kind is DOUBTFUL else _past(now)
        query = _free(errand, kind, now, only_originals).where(past).limit(1)
        if connection.execute(query).first() is not None:
            return True
    return False


def best(
    connection: Connection, errand: Errand, limit: int, now: datetime, *, only_originals: bool
) -> list[int]:
    """Return the captures to take for an errand: those of incidents being labelled first, then by priority."""
    found: list[int] = []
    labelled = articles_being_labelled(connection, now) if errand is not Errand.POLL else []
    for kind in KINDS[errand]:
        past = _past(now) if kind is CAPTURED else _past_unindexed(now)
        query = _free(errand, kind, now, only_originals).where(past)
        for narrower in [query.where(c.article_id.in_(labelled)), query] if labelled else [query]:
            if len(found) < limit:
                rest = narrower.where(c.id.not_in(found)) if found else narrower
                found += _ordered(connection, rest, errand, limit - len(found))
    return found


def next_at(connection: Connection, errand: Errand, now: datetime) -> datetime | None:
    """Return when the next capture that is not due yet may be; too early an answer only costs a look."""
    kinds = KINDS[errand]
    later = [_first(connection, c.due_at, kind, now) for kind in kinds]
    later += [_first(connection, c.leased_until, kind, now) for kind in kinds]
    if errand is Errand.SUBMIT:
        later += [_first(connection, t.pauses.c.until, sa.true(), now)]
    return min((moment for moment in later if moment is not None), default=None)


def in_flight(connection: Connection, now: datetime) -> int:
    """Count the captures that are at the archive."""
    being_sent = (c.leased_until > now) & WANTED & c.sent_at.is_not(None)
    counts = [
        sa.select(sa.func.count()).select_from(t.captures).where(one) for one in (SUBMITTED, being_sent)
    ]
    return sum(int(connection.execute(count).scalar_one()) for count in counts)


def articles_being_labelled(connection: Connection, now: datetime) -> list[int]:
    """Return the articles of the incidents that somebody works on now."""
    under_work = t.claims.join(t.articles, a.id == t.claims.c.article_id)
    incidents = (
        sa.select(a.incident_id)
        .select_from(under_work)
        .where(t.claims.c.leased_until > now, a.incident_id.is_not(None))
        .distinct()
    )
    found = [row.incident_id for row in connection.execute(incidents.limit(MOST_LABELLED))]
    if not found:
        return []
    articles = sa.select(a.id).where(a.incident_id.in_(found)).order_by(a.id.desc()).limit(MOST_LABELLED)
    return [row.id for row in connection.execute(articles)]


def _free(
    errand: Errand, kind: sa.ColumnElement[bool], now: datetime, only_originals: bool
) -> sa.Select[Any]:
    free = sa.or_(c.leased_until.is_(None), c.leased_until <= now, c.leased_until > now + LEASE * 2)
    query = sa.select(c.id).join(t.articles, a.id == c.article_id).where(kind, free)
    if errand is Errand.SUBMIT:
        paused = sa.select(t.pauses.c.host).where(
            t.pauses.c.until > now, t.pauses.c.until <= now + IMPLAUSIBLE
        )
        query = query.where(a.host.not_in(paused))
    return query.where(a.state == State.QUEUED.value) if only_originals else query


def _past(now: datetime) -> sa.ColumnElement[bool]:
    return sa.or_(c.due_at <= now, c.due_at > now + IMPLAUSIBLE)


def _past_unindexed(now: datetime) -> sa.ColumnElement[bool]:
    """Say the same so that another index than that of `due_at` is used: few are doubtful, and the best come first."""
    return sa.not_(sa.and_(c.due_at > now, c.due_at <= now + IMPLAUSIBLE))


def _ordered(connection: Connection, query: sa.Select[Any], errand: Errand, limit: int) -> list[int]:
    order = (c.due_at, c.id) if errand is Errand.POLL else (c.priority.desc(), c.id)
    locked = query.order_by(*order).limit(limit).with_for_update(skip_locked=True, of=t.captures)
    return [int(row.id) for row in connection.execute(locked)]


def _first(
    connection: Connection, column: sa.Column[datetime], where: sa.ColumnElement[bool], now: datetime
) -> datetime | None:
    query = sa.select(sa.func.min(column)).where(where, column > now)
    moment: datetime | None = connection.execute(query).scalar()
    return moment
