"""The archive's pace and the paused sites, where every process sees them."""

from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from monitor.adapters import tables as t
from monitor.adapters.store.rows import insert_new, upsert
from monitor.domain.captures import Pause
from monitor.domain.pacing import Pace

NAME = "wayback"
LONGEST_HOST_PAUSE = timedelta(days=1)
_TIMES = frozenset(
    {
        "submit_ready_at",
        "poll_ready_at",
        "look_ready_at",
        "closed_until",
        "account_closed_until",
        "account_at",
    }
)


def load_pace(connection: Connection) -> Pace:
    """Return the pace; on PostgreSQL no other process can change it until this transaction ends."""
    query = sa.select(t.paces.c.state).where(t.paces.c.name == NAME).with_for_update()
    state = connection.execute(query).scalar()
    if state is None:
        insert_new(connection, t.paces, [{"name": NAME, "state": {}}], "name")
        state = connection.execute(query).scalar() or {}
    return pace_of(state)


def see_pace(connection: Connection) -> Pace:
    """Return the pace without holding it."""
    state = connection.execute(sa.select(t.paces.c.state).where(t.paces.c.name == NAME)).scalar()
    return pace_of(state or {})


def save_pace(connection: Connection, pace: Pace) -> None:
    """Write the pace down."""
    upsert(connection, t.paces, {"name": NAME, "state": state_of(pace)}, ["name"])


def pace_of(state: dict[str, Any]) -> Pace:
    """Restore a pace; what another release wrote and this one does not know is left out."""
    known = {field.name for field in fields(Pace)}
    values = {name: value for name, value in state.items() if name in known}
    for name in _TIMES & set(values):
        values[name] = _time(values[name])
    values["sent"] = tuple(_time(moment) for moment in values.get("sent", ()))
    return Pace(**values)


def state_of(pace: Pace) -> dict[str, Any]:
    """Return a pace as JSON."""
    values = vars(pace) | {"sent": [moment.isoformat() for moment in pace.sent]}
    return {
        name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()
    }


def pause_host(connection: Connection, pause: Pause, now: datetime) -> None:
    """Leave a site alone; each pause in a row is twice as long as the one before."""
    p = t.pauses.c
    before = connection.execute(sa.select(p.times).where(p.host == pause.host)).scalar() or 0
    wait = max(pause.until - now, timedelta())
    longer = max(wait, min(wait * 2 ** min(before, 10), LONGEST_HOST_PAUSE))
    row = {"host": pause.host, "until": now + longer, "times": before + 1, "reason": pause.reason}
    upsert(connection, t.pauses, row, ["host"])


def note_host_saved(connection: Connection, host: str) -> None:
    """Forget a site's pauses once one of its pages was saved."""
    connection.execute(t.pauses.delete().where(t.pauses.c.host == host))


def _time(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value).astimezone(UTC)
