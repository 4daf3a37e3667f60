"""What an article said at later readings of the same address; the first reading is its document and stays."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy import Connection

from monitor.adapters import tables as t
from monitor.adapters.engine import Database
from monitor.domain.model import Reading
from monitor.domain.versions import Change, change, is_version

log = structlog.get_logger("monitor")

V, D = t.versions.c, t.documents.c


@dataclass(frozen=True)
class Version:
    """One state of an article's text; number 1 is the document that was decided."""

    number: int
    seen_at: datetime
    title: str
    text: str
    content_hash: str
    reader: str


class Versions:
    """Implements ports.VersionStore."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, article_id: int, reading: Reading, *, now: datetime) -> bool:
        """Keep what an article says now where that is a change; a new timestamp or counter is none."""
        known = await self.of(article_id)
        document = reading.document
        if not known or known[-1].content_hash == reading.content_hash:
            return False
        last = known[-1]
        found = await asyncio.to_thread(change, last.title, last.text, document.title, document.text)
        own = is_version(found, last.text, same_reader=document.reader == last.reader)
        if not own or not await self._add(article_id, last.number + 1, reading, now):
            return False
        _tell(article_id, last.number + 1, found)
        return True

    async def of(self, article_id: int) -> list[Version]:
        """Return every version of an article, the first one first."""
        first = sa.select(sa.literal(1).label("number"), D.read_at.label("seen_at"), *_said(D))
        later = sa.select(V.number, V.seen_at, *_said(V)).order_by(V.number)
        first, later = first.where(D.article_id == article_id), later.where(V.article_id == article_id)
        rows = await self._database.read(lambda c: [*c.execute(first), *c.execute(later)])
        return [Version(*row) for row in rows]

    async def _add(self, article_id: int, number: int, reading: Reading, now: datetime) -> bool:
        row = {
            "article_id": article_id,
            "number": number,
            "content_hash": reading.content_hash,
            "title": reading.document.title,
            "text": reading.document.text,
            "reader": reading.document.reader,
            "seen_at": now,
        }

        def work(connection: Connection) -> bool:
            connection.execute(sa.select(D.article_id).where(D.article_id == article_id).with_for_update())
            taken = sa.select(V.number).where(V.article_id == article_id, V.number >= number)
            if connection.execute(taken).first():
                return False  # somebody else looked at the same moment
            connection.execute(t.versions.insert().values(row))
            return True

        return await self._database.write(work)


def _said(columns: Any) -> tuple[Any, ...]:
    return columns.title, columns.text, columns.content_hash, columns.reader


def _tell(article_id: int, number: int, found: Change) -> None:
    log.info(
        "article.changed",
        article=article_id,
        version=number,
        removed=len(found.removed),
        added=len(found.added),
        title=found.title or None,
    )
