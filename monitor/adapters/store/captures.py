"""What the archive stage takes and leaves: captures under a lease, and the one pace of all processes."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from monitor.adapters import tables as t
from monitor.adapters.engine import Database
from monitor.adapters.store.captures_rows import capture_of, capture_row
from monitor.adapters.store.paces import (
    load_pace,
    note_host_saved,
    pause_host,
    save_pace,
    see_pace,
)
from monitor.domain import pacing
from monitor.domain.archiving import DOUBT
from monitor.domain.captures import Account, Capture, Errand, Pause, Scope, Step
from monitor.domain.model import CaptureState, State
from monitor.domain.pacing import Duty, Pace

LEASE = timedelta(minutes=5)  # longer than any request to the archive takes
IMPLAUSIBLE = timedelta(days=3)  # nothing is ever put off for so long
NO_KEYS = "no-keys"

c = t.captures.c
a = t.articles.c
ON_THEIR_WAY = c.state.not_in([CaptureState.VERIFIED.value, CaptureState.LOST.value])


class Captures:
    """Implements ports.ArchiveStore; every settling statement checks the lease's token."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def duty(self, now: datetime) -> Duty | None:
        """Return what has to be asked of the archive before any capture, and note that it is under way."""

        def work(connection: Connection) -> Duty | None:
            pace = load_pace(connection)
            what = pacing.duty(pace, now)
            if what is not None:
                save_pace(connection, pacing.began(pace, what, now))
            return what

        seen = await self._database.read(lambda connection: pacing.duty(see_pace(connection), now))
        return await self._database.write(work) if seen else None

    async def settle_duty(self, result: Account | Pause | None, *, now: datetime) -> None:
        """Note what came of a duty: an account, a pause, or that the archive is well."""

        def work(connection: Connection) -> None:
            pace = load_pace(connection)
            if isinstance(result, Account):
                save_pace(connection, pacing.account_noted(pace, result, now))
            elif isinstance(result, Pause):
                _pause(connection, result, now)
            else:
                save_pace(connection, pacing.probed(pace))

        await self._database.write(work)

    async def take(self, errand: Errand, limit: int, *, now: datetime) -> list[Capture]:
        """Lease captures that are due for an errand, best first, as many as the pace and the budget allow.

        A capture that is taken to be submitted counts as sent from now on: whoever finds it after a crash asks
        the index first.
        """
        token = secrets.token_hex(8)

        def work(connection: Connection) -> list[Capture]:
            pace = load_pace(connection)
            granted = pacing.grant(pace, errand, now, in_flight=_in_flight(connection, errand, now))
            # one request asks for the whole batch of a poll
            count = limit if errand is Errand.POLL and granted.count else min(limit, granted.count)
            if not count:
                return []
            taken = _lease(connection, errand, count, token, now, only_originals=granted.only_originals)
            requests = min(1, len(taken)) if errand is Errand.POLL else len(taken)
            if requests:
                save_pace(connection, pacing.spent(pace, errand, requests, now))
            return taken

        may = await self._database.read(lambda connection: _may_take(connection, errand, now))
        return await self._database.write(work) if may else []

    async def settle(self, steps: Sequence[Step], *, now: datetime) -> list[bool]:
        """Write the steps in one transaction; False for each whose lease was lost."""

        def work(connection: Connection) -> list[bool]:
            held = [_settle(connection, step, now) for step in steps]
            for pause in {step.pause for step in steps if step.pause}:
                _pause(connection, pause, now)
            _note_answers(connection, steps)
            return held

        return await self._database.write(work)

    async def note_no_keys(self) -> int:
        """Give every wanted capture the reason that there are no keys; return how many were without it."""
        fresh = (c.state == CaptureState.WANTED.value) & (c.reason == "") & c.sent_at.is_(None)

        def work(connection: Connection) -> int:
            return connection.execute(t.captures.update().where(fresh).values(reason=NO_KEYS)).rowcount

        if not await self._database.read(
            lambda connection: connection.execute(sa.select(c.id).where(fresh).limit(1)).first()
        ):
            return 0
        return await self._database.write(work)

    async def waiting(self, now: datetime) -> tuple[int, datetime | None]:
        """Return how many captures are on their way, and when the next of them can be taken (None: none ever)."""

        def work(connection: Connection) -> tuple[int, datetime | None]:
            pace = see_pace(connection)
            count = connection.execute(sa.select(sa.func.count()).where(ON_THEIR_WAY)).scalar_one()
            moments = [moment for errand in Errand if (moment := _next_at(connection, errand, pace, now))]
            return int(count), min(moments, default=None)

        return await self._database.read(work)


