"""Dead-link watch: what a look at a page means, and that pages are asked rarely and politely."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from monitor.domain.errors import Permanent, Transient
from monitor.domain.model import Article, Entry, Kind, Source
from monitor.domain.watching import (
    AGAIN,
    LAST,
    LOOKS,
    Link,
    Sight,
    Watched,
    after_failure,
    after_sight,
    interval,
)
from monitor.stages.watch import look_again
from tests.fakes import NOON, FakeClock, FakeReader, FakeRobots, FakeWeb, reading_of, response

URL = "https://example.org/2024/a.html"
ARTICLE = Article(7, URL, "example", Entry(URL, "A title"), NOON)
SOURCE = Source("example", Kind.RSS, "https://example.org/feed")
WORDS = b"<html><body>" + b"many words " * 100
KNOWN = reading_of(WORDS.decode()).content_hash
WATCHED = Watched(ARTICLE, baseline=KNOWN, sketch=b"sketch", token="t")
DAY = timedelta(days=1)


@dataclass
class FakeWatches:
    """A WatchStore of one page."""

    watched: Watched = WATCHED
    due_at: object = None
    lost: bool = False
    settled: list = field(default_factory=list)

    async def take_watched(self, limit, *, now, lease):
        return [self.watched]

    async def settle_watched(self, watched, *, due_at, now):
        if not self.lost:
            self.watched, self.due_at = watched, due_at
        return not self.lost


@dataclass
class FakeVersions:
    """A VersionStore that remembers what it was given."""

    kept: list = field(default_factory=list)

    async def keep(self, article_id, reading, *, now):
        self.kept.append((article_id, reading.document.text))
        return True


async def look(answer, *, store=None, share=1.0, source=SOURCE, reader=None, robots=None, versions=None):
    store = store or FakeWatches()
    changes = await look_again(
        store=store,
        sources=lambda _: source,
        fetcher=FakeWeb({URL: answer}),
        robots=robots or FakeRobots(),
        reader=reader or FakeReader(),
        alike=lambda known, seen: share,
        clock=FakeClock(),
        versions=versions,
    )
    return store, changes


async def test_a_page_that_says_the_same_is_alive():
    store, (change,) = await look(response(URL, WORDS))
    assert (store.watched.state, store.watched.reason, store.due_at) == (Link.ALIVE, "", NOON + LOOKS[0])
    assert (change.was, change.state) == (Link.UNSEEN, Link.ALIVE)


async def test_an_edited_page_is_alive_and_another_text_is_a_change():
    other = WORDS + b"and more"
    assert (await look(response(URL, other), share=0.9))[0].watched.reason == "edited"
    assert (await look(response(URL, other), share=0.2))[0].watched.state is Link.CHANGED


async def test_what_an_edited_page_says_is_kept_and_another_text_is_not():
    versions, other = FakeVersions(), WORDS + b"and more"
    await look(response(URL, other), share=0.9, versions=versions)
    await look(response(URL, b"<html><body>" + b"parked " * 200), share=0.0, versions=versions)
    assert versions.kept == [(7, other.decode())]


async def test_a_page_is_gone_only_after_three_looks_and_may_come_back():
    store = FakeWatches()
    states = []
    for _ in range(3):
        await look(response(URL, status=404), store=store)
        states.append((store.watched.state, store.due_at - NOON))
    assert states == [(Link.UNSURE, AGAIN), (Link.UNSURE, AGAIN), (Link.GONE, LOOKS[0])]
    assert store.watched.reason == "gone"
    _, (change,) = await look(response(URL, WORDS), store=store)
    assert (change.was, change.state, store.watched.failures) == (Link.GONE, Link.ALIVE, 0)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (response(URL, status=410), "gone"),
        (Transient("dns"), "unreachable: dns"),
        (response(URL, status=503), "unreachable: http-503"),
        (replace(response(URL, WORDS), final_url="https://example.org/"), "front-page"),
    ],
)
async def test_what_makes_a_page_gone(answer, reason):
    store = FakeWatches(replace(WATCHED, failures=2))
    await look(answer, store=store)
    assert (store.watched.state, store.watched.reason) == (Link.GONE, reason)


@pytest.mark.parametrize(
    "answer",
    [
        response(URL, status=403),
        response(URL, status=429),
        response(URL, b"<html>", status=403, cf_mitigated="x"),
    ],
)
async def test_a_site_that_does_not_let_us_in_is_never_called_gone(answer):
    store = FakeWatches()
    for _ in range(5):
        await look(answer, store=store)
    assert store.watched.state is Link.UNSURE
    assert store.due_at - NOON >= LOOKS[0]


async def test_robots_are_obeyed():
    web_asked_nothing = await look(Permanent("never asked"), robots=FakeRobots((URL,)))
    assert web_asked_nothing[0].watched.reason == "robots"


async def test_a_text_that_came_with_the_feed_takes_its_first_sight_as_known():
    store = FakeWatches(replace(WATCHED, baseline=""))
    await look(response(URL, WORDS), store=store, share=0.1)
    assert (store.watched.state, store.watched.baseline) == (Link.ALIVE, KNOWN)


async def test_a_source_that_is_no_longer_listed_is_looked_at_all_the_same():
    store, _ = await look(response(URL, WORDS), source=None)
    assert store.watched.state is Link.ALIVE


async def test_a_lost_lease_tells_nothing():
    assert (await look(response(URL, WORDS), store=FakeWatches(lost=True)))[1] == []


def test_the_looks_grow_apart():
    waits = [interval(looks) for looks in range(1, 9)]
    assert waits == sorted(waits)
    assert waits[-1] == LAST
    seen, due_at = after_sight(WATCHED, Sight(KNOWN, 1.0, URL), NOON)
    for _ in range(9):
        seen, due_at = after_sight(seen, Sight(KNOWN, 1.0, URL), due_at)
    assert (seen.looks, seen.since) == (10, NOON)


def test_a_gone_page_stays_gone_since_the_first_day():
    seen = WATCHED
    for day in range(6):
        seen, _ = after_failure(seen, Permanent("gone"), NOON + day * DAY)
    assert (seen.state, seen.since, seen.failures) == (Link.GONE, NOON + 2 * DAY, 3)
