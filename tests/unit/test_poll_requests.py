"""What a poll asks for, what its pages make together, and which entries are wanted."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from monitor.adapters.feeds.rules import found
from monitor.domain.errors import Permanent
from monitor.domain.filters import refusal_of
from monitor.domain.model import Entry, Feed, Kind, Paging, Response, Rule, Source, SourceState, Validators
from monitor.domain.requests import MOST_PARTS, explained, merged, part_requests, requests_for

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
SOURCE = Source("a", Kind.RSS, "https://a.example/rss")
KNOWN = SourceState("a", url=SOURCE.url, validators=Validators('"1"', "yesterday", "hash"))


def test_a_plain_request_carries_the_sources_settings():
    source = replace(
        SOURCE,
        headers={"Referer": "x"},
        cookies={"a": "b"},
        proxy="http://p",
        user_agent="me",
        retry_scope="url",
    )
    (request,) = requests_for(source, KNOWN, NOW)
    assert (request.url, request.method, request.headers, request.cookies) == (
        source.url,
        "GET",
        {"Referer": "x"},
        {"a": "b"},
    )
    assert (request.proxy, request.user_agent, request.retry_scope) == ("http://p", "me", "url")
    assert request.validators == KNOWN.validators


def test_validators_are_not_sent_where_they_may_lie():
    assert requests_for(replace(SOURCE, ignore_validators=True), KNOWN, NOW)[0].validators is None
    assert requests_for(replace(SOURCE, url="https://b.example/"), KNOWN, NOW)[0].validators is None


def test_a_followed_move_is_asked_at_its_new_address():
    followed = replace(KNOWN, url_in_force="https://new.example/")
    assert requests_for(SOURCE, followed, NOW)[0].url == "https://new.example/"
    assert (
        requests_for(replace(SOURCE, url="https://b.example/"), followed, NOW)[0].url == "https://b.example/"
    )


def test_a_body_is_posted_with_the_time_in_it():
    source = replace(
        SOURCE,
        kind=Kind.JSON,
        body={"timestamp": "{now_ms}", "param": {"at": "t{now_s}", "list": ["{now_s}"]}},
    )
    (request,) = requests_for(source, KNOWN, NOW)
    assert (request.method, request.headers["Content-Type"], request.validators) == (
        "POST",
        "application/json",
        None,
    )
    seconds = int(NOW.timestamp())
    assert json.loads(request.body) == {
        "timestamp": seconds * 1000,
        "param": {"at": f"t{seconds}", "list": [seconds]},
    }


def test_a_form_is_posted_as_a_form():
    source = replace(
        SOURCE,
        body={"q": "人", "at": "{now_s}"},
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    assert requests_for(source, KNOWN, NOW)[0].body == f"q=%E4%BA%BA&at={int(NOW.timestamp())}".encode()


def test_pages_are_counted_in_the_address_or_in_the_body():
    paged = replace(SOURCE, url="https://a.example/roll?k=&page=9&num=50", page=Paging("page", 1, 3))
    requests = requests_for(paged, replace(KNOWN, url=paged.url), NOW)
    assert [request.url.partition("?")[2] for request in requests] == [
        f"k=&num=50&page={number}" for number in (1, 2, 3)
    ]
    assert [request.validators is None for request in requests] == [False, True, True]
    inside = replace(SOURCE, url="https://a.example/news{page}.html", page=Paging("page", 1, 2))
    assert [request.url for request in requests_for(inside, KNOWN, NOW)] == [
        "https://a.example/news1.html",
        "https://a.example/news2.html",
    ]
    posted = replace(SOURCE, body={"page": 0}, page=Paging("page", 0, 2))
    assert [json.loads(request.body)["page"] for request in requests_for(posted, KNOWN, NOW)] == [0, 1]


def test_the_time_may_stand_in_the_address():
    source = replace(SOURCE, url="https://a.example/flash.js?t={now_ms}")
    assert (
        requests_for(source, KNOWN, NOW)[0].url
        == f"https://a.example/flash.js?t={int(NOW.timestamp()) * 1000}"
    )


def test_parts_of_an_index_are_limited():
    index = Feed("feed", more=tuple(f"https://a.example/{number}.xml" for number in range(100)))
    assert len(part_requests(SOURCE, index, NOW)) == MOST_PARTS


def test_pages_join():
    one = Feed(
        "feed",
        (Entry("https://a.example/1"), Entry("https://a.example/2")),
        {"bad-link": 1},
        ttl=None,
        title="T",
    )
    two = Feed("feed", (Entry("https://a.example/2"), Entry("https://a.example/3")), {"bad-link": 2})
    joined = merged([one, two])
    assert [entry.url[-1] for entry in joined.entries] == ["1", "2", "3"]
    assert (joined.rejected, joined.title) == ({"bad-link": 3}, "T")
    assert merged([one]) is one
    assert merged([Feed("feed", more=("x",)), Feed("html")]).outcome == "html"
    assert merged([Feed("feed", more=("x",)), Feed("feed")]).outcome == "no-items"


@pytest.mark.parametrize(
    ("keep", "block", "refusal"),
    [
        ((), (), ""),
        ((Rule("title", "AI|人工智能"),), (), ""),
        ((Rule("title", "football"),), (), "not-kept"),
        ((Rule("title", "football"), Rule("text", "robot")), (), ""),
        ((Rule("url", r"/2026/\d+"),), (), ""),
        ((Rule("author", "^Li$"),), (), "not-kept"),
        ((Rule("author", "(?m)^Li$"),), (), ""),
        ((), (Rule("title", "(?i)ai"),), "blocked"),
        ((Rule("title", "AI"),), (Rule("text", "sponsored.*today"),), "blocked"),
    ],
)
def test_rules(keep, block, refusal):
    entry = Entry(
        "https://a.example/2026/11", "AI and 人工智能", "A robot,\nsponsored\ntoday", authors=("Wang", "Li")
    )
    assert refusal_of(replace(SOURCE, keep=keep, block=block), entry, found) == refusal


def test_an_expression_is_safe_and_its_errors_are_clear():
    assert not found("(a+)+$", "a" * 50_000 + "b")
    assert not found("x", "\ud800")
    with pytest.raises(Permanent, match="bad-expression"):
        found("(", "x")


def test_a_page_that_was_cut_and_holds_nothing_says_so():
    cut = Response(SOURCE.url, SOURCE.url, 200, {}, b"0123456789", NOW, truncated=True)
    for parsed in (Feed("empty-body"), Feed("not-a-feed", detail="x"), Feed("no-items")):
        large, short = explained(parsed, cut, 10), explained(parsed, cut, 11)
        assert (large.outcome, large.detail) == ("too-large", "over 10 bytes")
        assert (short.outcome, short.detail) == ("cut-short", "broke off after 10 bytes")
        assert explained(parsed, replace(cut, truncated=False), 10) is parsed
    for parsed in (
        Feed("feed", (Entry("https://a.example/1"),)),
        Feed("challenge", detail="x"),
        Feed("html"),
    ):
        assert explained(parsed, cut, 10) is parsed


def test_a_poll_of_one_page_stays_as_it_is():
    assert requests_for(replace(SOURCE, headers={"Content-Type": "text/x"}, body={}), KNOWN, NOW)[
        0
    ].headers == {"Content-Type": "text/x"}
