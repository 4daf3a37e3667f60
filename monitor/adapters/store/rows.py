"""Between rows and values: the one place that knows how a frozen value lies in the tables."""

import json
from datetime import timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Table
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from monitor.adapters import tables as t
from monitor.domain.model import Document, Entry, Health, Read, Reading, SourceState, Validators


def insert_new(
    connection: Connection, table: Table, rows: list[dict[str, Any]], key: str
) -> sa.Result[Any] | None:
    """Insert the rows whose `key` is not there yet; return the inserted keys."""
    if not rows:
        return None
    insert: Any
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert
    else:
        from sqlalchemy.dialects.sqlite import insert
    statement = insert(table).values(rows).on_conflict_do_nothing(index_elements=[key])
    return connection.execute(statement.returning(table.c[key]))


def upsert(connection: Connection, table: Table, row: dict[str, Any], keys: list[str]) -> None:
    """Insert a row, or overwrite the one with the same keys."""
    connection.execute(_upsertion(connection.dialect.name, table, tuple(row), tuple(keys)), row)


def new_among(connection: Connection, table: Table, rows: list[dict[str, Any]], key: str) -> list[str]:
    """Insert many rows, in their order, whose `key` is not there yet; return the keys that were inserted."""
    if not rows:
        return []
    return list(connection.execute(_insertion(connection.dialect.name, table, key), rows).scalars())


def insert_missing(connection: Connection, table: Table, rows: list[dict[str, Any]], key: str) -> None:
    """Insert those of many rows of one shape whose `key` is not there yet."""
    connection.execute(_missing(connection.dialect.name, table, key), rows)


def upsert_all(connection: Connection, table: Table, rows: list[dict[str, Any]], keys: list[str]) -> None:
    """Insert many rows of one shape, none too, or overwrite those with the same keys."""
    if not rows:
        return
    connection.execute(_upsertion(connection.dialect.name, table, tuple(rows[0]), tuple(keys)), rows)


# Building a statement costs more than running it: each is built once.
@cache
def _insertion(dialect: str, table: Table, key: str) -> Any:
    return _missing(dialect, table, key).returning(table.c[key])


@cache
def _missing(dialect: str, table: Table, key: str) -> Any:
    return _insert(dialect)(table).on_conflict_do_nothing(index_elements=[key])


@cache
def _upsertion(dialect: str, table: Table, columns: tuple[str, ...], keys: tuple[str, ...]) -> Any:
    insert = _insert(dialect)(table)
    changed = {name: insert.excluded[name] for name in columns if name not in keys}
    return insert.on_conflict_do_update(index_elements=list(keys), set_=changed)


def _insert(dialect: str) -> Any:
    if dialect == "postgresql":
        from sqlalchemy.dialects.postgresql import insert
    else:
        from sqlalchemy.dialects.sqlite import insert  # type: ignore[assignment]
    return insert


def entry_to_json(entry: Entry) -> dict[str, Any]:
    """Return an entry as JSON, without what is empty."""
    fields = {
        "title": entry.title,
        "summary": entry.summary,
        "published_raw": entry.published_raw,
        "published_at": entry.published_at.isoformat() if entry.published_at else "",
        "authors": list(entry.authors),
        "content": entry.content,
        "language": entry.language,
        "publisher": entry.publisher,
        "identity": entry.identity,
        "modified_at": entry.modified_at.isoformat() if entry.modified_at else "",
    }
    return {name: value for name, value in fields.items() if value}


def entry_from_json(url: str, data: Any) -> Entry:
    """Restore an entry."""
    from datetime import datetime

    given = json.loads(data) if isinstance(data, str) else dict(data)
    published, modified = given.pop("published_at", ""), given.pop("modified_at", "")
    authors = tuple(given.pop("authors", ()))
    return Entry(
        url=url,
        authors=authors,
        published_at=datetime.fromisoformat(published) if published else None,
        modified_at=datetime.fromisoformat(modified) if modified else None,
        **given,
    )


def document_row(article_id: int, reading: Reading) -> dict[str, Any]:
    """Return a reading as a row of `documents`, without `read_at`."""
    document = reading.document
    return {
        "article_id": article_id,
        "title": document.title,
        "text": document.text,
        "summary": document.summary,
        "language": document.language,
        "authors": list(document.authors),
        "publisher": document.publisher,
        "country": document.country,
        "published_at": document.published_at,
        "modified_at": document.modified_at,
        "canonical_url": document.canonical_url,
        "image_url": document.image_url,
        "source_named": document.source_named,
        "links": list(document.links),
        "reader": document.reader,
        "content_hash": reading.content_hash,
    }


