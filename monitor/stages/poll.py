"""Poll: ask a source what is new, note its entries and how it is."""

import asyncio
import random
from array import array
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from monitor.domain.errors import MonitorError, Permanent
from monitor.domain.model import Entry, Feed, Request, Response, Source, SourceState
from monitor.domain.requests import explained, merged, part_requests, requests_for
from monitor.domain.schedule import after_poll, classify, outcome_of, unchanged
from monitor.domain.urls import host_of, url_key
from monitor.ports import Clock, Fetcher, Found, Parser, Poll, PollStore, WatchStore

LATELY = timedelta(days=2)
MOST_EDITED = 50  # entries of one poll that are asked about
FEW = 200  # entries whose identities take no more than a few milliseconds
GOOD = frozenset({"feed", "not-modified", "same-body"})


@dataclass(frozen=True)
class Polled:
    """What a poll brought, and what is known of the source after it and was known before."""

    poll: Poll
    state: SourceState
    before: SourceState


@dataclass(frozen=True)
class Answer:
    """The first page's response or the error instead of it, and what was parsed."""

    first: Response | MonitorError
    feed: Feed | None = None


@dataclass
class Seen:
    """The addresses that the last poll of each source held, as numbers: what is still there needs no look-up."""

    _held: "dict[str, array[int]]" = field(default_factory=dict)
    _said: "dict[str, array[int]]" = field(default_factory=dict)

    def fresh(self, source: str, entries: Sequence[Entry]) -> list[Entry]:
        """Return the entries that were not there at the last poll."""
        known = set(self._held.get(source, ()))
        return [entry for entry in entries if hash(entry.url) not in known]

    def edited(self, source: str, entries: Sequence[Entry], now: datetime) -> list[Entry]:
        """Return the entries that say something else than at the last poll; at the first one, those edited lately."""
        if source not in self._held:
            return [one for one in entries if one.modified_at and now - one.modified_at <= LATELY]
        said = dict(zip(self._held[source], self._said[source], strict=True))
        return [one for one in entries if said.get(hash(one.url), _said(one)) != _said(one)]

    def keep(self, source: str, entries: Sequence[Entry]) -> None:
        """Remember what a poll held, once it is written down."""
        self._held[source] = array("q", [hash(entry.url) for entry in entries])
        self._said[source] = array("q", [_said(entry) for entry in entries])


def _said(entry: Entry) -> int:
    return hash((entry.title, entry.modified_at))


async def poll(
    source: Source,
    state: SourceState | None = None,
    *,
    fetcher: Fetcher,
    parser: Parser,
    store: PollStore,
    clock: Clock,
    seen: Seen | None = None,
    watch: WatchStore | None = None,
) -> Polled:
    """Poll one source, write down what it brought, and return that.

    `state` is what is known of the source, if that is at hand; `seen` remembers what its last poll held; `watch` is
    told which entries say that their pages were edited.
    """
    seen = seen or Seen()
    state, began = state or await store.source_state(source.name), clock.now()
    answer = await ask(source, state, fetcher=fetcher, parser=parser, store=store, clock=clock)
    entries = answer.feed.entries if answer.feed else ()
    fresh = seen.fresh(source.name, entries)
    found = await _all_found(fresh)
    unseen = await store.unseen(source.name, [one.url_key for one in found])
    now = clock.now()
    after = after_poll(
        source, state, answer=answer.first, feed=answer.feed, new=len(unseen), now=now, jitter=random.random()  # noqa: S311 - no secret
    )  # fmt: skip
    line = _line(source.name, answer, len(entries) - len(fresh) + len(found), began, now)
    new = await store.settle_poll(after, [one for one in found if one.url_key in unseen], line)
    if answer.feed:
        if watch:
            await _note_edited(watch, source.name, seen.edited(source.name, entries, now), unseen, now)
        seen.keep(source.name, entries)
    return Polled(replace(line, new=new) if new else line, after, state)


def _line(source: str, answer: Answer, entries: int, began: datetime, now: datetime) -> Poll:
    """Return what is written down of a poll before it is known what was new."""
    seconds = (now - began).total_seconds()
    outcome = outcome_of(answer.first, answer.feed)
    return Poll(source, now, outcome, entries=entries, seconds=seconds, detail=_detail(answer))


async def _note_edited(
    watch: WatchStore, source: str, entries: Sequence[Entry], unseen: Container[str], now: datetime
) -> None:
    """Tell the watch of known pages that their source calls edited; new ones are read anyway."""
    edited = [one for one in found_in(entries) if one.url_key not in unseen]
    if edited:
        await watch.note_edited(source, edited[:MOST_EDITED], now=now)


async def ask(
    source: Source, state: SourceState, *, fetcher: Fetcher, parser: Parser, store: PollStore, clock: Clock
) -> Answer:
    """Fetch and parse the pages of a poll; further pages only while each brings something new."""
    first, *further = requests_for(source, state, clock.now())
    try:
        response = await fetcher.fetch(first)
        if classify(response) or unchanged(source, state, response):
            return Answer(response)
        parsed = await parser.parse(source, response, clock.now())
    except MonitorError as error:
        return Answer(error)
    feeds = [explained(parsed, response, first.max_bytes)]
    for request in [*further, *part_requests(source, feeds[0], clock.now())]:
        if request in further and not await _brings_new(source, feeds[-1], store):
            continue
        if page := await _further(request, source, fetcher, parser, clock):
            feeds.append(page)
    return Answer(response, merged(feeds))


def found_in(entries: Iterable[Entry]) -> list[Found]:
    """Return the entries with the identities of their articles; what has no identity is left out."""
    return [one for entry in entries if (one := _found(entry))]


async def _all_found(entries: Sequence[Entry]) -> list[Found]:
    """Find identities; those of a long list beside the event loop."""
    few = len(entries) <= FEW
    return found_in(entries) if few else await asyncio.to_thread(found_in, entries)


async def _brings_new(source: Source, feed: Feed, store: PollStore) -> bool:
    return bool(await store.unseen(source.name, [one.url_key for one in await _all_found(feed.entries)]))


async def _further(
    request: Request, source: Source, fetcher: Fetcher, parser: Parser, clock: Clock
) -> Feed | None:
    """Return a further page; trouble with it leaves what the first page brought."""
    try:
        response = await fetcher.fetch(request)
        return None if classify(response) else await parser.parse(source, response, clock.now())
    except MonitorError:
        return None


def _found(entry: Entry) -> Found | None:
    try:
        return Found(url_key(entry.url), host_of(entry.url), entry)
    except Permanent:
        return None


def _detail(answer: Answer) -> str:
    parts: Sequence[str] = ()
    if isinstance(answer.first, MonitorError):
        parts = [str(answer.first)]
    elif answer.feed is not None:
        refused = [f"{count} {reason}" for reason, count in answer.feed.rejected.items()]
        parts = [answer.feed.detail, ", ".join(refused)]
    return "; ".join(part for part in parts if part)
