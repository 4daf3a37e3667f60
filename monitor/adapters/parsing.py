"""Worker processes behind the Parser port: small pages go there together, for the way costs more than the work."""

import asyncio
import pickle
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from monitor.adapters.pool import Pool
from monitor.adapters.store.gathered import Gathered
from monitor.domain.errors import MonitorError, Transient
from monitor.domain.model import Entry, Feed, Response, Source

PARSE_SECONDS = 20.0
SMALL = 128 * 1024  # bytes of a page that shares a message
TOGETHER = 16
PIECE = 1000  # entries

Asked = tuple[Source, bytes, str, str, datetime]  # with content type and address of the page
Parsed = Feed | MonitorError


class PoolParser:
    """Implements ports.Parser."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._small = Gathered(self._parse_all, most=TOGETHER, at_once=pool.processes)

    async def parse(self, source: Source, response: Response, now: datetime) -> Feed:
        """Return the entries; raise Transient when the worker died over them."""
        content_type = response.headers.get("content-type", "")
        asked = (source, response.body, content_type, response.final_url, now)
        small = len(response.body) <= SMALL
        parsed = await self._small(asked) if small else await self._alone(asked)
        if isinstance(parsed, MonitorError):
            raise parsed
        return parsed

    async def _parse_all(self, asked: Sequence[Asked]) -> list[Parsed]:
        """Parse pages in one message; where their worker is lost, each is asked about alone: it was but one's fault."""
        try:
            return await self._pool.run(parse_pages, asked, timeout=PARSE_SECONDS)
        except Transient:
            if len(asked) == 1:
                raise
            return [await self._alone(one) for one in asked]

    async def _alone(self, asked: Asked) -> Parsed:
        try:
            feed, pieces = await self._pool.run(parse_page, asked, timeout=PARSE_SECONDS)
        except MonitorError as error:
            return error
        entries: list[Entry] = []
        for piece in pieces:
            entries += pickle.loads(piece)  # noqa: S301 - from our own child
            await asyncio.sleep(0)  # fifty thousand at once would hold up the loop for a quarter of a second
        return replace(feed, entries=tuple(entries))


def parse_pages(asked: Sequence[Asked]) -> list[Parsed]:
    """Parse the pages of sources in a worker process; what is wrong with one is its own result."""
    return [_parsed(one) for one in asked]


def parse_page(asked: Asked) -> tuple[Feed, list[bytes]]:
    """Parse one page that may be long: its entries come apart, in pieces that are quickly opened."""
    from monitor.adapters.feeds import parse_feed

    feed = parse_feed(*asked)
    entries = feed.entries
    pieces = [entries[start : start + PIECE] for start in range(0, len(entries), PIECE)]
    return replace(feed, entries=()), [pickle.dumps(piece, pickle.HIGHEST_PROTOCOL) for piece in pieces]


def _parsed(asked: Asked) -> Parsed:
    from monitor.adapters.feeds import parse_feed

    try:
        return parse_feed(*asked)
    except MonitorError as error:
        return error
