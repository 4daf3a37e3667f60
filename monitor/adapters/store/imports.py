"""Takes documents that were read elsewhere: they enter as `read` and wait for the decider."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from monitor.adapters import tables as t
from monitor.adapters.engine import Database
from monitor.adapters.store.articles import write_readings
from monitor.adapters.store.rows import insert_new
from monitor.domain.model import Reading, State
from monitor.domain.tickets import Ticket


@dataclass(frozen=True)
class Imported:
    """One ready document with its address and identity."""

    url_key: str
    url: str
    host: str
    reading: Reading


class Imports:
    """Writes ready documents; those whose address is known already are left alone."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def known(self, url_keys: Sequence[str]) -> set[str]:
        """Return which of these articles were seen before."""
        query = sa.select(t.articles.c.url_key).where(t.articles.c.url_key.in_(list(url_keys)))
        return await self._database.read(lambda connection: set(connection.execute(query).scalars()))

    async def add(self, documents: Sequence[Imported], *, source: str, now: datetime) -> int:
        """Note documents in state `read`, in one transaction; return how many were new."""

        def work(connection: Connection) -> int:
            rows = [
                {
                    "url_key": one.url_key,
                    "url": one.url,
                    "host": one.host,
                    "source": source,
                    "entry": {},
                    "found_at": now,
                    "state": State.READ.value,
                    "state_at": now,
                    "due_at": now,
                }
                for one in {one.url_key: one for one in documents}.values()
            ]
            inserted = insert_new(connection, t.articles, rows, "url_key")
            new = set(inserted.scalars()) if inserted else set()
            query = sa.select(t.articles.c.url_key, t.articles.c.id).where(t.articles.c.url_key.in_(new))
            ids = {row.url_key: row.id for row in connection.execute(query)}
            own = [(ids[one.url_key], one.reading, now) for one in documents if one.url_key in ids]
            write_readings(connection, own)
            if new:
                self._database.announce(connection, Ticket("decide"))
            return len(new)

        return await self._database.write(work)
