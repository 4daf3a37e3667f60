"""Each kind of source, read as its publishers write it."""

import gzip
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from monitor.adapters.feeds import parse_feed
from monitor.adapters.feeds.collect import plain
from monitor.adapters.feeds.periods import period_of
from monitor.adapters.store.rows import entry_to_json
from monitor.domain.errors import Permanent
from monitor.domain.model import Kind, Rule, Source

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
URL = "https://a.example/dir/rss"
RSS = Source("a", Kind.RSS, URL, timezone="Asia/Shanghai")
SITEMAP = replace(RSS, kind=Kind.SITEMAP)


def parse(body, source=RSS, content_type=""):
    return parse_feed(source, body.encode() if isinstance(body, str) else body, content_type, URL, NOW)


def only(feed):
    assert feed.outcome == "feed", feed
    (entry,) = feed.entries
    return entry


def rss(items, head="", namespaces=""):
    return f'<?xml version="1.0"?><rss version="2.0" {namespaces}><channel><title>T</title>{head}{items}</channel></rss>'


# ---------------------------------------------------------------- RSS and Atom

EXTENDED = """xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:media="http://search.yahoo.com/mrss/" xmlns:atom="http://www.w3.org/2005/Atom"
 xmlns:sy="http://purl.org/rss/1.0/modules/syndication/" xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0" """


def test_rss_with_its_extensions():
    item = """<item><title>AI &amp;amp; <b>fraud</b></title><link> /story?id=1&amp;utm_source=rss </link>
    <guid isPermaLink="false">42</guid><pubDate>Thu, 24 Sep 2026 12:00:33 CST</pubDate><dc:creator>Li Na</dc:creator>
    <author>desk@a.example (Wang Wei)</author><dc:language>zh</dc:language><description>&lt;p&gt;Short&lt;/p&gt; text</description>
    <content:encoded><![CDATA[<p>Whole <a href="x">text</a></p>]]></content:encoded><source url="https://b.example">新华网</source>
    <media:thumbnail url="https://a.example/x.jpg"/></item>"""
    head = """<language>zh-CN</language><ttl>90</ttl><atom:link rel="hub" href="https://hub.example/"/>
    <atom:link rel="self" href="https://a.example/self"/>"""
    feed = parse(rss(item, head, EXTENDED))
    entry = only(feed)
    assert (entry.url, entry.title) == ("https://a.example/story?id=1&utm_source=rss", "AI & fraud")
    assert (entry.summary, entry.content) == ("Short text", '<p>Whole <a href="x">text</a></p>')
    assert entry.published_at == datetime(2026, 9, 24, 4, 0, 33, tzinfo=UTC)
    assert entry.published_raw == "Thu, 24 Sep 2026 12:00:33 CST"
    assert (entry.authors, entry.language, entry.publisher, entry.identity) == (
        ("Li Na", "Wang Wei"),
        "zh",
        "新华网",
        "42",
    )
    assert (feed.title, feed.language, feed.ttl) == ("T", "zh-CN", timedelta(minutes=90))
    assert (feed.hub, feed.self_url) == ("https://hub.example/", "https://a.example/self")


def test_atom_with_xhtml_and_many_links():
    entry = only(
        parse("""<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en" xml:base="https://b.example/x/"><title>T</title>
    <entry xml:lang="de"><title type="html">&lt;i&gt;AI&lt;/i&gt; news</title><id>tag:a.example,2026:1</id>
    <link rel="edit" href="https://a.example/edit"/><link rel="alternate" type="application/pdf" href="s.pdf"/>
    <link rel="alternate" type="text/html" href="story.html"/><updated>2026-09-25T00:00:00Z</updated>
    <published>2026-09-24T12:00:00+02:00</published><author><name>Ada</name><email>a@a.example</email></author><author><name>Bob</name></author>
    <source><title>The Wire</title></source>
    <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Whole text</p></div></content></entry></feed>""")
    )
    assert entry.url == "https://b.example/x/story.html"
    assert (entry.title, entry.language, entry.publisher) == ("AI news", "de", "The Wire")
    assert entry.published_at == datetime(2026, 9, 24, 10, tzinfo=UTC)
    assert entry.authors == ("Ada", "Bob")
    assert (
        entry.summary,
        "<p>Whole text</p>"
        in entry.content.replace('xmlns="http://www.w3.org/1999/xhtml"', "").replace("<p >", "<p>"),
    ) == ("Whole text", True)


