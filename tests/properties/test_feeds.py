"""No bytes bring a parser down, and the quick pass sees what feedparser sees."""

import contextlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from xml.sax.saxutils import escape

import feedparser
from hypothesis import example, given, settings
from hypothesis import strategies as st

from monitor.adapters.decode import decode
from monitor.adapters.feeds import parse_feed
from monitor.adapters.feeds.collect import plain
from monitor.adapters.feeds.loose import loose_feed
from monitor.adapters.feeds.xml import text_of
from monitor.adapters.opml import read_opml
from monitor.domain.errors import Permanent
from monitor.domain.model import Kind, Source
from monitor.domain.text import writable_json

FOLDER = Path(__file__).parent.parent / "data" / "feeds" / "broken"
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
URL = "https://a.example/feed"
SOURCES = [
    Source("rss", Kind.RSS, URL, timezone="Asia/Shanghai"),
    Source("sitemap", Kind.SITEMAP, URL),
    Source("listing", Kind.LISTING, URL, select={"item": "li", "link": "a", "title": "a", "time": "i"}),
    Source(
        "xpath",
        Kind.LISTING,
        URL,
        select={"item": "xpath://li", "link": "xpath:.//a/@href", "time": "xpath:string(i)"},
    ),
    Source(
        "json",
        Kind.JSON,
        URL,
        paths={"items": "a.b", "title": "t.0", "url": "u", "date": "d", "filter": "x != 1"},
    ),
    Source(
        "jsonp",
        Kind.JSON,
        URL,
        unwrap="jsonp",
        url_template="https://a.example/{u}/{t}",
        paths={"items": "", "title": "t"},
    ),
    Source(
        "pattern", Kind.JSON, URL, unwrap=r"var x = (\{.*\});", paths={"items": "a", "title": "t", "url": "u"}
    ),
]
SCRAPS = st.sampled_from(
    [
        "<rss>", "</rss>", "<channel>", "</channel>", "<item>", "</item>", "<title>", "</title>", "<link>", "</link>", "https://a.example/1",
        '<feed xmlns="http://www.w3.org/2005/Atom">', "<entry>", "</entry>", '<link href="/x"/>', "<![CDATA[", "]]>", "<!--", "-->", "&amp;",
        "&nbsp;", "&", "<", ">", "<?xml version='1.0' encoding='gb2312'?>", "<!DOCTYPE rss [", "<!ENTITY x 'y'>", "\x00", "\ufeff", "中文",
        "<urlset>", "<url>", "<loc>", "</loc>", "</url>", "<sitemapindex>", "<sitemap>", "<li>", "<a href='/1'>", "</a>", "<i>1小时前</i>",
        '{"a": {"b": [', '{"u": "/1", "t": ["x"], "d": 1790229633}', "]}}", "cb(", ")", "var x = ", "};", '"version": "https://jsonfeed.org/"',
        "<html>", "<script>", "<pubDate>", "</pubDate>", "2026-09-24", "xml:base='http://['", "<guid>", "\ud800", "\r\n",
    ],
)  # fmt: skip
CORPUS = [path.read_bytes() for path in sorted(FOLDER.iterdir()) if path.suffix != ".json"]
DAMAGE = st.sampled_from(
    [b"", b"<item>", b"</item>", b"<![CDATA[", b"&#x110000;", b"&#1114112;", b"\xff\xfe", b"\x00", b"<links>x</links>", b"{", b"null",
     b"<pubDate>9999-12-31T23:59:59-23:59</pubDate>", b"<ttl>99999999999999</ttl>", b"http://[::1", b"<x>", b"1e999"],
)  # fmt: skip


@st.composite
def damaged(draw):
    """A file of the corpus, with a few places overwritten."""
    body = draw(st.sampled_from(CORPUS))[:20_000]
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(body)))
        body = body[:start] + draw(DAMAGE) + body[start + draw(st.integers(0, 60)) :]
    return body