def _next_at(connection: Connection, errand: Errand, pace: Pace, now: datetime) -> datetime | None:
    """Return when an errand can next be done for a capture, as far as can be told now."""
    granted = pacing.grant(pace, errand, now, in_flight=_in_flight(connection, errand, now))
    query = _first_due(errand)
    if granted.only_originals:
        query = query.where(a.state == State.QUEUED.value)
    first: datetime | None = connection.execute(query).scalar()
    if first is None:
        return now + pacing.RESERVE_MELTS if granted.only_originals else None
    first = now if first > now + IMPLAUSIBLE else first
    return max(first, now if granted.count else granted.again_at or now)


def _first_due(errand: Errand) -> sa.Select[Any]:
    """Select the earliest time at which no lease and no pause of its site holds a capture back."""
    latest: sa.ColumnElement[Any] = c.due_at
    for other in (c.leased_until, t.pauses.c.until):
        latest = sa.case((sa.and_(other.is_not(None), other > latest), other), else_=latest)
    paused = t.pauses.c.host == a.host if errand is Errand.SUBMIT else sa.false()
    tables = t.captures.join(t.articles, a.id == c.article_id).outerjoin(t.pauses, paused)
    return sa.select(sa.func.min(latest)).select_from(tables).where(_due_for(errand))


def _may_take(connection: Connection, errand: Errand, now: datetime) -> bool:
    """Tell whether it is worth beginning to write: something is due, and the pace allows it."""
    due = sa.select(c.id).where(_due(errand, now)).limit(1)
    if connection.execute(due).first() is None:
        return False
    in_flight = _in_flight(connection, errand, now)
    return pacing.grant(see_pace(connection), errand, now, in_flight=in_flight).count > 0


def _lease(
    connection: Connection, errand: Errand, limit: int, token: str, now: datetime, *, only_originals: bool
) -> list[Capture]:
    """Lease the best of what is due: first the incidents that people are labelling."""
    taken = _update(connection, _best(errand, limit, now, only_originals, labelled=True), errand, token, now)
    if len(taken) < limit:
        rest = _best(errand, limit - len(taken), now, only_originals, labelled=False)
        taken += _update(connection, rest, errand, token, now)
    return taken


def _best(
    errand: Errand, limit: int, now: datetime, only_originals: bool, *, labelled: bool
) -> sa.Select[Any]:
    query = sa.select(c.id).join(t.articles, a.id == c.article_id).where(_due(errand, now))
    if errand is Errand.SUBMIT:
        paused = sa.select(t.pauses.c.host).where(t.pauses.c.until.between(now, now + IMPLAUSIBLE))
        query = query.where(a.host.not_in(paused))
    if only_originals:
        query = query.where(a.state == State.QUEUED.value)
    if labelled:
        query = query.where(a.incident_id.in_(_incidents_being_labelled(now)))
    order = (c.priority.desc(), c.id) if errand is not Errand.POLL else (c.due_at, c.id)
    return query.order_by(*order).limit(limit).with_for_update(skip_locked=True, of=t.captures)


