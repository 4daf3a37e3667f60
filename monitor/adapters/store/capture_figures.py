"""What people ask about captures: how they stand, try these again, prove these again."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from monitor.adapters import tables as t
from monitor.adapters.engine import Database
from monitor.adapters.store.captures_rows import capture_of
from monitor.adapters.store.paces import see_pace
from monitor.adapters.wacz import WaczPage
from monitor.domain import pacing
from monitor.domain.captures import Capture
from monitor.domain.model import CaptureState, State

c = t.captures.c
WANTED, CAPTURED, VERIFIED, LOST = (
    state.value
    for state in (
        CaptureState.WANTED,
        CaptureState.CAPTURED,
        CaptureState.VERIFIED,
        CaptureState.LOST,
    )
)
_WORTH_A_LOOK = 100


@dataclass(frozen=True)
class Archiving:
    """How archiving stands at one moment; ages in seconds."""

    captures: dict[str, int] = field(default_factory=dict)  # by state
    waiting_for: dict[str, int] = field(default_factory=dict)  # wanted ones by reason, "" for their turn
    lost: dict[str, int] = field(default_factory=dict)  # by reason
    oldest_wanted: float = 0.0
    left_today: int = 0
    daily_limit: int = 0
    closed_until: datetime | None = None  # nothing is asked of the archive
    closed_because: str = ""
    account_closed_until: datetime | None = None  # nothing is submitted
    account_closed_because: str = ""
    paused_hosts: dict[str, datetime] = field(default_factory=dict)


class CaptureFigures:
    """The functions behind `archive status`, `archive retry` and `archive verify`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def overview(self, now: datetime) -> Archiving:
        """Return how archiving stands."""
        return await self._database.read(lambda connection: _overview(connection, now))

    async def retry(self, ids: Sequence[int] | None, *, now: datetime) -> int:
        """Send lost captures (of these captures, or all) back to `wanted` with a clean sheet; return how many."""
        changes = {
            "state": WANTED,
            "due_at": now,
            "attempts": 0,
            "retakes": 0,
            "looks": 0,
            "reason": "",
            "sent_at": None,
            "remote_id": "",
            "updated_at": now,
        }
        return await self._change(c.state == LOST, ids, changes)

    async def hasten(self, *, now: datetime) -> int:
        """Let every wanted capture that waits for a later try have its turn now; return how many."""
        waits = (c.state == WANTED) & (c.due_at > now) & c.sent_at.is_(None) & (c.lease_token == "")
        return await self._change(waits, None, {"due_at": now})

    async def verify(self, ids: Sequence[int] | None, *, now: datetime) -> int:
        """Have captured and verified ones (these, or all) looked up again; return how many."""
        had = c.state.in_([CAPTURED, VERIFIED]) & (c.lease_token == "")
        changes = {"state": CAPTURED, "due_at": now, "looks": 0, "updated_at": now}
        return await self._change(had, ids, changes)

    async def of_url(self, url: str) -> list[Capture]:
        """Return the captures whose page has this address, before or after redirects."""
        query = (
            sa.select(t.captures, t.articles.c.host)
            .join(t.articles, t.articles.c.id == c.article_id)
            .where(sa.or_(t.articles.c.url == url, c.final_url == url))
            .order_by(c.id)
            .limit(_WORTH_A_LOOK)
        )
        return await self._database.read(
            lambda connection: [capture_of(row) for row in connection.execute(query)]
        )

    async def kept_urls(self) -> list[str]:
        """Return the addresses whose pages retention keeps: of articles that are labelled, or wait for a label."""
        labelled = sa.select(t.labels.c.article_id).where(~t.labels.c.withdrawn)
        waits = (t.articles.c.state == State.QUEUED.value) & t.articles.c.label_state.in_(
            ["pending", "claimed"]
        )
        query = (
            sa.select(t.articles.c.url, c.final_url)
            .outerjoin(t.captures, c.article_id == t.articles.c.id)
            .where(sa.or_(t.articles.c.id.in_(labelled), waits))
        )
        rows = await self._database.read(lambda connection: list(connection.execute(query)))
        return sorted({url for row in rows for url in (row.url, row.final_url) if url})

    async def pages_of_incident(self, incident_id: int) -> list[WaczPage]:
        """Return the pages of an incident, copies included, for its export as one file."""
        i = t.incidents.c
        merged = sa.select(i.id).where(i.merged_into == incident_id)
        names = sa.union_all(sa.select(sa.literal(incident_id)), merged)  # "or" would go through all of them
        query = (
            sa.select(t.articles.c.url, t.documents.c.title)
            .join(t.documents, t.documents.c.article_id == t.articles.c.id)
            .where(t.articles.c.incident_id.in_(names))
            .order_by(t.articles.c.id)
        )
        return await self._database.read(
            lambda connection: [WaczPage(row.url, row.title) for row in connection.execute(query)]
        )

    async def _change(
        self, where: sa.ColumnElement[bool], ids: Sequence[int] | None, changes: dict[str, Any]
    ) -> int:
        wanted = where if ids is None else where & c.id.in_(list(ids))
        statement = t.captures.update().where(wanted).values(changes)
        return await self._database.write(lambda connection: connection.execute(statement).rowcount)


def _overview(connection: Connection, now: datetime) -> Archiving:
    pace = see_pace(connection)
    oldest = connection.execute(sa.select(sa.func.min(c.created_at)).where(c.state == WANTED)).scalar()
    paused = sa.select(t.pauses.c.host, t.pauses.c.until).where(t.pauses.c.until > now)
    closed = pace.closed_until is not None and pace.closed_until > now
    account_closed = pace.account_closed_until is not None and pace.account_closed_until > now
    return Archiving(
        captures=_counts(connection, c.state),
        waiting_for=_counts(connection, c.reason, c.state == WANTED),
        lost=_counts(connection, c.reason, c.state == LOST),
        oldest_wanted=max(0.0, (now - oldest).total_seconds()) if oldest else 0.0,
        left_today=pacing.left_today(pace, now),
        daily_limit=pace.daily_limit,
        closed_until=pace.closed_until if closed else None,
        closed_because=pace.reason if closed else "",
        account_closed_until=pace.account_closed_until if account_closed else None,
        account_closed_because=pace.account_reason if account_closed else "",
        paused_hosts={row.host: row.until for row in connection.execute(paused.limit(_WORTH_A_LOOK))},
    )


def _counts(
    connection: Connection, column: sa.Column[str], where: sa.ColumnElement[bool] | None = None
) -> dict[str, int]:
    query = sa.select(column, sa.func.count()).group_by(column)
    rows = connection.execute(query if where is None else query.where(where))
    return {str(name): int(count) for name, count in rows}
