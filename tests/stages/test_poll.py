"""Poll: entries are noted once, trouble is one word on the source, and later pages are asked for only if needed."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

from monitor.domain.errors import Transient
from monitor.domain.model import Entry, Feed, Health, Kind, Paging, Source, SourceState
from monitor.domain.urls import url_key
from monitor.stages.poll import Seen, poll
from tests.fakes import NOON, FakeClock, FakeParser, FakePolls, FakeWeb, response

URL = "https://example.org/feed"
SOURCE = Source("example", Kind.RSS, URL)


def feed(*urls: str) -> Feed:
    return Feed("feed", tuple(Entry(url, f"title of {url}") for url in urls))


async def test_new_entries_are_noted_once_by_their_identity():
    store = FakePolls()
    entries = feed(
        "https://example.org/1?utm_source=rss", "https://www.example.org/1", "https://example.org/2"
    )
    web = FakeWeb({URL: response(URL)})
    polled = await poll(SOURCE, fetcher=web, parser=FakeParser([entries]), store=store, clock=FakeClock())
    assert polled.poll.new == 2
    assert polled.state.status is Health.OK
    assert polled.state.next_poll_at >= NOON + timedelta(minutes=15)


async def test_a_long_list_is_noted_as_a_short_one_is():
    store, entries = FakePolls(), feed(*(f"https://example.org/{number // 2}" for number in range(1000)))
    web = FakeWeb({URL: response(URL)})
    polled = await poll(SOURCE, fetcher=web, parser=FakeParser([entries]), store=store, clock=FakeClock())
    assert polled.poll.new == 500


async def test_the_same_body_is_not_parsed_again():
    store, parser = FakePolls(), FakeParser([feed("https://example.org/1")])
    web = FakeWeb({URL: response(URL, b"<rss/>")})
    for _ in range(2):
        polled = await poll(SOURCE, fetcher=web, parser=parser, store=store, clock=FakeClock())
    assert polled.poll.outcome == "same-body"
    assert polled.poll.new == 0


async def test_trouble_slows_the_source_and_says_why():
    store = FakePolls()
    web = FakeWeb({URL: Transient("timeout", retry_after=timedelta(hours=2))})
    polled = await poll(SOURCE, fetcher=web, parser=FakeParser([]), store=store, clock=FakeClock())
    assert polled.state.status is Health.FAILING
    assert "timeout" in polled.state.reason
    assert polled.state.next_poll_at >= NOON + timedelta(hours=2)


async def test_html_where_a_feed_should_be_is_a_broken_format():
    store = FakePolls()
    web = FakeWeb({URL: response(URL, b"<html><p>" + b"words " * 500)})
    polled = await poll(
        SOURCE, fetcher=web, parser=FakeParser([Feed("html")]), store=store, clock=FakeClock()
    )
    assert polled.state.status is Health.BROKEN_FORMAT


async def test_further_pages_are_asked_for_only_while_they_bring_something_new():
    source = Source("roll", Kind.JSON, URL, paths={"items": "data"}, page=Paging("page", 1, 3))
    store = FakePolls(seen={"https://example.org/old"})
    pages = {f"{URL}?page={number}": response(f"{URL}?page={number}", b"%d" % number) for number in (1, 2, 3)}
    parser = FakeParser(
        [feed("https://example.org/new"), feed("https://example.org/old"), feed("https://x.org/3")]
    )
    web = FakeWeb(pages)
    polled = await poll(source, fetcher=web, parser=parser, store=store, clock=FakeClock())
    assert polled.poll.new == 1
    assert [request.url[-1] for request in web.asked] == ["1", "2"]


async def test_trouble_with_a_later_page_keeps_what_the_first_brought():
    source = Source("roll", Kind.JSON, URL, paths={"items": "data"}, page=Paging("page", 1, 2))
    web = FakeWeb({f"{URL}?page=1": response(URL), f"{URL}?page=2": Transient("timeout")})
    polled = await poll(
        source,
        fetcher=web,
        parser=FakeParser([feed("https://example.org/1")]),
        store=FakePolls(),
        clock=FakeClock(),
    )
    assert polled.poll.new == 1


async def test_an_entry_without_an_identity_is_left_out():
    store = FakePolls()
    web = FakeWeb({URL: response(URL)})
    entries = feed("javascript:alert(1)", "https://example.org/1")
    polled = await poll(SOURCE, fetcher=web, parser=FakeParser([entries]), store=store, clock=FakeClock())
    assert polled.poll.new == 1


async def test_validators_are_sent_with_the_next_request():
    store = FakePolls(states={"example": SourceState("example", url=URL)})
    web = FakeWeb({URL: response(URL, etag='"1"')})
    parser = FakeParser([feed("https://example.org/1")])
    for _ in range(2):
        await poll(SOURCE, fetcher=web, parser=parser, store=store, clock=FakeClock())
    assert web.asked[1].validators.etag == '"1"'


@dataclass
class FakeEdited:
    """Remembers what it was told of edited pages."""

    told: list[str] = field(default_factory=list)

    async def note_edited(self, source, shown, *, now):
        self.told += [one.entry.url for one in shown]
        return len(shown)


async def test_an_entry_that_says_something_else_brings_a_look():
    store, watch, seen = FakePolls(), FakeEdited(), Seen()
    same, other = Entry("https://example.org/1", "Same"), Entry("https://example.org/2", "Before")
    late = Entry("https://example.org/3", "Late", modified_at=NOON - timedelta(hours=1))
    again = (same, replace(other, title="After"), replace(late, modified_at=NOON))
    polls = [(same, other, late), again, again]
    parser = FakeParser([Feed("feed", entries) for entries in polls])
    for number, told in enumerate(([], [other.url, late.url], [other.url, late.url])):
        web = FakeWeb({URL: response(URL, b"%d" % number)})
        await poll(SOURCE, fetcher=web, parser=parser, store=store, clock=FakeClock(), seen=seen, watch=watch)
        assert watch.told == told


async def test_after_a_start_only_what_was_edited_lately_is_asked_about():
    store, watch = FakePolls(), FakeEdited()
    stamps = [NOON - timedelta(days=days) for days in (1, 9)]
    entries = [Entry(f"https://example.org/{n}", "T", modified_at=at) for n, at in enumerate(stamps)]
    store.seen = {url_key(one.url) for one in entries}
    parser, web = FakeParser([Feed("feed", tuple(entries))]), FakeWeb({URL: response(URL)})
    await poll(SOURCE, fetcher=web, parser=parser, store=store, clock=FakeClock(), watch=watch)
    assert watch.told == ["https://example.org/0"]
