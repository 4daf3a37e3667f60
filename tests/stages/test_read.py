"""Read: every attempt ends in exactly one fate, and a lost lease writes nothing."""

from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.domain.errors import Permanent, Transient
from monitor.domain.model import Article, Entry, Kind, Source
from monitor.stages.read import read
from tests.fakes import NOON, FakeArticles, FakeClock, FakeReader, FakeRobots, FakeWeb, response

URL = "https://example.org/a"
SOURCE = Source(
    "example", Kind.RSS, "https://example.org/feed", publisher="Example", timezone="Asia/Shanghai"
)
ARTICLE = Article(7, URL, "example", Entry(URL, "A title"), NOON, attempts=1, token="t")
WORDS = b"<html><body>" + b"many words " * 100


async def outcome(answer, *, article=ARTICLE, source=SOURCE, reader=None, robots=None, store=None):
    store = store or FakeArticles()
    fate = await read(
        article,
        source,
        fetcher=FakeWeb({URL: answer}),
        robots=robots or FakeRobots(),
        reader=reader or FakeReader(),
        store=store,
        clock=FakeClock(),
    )
    return fate, store


async def test_a_page_becomes_a_document_with_the_hints_of_its_source():
    reader = FakeReader()
    fate, store = await outcome(response(URL, WORDS), reader=reader)
    assert fate.word == "read"
    assert 7 in store.read
    assert (reader.hints[0].publisher, reader.hints[0].timezone) == ("Example", "Asia/Shanghai")


@pytest.mark.parametrize(
    ("answer", "word", "reason"),
    [
        (response(URL, status=404), "failed", "gone"),
        (response(URL, status=403), "failed", "refused"),
        (response(URL, b"  "), "failed", "empty-page"),
        (response(URL, WORDS, truncated=True), "failed", "too-large"),
        (response(URL, status=418), "failed", "http-418"),
        (response(URL, status=503), "again", "http-503"),
        (response(URL, status=429, retry_after="3600"), "again", "http-429"),
        (response(URL, b"<html>", status=403, cf_mitigated="challenge"), "again", "blocked"),
        (Transient("timeout"), "again", "timeout"),
        (Permanent("private-address"), "failed", "private-address"),
    ],
)
async def test_every_answer_has_its_fate_and_reason(answer, word, reason):
    fate, _ = await outcome(answer)
    assert (fate.word, reason in fate.reason) == (word, True)


async def test_retry_after_is_waited_for():
    _, store = await outcome(response(URL, status=429, retry_after="7200"))
    assert store.postponed[7][1] == NOON + timedelta(hours=2)


async def test_a_page_that_kills_its_reader_fails_at_the_third_try():
    reader = FakeReader(trouble=Transient("worker-died"))
    fate, _ = await outcome(response(URL, WORDS), article=replace(ARTICLE, attempts=2), reader=reader)
    assert fate.word == "again"
    fate, _ = await outcome(response(URL, WORDS), article=replace(ARTICLE, attempts=3), reader=reader)
    assert fate.word == "failed"


async def test_robots_are_obeyed_unless_the_source_says_otherwise():
    robots = FakeRobots(forbidden=(URL,))
    fate, _ = await outcome(response(URL, WORDS), robots=robots)
    assert (fate.word, "robots" in fate.reason) == ("failed", True)
    fate, _ = await outcome(response(URL, WORDS), robots=robots, source=replace(SOURCE, robots="ignore"))
    assert fate.word == "read"


async def test_an_entry_with_the_whole_text_is_read_without_a_fetch():
    article = replace(ARTICLE, entry=Entry(URL, "A title", content="<p>the text</p>"))
    fate, store = await outcome(
        Transient("never asked"), article=article, source=replace(SOURCE, full_text=True)
    )
    assert fate.word == "read"
    assert store.read[7].document.reader == "entry"


@pytest.mark.parametrize("answer", [response(URL, WORDS), response(URL, status=404), Transient("timeout")])
async def test_a_late_worker_writes_nothing(answer):
    fate, store = await outcome(answer, store=FakeArticles(lost=True))
    assert fate.word == "lost"
    assert not (store.read or store.failed or store.postponed)
