"""Watch: look again at pages that articles were read from, and say which are gone or changed."""

from collections.abc import Callable
from datetime import datetime, timedelta

from monitor.domain.challenges import challenge_of
from monitor.domain.errors import MonitorError, Permanent
from monitor.domain.model import Kind, Reading, Request, Source
from monitor.domain.pages import page_of
from monitor.domain.schedule import retry_after_of
from monitor.domain.watching import Link, LinkChange, Sight, Watched, after_failure, after_sight
from monitor.ports import Clock, Fetcher, Reader, Robots, VersionStore, WatchStore
from monitor.stages.read import ACCEPT, LARGEST_PAGE, hints_of

LEASE = timedelta(minutes=10)
BATCH = 10
TIME = timedelta(seconds=30)


async def look_again(
    *,
    store: WatchStore,
    sources: Callable[[str], Source | None],
    fetcher: Fetcher,
    robots: Robots,
    reader: Reader,
    alike: Callable[[bytes, bytes], float],
    clock: Clock,
    versions: VersionStore | None = None,
    limit: int = BATCH,
) -> list[LinkChange]:
    """Look at pages that are due, one after the other, and return those whose state changed.

    `alike` tells how much of one text another holds, from their sketches (0 – 1); `versions` keeps what changed.
    """
    changes = []
    for watched in await store.take_watched(limit, now=clock.now(), lease=LEASE):
        source = sources(watched.article.source)
        try:
            reading, final_url = await _look(watched, source, fetcher=fetcher, robots=robots, reader=reader)
            sight = _sight(watched, reading, final_url, alike)
            seen, due_at = after_sight(watched, sight, clock.now())
            if versions is not None and seen.state is Link.ALIVE and watched.baseline:
                await versions.keep(watched.article.id, reading, now=clock.now())
        except MonitorError as error:
            seen, due_at = after_failure(watched, error, clock.now())
        changes += await _settle(store, watched, seen, due_at, clock.now())
    return changes


async def _look(
    watched: Watched,
    source: Source | None,
    *,
    fetcher: Fetcher,
    robots: Robots,
    reader: Reader,
) -> tuple[Reading, str]:
    """Read the page as it was read the first time; a source that is no longer listed has no settings of its own."""
    article = watched.article
    if source is None:
        source = Source(article.source, Kind.RSS, article.url)
    if source.robots == "obey" and not await robots.allowed(article.url):
        raise Permanent("robots")
    request = Request(
        article.url,
        headers=source.headers,
        cookies=source.cookies,
        proxy=source.proxy,
        user_agent=source.user_agent,
        timeout=TIME,
        max_bytes=LARGEST_PAGE,
        accept=ACCEPT,
    )
    response = await fetcher.fetch(request)
    page = page_of(
        response,
        challenge=challenge_of(response) or "",
        retry_after=retry_after_of(response.headers, response.fetched_at),
    )
    return await reader.read(page, hints_of(article, source)), response.final_url


def _sight(
    watched: Watched, reading: Reading, final_url: str, alike: Callable[[bytes, bytes], float]
) -> Sight:
    share = alike(watched.sketch, reading.sketch) if watched.sketch else 1.0
    return Sight(reading.content_hash, share, final_url)


async def _settle(
    store: WatchStore, before: Watched, seen: Watched, due_at: datetime, now: datetime
) -> list[LinkChange]:
    if not await store.settle_watched(seen, due_at=due_at, now=now) or before.state is seen.state:
        return []
    return [LinkChange(seen.article.id, seen.article.url, before.state, seen.state, seen.reason)]
