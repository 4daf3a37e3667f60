"""Every source that is shipped reads the shape in which its publisher writes, recorded and replayed."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from monitor.adapters.feeds import parse_feed
from monitor.adapters.feeds.rules import compiled
from monitor.adapters.http import Http
from monitor.config import load_sources
from monitor.domain.model import SourceState
from monitor.domain.requests import requests_for
from monitor.domain.schedule import classify
from tests.site import serve
from tests.site.publishers import ANNOUNCERS

ROOT = Path(__file__).parent.parent.parent
SHAPES = ROOT / "tests" / "data" / "feeds" / "shapes"
SHIPPED = load_sources(ROOT / "sources.yaml")
EXPECTED = json.loads((SHAPES / "expected.json").read_text())
NOW = datetime(2026, 9, 24, 14, 0, tzinfo=UTC)
REPLAYED = {(announcer.host, announcer.path) for announcer in ANNOUNCERS}


def enabled():
    return {source.name: source for source in SHIPPED.enabled}


def test_every_enabled_source_has_a_recorded_shape():
    assert set(EXPECTED) == set(enabled())
    assert {path.name for path in SHAPES.iterdir()} == {"expected.json"} | {
        expected["file"] for expected in EXPECTED.values()
    }


@pytest.mark.parametrize("name", EXPECTED)
def test_a_source_reads_its_shape(name):
    source, expected = enabled()[name], EXPECTED[name]
    feed = parse_feed(source, (SHAPES / expected["file"]).read_bytes(), "", source.url, NOW)
    assert feed.outcome == "feed"
    if feed.more:
        assert feed.more == (expected["url"],)
        return
    (entry,) = feed.entries
    assert (entry.url, entry.title) == (expected["url"], expected["title"])
    assert entry.published_at == datetime.fromisoformat(expected["published_at"])


def replayed():
    return [
        name
        for name, source in enabled().items()
        if (urlsplit(source.url).netloc, urlsplit(source.url).path) in REPLAYED
    ]


async def test_sources_read_the_replayed_web():
    """The replay speaks plain HTTP, so every address is asked without TLS; all else is as shipped."""
    assert len(replayed()) >= 15
    async with (
        serve() as site,
        Http(user_agent="monitor-test", proxy=site.proxy_url, host_interval=0) as http,
    ):
        for name in replayed():
            source = enabled()[name]
            source = replace(source, url=source.url.replace("https:", "http:"))
            now = datetime.now(UTC)
            response = await http.fetch(requests_for(source, SourceState(name), now)[0])
            assert classify(response) is None, name
            feed = parse_feed(
                source, response.body, response.headers.get("content-type", ""), response.final_url, now
            )
            assert (feed.outcome, bool(feed.entries)) == ("feed", True), name
            assert all(entry.title and entry.published_at for entry in feed.entries), name


def test_what_is_switched_off_says_why():
    assert all(SHIPPED.disabled.values())
    assert {"sina-rss", "venturebeat-ai", "kr36-feed"} <= set(SHIPPED.disabled)


@pytest.mark.parametrize(
    ("topic", "words"),
    [
        (
            "ai-incidents",
            "deepfake* 换脸 換臉 ディープフェイク 딥페이크 estafa* fraude* préjudice* gefälscht* дипфейк*",
        ),
        (
            "information-manipulation",
            "disinformation 虚假信息 虛假訊息 偽情報 가짜뉴스 desinformación désinformation Desinformation* дезинформаци*",
        ),
    ],
)
def test_the_topics_speak_many_languages(topic, words):
    known = SHIPPED.topics[topic]
    assert set(words.split()) <= {*known.any, *known.all_of}


def test_expressions_are_valid():
    for source in SHIPPED.sources.values():
        for expression in [rule.match for rule in (*source.keep, *source.block)] + (
            [source.unwrap] if source.unwrap not in {"", "jsonp"} else []
        ):
            compiled(expression)
