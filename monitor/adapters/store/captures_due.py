"""Which captures are due, and which of them are best; written so that each question uses one index.

A time too far ahead was written by a clock that has since been put right: it counts as past.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
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
NOW: sa.BindParameter[datetime] = sa.bindparam("now")
PLAUSIBLE: sa.BindParameter[datetime] = sa.bindparam("plausible")
LEASED: sa.BindParameter[datetime] = sa.bindparam("leased")
KINDS = {Errand.SUBMIT: (FRESH,), Errand.POLL: (SUBMITTED,), Errand.LOOK_UP: (DOUBTFUL, CAPTURED)}
PAST = sa.or_(c.due_at <= NOW, c.due_at > PLAUSIBLE)
# The same, said so that another index than that of `due_at` is used: few are doubtful, and the best come first.
PAST_UNINDEXED = sa.not_(sa.and_(c.due_at > NOW, c.due_at <= PLAUSIBLE))
BEING_SENT = (c.leased_until > NOW) & WANTED & c.sent_at.is_not(None)
AT_THE_ARCHIVE = [
    sa.select(sa.func.count()).select_from(t.captures).where(one) for one in (SUBMITTED, BEING_SENT)
]


def any_due(connection: Connection, errand: Errand, now: datetime, *, only_originals: bool = False) -> bool:
    """Tell whether there is a capture for this errand."""
    looks, moments = _looks(errand, only_originals), _moments(now)
    return any(connection.execute(look, moments).first() is not None for look in looks)


def best(
    connection: Connection, errand: Errand, limit: int, now: datetime, *, only_originals: bool
) -> list[int]:
    """Return the captures to take for an errand: those of incidents being labelled first, then by priority."""
    found: list[int] = []
    moments = _moments(now)
    labelled = articles_being_labelled(connection, now) if errand is not Errand.POLL else []
    for kind in KINDS[errand]:
        past = PAST if kind is CAPTURED else PAST_UNINDEXED
        query = _free(errand, kind, only_originals).where(past)
        for narrower in [query.where(c.article_id.in_(labelled)), query] if labelled else [query]:
            if len(found) < limit:
                rest = narrower.where(c.id.not_in(found)) if found else narrower
                ordered = _ordered(rest, errand, limit - len(found))
                found += [int(row.id) for row in connection.execute(ordered, moments)]
    return found


def next_at(connection: Connection, errand: Errand, now: datetime) -> datetime | None:
    """Return when the next capture that is not due yet may be; too early an answer only costs a look."""
    later = [connection.execute(first, _moments(now)).scalar() for first in _firsts(errand)]
    return min((moment for moment in later if moment is not None), default=None)


def in_flight(connection: Connection, now: datetime) -> int:
    """Count the captures that are at the archive."""
    return sum(int(connection.execute(count, _moments(now)).scalar_one()) for count in AT_THE_ARCHIVE)


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


def _moments(now: datetime) -> dict[str, datetime]:
    return {"now": now, "plausible": now + IMPLAUSIBLE, "leased": now + LEASE * 2}


@cache
def _looks(errand: Errand, only_originals: bool) -> tuple[sa.Select[Any], ...]:
    """Return the questions of `any_due`; to build them takes longer than to answer them."""
    return tuple(
        _free(errand, kind, only_originals).where(PAST_UNINDEXED if kind is DOUBTFUL else PAST).limit(1)
        for kind in KINDS[errand]
    )


@cache
def _firsts(errand: Errand) -> tuple[sa.Select[Any], ...]:
    """Return the questions of `next_at`."""

    def questions() -> Iterator[sa.Select[Any]]:
        for column in (c.due_at, c.leased_until):
            for kind in KINDS[errand]:
                yield sa.select(sa.func.min(column)).where(kind, column > NOW)
        if errand is Errand.SUBMIT:
            yield sa.select(sa.func.min(t.pauses.c.until)).where(t.pauses.c.until > NOW)

    return tuple(questions())


def _free(errand: Errand, kind: sa.ColumnElement[bool], only_originals: bool) -> sa.Select[Any]:
    free = sa.or_(c.leased_until.is_(None), c.leased_until <= NOW, c.leased_until > LEASED)
    query = sa.select(c.id).join(t.articles, a.id == c.article_id).where(kind, free)
    if errand is Errand.SUBMIT:
        paused = sa.select(t.pauses.c.host).where(t.pauses.c.until > NOW, t.pauses.c.until <= PLAUSIBLE)
        query = query.where(a.host.not_in(paused))
    return query.where(a.state == State.QUEUED.value) if only_originals else query


def _ordered(query: sa.Select[Any], errand: Errand, limit: int) -> sa.Select[Any]:
    order = (c.due_at, c.id) if errand is Errand.POLL else (c.priority.desc(), c.id)
    return query.order_by(*order).limit(limit).with_for_update(skip_locked=True, of=t.captures)