BODIES = st.one_of(
    damaged(),
    st.binary(max_size=300),
    st.lists(SCRAPS, max_size=25).map("".join).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.lists(SCRAPS, max_size=25).map("".join).map(lambda text: text.encode("utf-16", "surrogatepass")),
)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(SOURCES),
    BODIES,
    st.sampled_from(["", "text/xml", "text/html; charset=gbk", "application/json"]),
)
@example(SOURCES[0], b"<rss xml:base='http://['><item><link>x</link></item></rss>", "")
@example(SOURCES[2], b"<html><base href='http://['><li><a href=x>x</a></li>", "")
def test_any_bytes_end_in_a_counted_outcome(source, body, content_type):
    feed = parse_feed(source, body, content_type, URL, NOW)
    assert feed.outcome in {"feed", "empty-body", "html", "challenge", "not-a-feed", "no-items"}
    assert feed.outcome == "feed" or not feed.entries
    for entry in feed.entries:
        assert entry.url.startswith(("http://", "https://"))
        assert entry.published_at is None or entry.published_at.tzinfo is UTC


@settings(max_examples=200, deadline=None)
@given(BODIES)
def test_any_bytes_are_an_opml_file_or_refused(body):
    with contextlib.suppress(Permanent):
        assert isinstance(read_opml(body), list)


@given(
    st.binary(max_size=400),
    st.text(max_size=30),
    st.sampled_from(["", "gbk", "hex", "utf-16", "nonsense", "idna", "unicode_escape"]),
)
@example(b"+2AA-", "", "utf-7")
@example(rb"\ud800", "", "unicode_escape")
def test_any_bytes_become_text(body, content_type, override):
    assert decode(body, content_type=content_type, override=override).encode() is not None


PARTS = [
    "\\ud83d",
    "\\uDE00",
    "\\\\",
    "\\u0000",
    '\\"',
    "\\u4e2d",
    "0000",
    "ud83d",
    "a",
]  # of a string in JSON


@given(st.lists(st.sampled_from(PARTS), max_size=9).map(lambda parts: '"' + "".join(parts) + '"'))
def test_json_loses_what_no_database_can_hold_and_nothing_else(written):
    kept = "".join(sign for sign in json.loads(written) if not "\ud800" <= sign <= "\udfff")
    assert json.loads(writable_json(written)) == kept.replace("\0", "")


# Latin-1 letters are left out: feedparser takes some pairs of them for UTF-8 that was decoded wrongly, and "mends" them.
MENDED = "".join(map(chr, range(0x80, 0x100))) + "\ufffe\uffff"
WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=["C"], exclude_characters=MENDED), max_size=20
)
ITEMS = st.lists(
    st.tuples(WORDS, st.integers(0, 99), st.integers(0, 20_000), st.booleans()), min_size=1, max_size=8
)


def rss_item(title, number, hours, cdata):
    date = datetime.fromtimestamp(1_700_000_000 + hours * 3600, UTC)
    shown = f"<![CDATA[{title.replace(']]>', '')}]]>" if cdata else escape(title)
    return f"<item><title>{shown}</title><link>https://a.example/{number}</link><pubDate>{date:%a, %d %b %Y %H:%M:%S} GMT</pubDate></item>"


def atom_entry(title, number, hours, _cdata):
    date = datetime.fromtimestamp(1_700_000_000 + hours * 3600, UTC)
    return f'<entry><title>{escape(title)}</title><link href="/{number}"/><published>{date:%Y-%m-%dT%H:%M:%SZ}</published></entry>'


DOCUMENTS = st.one_of(
    ITEMS.map(
        lambda items: (
            f'<rss version="2.0"><channel><title>T</title>{"".join(rss_item(*one) for one in items)}</channel></rss>'
        )
    ),
    ITEMS.map(
        lambda items: (
            f'<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title>{"".join(atom_entry(*one) for one in items)}</feed>'
        )
    ),
)


def shown(feed):
    return [(entry.url, entry.title, entry.published_at) for entry in feed.entries]


@settings(max_examples=150, deadline=None)
@given(DOCUMENTS)
def test_the_quick_pass_gives_the_entries_of_the_patient_parser(document):
    source = replace(SOURCES[0], max_entries=50)
    quick = parse_feed(source, document.encode(), "text/xml", URL, NOW)
    patient = loose_feed(source, text_of(document.encode(), "text/xml", ""), url=URL, now=NOW)
    assert [row[::2] for row in shown(quick)] == [row[::2] for row in shown(patient)]
    plainly = [
        (plain(one, 500), plain(other, 500))
        for (_, one, _), (_, other, _) in zip(shown(quick), shown(patient), strict=True)
    ]
    assert all(one == other for one, other in plainly)
    assert len(feedparser.parse(document.encode()).entries) == len(quick.entries) + sum(
        quick.rejected.values()
    )