def test_rdf_keeps_its_items_outside_the_channel():
    entry = only(
        parse("""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
    xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="x"><title>T</title></channel>
    <item rdf:about="https://a.example/1"><title>見出し</title><dc:date>2026-09-24T12:00:00+09:00</dc:date></item></rdf:RDF>""")
    )
    assert (entry.url, entry.title, entry.published_at.hour) == ("https://a.example/1", "見出し", 3)


@pytest.mark.parametrize(
    ("item", "url"),
    [
        ("<guid>https://a.example/g</guid>", "https://a.example/g"),
        ("<link>https://a.example/l</link><guid>https://a.example/g</guid>", "https://a.example/l"),
        (
            "<link>https://fb.example/~r/1</link><feedburner:origLink>https://a.example/o</feedburner:origLink>",
            "https://a.example/o",
        ),
        ('<atom:link href="https://a.example/atom"/>', "https://a.example/atom"),
        ("<link><![CDATA[https://a.example/c?x=1&y=2]]></link>", "https://a.example/c?x=1&y=2"),
        ("<link/><link>https://a.example/second</link>", "https://a.example/second"),
    ],
)
def test_links_of_entries(item, url):
    assert only(parse(rss(f"<item><title>x</title>{item}</item>", namespaces=EXTENDED))).url == url


def test_media_rss_stands_in_for_what_is_missing():
    item = """<item><link>/m</link><media:title>AI video</media:title><media:description>What it shows</media:description>
    <dc:date>2026-09-24T12:00:00Z</dc:date><dc:creator>Ada</dc:creator></item>"""
    entry = only(parse(rss(item, namespaces=EXTENDED)))
    assert (entry.title, entry.summary, entry.authors) == ("AI video", "What it shows", ("Ada",))
    assert entry.published_at == datetime(2026, 9, 24, 12, tzinfo=UTC)


def test_techtarget_puts_the_article_into_a_body():
    entry = only(
        parse(rss("<item><title>x</title><link>/x</link><body>&lt;p&gt;All of it&lt;/p&gt;</body></item>"))
    )
    assert (entry.content, entry.summary) == ("<p>All of it</p>", "All of it")


def test_old_and_prefixed_dialects():
    assert (
        only(
            parse('<rss version="0.91"><channel><item><title>x</title><link>/x</link></item></channel></rss>')
        ).title
        == "x"
    )
    assert (
        only(
            parse(
                '<r:rss xmlns:r="http://backend.userland.com/rss2"><r:channel><r:item><r:title>x</r:title><r:link>/x</r:link></r:item></r:channel></r:rss>'
            )
        ).title
        == "x"
    )
    assert only(
        parse(
            '<feed version="0.3" xmlns="http://purl.org/atom/ns#"><entry><title>x</title><link rel="alternate" href="/x"/><issued>2026-09-24</issued></entry></feed>'
        )
    ).published_at
    assert only(parse("<rss><channel/><item><title>x</title><link>/x</link></item></rss>")).title == "x"


def test_json_feed():
    feed = parse("""{"version": "https://jsonfeed.org/version/1.1", "title": "T", "language": "en", "feed_url": "https://a.example/f",
    "hubs": [{"type": "WebSub", "url": "https://hub.example"}], "items": [{"id": "1", "url": "https://a.example/1", "title": "x",
    "content_html": "<p>All</p>", "date_published": "2026-09-24T12:00:00+08:00", "authors": [{"name": "Ada"}]},
    {"id": "https://a.example/2", "content_text": "note"}, {"id": 3}, "junk"]}""")
    assert [entry.url for entry in feed.entries] == ["https://a.example/1", "https://a.example/2"]
    assert (feed.entries[0].summary, feed.entries[0].authors, feed.entries[0].published_at.hour) == (
        "All",
        ("Ada",),
        4,
    )
    assert (feed.rejected, feed.hub, feed.language) == ({"no-link": 1}, "https://hub.example", "en")


