"""sources list | show | test | add | import | export: what is watched and how it is."""

import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import click

from monitor.adapters.dispatch.inline import Tickets
from monitor.commands.common import (
    SOME_FAILED,
    asynchronous,
    configuration,
    err,
    json_option,
    out,
    plain,
    print_json,
    print_table,
    settings,
)
from monitor.config import Configuration
from monitor.daemon import System, open_stores
from monitor.domain.errors import MonitorError
from monitor.domain.model import Article, Entry, Health, Kind, Reading, Request, Source, SourceState
from monitor.domain.pages import page_of
from monitor.line import Line, open_line
from monitor.stages.poll import Answer, ask
from monitor.stages.read import hints_of

RATE_DAYS = 14


@click.group()
def sources() -> None:
    """List, look at, try and change what is watched."""


@dataclass(frozen=True)
class SourceLine:
    """One source as `sources list --json` prints it."""

    name: str
    kind: Kind
    url: str
    status: Health
    reason: str
    since: datetime | None
    last_polled_at: datetime | None
    next_poll_at: datetime | None
    entries_per_day: float


async def lines_of(system: System) -> list[SourceLine]:
    """Return every listed source with its state, the disabled ones too."""
    now = system.clock.now()
    states = await system.stores.polls.source_states(list(system.watch.configuration.sources))
    rates = await system.stores.polls.entries_per_day(now - timedelta(days=RATE_DAYS), now)
    disabled = system.watch.configuration.disabled
    return [
        _line(source, states[name], rates.get(name, 0.0), disabled.get(name))
        for name, source in system.watch.configuration.sources.items()
    ]


def _line(source: Source, state: SourceState, rate: float, disabled: str | None) -> SourceLine:
    off = disabled is not None
    return SourceLine(
        name=source.name,
        kind=source.kind,
        url=source.url,
        status=Health.DISABLED if off else state.status,
        reason=(disabled or "disabled in sources.yaml") if off else state.reason,
        since=state.since,
        last_polled_at=state.last_polled_at,
        next_poll_at=None if off else state.next_poll_at,
        entries_per_day=rate,
    )


@sources.command("list")
@json_option
@asynchronous
async def list_sources(as_json: bool) -> None:
    """List every source with its status, the reason and since when."""
    loaded = settings()
    async with open_stores(loaded, configuration(loaded)) as system:
        lines = await lines_of(system)
    if as_json:
        print_json(lines)
        return
    print_table(
        ["name", "kind", "status", "since", "next poll", "entries/day", "reason"],
        [
            (s.name, s.kind.value, s.status.value, s.since, s.next_poll_at, s.entries_per_day, s.reason)
            for s in lines
        ],
    )


@sources.command()
@click.argument("name")
@json_option
@asynchronous
async def show(name: str, as_json: bool) -> None:
    """Show one source: its configuration, its state and its last polls."""
    loaded = settings()
    watched = configuration(loaded)
    source = _known(watched, name)
    async with open_stores(loaded, watched) as system:
        state = await system.stores.polls.source_state(name)
        recent = await system.stores.polls.recent(name, 20)
    if as_json:
        print_json({"source": source, "state": state, "polls": recent})
        return
    for key, value in plain(source).items():
        if value:
            out.print(f"{key:20} {value}", markup=False)
    out.print()
    for key, value in plain(state).items():
        if value:
            out.print(f"{key:20} {value}", markup=False)
    rows = [(p.at, p.outcome, p.entries, p.new, f"{p.seconds:.2f} s", p.detail) for p in recent]
    print_table(["at", "outcome", "entries", "new", "time", "detail"], rows, title="\nLast polls")


def _known(watched: Configuration, name: str) -> Source:
    if name in watched.sources:
        return watched.sources[name]
    from monitor.config.problems import nearest

    raise click.BadParameter(f"no source {name!r}; {nearest(name, watched.sources)}")


@sources.command()
@click.argument("name_or_url")
@json_option
@click.option("--entries", default=10, show_default=True, help="How many entries to show.")
@asynchronous
async def test(name_or_url: str, as_json: bool, entries: int) -> None:
    """Poll a source without storing anything; show its entries and one extracted article."""
    loaded = settings()
    watched = configuration(loaded)
    source = _source_for(watched, name_or_url)
    async with open_stores(loaded, watched) as system, open_line(system, Tickets()) as line:
        answer = await _ask(line, source)
        article = await _first_article(line, source, answer)
    if as_json:
        print_json(_as_json(source, answer, article))
    else:
        _print_test(source, answer, article, entries)
    sys.exit(0 if answer.feed is not None and answer.feed.entries else SOME_FAILED)


def _source_for(watched: Configuration, name_or_url: str) -> Source:
    if not name_or_url.startswith(("http://", "https://")):
        return _known(watched, name_or_url)
    for source in watched.sources.values():
        if source.url == name_or_url:
            return source
    return Source("test", Kind.RSS, name_or_url)


class _Nothing:
    """A store that knows no article, so that a test shows every entry."""

    async def unseen(self, source: str, url_keys: Any) -> int:  # noqa: ARG002 - part of the port
        return len(url_keys)


async def _ask(line: Line, source: Source) -> Answer:
    store: Any = _Nothing()
    state = SourceState(source.name)
    return await ask(
        source, state, fetcher=line.http, parser=line.parser, store=store, clock=line.system.clock
    )


async def _first_article(line: Line, source: Source, answer: Answer) -> Reading | str:
    """Return the reading of the first entry, or why there is none."""
    if answer.feed is None or not answer.feed.entries:
        return "no entry to read"
    entry = answer.feed.entries[0]
    article = Article(0, entry.url, source.name, entry, line.system.clock.now())
    hints = hints_of(article, source)
    try:
        if source.full_text and (entry.content or entry.summary):
            return await line.reader.read_entry(entry, hints)
        response = await line.http.fetch(Request(entry.url, headers=source.headers))
        return await line.reader.read(page_of(response, challenge="", retry_after=None), hints)
    except MonitorError as error:
        return str(error)


def _as_json(source: Source, answer: Answer, article: Reading | str) -> dict[str, Any]:
    feed = answer.feed
    return {
        "source": source.name,
        "outcome": feed.outcome if feed else str(answer.first),
        "entries": list(feed.entries) if feed else [],
        "rejected": dict(feed.rejected) if feed else {},
        "article": article.document if isinstance(article, Reading) else None,
        "article_error": article if isinstance(article, str) else None,
    }


def _print_test(source: Source, answer: Answer, article: Reading | str, most: int) -> None:
    feed = answer.feed
    if feed is None:
        err.print(f"{source.url}: {answer.first}", style="red", markup=False)
        return
    out.print(f"{source.url}: {feed.outcome}, {len(feed.entries)} entries {feed.detail}", markup=False)
    print_table(
        ["published", "title", "address"], [(_when(e), e.title[:70], e.url) for e in feed.entries[:most]]
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
