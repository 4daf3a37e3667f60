"""A small sample of articles and a clock that stands still, to try the replayed web on."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tests.site import Article, ManualClock, Pace, from_record
from tests.site.web import Web

NOW = datetime(2025, 4, 1, 8, 0, tzinfo=UTC)

RECORD = {
    "key": "one",
    "publisher": "The Register",
    "host": "www.theregister.com",
    "path": "/2022/03/28/faces/",
    "channel": "theregister",
    "page_title": 'Probe finds <1,000 faces & "profiles" • The Register',
    "headline": "Probe finds faces and profiles",
    "published_at": "2022-03-28T14:31:00+00:00",
    "country": "GB",
    "language": "en",
    "authors": ["Tamsin Oakes", "Renée Ortiz"],
    "source_named": None,
    "paragraphs": ["The first paragraph tells it & more.", "The second one ends <here>."],
    "summary": "A probe & its <outcome>.",
}
CHINESE = {
    **RECORD,
    "key": "zwei",
    "publisher": "证券之星",
    "host": "stock.stockstar.com",
    "path": "/SS2024032700012345.shtml",
    "channel": "stockstar",
    "page_title": "抖音公告：Renée 与“虛擬人”🙂一律封禁",
    "headline": "抖音公告：“虛擬人”一律封禁",
    "published_at": "2024-03-27T23:42:05+08:00",
    "country": "CN",
    "language": "zh-Hans",
    "authors": ["王敏"],
    "source_named": "新华网",
    "paragraphs": ["抖音安全中心3月27日发布公告。", "平台表示将报警打击。"],
    "summary": "平台发布公告。",
}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def english() -> Callable[..., Article]:
    """Make an English article that differs from the sample in what is named."""
    return lambda **changes: from_record(RECORD | changes)


@pytest.fixture
def chinese() -> Callable[..., Article]:
    """Make a Chinese article that differs from the sample in what is named."""
    return lambda **changes: from_record(CHINESE | changes)


@pytest.fixture
def web_of(clock: ManualClock) -> Callable[..., Web]:
    """Make a web of the given articles at the clock's time."""
    return lambda *articles, **pace: Web(
        sorted(articles, key=lambda article: article.published_at), clock, Pace(**pace)
    )