def _due(errand: Errand, now: datetime) -> sa.ColumnElement[bool]:
    """Say what is due; a time too far ahead was written by a clock that has since been put right."""
    free = sa.or_(c.leased_until.is_(None), c.leased_until < now, c.leased_until > now + LEASE * 2)
    due = sa.or_(c.due_at <= now, c.due_at > now + IMPLAUSIBLE)
    return sa.and_(_due_for(errand), due, free)


def _due_for(errand: Errand) -> sa.ColumnElement[bool]:
    wanted = c.state == CaptureState.WANTED.value
    match errand:
        case Errand.SUBMIT:
            return wanted & c.sent_at.is_(None)
        case Errand.POLL:
            return c.state == CaptureState.SUBMITTED.value
        case Errand.LOOK_UP:
            return (c.state == CaptureState.CAPTURED.value) | (wanted & c.sent_at.is_not(None))


def _incidents_being_labelled(now: datetime) -> sa.Select[Any]:
    under_work = t.claims.join(t.articles, a.id == t.claims.c.article_id)
    return (
        sa.select(a.incident_id)
        .select_from(under_work)
        .where(t.claims.c.leased_until > now, a.incident_id.is_not(None))
        .correlate(None)
    )


def _update(
    connection: Connection, query: sa.Select[Any], errand: Errand, token: str, now: datetime
) -> list[Capture]:
    changes: dict[str, Any] = {"lease_token": token, "leased_until": now + LEASE}
    if errand is Errand.SUBMIT:
        changes |= {"sent_at": now, "due_at": now + DOUBT, "updated_at": now}
    ids = [row.id for row in connection.execute(query)]
    if not ids:
        return []
    connection.execute(t.captures.update().where(c.id.in_(ids)).values(changes))
    rows = connection.execute(
        sa.select(t.captures, a.host).join(t.articles, a.id == c.article_id).where(c.id.in_(ids))
    )
    place = {id_: number for number, id_ in enumerate(ids)}
    return sorted((capture_of(row) for row in rows), key=lambda capture: place[capture.id])


def _in_flight(connection: Connection, errand: Errand, now: datetime) -> int:
    """Count the captures that are at the archive, for submissions; nothing else depends on it."""
    if errand is not Errand.SUBMIT:
        return 0
    being_sent = (c.state == CaptureState.WANTED.value) & c.sent_at.is_not(None) & (c.leased_until > now)
    at_work = sa.or_(c.state == CaptureState.SUBMITTED.value, being_sent)
    return int(
        connection.execute(sa.select(sa.func.count()).select_from(t.captures).where(at_work)).scalar_one()
    )


def _settle(connection: Connection, step: Step, now: datetime) -> bool:
    capture = step.capture
    held = (c.id == capture.id) & (c.lease_token == capture.token)
    changes = {
        **capture_row(capture),
        "due_at": step.due_at,
        "updated_at": now,
        "lease_token": "",
        "leased_until": None,
    }
    settled = connection.execute(t.captures.update().where(held).values(changes)).rowcount == 1
    if settled and capture.state is CaptureState.CAPTURED:
        note_host_saved(connection, capture.host)
    return settled


def _pause(connection: Connection, pause: Pause, now: datetime) -> None:
    pace = load_pace(connection)
    match pause.scope:
        case Scope.SERVICE:
            save_pace(connection, pacing.refused(pace, pause.until, pause.reason, now))
        case Scope.ACCOUNT:
            save_pace(connection, pacing.account_paused(pace, pause.until, pause.reason))
        case Scope.HOST:
            pause_host(connection, pause, now)


def _note_answers(connection: Connection, steps: Sequence[Step]) -> None:
    """Note that the archive is well, where that is news."""
    answered = [step for step in steps if step.answered]
    pace = load_pace(connection)
    if answered and (pace.failures or pace.slow > 1):
        submitted = any(step.capture.state is CaptureState.SUBMITTED for step in answered)
        save_pace(connection, pacing.answered(pace, submitted=submitted))
