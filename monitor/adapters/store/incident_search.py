"""Finds incidents by words and facets, and counts the facets."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from monitor.adapters import tables as t
from monitor.adapters.engine import Database
from monitor.adapters.store.incidents import Incident, whole
from monitor.adapters.store.listings import has_topic
from monitor.adapters.store.rows import unindexed
from monitor.adapters.store.search_match import matches
from monitor.domain.search_words import query_terms

A, D, I, L = t.articles.c, t.documents.c, t.incidents.c, t.labels.c  # noqa: E741 - as A and D
FRESH = timedelta(seconds=60)
SELDOM = 20  # times as long as counting took, at least, until it is done again
MOST_VALUES = 40


@dataclass(frozen=True)
class Asked:
    """Which incidents are wanted; empty fields ask for nothing. `label` is `scheme:question:value`."""

    words: str = ""
    topic: str = ""
    language: str = ""
    country: str = ""
    publisher: str = ""
    label: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Facets:
    """How many incidents have each value, the commonest first."""

    languages: Mapping[str, int] = field(default_factory=dict)
    countries: Mapping[str, int] = field(default_factory=dict)
    publishers: Mapping[str, int] = field(default_factory=dict)
    labels: Mapping[str, int] = field(default_factory=dict)


class IncidentSearch:
    """Finds incidents; the facets are counted at most once a minute."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._facets = Facets()
        self._counted_at: datetime | None = None
        self._fresh = FRESH

    async def find(self, asked: Asked, *, limit: int = 20, offset: int = 0) -> list[Incident]:
        """Return incidents with their articles, the last reported on first."""

        def work(connection: Connection) -> list[Incident]:
            query = sa.select(t.incidents).where(I.merged_into.is_(None), *_conditions(connection, asked))
            query = query.order_by(I.last_report_at.desc(), I.id.desc()).limit(limit).offset(offset)
            return whole(connection, connection.execute(query).all())

        return await self._database.read(work)

    async def facets(self, now: datetime) -> Facets:
        """Return the counts of the last minute, of a longer while where counting takes long."""
        if self._counted_at is None or abs(now - self._counted_at) > self._fresh:
            self._counted_at, began = now, time.monotonic()
            self._facets = await self._database.read(_count)
            self._fresh = max(FRESH, timedelta(seconds=SELDOM * (time.monotonic() - began)))
        return self._facets


def _conditions(connection: Connection, asked: Asked) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    if asked.topic:
        conditions.append(has_topic(I.topics, asked.topic))
    if asked.since:
        conditions.append(I.last_report_at >= asked.since)
    if asked.until:
        conditions.append(I.first_report_at < asked.until)
    for column, value in (
        (D.language, asked.language),
        (D.country, asked.country),
        (D.publisher, asked.publisher),
    ):
        if value:
            joined = t.articles.join(t.documents, D.article_id == A.id)
            said = (
                unindexed(column) == value
            )  # or all documents of a language are gone through for each incident
            mine = sa.select(sa.literal(1)).select_from(joined).where(A.incident_id == I.id, said)
            conditions.append(mine.correlate(t.incidents).exists())
    if asked.label.count(":") == 2:  # noqa: PLR2004 - three parts
        conditions.append(_has_label(*asked.label.split(":")))
    if asked.words:
        conditions.append(_has_words(connection, asked.words))
    return conditions


def _has_label(scheme: str, question: str, value: str) -> sa.ColumnElement[bool]:
    joined = t.labels.join(t.articles, A.id == L.article_id)
    said = (L.scheme == scheme, L.question == question, ~L.withdrawn)
    mine = sa.select(A.incident_id).select_from(joined).where(*said, _is(value), A.incident_id.is_not(None))
    return I.id.in_(mine)


def _is(value: str) -> sa.ColumnElement[bool]:
    """Ask for a label that is this option, or a list that holds it."""
    quoted = value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_").replace('"', "")
    return sa.cast(L.value, sa.Text).like(f'%"{quoted}"%', escape="\\")


def _has_words(connection: Connection, words: str) -> sa.ColumnElement[bool]:
    """Ask for incidents with an article that holds the words; a number asks for the incident of that number."""
    if words.strip().removeprefix("#").isdigit():
        return I.id == int(words.strip().removeprefix("#")[:18])
    terms = query_terms(words)
    if not terms:
        return sa.true()
    found = matches(connection, terms).subquery()
    return I.id.in_(sa.select(A.incident_id).join(found, found.c.article_id == A.id))


def _count(connection: Connection) -> Facets:
    joined = t.articles.join(t.documents, D.article_id == A.id)
    incidents = sa.func.count(sa.distinct(A.incident_id))

    def by(column: Any, source: Any, *conditions: sa.ColumnElement[bool]) -> dict[str, int]:
        query = (
            sa.select(column, incidents).select_from(source).where(A.incident_id.is_not(None), *conditions)
        )
        rows = connection.execute(query.group_by(column).order_by(incidents.desc()).limit(MOST_VALUES))
        return {str(value): int(number) for value, number in rows if value}

    labelled = t.labels.join(t.articles, A.id == L.article_id)
    article_label = (L.scheme == "oecd", L.question == "article_label", ~L.withdrawn)
    labels = by(sa.cast(L.value, sa.Text), labelled, *article_label)
    return Facets(
        languages=by(D.language, joined),
        countries=by(D.country, joined),
        publishers=by(D.publisher, joined),
        labels={f"oecd:article_label:{_bare(value)}": number for value, number in labels.items()},
    )


def _bare(value: str) -> str:
    return value.strip('"')


def days_of(articles: Sequence[Any]) -> list[tuple[str, dict[str, int]]]:
    """Return an incident's reports by day, originals and copies apart, oldest first."""
    days: dict[str, dict[str, int]] = {}
    for one in articles:
        day = (one.published_at or one.found_at).date().isoformat()
        kind = "copy" if one.copy_of else "queued"
        counts = days.setdefault(day, {})
        counts[kind] = counts.get(kind, 0) + 1
    return sorted(days.items())
