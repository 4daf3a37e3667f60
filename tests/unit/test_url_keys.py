"""Which addresses are one article, and which addresses may be fetched."""

import pytest

from monitor.domain.errors import Permanent
from monitor.domain.urls import MAX_LENGTH, KeyRule, fetch_url, host_of, identity, site_of, url_key


@pytest.mark.parametrize(
    "twin",
    [
        "http://example.com/news/story-1",
        "https://EXAMPLE.com:443/news/story-1",
        "http://www.example.com:80/news/story-1#comments",
        "https://m.example.com/news/story-1/",
        "https://wap.example.com/news/./x/../story-1",
        "https://example.com/news/story-1?utm_source=rss&utm_medium=feed&fbclid=Iw",
        "https://example.com/amp/news/story-1",
        "https://example.com/news/story-1/amp/",
        "https://example.com/news/story-1?amp=1",
        "https://example.com/news/story-1?outputType=amp",
        "https://example.com/news/%73tory-1",
        "https://example.com/news/story-1;jsessionid=7F",
        "https://www.google.com/amp/s/www.example.com/news/story-1",
        "https://example-com.cdn.ampproject.org/c/s/www.example.com/news/story-1",
        "  https://example.com/news/story-1\n",
    ],
)
def test_twins_have_one_key(twin):
    assert url_key(twin) == "https://example.com/news/story-1"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.example/x?id=1", "https://a.example/x?id=2"),
        ("https://a.example/x?gallery=5", "https://a.example/x"),
        ("https://a.example/x?keyword=ai", "https://a.example/x?keyword=tax"),
        ("https://a.example/x?game=3", "https://a.example/x"),
        ("https://a.example/x?reference=77", "https://a.example/x"),
        ("https://a.example/story.php?session=3&eid=9", "https://a.example/story.php?session=3&eid=8"),
        ("https://a.example/x?source=1", "https://a.example/x?source=2"),
        ("https://a.example/m/phones", "https://a.example/phones"),
        ("https://a.example/Story", "https://a.example/story"),
        ("https://news.example.com/x", "https://example.com/x"),
        ("https://a.example:8080/x", "https://a.example/x"),
        ("https://a.example/a%2Fb", "https://a.example/a/b"),
    ],
)
def test_different_articles_keep_different_keys(one, other):
    assert url_key(one) != url_key(other)


def test_a_mobile_path_folds_where_the_article_names_itself():
    assert url_key("https://a.example/m/2024/03/27/x") == url_key("https://a.example/2024/03/27/x")
    assert url_key("https://a.example/wap/20240327123") == url_key("https://a.example/20240327123")


def test_sites_have_rules_of_their_own():
    assert (
        url_key("https://finance.sina.com.cn/a.shtml?from=wap&cre=x") == "https://finance.sina.com.cn/a.shtml"
    )
    assert url_key("https://a.example/x?from=wap") != url_key("https://a.example/x")
    rules = {"a.example": KeyRule(drop=frozenset({"ref"}), keep=frozenset({"spm"}))}
    assert url_key("https://b.a.example/x?ref=1&spm=2", rules) == "https://b.a.example/x?spm=2"


@pytest.mark.parametrize(
    "raw",
    [
        "", " ", "x", "//a.example/x", "ftp://a.example/", "file:///etc/passwd", "javascript:alert(1)", "data:text/html,x",
        "http://", "http://user:pw@a.example/", "http://user@a.example/", "http://a.example:99999/", "http://[::1/",
        "http://a b.example/", "http://-/", "http://256.1.1.1/", "http://1.2.3.4.5/", "http://[fe80::1%25eth0]/",
        "http://a.example/" + "x" * MAX_LENGTH, "http://a.example/" + "中" * (MAX_LENGTH // 2), "http://a.example/\ud800",
    ],
)  # fmt: skip
def test_refusals_are_clear(raw):
    for read in (url_key, fetch_url):
        with pytest.raises(Permanent, match="bad-url"):
            read(raw)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("/x?b=2&a=1", "https://base.example/x?b=2&a=1"),
        ("y#top", "https://base.example/dir/y"),
        ("//Other.Example/z", "https://other.example/z"),
        ("http://a.example", "http://a.example/"),
        ("http://a.example:80/x", "http://a.example/x"),
        ("http://a.example:443/x", "http://a.example:443/x"),
        ("https://a.example/a b/中?q=中&amp;r=1", "https://a.example/a%20b/%E4%B8%AD?q=%E4%B8%AD&r=1"),
        ("https://a.example/%B0%A1?x=%zz", "https://a.example/%B0%A1?x=%zz"),
        ("http://例え.example/", "http://xn--r8jz45g.example/"),
        ("http://0x7f.1/", "http://127.0.0.1/"),
        ("http://2130706433/", "http://127.0.0.1/"),
        ("http://017700000001/", "http://127.0.0.1/"),
        ("http://[::FFFF:127.0.0.1]/", "http://[::ffff:127.0.0.1]/"),
        ("https:\\\\a.example\\x", "https://a.example/x"),
    ],
)
def test_the_address_to_fetch_is_absolute_and_as_published(raw, expected):
    assert fetch_url(raw, "https://base.example/dir/page") in {
        expected,
        expected.replace("::ffff:127.0.0.1", "::ffff:7f00:1"),
    }


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://finance.sina.com.cn/x", "sina.com.cn"),
        ("https://www.bbc.co.uk/x", "bbc.co.uk"),
        ("https://a.b.example.com/", "example.com"),
        ("https://news.bj.cn/", "news.bj.cn"),
        ("https://one.substack.com/p/x", "one.substack.com"),
        ("https://github.io/", ""),
        ("https://co.uk/", ""),
        ("http://127.0.0.1:8000/", "127.0.0.1"),
        ("http://[::1]/", "::1"),
        ("http://localhost/", "localhost"),
        ("https://t.co/x", "t.co"),
        ("no address", ""),
    ],
)
def test_the_registrable_domain(url, site):
    assert site_of(url) == site


def test_a_host_is_read_without_a_port():
    assert host_of("HTTPS://News.Example.COM.:8443/x") == "news.example.com"


def test_a_canonical_link_counts_while_it_stays_on_the_site():
    page = "https://m.example.com/x?id=1"
    assert identity(page, "https://www.example.com/story") == "https://example.com/story"
    assert identity(page, "/story") == "https://example.com/story"
    for other in ("https://elsewhere.example/story", "https://www.example.com/", "javascript:x", "", "  "):
        assert identity(page, other) == url_key(page)
