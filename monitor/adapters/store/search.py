"""Full-text search over titles and texts of decided articles: FTS5 on SQLite, tsvector on PostgreSQL.

The index follows the decider by the number of its verdicts, a little behind it; it can be emptied at any time and
fills up again. Words that stand there from before they were folded are made anew, the newest articles first.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from monitor.adapters import tables as t
from monitor.adapters.engine import Database
from monitor.adapters.store.listings import JOINED, LINE, ArticleLine, Wanted, conditions_of, line_of
from monitor.adapters.store.order import in_order, move_position, position
from monitor.adapters.store.search_match import matches
from monitor.domain.search_words import LONGEST_TEXT, index_words, places, query_terms

A, D = t.articles.c, t.documents.c
FOLLOWER = "searched"
TO_FOLD = "search-to-fold"  # up to this verdict words may stand as they were before they were folded
AT_ONCE = 200
AROUND = 80  # signs of context before a hit, and half of those after it
LONG_WORD = 24  # signs that are given up so that no word is cut


@dataclass(frozen=True)
class Hit:
    """An article that was found, with the place in its text."""

    article: ArticleLine
    snippet: str
    marks: tuple[tuple[int, int], ...]  # where the words stand in the snippet


class Search:
    """Finds articles by their words."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def catch_up(self) -> int:
        """Index what was decided since the last time, then fold older words; return how many articles, 0 at the end."""
        behind = await self._database.read(
            lambda c: (c.execute(sa.select(sa.func.max(A.seq))).scalar() or 0) > _since(c)
        )
        if behind:
            return await self._database.write(_index_more)
        return await self._database.write(_fold_more) if await self._database.read(_to_fold) else 0

    async def find(
        self,
        query: str,
        wanted: Wanted | None = None,
        *,
        limit: int = 20,
        offset: int = 0,
        newest: bool = False,
    ) -> list[Hit]:
        """Return the articles that hold every word of a query, the most fitting first, or the newest."""
        terms = query_terms(query)
        if not terms:
            return []

        def work(connection: Connection) -> list[Hit]:
            found = matches(connection, terms).subquery()
            rank = found.c.rank
            statement = sa.select(*LINE, D.text).select_from(JOINED.join(found, found.c.article_id == A.id))
            statement = statement.where(*conditions_of(wanted or Wanted(), beside=True))
            order = (A.id.desc(),) if newest else (rank, A.id.desc())
            rows = connection.execute(statement.order_by(*order).limit(limit).offset(offset)).all()
            return [_hit(row, terms) for row in rows]

        return await self._database.read(work)


def _since(connection: Connection) -> int:
    """Return how far the index has come; 0 where it was emptied."""
    at = position(connection, FOLLOWER)
    name = "article_id" if connection.dialect.name == "postgresql" else "rowid"
    there = connection.execute(sa.text(f"SELECT {name} FROM search_texts LIMIT 1")).first()  # noqa: S608 - one of two names
    return at if there else 0


def _index_more(connection: Connection) -> int:
    in_order(connection, FOLLOWER)
    move_position(connection, TO_FOLD, _to_fold(connection))
    rows = connection.execute(_texts().where(A.seq > _since(connection)).order_by(A.seq)).all()
    if rows:
        _put(connection, rows)
        move_position(connection, FOLLOWER, rows[-1].seq)
    return len(rows)


def _fold_more(connection: Connection) -> int:
    in_order(connection, FOLLOWER)
    query = _texts().where(A.seq <= _to_fold(connection)).order_by(A.seq.desc())
    rows = connection.execute(query).all()
    if rows:
        _put(connection, rows)
    move_position(connection, TO_FOLD, rows[-1].seq - 1 if rows else 0)
    return len(rows)


def _to_fold(connection: Connection) -> int:
    """Return up to which verdict words may be spelled otherwise: as far as they came before anybody noted it."""
    query = sa.select(t.positions.c.position).where(t.positions.c.name == TO_FOLD)
    noted = connection.execute(query).scalar()
    return _since(connection) if noted is None else int(noted)


def _texts() -> sa.Select[Any]:
    query = sa.select(A.id, A.seq, D.title, D.text).join(t.documents, D.article_id == A.id)
    return query.limit(AT_ONCE)


def _put(connection: Connection, rows: Sequence[Any]) -> None:
    """Write the words of articles, in place of those that are there."""
    values = [{"id": row.id, "title": index_words(row.title), "body": index_words(row.text)} for row in rows]
    if connection.dialect.name == "postgresql":
        connection.execute(
            sa.text(
                "INSERT INTO search_texts (article_id, words) VALUES (:id, "
                "setweight(to_tsvector('simple', :title), 'A') || to_tsvector('simple', :body)) "
                "ON CONFLICT (article_id) DO UPDATE SET words = excluded.words"
            ),
            values,
        )
    else:
        connection.execute(
            sa.text("DELETE FROM search_texts WHERE rowid = :id"), [{"id": row.id} for row in rows]
        )
        connection.execute(
            sa.text("INSERT INTO search_texts (rowid, title, body) VALUES (:id, :title, :body)"), values
        )


def _hit(row: Any, terms: Sequence[Sequence[str]]) -> Hit:
    text = (row.text or "").replace("\n", " ")
    first = next((start for start, _ in places(text[:LONGEST_TEXT], terms)), 0)
    snippet = _around(text, first)
    return Hit(replace(line_of(row), summary=""), snippet, tuple(places(snippet, terms)))


def _around(text: str, place: int) -> str:
    """Return what stands around a place, from word to word where there are spaces between them."""
    start, end = max(0, place - AROUND), min(len(text), place + AROUND * 2)
    if start:
        start = text.find(" ", start, min(start + LONG_WORD, place)) + 1 or start
    if end < len(text):
        end = max(text.rfind(" ", max(place, end - LONG_WORD), end), 0) or end
    return "…" * bool(start) + text[start:end].strip() + "…" * (end < len(text))
