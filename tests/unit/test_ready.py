"""Lines of documents that somebody else has read: taken as they are, or refused with a word that helps."""

import json
from datetime import UTC, datetime

import pytest

from monitor.commands.ready import Ready, ready
from tests.fakes import NOON

LINE = {"url": "https://a.example/1", "title": "A title", "text": "A text.", "published_at": "2026-02-01"}


def of(**given: object) -> Ready | str:
    return ready(json.dumps(LINE | given).encode(), NOON)


def test_a_line_becomes_a_document() -> None:
    found = of(published_at="2026-02-01T08:00:00+08:00", language="zh-TW", authors=["Ada", "Bob"])
    assert isinstance(found, Ready)
    assert (found.url_key, found.document.language) == ("https://a.example/1", "zh-Hant")
    assert found.document.published_at == datetime(2026, 2, 1, tzinfo=UTC)
    assert found.document.authors == ("Ada", "Bob")


def test_a_line_may_begin_with_a_mark_and_name_one_author() -> None:
    found = ready(b"\xef\xbb\xbf" + json.dumps(LINE | {"authors": "Ada"}).encode() + b"\r\n", NOON)
    assert isinstance(found, Ready)
    assert found.document.authors == ("Ada",)


@pytest.mark.parametrize(("stated", "tag"), [("en-US", "en"), (None, "zh-Hans"), ("x" * 500, "zh-Hans")])
def test_a_language_is_a_tag_whatever_the_line_says(stated, tag) -> None:
    found = of(language=stated, text="杭州警方通报一起诈骗案，嫌疑人使用换脸技术冒充公司高管。")
    assert isinstance(found, Ready)
    assert found.document.language == tag


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"url": None, "id": None}, "neither 'url' nor 'id'"),
        ({"url": "", "id": ""}, "neither 'url' nor 'id'"),
        ({"url": "", "id": {"a": 1}}, "neither 'url' nor 'id'"),
        ({"url": "ftp://a.example/"}, "bad-url"),
        ({"text": ["a", "b"]}, "text is no text"),
        ({"title": {"en": "A"}}, "title is no text"),
        ({"language": 5}, "language is no text"),
        ({"authors": 5}, "authors is no list of names"),
        ({"authors": [None]}, "authors is no list of names"),
        ({"published_at": "yesterday"}, "published_at is no ISO 8601 time: 'yesterday'"),
        ({"published_at": 0}, "published_at is no ISO 8601 time"),
        ({"published_at": "9999-12-31T23:59:59-14:00"}, "date value out of range"),
        ({"title": None, "text": ""}, "neither title nor text"),
    ],
)
def test_what_is_no_document_is_refused_with_its_reason(given, word) -> None:
    found = of(**given)
    assert isinstance(found, str)
    assert word in found


@pytest.mark.parametrize(
    "raw", [b"", b"null", b"[]", b"{", b"[" * 100_000, b"\xff", b"{" * (9 * 1024 * 1024)]
)
def test_what_is_no_json_is_refused(raw) -> None:
    assert isinstance(ready(raw, NOON), str)
