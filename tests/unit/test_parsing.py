"""Small pages go to a worker process together; a page that kills it, or cannot be parsed, is its own trouble."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from monitor.adapters.parsing import SMALL, PoolParser
from monitor.domain.errors import Permanent, Transient
from monitor.domain.model import Feed, Kind, Rule, Source
from tests.fakes import NOON, bounded, response

URL = "https://example.org/feed"
PAGE = b"<rss><channel><item><title>%d</title><link>https://example.org/%d</link></item></channel></rss>"
DEADLY = PAGE % (6, 6)
SOURCE = Source("example", Kind.RSS, URL)


@dataclass
class OneProcess:
    """A pool that runs everything here, and loses its process over DEADLY."""

    processes: int = 1
    messages: list[int] = field(default_factory=list)

    async def run(self, function, asked, *, timeout):  # noqa: ASYNC109
        pages = asked if isinstance(asked, list) else [asked]
        self.messages.append(len(pages))
        await asyncio.sleep(0)
        if any(body == DEADLY for _, body, *_ in pages):
            raise Transient("worker-died")
        return function(asked)


async def parsed(parser, pages, sources=()):
    every = list(sources) or [SOURCE] * len(pages)
    calls = [
        parser.parse(source, response(URL, page), NOON) for source, page in zip(every, pages, strict=True)
    ]
    return await bounded(asyncio.gather(*calls, return_exceptions=True))


async def test_pages_that_come_together_share_a_message():
    pool = OneProcess()
    feeds = await parsed(PoolParser(pool), [PAGE % (n, n) for n in range(5)])
    assert [feed.entries[0].title for feed in feeds] == ["0", "1", "2", "3", "4"]
    assert pool.messages == [5]


async def test_a_large_page_goes_alone():
    pool = OneProcess()
    large = PAGE % (1, 1) + b" " * SMALL
    feeds = await parsed(PoolParser(pool), [large, large])
    assert [feed.outcome for feed in feeds] == ["feed", "feed"]
    assert pool.messages == [1, 1]


async def test_a_page_of_thousands_of_entries_comes_whole():
    items = b"".join(
        b"<item><title>%d</title><link>https://example.org/%d</link></item>" % (n, n) for n in range(2500)
    )
    page = b"<rss><channel><ttl>60</ttl>" + items + b"</channel></rss>"
    (feed,) = await parsed(PoolParser(OneProcess()), [page], [replace(SOURCE, max_entries=2400)])
    assert [entry.title for entry in feed.entries] == [str(n) for n in range(2400)]
    assert (feed.rejected, feed.ttl) == ({"over-limit": 100}, timedelta(hours=1))


async def test_the_page_that_kills_a_process_is_the_only_one_that_fails():
    pool = OneProcess()
    results = await parsed(PoolParser(pool), [PAGE % (5, 5), DEADLY, PAGE % (7, 7)])
    assert [type(result) for result in results] == [Feed, Transient, Feed]
    assert pool.messages == [3, 1, 1, 1]


async def test_an_expression_that_is_none_is_its_sources_trouble():
    bad = Source("bad", Kind.RSS, URL, block=(Rule("title", "("),))
    results = await parsed(PoolParser(OneProcess()), [PAGE % (1, 1)] * 2, [bad, SOURCE])
    assert [type(result) for result in results] == [Permanent, Feed]


async def test_as_many_messages_are_under_way_as_there_are_processes():
    pool = OneProcess(processes=2)
    parser = PoolParser(pool)
    first, second = (asyncio.create_task(parsed(parser, [PAGE % (n, n)])) for n in range(2))
    await bounded(asyncio.gather(first, second))
    assert sorted(pool.messages) in ([1, 1], [2])


async def test_what_a_lost_process_leaves_is_raised_to_a_lone_caller():
    with pytest.raises(Transient, match="worker-died"):
        await PoolParser(OneProcess()).parse(SOURCE, response(URL, DEADLY), NOON)
