"""Feeds are found where sites name them, and OPML goes both ways without doubles."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from monitor.adapters.discover import MOST_TRIES, discover, links_of, name_for
from monitor.adapters.feeds import parse_feed
from monitor.adapters.opml import read_opml, unlisted, write_opml
from monitor.domain.errors import Permanent, Transient
from monitor.domain.model import Kind, Request, Response, Source

NOW = datetime(2026, 11, 22, tzinfo=UTC)
RSS = b"<rss><channel><title>The Post</title><language>en</language><item><title>x</title><link>/1</link></item></channel></rss>"
NEWS = b"<urlset><url><loc>https://a.example/1</loc></url></urlset>"
PAGE = b"<html><head><title>The Post</title>%s</head><body><p>Words that make a page.</p>%s</body></html>"


@dataclass
class Web:
    """Pages by address; everything else is not found."""

    pages: dict[str, bytes]
    asked: list[str] = field(default_factory=list)

    async def fetch(self, request: Request) -> Response:
        self.asked.append(request.url)
        body = self.pages.get(request.url)
        if body == b"trouble":
            raise Transient("timeout")
        return Response(request.url, request.url, 404 if body is None else 200, {}, body or b"", NOW)


class Parser:
    async def parse(self, source, response, now):
        return parse_feed(source, response.body, "", response.final_url, now)


class Clock:
    def now(self):
        return NOW


async def found(web, url="https://a.example/"):
    return [
        (one.source.url, one.source.kind)
        for one in await discover(url, fetcher=web, parser=Parser(), clock=Clock())
    ]


async def test_an_address_may_be_a_feed_itself():
    web = Web({"https://a.example/feed": RSS})
    (one,) = await discover("a.example/feed", fetcher=web, parser=Parser(), clock=Clock())
    assert (one.source.url, one.source.name, one.source.publisher, one.source.language) == (
        "https://a.example/feed",
        "a",
        "The Post",
        "en",
    )
    assert len(one.feed.entries) == 1
    assert web.asked == ["https://a.example/feed"]


async def test_declared_feeds_come_first():
    head = b"""<link rel="alternate" type="application/atom+xml" href="/a.atom"><link rel=stylesheet href=x.css>
    <link rel="Alternate" type="application/rss+xml; charset=utf-8" href="https://feeds.example/x"><link rel=alternate hreflang=de href=/de>"""
    pages = {
        "https://a.example/": PAGE % (head, b""),
        "https://a.example/a.atom": RSS,
        "https://feeds.example/x": RSS,
    }
    assert await found(Web(pages)) == [
        ("https://a.example/a.atom", Kind.RSS),
        ("https://feeds.example/x", Kind.RSS),
    ]


async def test_links_robots_and_guesses_are_tried():
    body = b'<a href="/service/rss/">RSS</a><a href="https://other.example/rss">theirs</a><a href="/feedback">no</a><a href="javascript:feed">no</a>'
    pages = {
        "https://a.example/": PAGE % (b"", body),
        "https://a.example/service/rss/": RSS,
        "https://a.example/robots.txt": b"User-agent: *\nSitemap: https://a.example/all.xml\nsitemap: /google-news.xml\n",
        "https://a.example/google-news.xml": NEWS,
        "https://a.example/rss": b"trouble",
        "https://a.example/feed": RSS,
    }
    web = Web(pages)
    assert await found(web) == [
        ("https://a.example/service/rss/", Kind.RSS),
        ("https://a.example/google-news.xml", Kind.SITEMAP),
        ("https://a.example/feed", Kind.RSS),
    ]
    assert not any("other.example" in url or "feedback" in url for url in web.asked)


async def test_a_site_of_links_is_not_asked_for_ever():
    body = b"".join(b'<a href="/rss/%d">x</a>' % number for number in range(500))
    web = Web({"https://a.example/": PAGE % (b"", body)})
    assert await found(web) == []
    assert len(web.asked) <= MOST_TRIES + 2


async def test_an_address_that_may_not_be_asked_is_refused():
    with pytest.raises(Permanent, match="bad-url"):
        await found(Web({}), "file:///etc/passwd")


@pytest.mark.parametrize("body", [b"", b"\0", b"<html>", b"<!-- -->", b"\xff\xfe"])
def test_odd_pages_have_no_links(body):
    assert links_of(Response("https://a.example/", "https://a.example/", 200, {}, body, NOW)) == []


def test_names_are_short_and_new():
    assert name_for("https://www.theregister.com/x", ()) == "theregister"
    assert name_for("https://feeds.npr.org/1001/rss.xml", ["npr"]) == "npr-2"
    assert name_for("https://news.sina.com.cn/", ["sina", "sina-2"]) == "sina-3"
    assert name_for("http://127.0.0.1:80/", ()) == "127-0-0-1"


# ---------------------------------------------------------------- OPML

FOREIGN = b"""<?xml version="1.0" encoding="utf-8"?><opml version="1.0"><head><title>x</title></head><body><outline text="News">
<outline type="rss" text="A &amp; B" xmlUrl="https://a.example/rss"/><outline title="Twice" xmlUrl="https://a.example/rss"/>
<outline text="C" XMLURL="http://c.example/feed#top"/><outline text="bad" xmlUrl="javascript:x"/><outline text="none"/></outline></body></opml>"""


def test_a_foreign_list_is_read():
    assert [(outline.url, outline.title) for outline in read_opml(FOREIGN)] == [
        ("https://a.example/rss", "A & B"),
        ("http://c.example/feed", "C"),
    ]


def test_an_import_is_idempotent_by_address():
    rows = unlisted(read_opml(FOREIGN), [Source("mine", Kind.RSS, "https://a.example/rss")])
    assert rows == [{"name": "c", "kind": "rss", "url": "http://c.example/feed", "publisher": "C"}]
    listed = [
        Source("mine", Kind.RSS, "https://a.example/rss"),
        Source("c", Kind.RSS, "http://c.example/feed"),
    ]
    assert unlisted(read_opml(FOREIGN), listed) == []


def test_what_is_exported_comes_back():
    sources = [
        Source(
            "a",
            Kind.RSS,
            "https://a.example/rss?x=1&y=2",
            publisher='The "A" <Times>',
            country="GB",
            language="en",
            timezone="Europe/London",
        ),
        Source("dead", Kind.SITEMAP, "https://b.example/s.xml", enabled=False),
        Source("roll", Kind.JSON, "https://c.example/roll"),
    ]
    text = write_opml(sources, {"dead": "frozen in 2018"})
    rows = unlisted(read_opml(text.encode()), [])
    assert rows == [
        {"name": "a", "kind": "rss", "url": "https://a.example/rss?x=1&y=2", "publisher": 'The "A" <Times>', "country": "GB", "language": "en", "timezone": "Europe/London"},
        {"name": "dead", "kind": "sitemap", "url": "https://b.example/s.xml", "publisher": "dead", "timezone": "UTC", "enabled": False, "reason": "frozen in 2018"},
    ]  # fmt: skip
    assert unlisted(read_opml(text.encode()), sources) == []


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "no-opml"),
        (b"plain", "no-opml"),
        (b"<rss/>", "no-opml"),
        (b'<!DOCTYPE opml [<!ENTITY a "x">]><opml>&a;</opml>', "opml-entities"),
        (b"<opml>" + b" " * 11_000_000, "opml-too-large"),
    ],
)
def test_what_is_no_list_is_refused(body, reason):
    with pytest.raises(Permanent, match=reason):
        read_opml(body)
