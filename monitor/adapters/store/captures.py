"""What the archive stage takes and leaves: captures under a lease, and the one pace of all processes."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from monitor.adapters import tables as t
from monitor.adapters.engine import Database
from monitor.adapters.store.captures_due import LEASE, any_due, best, in_flight, next_at
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
from monitor.domain.model import CaptureState
from monitor.domain.pacing import Duty, Grant, Pace

NO_KEYS = "no-keys"

c = t.captures.c
a = t.articles.c
ON_THEIR_WAY = c.state.in_(
    [CaptureState.WANTED.value, CaptureState.SUBMITTED.value, CaptureState.CAPTURED.value]
)


class Captures:
    """Implements ports.ArchiveStore; every settling statement checks the lease's token."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._without_keys = 0  # the newest capture that was told that there are no keys

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
            granted = _grant(connection, pace, errand, now)
            # one request asks for the whole batch of a poll
            count = limit if errand is Errand.POLL and granted.count else min(limit, granted.count)
            if not count:
                return []
            ids = best(connection, errand, count, now, only_originals=granted.only_originals)
            if not ids:
                return []
            save_pace(connection, pacing.spent(pace, errand, 1 if errand is Errand.POLL else len(ids), now))
            return _lease(connection, ids, errand, token, now)

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
        newest = sa.select(sa.func.coalesce(sa.func.max(c.id), 0))
        last = await self._database.read(lambda connection: int(connection.execute(newest).scalar_one()))
        if last <= self._without_keys:
            return 0
        fresh = (c.id > self._without_keys) & (c.state == CaptureState.WANTED.value) & (c.reason == "")
        note = t.captures.update().where(fresh & c.sent_at.is_(None)).values(reason=NO_KEYS)
        noted = await self._database.write(lambda connection: connection.execute(note).rowcount)
        self._without_keys = last
        return noted

    async def waiting(self, now: datetime) -> tuple[int, datetime | None]:
        """Return how many captures are on their way, and when the next of them can be taken (None: none ever)."""

        def work(connection: Connection) -> tuple[int, datetime | None]:
            pace = see_pace(connection)
            count = connection.execute(sa.select(sa.func.count()).where(ON_THEIR_WAY)).scalar_one()
            moments = [moment for errand in Errand if (moment := _next_at(connection, errand, pace, now))]
            return int(count), min(moments, default=None)

        return await self._database.read(work)


def _may_take(connection: Connection, errand: Errand, now: datetime) -> bool:
    """Tell whether it is worth beginning to write: something is due, and the pace allows it."""
    return (
        any_due(connection, errand, now) and _grant(connection, see_pace(connection), errand, now).count > 0
    )


def _grant(connection: Connection, pace: Pace, errand: Errand, now: datetime) -> Grant:
    """Ask the pace; only submissions depend on what is under way."""
    under_way = in_flight(connection, now) if errand is Errand.SUBMIT else 0
    return pacing.grant(pace, errand, now, in_flight=under_way)


def _next_at(connection: Connection, errand: Errand, pace: Pace, now: datetime) -> datetime | None:
    granted = _grant(connection, pace, errand, now)
    if any_due(connection, errand, now, only_originals=granted.only_originals):
        return now if granted.count else granted.again_at or now
    later = next_at(connection, errand, now)
    if not granted.only_originals:
        return later
    melted = now + pacing.RESERVE_MELTS
    return min(later or melted, melted)


def _lease(
    connection: Connection, ids: Sequence[int], errand: Errand, token: str, now: datetime
) -> list[Capture]:
    changes: dict[str, Any] = {"lease_token": token, "leased_until": now + LEASE}
    if errand is Errand.SUBMIT:
        changes |= {"sent_at": now, "due_at": now + DOUBT, "updated_at": now}
    connection.execute(t.captures.update().where(c.id.in_(ids)).values(changes))
    rows = connection.execute(
        sa.select(t.captures, a.host).join(t.articles, a.id == c.article_id).where(c.id.in_(ids))
    )
    place = {capture_id: number for number, capture_id in enumerate(ids)}
    return sorted((capture_of(row) for row in rows), key=lambda capture: place[capture.id])


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
