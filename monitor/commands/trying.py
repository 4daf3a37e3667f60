"""sources test: one source as the daemon would poll and read it, without storing anything."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import click

from monitor.adapters.reading import Plan
from monitor.adapters.robots import Robots
from monitor.adapters.workers import PoolReader
from monitor.commands.common import (
    SOME_FAILED,
    asynchronous,
    configuration,
    err,
    json_option,
    out,
    print_json,
    print_table,
    settings,
    short,
)
from monitor.commands.looking import Eyes, open_eyes
from monitor.config import Configuration
from monitor.config.problems import nearest
from monitor.domain.errors import MonitorError, Permanent
from monitor.domain.model import Article, Entry, Feed, Kind, Reading, Source
from monitor.domain.schedule import outcome_of
from monitor.domain.urls import host_of
from monitor.stages.poll import Answer
from monitor.stages.read import read


@click.command()
@click.argument("name_or_url")
@json_option
@click.option("--entries", default=10, show_default=True, help="How many entries to show.")
@asynchronous
async def test(name_or_url: str, as_json: bool, entries: int) -> None:
    """Poll a source without storing anything; show its entries and one extracted article."""
    loaded = settings()
    watched = configuration(loaded)
    source = _source_for(watched, name_or_url)
    async with open_eyes(loaded) as eyes:
        answer = await eyes.ask(source)
        article = await _first_article(eyes, source, answer.feed, watched.publishers, loaded.USER_AGENT)
    if as_json:
        print_json(_as_json(source, answer, article))
    else:
        _print(source, answer, article, entries)
    sys.exit(0 if answer.feed is not None and answer.feed.entries else SOME_FAILED)


def known_source(watched: Configuration, name: str) -> Source:
    """Return a listed source; end the command with the nearest name where there is none."""
    if name in watched.sources:
        return watched.sources[name]
    raise click.BadParameter(f"no source {name!r}; {nearest(name, watched.sources)}")


def _source_for(watched: Configuration, name_or_url: str) -> Source:
    if not name_or_url.startswith(("http://", "https://")):
        return known_source(watched, name_or_url)
    listed = (source for source in watched.sources.values() if source.url == name_or_url)
    return next(listed, Source("test", Kind.RSS, name_or_url))


@dataclass
class _Sheet:
    """A store for one article that only remembers what came of it."""

    outcome: Reading | str = ""

    async def settle_reading(self, _article: Article, reading: Reading, *, now: datetime) -> bool:  # noqa: ARG002 - part of the port
        self.outcome = reading
        return True

    async def postpone(self, _article: Article, reason: str, _due_at: datetime) -> bool:
        self.outcome = reason
        return True

    async def fail(self, _article: Article, reason: str, *, now: datetime) -> bool:  # noqa: ARG002 - part of the port
        self.outcome = reason
        return True


async def _first_article(
    eyes: Eyes,
    source: Source,
    feed: Feed | None,
    publishers: Mapping[str, tuple[str, ...]],
    user_agent: str,
) -> Reading | str:
    """Return the reading of the first entry, or why there is none."""
    if feed is None or not feed.entries:
        return "no entry to read"
    sheet: Any = _Sheet()
    await read(
        _article(feed.entries[0], source, eyes.clock.now()),
        source,
        fetcher=eyes.http,
        robots=Robots(eyes.http, user_agent=user_agent, clock=eyes.clock),
        reader=PoolReader(eyes.pool, lambda: Plan(publishers=tuple(publishers.items()))),
        store=sheet,
        clock=eyes.clock,
    )
    outcome: Reading | str = sheet.outcome
    return outcome


def said(answer: Answer) -> str:
    """Return what a poll came to: what its page was, else the error, else the status that was no page."""
    if answer.feed is None and isinstance(answer.first, MonitorError):
        return str(answer.first)  # with its detail
    return outcome_of(answer.first, answer.feed)


def _article(entry: Entry, source: Source, now: datetime) -> Article:
    try:
        host = host_of(entry.url)
    except Permanent:
        host = ""
    return Article(0, entry.url, source.name, entry, now, host=host)


def _as_json(source: Source, answer: Answer, article: Reading | str) -> dict[str, Any]:
    feed = answer.feed
    return {
        "source": source.name,
        "outcome": said(answer),
        "entries": list(feed.entries) if feed else [],
        "rejected": dict(feed.rejected) if feed else {},
        "article": article.document if isinstance(article, Reading) else None,
        "article_error": article if isinstance(article, str) else None,
    }


def _print(source: Source, answer: Answer, article: Reading | str, most: int) -> None:
    feed = answer.feed
    if feed is None:
        err.print(f"{source.url}: {said(answer)}", style="red", markup=False)
        return
    out.print(f"{source.url}: {feed.outcome}, {len(feed.entries)} entries {feed.detail}", markup=False)
    print_table(
        ["published", "title", "address"],
        [(_when(e), short(e.title, 70), e.url) for e in feed.entries[:most]],
    )
    for reason, count in feed.rejected.items():
        out.print(f"refused: {count} {reason}", markup=False)
    if isinstance(article, str):
        err.print(f"first article: {article}", style="red", markup=False)
        return
    document = article.document
    out.print(
        f"\n{document.title}\n{document.publisher} · {document.published_at} · {document.language}",
        markup=False,
    )
    out.print(document.text[:1200], markup=False)


def _when(entry: Entry) -> datetime | str:
    return entry.published_at or entry.published_raw or "–"
