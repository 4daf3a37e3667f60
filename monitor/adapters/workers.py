"""The worker processes behind the ports that need them."""

from collections.abc import Callable
from dataclasses import replace

import structlog

from monitor.adapters.embed import MODEL, RemoteEncoder, encode, passage
from monitor.adapters.pool import Pool
from monitor.adapters.reading import (
    Plan,
    complete_all,
    read_article,
    read_by_site,
    read_entry_article,
    worth_encoding,
)
from monitor.adapters.template_shelf import Shelf
from monitor.domain.errors import MonitorError
from monitor.domain.model import Document, Entry, Hints, Page, Reading
from monitor.domain.templates import template_key

log = structlog.get_logger("monitor")

READ_SECONDS = 25.0  # a page that takes longer is built to; the first one also loads the encoder


class PoolReader:
    """Implements ports.Reader; `plan` is asked for at every page, so that a reload takes effect.

    With a `remote` encoder the vectors come from its service; without an answer words alone decide.
    With a `shelf` pages are read by what is known of their site; without one each page stands alone.
    """

    def __init__(
        self,
        pool: Pool,
        plan: Callable[[], Plan],
        remote: RemoteEncoder | None = None,
        shelf: Shelf | None = None,
    ) -> None:
        self._pool, self._plan, self._remote, self._shelf = pool, plan, remote, shelf

    async def read(self, page: Page, hints: Hints) -> Reading:
        """Return the reading of a page."""
        return await self._encoded(await self._read(page, hints))

    async def _read(self, page: Page, hints: Hints) -> Reading:
        if self._shelf is None:
            return await self._pool.run(read_article, page, hints, self._plan(), timeout=READ_SECONDS)
        site = template_key(page.final_url or page.url)
        template = await self._shelf.take(site)
        if template is None:
            return await self._pool.run(read_article, page, hints, self._plan(), timeout=READ_SECONDS)
        arguments = (page, hints, self._plan(), template)
        reading, experience = await self._pool.run(read_by_site, *arguments, timeout=READ_SECONDS)
        await self._shelf.note(site, experience)
        return reading

    async def read_entry(self, entry: Entry, hints: Hints) -> Reading:
        """Return the reading of an entry that carries the whole text."""
        return await self._encoded(
            await self._pool.run(read_entry_article, entry, hints, self._plan(), timeout=READ_SECONDS)
        )

    async def complete(self, documents: list[Document]) -> list[Reading]:
        """Return the readings of documents that were read elsewhere."""
        seconds = READ_SECONDS + len(documents)
        readings = await self._pool.run(complete_all, documents, self._plan(), timeout=seconds)
        return [await self._encoded(reading) for reading in readings]

    async def encode(self, texts: list[str]) -> list[bytes]:
        """Return the vectors of a few texts, such as the examples of topics."""
        if self._remote is not None:
            return await self._remote.encode(texts)
        return await self._pool.run(encode, texts, timeout=READ_SECONDS + len(texts))

    @property
    def model(self) -> str:
        """The name of the encoder."""
        return self._remote.model if self._remote is not None else MODEL

    async def _encoded(self, reading: Reading) -> Reading:
        document = reading.document
        if self._remote is None or not worth_encoding(document, self._plan().topics):
            return reading
        try:
            (vector,) = await self._remote.encode([passage(document.title, document.text)])
        except MonitorError as error:
            log.warning("encoder.failed", reason=str(error))
            return reading
        return replace(reading, vector=vector or None, vector_model=self._remote.model)
