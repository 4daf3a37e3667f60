"""Articles as people and tools look them up: by what they are, page by page, or one with everything known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from monitor.adapters import tables as t
from monitor.adapters.engine import Database
from monitor.adapters.store.reports import link_state_of
from monitor.adapters.store.rows import unindexed
from monitor.adapters.store.search_match import holding
from monitor.domain.search_words import query_terms

A, D = t.articles.c, t.documents.c


@dataclass(frozen=True)
class Wanted:
    """Which articles are meant; empty fields ask for nothing."""

    state: str = ""
    source: str = ""
    incident_id: int | None = None
    language: str = ""
    publisher: str = ""
    country: str = ""
    topic: str = ""
    label_state: str = ""
    since: datetime | None = None  # published, or found where no date is known
    until: datetime | None = None
    words: str = ""  # that title or text hold


@dataclass(frozen=True)
class ArticleLine:
    """One article in a list."""

    id: int
    seq: int | None
    url: str
    source: str
    state: str
    reason: str
    title: str
    summary: str
    language: str
    publisher: str
    country: str
    published_at: datetime | None
    found_at: datetime
    topics: tuple[str, ...]
    relevance: float | None
    incident_id: int | None
    copy_of: int | None
    roundup: bool
    label_state: str


@dataclass(frozen=True)
class Full:
    """One article with its text and everything that was decided about it."""

    line: ArticleLine
    text: str
    authors: tuple[str, ...]
    canonical_url: str
    image_url: str
    source_named: str
    reader: str
    modified_at: datetime | None
    screen_reasons: tuple[str, ...]
    match: str | None
    match_score: float | None
    match_reasons: tuple[str, ...]
    match_evidence: Mapping[str, Any] | None
    alternative: Mapping[str, Any] | None
    copies: tuple[int, ...]
    archive_url: str
    archive_state: str
    priority: float
    link_state: str = ""  # the page when it was last looked at; "": not yet
    link_since: datetime | None = None


@dataclass(frozen=True)
class Part:
    """Some lines of a longer list and where it goes on; `after` is None at the end."""

    lines: tuple[ArticleLine, ...]
    after: int | None


JOINED = t.articles.outerjoin(t.documents, D.article_id == A.id)
LINE = (
    A.id,
    A.seq,
    A.url,
    A.source,
    A.state,
    A.reason,
    A.found_at,
    A.topics,
    A.relevance,
    A.incident_id,
    A.copy_of,
    A.roundup,
    A.label_state,
    D.title,
    D.summary,
    D.language,
    D.publisher,
    D.country,
    D.published_at,
)


class Listings:
    """Reads articles in lists and alone."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def part(self, wanted: Wanted, *, limit: int = 50, before: int | None = None) -> Part:
        """Return articles, the last found first; `before` is the id that the part before ended with."""
        return await self._part(wanted, A.id, limit, None if before is None else A.id < before)

    async def settled(self, wanted: Wanted, *, limit: int = 50, after: int = 0) -> Part:
        """Return decided articles in the order of their decisions: whoever remembers `after` misses none."""
        return await self._part(wanted, A.seq, limit, A.seq > after)

    async def _part(
        self, wanted: Wanted, key: sa.Column[int], limit: int, bound: sa.ColumnElement[bool] | None
    ) -> Part:
        onwards = key is A.seq
        conditions = [*conditions_of(wanted), *([] if bound is None else [bound])]
        order = key.asc() if onwards else key.desc()
        # the numbers first, from an index alone: to sort whole rows of a large table takes seconds
        found = sa.select(A.id).select_from(_joined_for(wanted)).where(*conditions).order_by(order)
        rows = await self._database.read(lambda c: _rows(c, found.where(*_held(c, wanted)), order, limit + 1))
        lines = tuple(line_of(row) for row in rows[:limit])
        more = len(rows) > limit and lines
        return Part(lines, (lines[-1].seq if onwards else lines[-1].id) if more else None)

    async def newest_numbers(self) -> tuple[int, int, int]:
        """Return the numbers of the last verdict, label and change, 0 where there is none."""

        def work(connection: Connection) -> tuple[int, int, int]:
            columns = (A.seq, t.labels.c.id, t.changes.c.id)
            found = [connection.execute(sa.select(sa.func.max(column))).scalar() for column in columns]
            return int(found[0] or 0), int(found[1] or 0), int(found[2] or 0)

        return await self._database.read(work)

    async def lines(self, ids: Sequence[int]) -> list[ArticleLine]:
        """Return these articles in the given order; unknown ones are left out."""
        query = sa.select(*LINE).select_from(JOINED).where(A.id.in_(list(ids)))
        rows = await self._database.read(lambda c: c.execute(query).all())
        known = {row.id: line_of(row) for row in rows}
        return [known[one] for one in ids if one in known]

    async def one(self, article_id: int) -> Full | None:
        """Return an article with its text, or None."""
        return await self._database.read(lambda connection: _full(connection, A.id == article_id))

    async def by_key(self, url_key: str) -> Full | None:
        """Return the article with this identity, or None."""
        return await self._database.read(lambda connection: _full(connection, A.url_key == url_key))