@pytest.mark.parametrize("field", ["id", "title", "summary", "content_html", "language", "date_published"])
def test_a_text_cut_inside_a_character_can_still_be_written_down(field):
    """Sites cut titles after so many UTF-16 units: half an emoji stays, which no database takes."""
    item = {"id": "1", "url": "https://a.example/1", "title": "x", field: "cut \ud83d\0"}
    feed = parse(json.dumps({"version": "https://jsonfeed.org/version/1", "items": [item]}))
    assert not {"\0", "\ud83d"} & set(json.dumps(entry_to_json(only(feed)), ensure_ascii=False))


def test_half_a_character_in_a_template_is_left_out():
    body = '[{"title": "x", "slug": "a-\\ud83d"}]'
    source = json_source({"items": "", "title": "title"}, url_template="https://a.example/{slug}")
    assert only(parse(body, source)).url == "https://a.example/a-"


@pytest.mark.parametrize(
    ("ttl", "period", "frequency", "expected"),
    [
        ("60", "", "", timedelta(hours=1)),
        ("60", "daily", "1", timedelta(hours=1)),
        ("", "hourly", "2", timedelta(minutes=30)),
        ("", " Dayly ", "", timedelta(days=1)),
        ("", "weekly", "1", timedelta(days=1)),
        ("", "always", "1", None),
        ("0", "", "", None),
        ("99999999999999", "", "", None),
        ("-5", "hourly", "x", timedelta(hours=1)),
    ],
)
def test_periods(ttl, period, frequency, expected):
    assert period_of(ttl, period, frequency) == expected


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("a &lt;b&gt;x&lt;/b&gt; y", "a x y"), ("x &amp;amp; y", "x & y"), ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"), ("AT&T", "AT&T"),
        ("a<br>b", "a b"), ("淘宝<b>AI</b>假图", "淘宝AI假图"), ("&#8217;s", "’s"), ("<!-- x -->y", "y"), ("  a\n\t b ", "a b"), ("", ""),
    ],
)  # fmt: skip
def test_titles_are_plain_text(markup, text):
    assert plain(markup, 100) == text


# ---------------------------------------------------------------- what is kept


def test_the_newest_entries_are_kept():
    items = [
        f"<item><title>{n}</title><link>/{n}</link><pubDate>2026-01-{n:02} 12:00</pubDate></item>"
        for n in range(1, 31)
    ]
    source = replace(RSS, max_entries=3)
    for body in (rss("".join(items)), rss("".join(reversed(items)))):
        feed = parse(body, source)
        assert [entry.title for entry in feed.entries] == ["30", "29", "28"]
        assert feed.rejected == {"over-limit": 27}


def test_losses_are_counted():
    links = ["javascript:alert(1)", "data:text/html,x", "http://u:p@a.example/", "", URL, "/x", "/x", "/spam"]
    items = "".join(f"<item><title>t</title><link>{link}</link></item>" for link in links)
    feed = parse(rss(items), replace(RSS, block=(Rule("url", "spam"),)))
    assert [entry.url for entry in feed.entries] == ["https://a.example/x"]
    assert feed.rejected == {"bad-link": 4, "no-link": 1, "duplicate": 1, "blocked": 1}


def test_rules_may_leave_nothing_of_a_good_feed():
    feed = parse(
        rss("<item><title>x</title><link>/x</link></item>"), replace(RSS, keep=(Rule("title", "AI"),))
    )
    assert (feed.outcome, feed.entries, feed.rejected) == ("feed", (), {"not-kept": 1})


# ---------------------------------------------------------------- sitemaps

NEWS = """<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">
<url><loc>https://a.example/old</loc><news:news><news:publication><news:name>A Times</news:name><news:language>en</news:language>
</news:publication><news:publication_date>2026-09-23T12:00:00Z</news:publication_date><news:title>Old &amp; gold</news:title></news:news></url>
<url><loc>https://a.example/new</loc><lastmod>2026-09-25</lastmod><news:news><news:publication_date>2026-09-24</news:publication_date>
<news:title>New</news:title></news:news></url><url><loc>https://a.example/plain</loc></url></urlset>"""


def test_a_news_sitemap_newest_first():
    feed = parse(NEWS, SITEMAP)
    assert [entry.url[-3:] for entry in feed.entries] == ["new", "old", "ain"]
    assert [entry.title for entry in feed.entries] == ["New", "Old & gold", ""]
    assert (feed.entries[1].publisher, feed.entries[1].language) == ("A Times", "en")
    assert feed.entries[0].published_at == datetime(2026, 9, 23, 16, tzinfo=UTC)


