"""Read: fetch an article's page, extract its document, note it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from monitor.domain.challenges import challenge_of
from monitor.domain.errors import MonitorError, Permanent
from monitor.domain.model import Article, Hints, Page, Reading, Request, Source
from monitor.domain.pages import page_of
from monitor.domain.retries import Again, Failed, after_failure
from monitor.domain.schedule import retry_after_of
from monitor.ports import Clock, Fetcher, Reader, ReadStore, Recorder, Robots

LARGEST_PAGE = 8 * 1024 * 1024  # bytes
Here = Callable[[], object]  # says that the page is here: nothing more is asked of its host
ACCEPT = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.5"


@dataclass(frozen=True)
class Fate:
    """What came of one attempt: read, again, failed, or lost (the lease ended meanwhile), why, and who read it."""

    word: str
    reason: str = ""
    reader: str = ""


async def read(
    article: Article,
    source: Source,
    *,
    fetcher: Fetcher,
    robots: Robots,
    reader: Reader,
    store: ReadStore,
    clock: Clock,
    recorder: Recorder | None = None,
    here: Here = lambda: None,
) -> Fate:
    """Read one leased article and return its fate; a recorder keeps the page in the local archive."""
    try:
        reading = await _reading(
            article, source, fetcher=fetcher, robots=robots, reader=reader, recorder=recorder, here=here
        )
    except MonitorError as error:
        return await _give_up(article, error, store, clock)
    held = await store.settle_reading(article, reading, now=clock.now())
    return Fate("read", reader=reading.document.reader) if held else Fate("lost")


async def _reading(
    article: Article,
    source: Source,
    *,
    fetcher: Fetcher,
    robots: Robots,
    reader: Reader,
    recorder: Recorder | None,
    here: Here,
) -> Reading:
    hints = hints_of(article, source)
    if source.full_text and (article.entry.content or article.entry.summary):
        here()
        return await reader.read_entry(article.entry, hints)
    if source.robots == "obey" and not await robots.allowed(article.url):
        raise Permanent("robots", detail="the site asks robots not to read this page")
    page = await _fetch(article, source, fetcher, recorder)
    here()
    return await reader.read(page, hints)


async def _fetch(article: Article, source: Source, fetcher: Fetcher, recorder: Recorder | None) -> Page:
    request = Request(
        article.url,
        headers=source.headers,
        cookies=source.cookies,
        proxy=source.proxy,
        user_agent=source.user_agent,
        timeout=max(source.timeout, timedelta(seconds=20)),
        max_bytes=LARGEST_PAGE,
        accept=ACCEPT,
        keep_received=recorder is not None,
    )
    response = await fetcher.fetch(request)
    page = page_of(
        response,
        challenge=challenge_of(response) or "",
        retry_after=retry_after_of(response.headers, response.fetched_at),
    )
    if recorder is not None:  # only what is a page: walls and errors prove nothing
        await recorder.record(response)
    return page


async def _give_up(article: Article, error: MonitorError, store: ReadStore, clock: Clock) -> Fate:
    now = clock.now()
    match after_failure(error, attempts=article.attempts, now=now):
        case Again(due_at, reason):
            held, word = await store.postpone(article, reason, due_at), "again"
        case Failed(reason):
            held, word = await store.fail(article, reason, now=now), "failed"
    return Fate(word if held else "lost", reason)


def hints_of(article: Article, source: Source) -> Hints:
    """Return what the source and its entry know about the page."""
    entry = article.entry
    return Hints(
        title=entry.title,
        published_at=entry.published_at,
        language=entry.language or source.language,
        publisher=entry.publisher or source.publisher,
        country=source.country,
        timezone=source.timezone,
        encoding=source.encoding if source.kind == "listing" else "",
        authors=entry.authors,
        select=source.text,
    )
