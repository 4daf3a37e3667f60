"""Incidents as people and tools read them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from monitor.adapters import tables as t
from monitor.adapters.engine import Database
from monitor.adapters.store.listings import has_topic
from monitor.adapters.store.portraits import central_of
from monitor.adapters.store.reports import IncidentArticle, reports_of
from monitor.adapters.store.surroundings import Fact, Related, aliases_of, facts_of, related_to

__all__ = ["Incident", "IncidentArticle", "IncidentLine", "Incidents"]

I = t.incidents.c  # noqa: E741 - as A, D and C elsewhere


@dataclass(frozen=True)
class IncidentLine:
    """One incident in a list."""

    id: int
    title: str
    summary: str
    topics: tuple[str, ...]
    first_report_at: datetime
    last_report_at: datetime
    articles: int  # originals
    copies: int
    languages: tuple[str, ...]
    countries: tuple[str, ...]
    publishers: tuple[str, ...]
    confirmed: bool


@dataclass(frozen=True)
class Day:
    """How many originals and copies reported on an incident on one day (UTC)."""

    day: date
    articles: int
    copies: int


@dataclass(frozen=True)
class Incident:
    """One incident with everything that reports on it, oldest first.

    `representative` is its most central original; it, `related` and `facts` are filled in where one is asked for.
    """

    line: IncidentLine
    articles: tuple[IncidentArticle, ...]
    timeline: tuple[Day, ...] = ()
    aliases: tuple[int, ...] = ()  # numbers that lead here since merges
    representative: int | None = None
    related: tuple[Related, ...] = ()
    facts: tuple[Fact, ...] = ()  # what people said of it


class Incidents:
    """Reads incidents; merged ones redirect to the one they went into."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def newest(self, limit: int = 20, *, offset: int = 0, topic: str = "") -> list[IncidentLine]:
        """Return incidents, the last reported on first."""
        return [one.line for one in await self.latest(limit, offset=offset, topic=topic)]

    async def latest(self, limit: int = 20, *, offset: int = 0, topic: str = "") -> list[Incident]:
        """Return incidents with their articles, the last reported on first."""
        query = _standing(topic).order_by(I.last_report_at.desc(), I.id.desc()).limit(limit).offset(offset)
        return await self._database.read(lambda c: whole(c, c.execute(query).all()))

    async def part(
        self, *, limit: int = 50, before: int | None = None, topic: str = ""
    ) -> list[IncidentLine]:
        """Return incidents, the last founded first; `before` is the id that the part before ended with."""
        query = _standing(topic).order_by(I.id.desc()).limit(limit)
        query = query if before is None else query.where(I.id < before)
        found = await self._database.read(lambda c: whole(c, c.execute(query).all()))
        return [one.line for one in found]

    async def one(self, incident_id: int) -> Incident | None:
        """Return an incident with its articles, or None; a merged one gives the one it went into."""

        def work(connection: Connection) -> Incident | None:
            row = _row(connection, incident_id)
            if row is not None and row.merged_into is not None:
                row = _row(connection, row.merged_into)
            return None if row is None else _in_full(connection, row)

        return await self._database.read(work)

    async def count(self) -> int:
        """Return how many incidents there are."""
        query = sa.select(sa.func.count()).where(I.merged_into.is_(None))
        return await self._database.read(lambda connection: int(connection.execute(query).scalar_one()))


def _standing(topic: str) -> sa.Select[Any]:
    """Ask for incidents that were not merged into others."""
    query = sa.select(t.incidents).where(I.merged_into.is_(None))
    return query.where(has_topic(I.topics, topic)) if topic else query


def _row(connection: Connection, incident_id: int) -> Any:
    return connection.execute(sa.select(t.incidents).where(I.id == incident_id)).first()


def whole(connection: Connection, rows: Sequence[Any]) -> list[Incident]:
    """Return incidents with their articles from rows of incidents."""
    reports = reports_of(connection, [row.id for row in rows])
    aliases = aliases_of(connection, [row.id for row in rows])
    return [_incident(row, reports.get(row.id, []), aliases.get(row.id, ())) for row in rows]


def _incident(row: Any, reports: Sequence[IncidentArticle], aliases: tuple[int, ...]) -> Incident:
    return Incident(_line(row, reports), tuple(reports), _timeline(reports), aliases)


def _in_full(connection: Connection, row: Any) -> Incident:
    """Return an incident with what stands around it."""
    central = central_of(connection, row.id)
    return replace(
        whole(connection, [row])[0],
        representative=None if central is None else central.id,
        related=related_to(connection, row, central),
        facts=facts_of(connection, row.id),
    )


def _timeline(reports: Sequence[IncidentArticle]) -> tuple[Day, ...]:
    days: dict[date, list[int]] = {}
    for one in reports:
        if not one.mention:
            counts = days.setdefault((one.published_at or one.found_at).date(), [0, 0])
            counts[one.copy_of is not None] += 1
    return tuple(Day(day, articles, copies) for day, (articles, copies) in sorted(days.items()))


def _line(row: Any, reports: Sequence[IncidentArticle]) -> IncidentLine:
    own = [one for one in reports if not one.mention]
    return IncidentLine(
        id=row.id,
        title=row.title,
        summary=row.summary,
        topics=tuple(row.topics),
        first_report_at=row.first_report_at,
        last_report_at=row.last_report_at,
        articles=sum(one.copy_of is None for one in own),
        copies=sum(one.copy_of is not None for one in own),
        languages=tuple(sorted({one.language for one in own} - {""})),
        countries=tuple(sorted({one.country for one in own} - {""})),
        publishers=tuple(sorted({one.publisher for one in own} - {""})),
        confirmed=row.confirmed,
    )