def test_a_sitemap_in_gzip_and_cut_off():
    packed = gzip.compress(NEWS.encode())
    assert len(parse(packed, SITEMAP).entries) == 3
    assert len(parse(NEWS[: NEWS.index("<url><loc>https://a.example/plain") + 20], SITEMAP).entries) == 2


def test_an_index_names_the_parts_that_changed_lately():
    def index(*dates):
        parts = "".join(
            f"<sitemap><loc>/s{n}.xml</loc>{f'<lastmod>{date}</lastmod>' if date else ''}</sitemap>"
            for n, date in enumerate(dates)
        )
        return parse(f"<sitemapindex>{parts}</sitemapindex>", SITEMAP).more

    base = "https://a.example/"
    assert index("2020-01-01", "2026-11-22", "2026-11-21T10:00:00Z", None) == (
        base + "s1.xml",
        base + "s2.xml",
    )
    assert index("2020-01-01", "2021-01-01") == (base + "s1.xml",)
    assert index(None, None) == (base + "s0.xml", base + "s1.xml")
    assert len(index(*[None] * 200)) == 50


def test_a_list_of_addresses_is_a_sitemap():
    assert [
        entry.url for entry in parse("https://a.example/1\r\nhttps://a.example/2\n", SITEMAP).entries
    ] == ["https://a.example/1", "https://a.example/2"]


def test_the_wrong_kind_is_said():
    assert "kind: sitemap" in parse(NEWS).detail
    assert parse(rss(""), SITEMAP).outcome == "not-a-feed"


# ---------------------------------------------------------------- list pages

LISTING = """<html><head><base href="https://b.example/news/"></head><body><div id="list">
<div class="item"><h2><a href="1.html">标题一</a></h2><span class="time">9月24日 12:00</span><p>摘要</p></div>
<div class="item"><h2><a href="/2.html" title="Two">  </a></h2><span class="time">1小时前</span></div>
<div class="item"><h2><a href="javascript:void(0)">广告</a></h2></div></div></body></html>"""


@pytest.mark.parametrize(
    "select",
    [
        {"item": "#list .item", "link": "h2 a", "title": "h2 a", "time": ".time", "summary": "p"},
        {"item": "xpath://div[@class='item']", "link": "xpath:.//h2/a/@href", "title": "xpath:.//h2", "time": "xpath:./span", "summary": "xpath:p"},
        {"item": "#list .item", "link": "xpath:./h2/a", "title": "h2 a", "time": "xpath:string(./span)", "summary": "p"},
    ],
)  # fmt: skip
def test_a_list_page_by_selectors(select):
    feed = parse(LISTING.encode("gbk"), replace(RSS, kind=Kind.LISTING, select=select))
    assert [entry.url for entry in feed.entries] == [
        "https://b.example/news/1.html",
        "https://b.example/2.html",
    ]
    first, second = feed.entries
    assert (first.title, first.summary, first.published_at) == (
        "标题一",
        "摘要",
        datetime(2026, 9, 24, 4, tzinfo=UTC),
    )
    assert second.published_at == NOW - timedelta(hours=1)
    assert feed.rejected == {"bad-link": 1}


def test_a_list_of_links_alone():
    feed = parse(LISTING, replace(RSS, kind=Kind.LISTING, select={"link": "h2 a"}))
    assert [entry.title for entry in feed.entries] == ["标题一", "Two"]
    assert (
        parse(LISTING, replace(RSS, kind=Kind.LISTING, select={"item": "xpath://h2/a/@href"})).entries[0].url
        == "https://b.example/news/1.html"
    )


def test_a_time_element_states_its_time():
    body = '<ul><li><a href="/1">x</a><time datetime="2026-09-24T12:00:00Z">two months ago</time></li></ul>'
    entry = only(parse(body, replace(RSS, kind=Kind.LISTING, select={"item": "li", "time": "time"})))
    assert entry.published_at == datetime(2026, 9, 24, 12, tzinfo=UTC)


def test_a_list_that_matches_nothing_says_what_was_sought():
    feed = parse(LISTING, replace(RSS, kind=Kind.LISTING, select={"item": ".gone", "link": "a"}))
    assert (feed.outcome, feed.detail) == ("no-items", "nothing matches '.gone'")