def _held(connection: Connection, wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    """Return the condition that title or text hold the words that are asked for."""
    if not wanted.words:
        return []
    terms = query_terms(wanted.words)
    return [A.id.in_(holding(connection, terms))] if terms else [sa.false()]


def _rows(connection: Connection, found: sa.Select[Any], order: Any, limit: int) -> Sequence[Any]:
    ids = found.limit(limit).subquery()
    query = sa.select(*LINE).select_from(JOINED.join(ids, ids.c.id == A.id)).order_by(order)
    return connection.execute(query).all()


def _joined_for(wanted: Wanted) -> sa.FromClause:
    """Return articles, with documents where one of their columns is asked for."""
    told = wanted.language or wanted.publisher or wanted.country or wanted.since or wanted.until
    return JOINED if told else t.articles


def conditions_of(wanted: Wanted, *, beside: bool = False) -> list[sa.ColumnElement[bool]]:
    """Return what a query on articles ⟕ documents asks for; `beside` what finds the articles by itself."""
    as_asked = unindexed if beside else _itself
    equal = (
        (A.state, wanted.state),
        (A.source, wanted.source),
        (A.incident_id, wanted.incident_id),
        (A.label_state, wanted.label_state),
        (as_asked(D.language), wanted.language),
        (as_asked(D.publisher), wanted.publisher),
        (as_asked(D.country), wanted.country),
    )
    when = sa.func.coalesce(D.published_at, A.found_at, type_=t.UtcDateTime())
    conditions = [column == value for column, value in equal if value not in {"", None}]
    conditions += [has_topic(A.topics, wanted.topic)] if wanted.topic else []
    conditions += [when >= wanted.since] if wanted.since else []
    conditions += [when < wanted.until] if wanted.until else []
    return conditions


def _itself(column: sa.Column[str]) -> sa.ColumnElement[str]:
    return column


def has_topic(column: sa.Column[Any], topic: str) -> sa.ColumnElement[bool]:
    """Ask whether a JSON list holds a word, on both databases."""
    quoted = topic.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_").replace('"', '\\"')
    return sa.cast(column, sa.Text).like(f'%"{quoted}"%', escape="\\")


def line_of(row: Any) -> ArticleLine:
    """Restore a line from a row of `LINE`."""
    return ArticleLine(
        id=row.id,
        seq=row.seq,
        url=row.url,
        source=row.source,
        state=row.state,
        reason=row.reason,
        title=row.title or "",
        summary=row.summary or "",
        language=row.language or "",
        publisher=row.publisher or "",
        country=row.country or "",
        published_at=row.published_at,
        found_at=row.found_at,
        topics=tuple(row.topics or ()),
        relevance=row.relevance,
        incident_id=row.incident_id,
        copy_of=row.copy_of,
        roundup=row.roundup,
        label_state=row.label_state,
    )


def _full(connection: Connection, wanted: sa.ColumnElement[bool]) -> Full | None:
    more = (D.text, D.authors, D.canonical_url, D.image_url, D.source_named, D.reader, D.modified_at)
    decided = (A.screen_reasons, A.match, A.match_score, A.match_reasons, A.match_evidence, A.alternative)
    capture = (t.captures.c.archive_url, t.captures.c.state.label("archive_state"))
    watch = (t.watches.c.state.label("link_state"), t.watches.c.since.label("link_since"))
    joined = JOINED.outerjoin(t.captures, t.captures.c.article_id == A.id).outerjoin(
        t.watches, t.watches.c.article_id == A.id
    )
    query = sa.select(*LINE, *more, *decided, A.priority, *capture, *watch).select_from(joined).where(wanted)
    row = connection.execute(query).first()
    if row is None:
        return None
    in_time = sa.func.coalesce(D.published_at, A.found_at), A.id
    copied = sa.select(A.id).select_from(JOINED).where(A.copy_of == row.id).order_by(*in_time)
    copies = connection.execute(copied).scalars()
    return Full(
        line=line_of(row),
        text=row.text or "",
        authors=tuple(row.authors or ()),
        canonical_url=row.canonical_url or "",
        image_url=row.image_url or "",
        source_named=row.source_named or "",
        reader=row.reader or "",
        modified_at=row.modified_at,
        screen_reasons=tuple(row.screen_reasons or ()),
        match=row.match,
        match_score=row.match_score,
        match_reasons=tuple(row.match_reasons or ()),
        match_evidence=row.match_evidence,
        alternative=row.alternative,
        copies=tuple(copies),
        archive_url=row.archive_url or "",
        archive_state=row.archive_state or "",
        priority=row.priority,
        link_state=link_state_of(row),
        link_since=row.link_since,
    )
