"""The shipped data, its lists and its sources file belong together."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from tests.site import ManualClock, load
from tests.site.answers import Ask
from tests.site.publishers import MOVED, announcers, look_of
from tests.site.web import Web

SITE = Path(__file__).parents[2] / "site"
ARTICLES = load()
SOURCES = yaml.safe_load((SITE / "sources.yaml").read_text("utf-8"))["sources"]


@pytest.fixture(scope="module")
def web():
    return Web(ARTICLES, ManualClock(datetime(2025, 4, 1, tzinfo=UTC)))


def address(url):
    parts = urlsplit(MOVED.get(url, url))
    return parts.hostname, parts.path or "/"


def test_keys_and_addresses_are_unique():
    assert Counter(article.key for article in ARTICLES).most_common(1)[0][1] == 1
    assert Counter(article.url for article in ARTICLES).most_common(1)[0][1] == 1


def test_every_list_is_a_source_and_every_source_a_list():
    lists = {(announcer.host, announcer.path) for announcer in announcers(ARTICLES)}
    assert lists == {address(source["url"]) for source in SOURCES}


def test_every_article_is_announced_by_its_own_channel(web):
    shown = {article.key for channel in {a.channel for a in ARTICLES} for article in web.announced(channel)}
    assert shown == {article.key for article in ARTICLES}


def test_gateway_numbers_lead_to_the_pages():
    paths = [article.path for article in ARTICLES if article.channel == "kr36"]
    assert all(path.startswith("/p/") and path[3:].isdigit() for path in paths)


@pytest.mark.parametrize("article", ARTICLES, ids=lambda article: article.key)
def test_every_page_can_be_read_in_its_encoding(web, article):
    answer = web.answer(Ask(article.host, article.path))
    page = answer.body.decode(look_of(article).encoding)
    assert answer.status == 200
    assert "<title>" in page
