"""Promises on hostile input: bounded, refused with a reason, and never fatal."""

import time
from datetime import UTC, datetime

import pytest

from monitor.adapters.extract import read_page
from monitor.domain.errors import Permanent
from monitor.domain.model import Hints, Page

NOW = datetime(2026, 3, 10, tzinfo=UTC)
SENTENCE = "The platform said on Monday that it had removed more than a thousand accounts with faces."
MOST_SECONDS = 12.0  # of CPU; the pool kills what takes longer


def read(body: bytes, kind: str = "text/html"):
    return read_page(Page("https://a.example/x", "https://a.example/x", kind, body, NOW), Hints())


@pytest.mark.parametrize(
    "body",
    [
        b"%PDF-1.7\n" + b"\x00\x01\x02" * 500,
        b"\x89PNG\r\n\x1a\n" + b"\x00" * 500,
        b"PK\x03\x04" + b"\x00\xff" * 500,
        b"\x1f\x8b\x08" + bytes(range(256)) * 10,
        b"GIF89a" + bytes(500),
        bytes(range(256)) * 20,
    ],
)
def test_binary_behind_text_html_is_refused(body) -> None:
    with pytest.raises(Permanent, match="not-html"):
        read(body)


@pytest.mark.parametrize("kind", ["image/png", "application/pdf", "video/mp4"])
def test_another_content_type_is_refused(kind) -> None:
    with pytest.raises(Permanent, match="not-html"):
        read(b"<p>hello</p>", kind)


def test_fifty_megabytes_are_refused_at_once() -> None:
    with pytest.raises(Permanent, match="too-large"):
        read(b"<p>" + b"x" * 50_000_000)


def test_too_many_elements_are_refused() -> None:
    with pytest.raises(Permanent, match="too-complex"):
        read(b"<i>a</i>" * 450_000)


@pytest.mark.parametrize(
    "body", [b"", b"   \n", b"<!-- -->", b"<", b"\xff\xfe", b"<html>", b"<?xml version='1.0'?>"]
)
def test_next_to_nothing_is_no_article(body) -> None:
    with pytest.raises(Permanent):
        read(body)


@pytest.mark.parametrize(
    "body",
    [
        b"<div>" * 10_000 + SENTENCE.encode() + b"</div>" * 10_000,
        b"<div>" * 100_000,
        b"<b><i>" * 50_000,
        b"<table>" + b"<tr>" + b"<td>cell</td>" * 60_000 + b"</tr></table>",
        b"".join(b"<p>%s %d</p>" % (SENTENCE.encode(), number) for number in range(40_000)),
        b"".join(b"<a href='/%d'>a link to somewhere</a> " % number for number in range(60_000)),
        b"<p>" + b"a" * 4_000_000,
        b"<p>" + b"- " * 1_000_000,
        b"<title>" + b"| - _ " * 100_000 + b"</title><p>" + SENTENCE.encode() * 20,
        b"<meta name='author' content='" + b"by , and " * 50_000 + b"'><p>" + SENTENCE.encode() * 20,
        b"<h1>" + b"2024-03-27 " * 50_000 + b"</h1><p>" + SENTENCE.encode() * 20,
        b"<script type='application/ld+json'>" + b"[" * 200_000 + b"</script><p>" + SENTENCE.encode() * 20,
        b"<script type='application/ld+json'>"
        + b'{"@graph":[' * 5_000
        + b"</script><p>"
        + SENTENCE.encode() * 20,
        b"<div class='" + b"ad-" * 200_000 + b"'><p>" + SENTENCE.encode() * 20,
        b"<p>" + SENTENCE.encode() * 10 + b"</p><p>" + "来源：".encode() * 100_000 + b"</p>",
        b"<p style='" + b"display:" * 100_000 + b"'>" + SENTENCE.encode() * 20,
    ],
    ids=range(16),
)
def test_pages_that_are_built_to_hang_end_in_bounded_time(body) -> None:
    start = time.process_time()
    try:
        document = read(body)
    except Permanent as error:
        assert error.reason in {"no-article", "too-complex", "too-large"}  # noqa: PT017 - either end will do
    else:
        assert document.reader
    assert time.process_time() - start < MOST_SECONDS


def test_a_page_too_large_for_the_thorough_readers_is_still_read() -> None:
    noise = "".join(f"<span><a href='/{number}'>x{number}</a></span>" for number in range(20_000))
    prose = "".join(f"<p>{SENTENCE} It was number {number}.</p>" for number in range(30))
    document = read(f"<html><body><div>{noise}</div><article>{prose}</article></body></html>".encode())
    assert document.reader == "prose"
    assert document.text.count(SENTENCE) == 30
