"""Poll: ask a source what is new, note its entries and how it is."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from monitor.domain.errors import MonitorError, Permanent
from monitor.domain.model import Entry, Feed, Request, Response, Source, SourceState
from monitor.domain.requests import merged, part_requests, requests_for
from monitor.domain.schedule import after_poll, classify, outcome_of, unchanged
from monitor.domain.urls import host_of, url_key
from monitor.ports import Clock, Fetcher, Found, Parser, Poll, PollStore

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


async def poll(
    source: Source,
    state: SourceState | None = None,
    *,
    fetcher: Fetcher,
    parser: Parser,
    store: PollStore,
    clock: Clock,
) -> Polled:
    """Poll one source, write down what it brought, and return that; `state` is what is known of it, if at hand."""
    state, began = state or await store.source_state(source.name), clock.now()
    answer = await ask(source, state, fetcher=fetcher, parser=parser, store=store, clock=clock)
    found = found_in(answer.feed)
    unseen = await store.unseen(source.name, [one.url_key for one in found])
    now = clock.now()
    after = after_poll(
        source, state, answer=answer.first, feed=answer.feed, new=len(unseen), now=now, jitter=random.random()  # noqa: S311 - no secret
    )  # fmt: skip
    line = Poll(
        source.name,
        now,
        outcome_of(answer.first, answer.feed),
        entries=len(found),
        seconds=(now - began).total_seconds(),
        detail=_detail(answer),
    )
    new = await store.settle_poll(after, [one for one in found if one.url_key in unseen], line)
    return Polled(
        Poll(line.source, line.at, line.outcome, line.entries, new, line.seconds, line.detail), after, state
    )


async def ask(
    source: Source, state: SourceState, *, fetcher: Fetcher, parser: Parser, store: PollStore, clock: Clock
) -> Answer:
    """Fetch and parse the pages of a poll; further pages only while each brings something new."""
    first, *further = requests_for(source, state, clock.now())
    try:
        response = await fetcher.fetch(first)
        if classify(response) or unchanged(source, state, response):
            return Answer(response)
        feeds = [await parser.parse(source, response, clock.now())]
    except MonitorError as error:
        return Answer(error)
    for request in [*further, *part_requests(source, feeds[0], clock.now())]:
        if request in further and not await _brings_new(source, feeds[-1], store):
            continue
        if page := await _further(request, source, fetcher, parser, clock):
            feeds.append(page)
    return Answer(response, merged(feeds))


def found_in(feed: Feed | None) -> list[Found]:
    """Return the entries with the identities of their articles; what has no identity is left out."""
    return [one for entry in (feed.entries if feed else ()) if (one := _found(entry))]


async def _brings_new(source: Source, feed: Feed, store: PollStore) -> bool:
    return bool(await store.unseen(source.name, [one.url_key for one in found_in(feed)]))


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