@pytest.mark.parametrize("selector", ["div[", "xpath://div[", "xpath:nonsense()", "a:no-such-thing"])
def test_a_wrong_selector_is_the_operators_error(selector):
    with pytest.raises(Permanent, match="bad-selector"):
        parse(LISTING, replace(RSS, kind=Kind.LISTING, select={"item": selector}))


# ---------------------------------------------------------------- JSON rolls

ROLL = '{"result": {"data": [{"title": "标题", "url": "/1", "ctime": "1790229633", "k": {"z": [7, 8]}, "type": 10, "ad": false, "tags": ["a", "b"]}]}}'
ROLL_PATHS = {"items": "result.data", "title": "title", "url": "url", "date": "ctime"}


def json_source(paths=None, **more):
    return replace(RSS, kind=Kind.JSON, paths=paths or ROLL_PATHS, **more)


@pytest.mark.parametrize(
    ("body", "unwrap"),
    [
        (ROLL, ""),
        ("\ufeff " + ROLL + "; ", ""),
        (f"var roll = {ROLL};", ""),
        (f"window.roll={ROLL}", ""),
        (f"callback({ROLL});", "jsonp"),
        (f"try{{cb({ROLL});}}catch(e){{}};", "jsonp"),
        (f"/**/a.b.c && a.b.c({ROLL})\n", "jsonp"),
        (
            f"<html><script>var all={ROLL}; var x = [1];\n</script>{'text ' * 200}</html>",
            r"var all=(\{.*\});",
        ),
        (
            f"<html><script>var all={ROLL};</script>{'text ' * 200}<script>other({{}});</script></html>",
            r"all=(\{.*\})",
        ),
    ],
)
def test_rolls_are_unwrapped(body, unwrap):
    entry = only(parse(body, json_source(unwrap=unwrap)))
    assert (entry.url, entry.title, entry.published_at) == (
        "https://a.example/1",
        "标题",
        datetime(2026, 9, 24, 6, 0, 33, tzinfo=UTC),
    )


def test_a_bare_list_in_gbk():
    body = 'data_callback([{"title":"假图","docurl":"https://a.example/1","time":"09/24/2026 12:00:33"}])'
    source = json_source({"items": "", "title": "title", "url": "docurl", "date": "time"}, unwrap="jsonp")
    assert only(parse(body.encode("gbk"), source)).published_at == datetime(2026, 9, 24, 4, 0, 33, tzinfo=UTC)


def test_paths_reach_into_lists_and_templates_fill():
    paths = {"items": "result.data", "title": "k.z.1", "author": "tags", "id": "type", "date": "ctime"}
    entry = only(
        parse(
            ROLL, json_source(paths, url_template="https://b.example/p/{k.z.0}/{title}", date_format="epoch")
        )
    )
    assert (entry.url, entry.title, entry.authors, entry.identity) == (
        "https://b.example/p/7/%E6%A0%87%E9%A2%98",
        "8",
        ("a, b",),
        "10",
    )
    assert parse(ROLL, json_source(url_template="https://b.example/{gone}")).outcome == "no-items"


@pytest.mark.parametrize(
    ("condition", "kept"),
    [
        ("type == 10", 1),
        ("type = 10, ad != true", 1),
        ("type != 10", 0),
        ("ad == true", 0),
        ("gone == ''", 1),
    ],
)
def test_rows_are_filtered(condition, kept):
    feed = parse(ROLL, json_source({**ROLL_PATHS, "filter": condition}))
    assert (feed.outcome, len(feed.entries), feed.rejected) == ("feed", kept, {} if kept else {"filtered": 1})


@pytest.mark.parametrize(
    ("body", "unwrap", "outcome"),
    [
        ("not json", "", "not-a-feed"),
        ("{}", "", "no-items"),
        ('{"result": {"data": []}}', "", "no-items"),
        ('{"result": {"data": 7}}', "", "no-items"),
        ('{"result": [1]}', "", "no-items"),
        (ROLL, r"pattern(\d+)", "no-items"),
        ("callback()", "jsonp", "no-items"),
        ("[" * 100_000, "", "not-a-feed"),
        ("<html><p>maintenance, back soon</p></html>", "", "not-a-feed"),
    ],
)
def test_rolls_that_are_none(body, unwrap, outcome):
    assert parse(body, json_source(unwrap=unwrap)).outcome == outcome
