"""Incidents as people and tools read them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from monitor.adapters import tables as t
from monitor.adapters.engine import Database


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
    publishers: tuple[str, ...]
    confirmed: bool


@dataclass(frozen=True)
class IncidentArticle:
    """One article of an incident; `copy_of` names its original, `mention` says that it is a roundup."""

    article_id: int
    title: str
    url: str
    publisher: str
    language: str
    country: str
    published_at: datetime | None
    found_at: datetime
    copy_of: int | None
    mention: bool
    match: str | None
    match_score: float | None
    match_reasons: tuple[str, ...]
    archive_url: str
    archive_state: str


@dataclass(frozen=True)
class Incident:
    """One incident with everything that reports on it, oldest first."""

    line: IncidentLine
    articles: tuple[IncidentArticle, ...]


class Incidents:
    """Reads incidents; merged ones redirect to the one they went into."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def newest(self, limit: int = 20, *, offset: int = 0, topic: str = "") -> list[IncidentLine]:
        """Return incidents, the last reported on first."""

        def work(connection: Connection) -> list[IncidentLine]:
            i = t.incidents.c
            query = (
                sa.select(t.incidents)
                .where(i.merged_into.is_(None))
                .order_by(i.last_report_at.desc(), i.id.desc())
            )
            rows = (
                connection.execute(query).all()
                if topic
                else connection.execute(query.limit(limit).offset(offset)).all()
            )
            if topic:
                rows = [row for row in rows if topic in row.topics][offset : offset + limit]
            return _lines(connection, rows)

        return await self._database.read(work)

    async def one(self, incident_id: int) -> Incident | None:
        """Return an incident with its articles, or None; a merged one gives the one it went into."""

        def work(connection: Connection) -> Incident | None:
            row = connection.execute(sa.select(t.incidents).where(t.incidents.c.id == incident_id)).first()
            if row is not None and row.merged_into is not None:
                row = connection.execute(
                    sa.select(t.incidents).where(t.incidents.c.id == row.merged_into)
                ).first()
            if row is None:
                return None
            return Incident(_lines(connection, [row])[0], _articles(connection, row.id))

        return await self._database.read(work)

    async def count(self) -> int:
        """Return how many incidents there are."""
        query = sa.select(sa.func.count()).where(t.incidents.c.merged_into.is_(None))
        return await self._database.read(lambda connection: int(connection.execute(query).scalar_one()))


def _lines(connection: Connection, rows: Sequence[Any]) -> list[IncidentLine]:
    facts = _facts(connection, [row.id for row in rows])
    return [
        IncidentLine(
            id=row.id,
            title=row.title,
            summary=row.summary,
            topics=tuple(row.topics),
            first_report_at=row.first_report_at,
            last_report_at=row.last_report_at,
            articles=facts[row.id].articles,
            copies=facts[row.id].copies,
            languages=tuple(sorted(facts[row.id].languages)),
            publishers=tuple(sorted(facts[row.id].publishers)),
            confirmed=row.confirmed,
        )
        for row in rows
    ]


class _Facts:
    """What is counted of one incident's articles."""

    def __init__(self) -> None:
        self.articles, self.copies = 0, 0
        self.languages: set[str] = set()
        self.publishers: set[str] = set()


def _facts(connection: Connection, ids: list[int]) -> dict[int, _Facts]:
    facts: dict[int, _Facts] = defaultdict(_Facts)
    columns = (
        t.articles.c.incident_id,
        t.articles.c.copy_of,
        t.documents.c.language,
        t.documents.c.publisher,
    )
    joined = t.articles.join(t.documents, t.documents.c.article_id == t.articles.c.id)
    query = sa.select(*columns).select_from(joined).where(t.articles.c.incident_id.in_(ids))
    for row in connection.execute(query):
        one = facts[row.incident_id]
        one.articles += row.copy_of is None
        one.copies += row.copy_of is not None
        one.languages |= {row.language} if row.language else set()
        one.publishers |= {row.publisher} if row.publisher else set()
    return facts


def _articles(connection: Connection, incident_id: int) -> tuple[IncidentArticle, ...]:
    query = sa.text(
        "SELECT * FROM incident_articles WHERE incident_id = :id ORDER BY coalesce(published_at, found_at), article_id"
    ).columns(
        published_at=t.UtcDateTime(), found_at=t.UtcDateTime(), match_reasons=t.Json, mention=sa.Boolean()
    )
    return tuple(
        IncidentArticle(
            article_id=row.article_id,
            title=row.title,
            url=row.url,
            publisher=row.publisher,
            language=row.language,
            country=row.country,
            published_at=row.published_at,
            found_at=row.found_at,
            copy_of=row.copy_of,
            mention=bool(row.mention),
            match=row.match,
            match_score=row.match_score,
            match_reasons=tuple(row.match_reasons or ()),
            archive_url=row.archive_url or "",
            archive_state=row.archive_state or "",
        )
        for row in connection.execute(query, {"id": incident_id})
    )
