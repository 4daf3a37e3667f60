"""The worker processes behind the ports that need them."""

from collections.abc import Callable
from datetime import datetime

from monitor.adapters.pool import Pool
from monitor.adapters.reading import Plan, complete_all, parse, read_article, read_entry_article
from monitor.domain.model import Document, Entry, Feed, Hints, Page, Reading, Response, Source

READ_SECONDS = 15.0  # a page that takes longer is built to
PARSE_SECONDS = 20.0


class PoolParser:
    """Implements ports.Parser."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def parse(self, source: Source, response: Response, now: datetime) -> Feed:
        """Return the entries; raise Transient when the worker died over them."""
        content_type = response.headers.get("content-type", "")
        arguments = (source, response.body, content_type, response.final_url, now)
        return await self._pool.run(parse, *arguments, timeout=PARSE_SECONDS)


class PoolReader:
    """Implements ports.Reader; `plan` is asked for at every page, so that a reload takes effect."""

    def __init__(self, pool: Pool, plan: Callable[[], Plan]) -> None:
        self._pool, self._plan = pool, plan

    async def read(self, page: Page, hints: Hints) -> Reading:
        """Return the reading of a page."""
        return await self._pool.run(read_article, page, hints, self._plan(), timeout=READ_SECONDS)

    async def read_entry(self, entry: Entry, hints: Hints) -> Reading:
        """Return the reading of an entry that carries the whole text."""
        return await self._pool.run(read_entry_article, entry, hints, self._plan(), timeout=READ_SECONDS)

    async def complete(self, documents: list[Document]) -> list[Reading]:
        """Return the readings of documents that were read elsewhere."""
        seconds = READ_SECONDS + len(documents)
        return await self._pool.run(complete_all, documents, self._plan(), timeout=seconds)
