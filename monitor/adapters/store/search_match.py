"""What the full-text index finds, as a part of other questions: FTS5 on SQLite, tsvector on PostgreSQL."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

MOST_RANKED = 10_000  # a word that nearly every article holds finds the newest of them


def matches(connection: Connection, terms: Sequence[Sequence[str]]) -> Any:
    """Return a select of article_id and rank, the most fitting with the lowest rank; the newest of very many."""
    if connection.dialect.name == "postgresql":
        text = sa.text(
            "SELECT article_id, -ts_rank(words, q) AS rank FROM (SELECT article_id, words, q FROM search_texts, "
            "to_tsquery('simple', :query) q WHERE words @@ q ORDER BY article_id DESC LIMIT :most) AS newest"
        ).bindparams(query=_tsquery(terms), most=MOST_RANKED)
    else:
        text = sa.text(
            "SELECT rowid AS article_id, bm25(search_texts, 8.0, 1.0) AS rank FROM search_texts "
            "WHERE search_texts MATCH :query ORDER BY rowid DESC LIMIT :most"
        ).bindparams(query=_fts5(terms), most=MOST_RANKED)
    return text.columns(article_id=sa.BigInteger(), rank=sa.Float())


def holding(connection: Connection, terms: Sequence[Sequence[str]]) -> Any:
    """Return a select of article_id alone: all that hold the phrases, for lists that are read to their end."""
    if connection.dialect.name == "postgresql":
        text = "SELECT article_id FROM search_texts WHERE words @@ to_tsquery('simple', :query)"
        bound = sa.text(text).bindparams(query=_tsquery(terms))
    else:
        text = "SELECT rowid AS article_id FROM search_texts WHERE search_texts MATCH :query"
        bound = sa.text(text).bindparams(query=_fts5(terms))
    return bound.columns(article_id=sa.BigInteger())


def _tsquery(terms: Sequence[Sequence[str]]) -> str:
    return " & ".join("(" + " <-> ".join(_lexeme(word) for word in term) + ")" for term in terms)


def _fts5(terms: Sequence[Sequence[str]]) -> str:
    return " AND ".join(_phrase(term) for term in terms)


def _lexeme(word: str) -> str:
    bare = word.rstrip("*").replace("'", "")
    return f"'{bare}':*" if word.endswith("*") else f"'{bare}'"


def _phrase(term: Sequence[str]) -> str:
    words = " ".join(word.rstrip("*").replace('"', "") for word in term)
    return f'"{words}"' + ("*" if term[-1].endswith("*") else "")