def document_of(row: Any) -> Document:
    """Restore a document from a row that holds the columns of `documents`."""
    return Document(
        title=row.title,
        text=row.text,
        summary=row.summary,
        language=row.language,
        authors=tuple(row.authors),
        publisher=row.publisher,
        country=row.country,
        published_at=row.published_at,
        modified_at=row.modified_at,
        canonical_url=row.canonical_url,
        image_url=row.image_url,
        source_named=row.source_named,
        links=tuple(row.links),
        reader=row.reader,
    )


def read_of(row: Any) -> Read:
    """Restore what the decide stage takes from a row of articles ⨝ documents ⟕ sketches ⟕ vectors ⟕ features."""
    reading = Reading(
        document=document_of(row),
        content_hash=row.content_hash,
        sketch=bytes(row.sketch or b""),
        vector=bytes(row.vector) if row.vector is not None else None,
        vector_model=row.model or "",
        features=bytes(row.features or b""),
    )
    return Read(row.id, row.url, row.source, row.found_at, reading, url_key=row.url_key)


class unindexed(FunctionElement[str]):  # noqa: N801 - called as a function is
    """A column as no index holds it: where SQLite would else choose an index that finds half the table.

    It guesses without statistics that every equality finds few rows; it has none, for nobody gathers them.
    PostgreSQL gathers its own, and gets the column as it is.
    """

    inherit_cache = True
    type = sa.Text()


@compiles(unindexed)
def _as_it_is(element: unindexed, compiler: Any, **options: Any) -> str:
    return str(compiler.process(element.clauses, **options))


@compiles(unindexed, "sqlite")
def _as_no_index_holds_it(element: unindexed, compiler: Any, **options: Any) -> str:
    return f"({compiler.process(element.clauses, **options)} || '')"


def state_of(row: Any) -> SourceState:
    """Restore what is known of a source."""
    return SourceState(
        name=row.name,
        status=Health(row.status),
        reason=row.reason,
        since=row.since,
        last_polled_at=row.last_polled_at,
        next_poll_at=row.next_poll_at,
        last_new_at=row.last_new_at,
        gap=_seconds(row.gap_seconds),
        interval=_seconds(row.interval_seconds),
        failures=row.failures,
        entries_seen=row.entries_seen,
        validators=Validators(row.etag, row.last_modified, row.body_hash),
        moved_to=row.moved_to,
        moved_times=row.moved_times,
        moved_since=row.moved_since,
        url_in_force=row.url_in_force,
        url=row.url,
    )


def state_row(state: SourceState) -> dict[str, Any]:
    """Return a source's state as a row of `sources`."""
    validators = state.validators
    return {
        "name": state.name,
        "status": state.status.value,
        "reason": state.reason,
        "since": state.since,
        "last_polled_at": state.last_polled_at,
        "next_poll_at": state.next_poll_at,
        "last_new_at": state.last_new_at,
        "gap_seconds": state.gap.total_seconds() if state.gap else None,
        "interval_seconds": state.interval.total_seconds() if state.interval else None,
        "failures": state.failures,
        "entries_seen": state.entries_seen,
        "etag": validators.etag,
        "last_modified": validators.last_modified,
        "body_hash": validators.body_hash,
        "moved_to": state.moved_to,
        "moved_times": state.moved_times,
        "moved_since": state.moved_since,
        "url_in_force": state.url_in_force,
        "url": state.url,
    }


def _seconds(value: float | None) -> timedelta | None:
    return None if value is None else timedelta(seconds=value)


READ_COLUMNS = sa.select(
    t.articles.c.id,
    t.articles.c.url,
    t.articles.c.url_key,
    t.articles.c.source,
    t.articles.c.found_at,
    *[column for column in t.documents.c if column.name != "article_id"],
    t.sketches.c.sketch,
    t.vectors.c.model,
    t.vectors.c.vector,
    t.features.c.features,
).select_from(
    t.articles.join(t.documents, t.documents.c.article_id == t.articles.c.id)
    .outerjoin(t.sketches, t.sketches.c.article_id == t.articles.c.id)
    .outerjoin(t.vectors, t.vectors.c.article_id == t.articles.c.id)
    .outerjoin(t.features, t.features.c.article_id == t.articles.c.id)
)
