"""A corpus of broken feeds: every one ends in a counted outcome, in bounded time, by no error but ours."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.adapters.feeds import parse_feed
from monitor.domain.model import Kind, Source

FOLDER = Path(__file__).parent.parent / "data" / "feeds" / "broken"
EXPECTED = json.loads((FOLDER / "expected.json").read_text())
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
SECONDS = 3.0


def read(body, kind="rss", content_type="application/xml"):
    started = time.process_time()
    feed = parse_feed(
        Source("a", Kind(kind), "https://a.example/feed"), body, content_type, "https://a.example/feed", NOW
    )
    assert time.process_time() - started < SECONDS
    return feed


@pytest.mark.parametrize("name", EXPECTED)
def test_the_corpus(name):
    expected = EXPECTED[name]
    feed = read((FOLDER / name).read_bytes(), expected["kind"])
    assert feed.outcome == expected["outcome"], (expected["why"], feed.detail)
    if expected["entries"] is not None:
        assert len(feed.entries) == expected["entries"], expected["why"]
    if "rejected" in expected:
        assert feed.rejected == expected["rejected"]
    if "dated" in expected:
        assert sum(entry.published_at is not None for entry in feed.entries) == expected["dated"]
    if "title" in expected:
        assert feed.entries[0].title == expected["title"]


def test_every_file_has_its_expectation():
    assert {path.name for path in FOLDER.iterdir()} == {*EXPECTED, "expected.json"}


@pytest.mark.parametrize(
    "content_type",
    ["text/html; charset=iso-8859-1", "application/json", "text/xml; charset=gb2312", "\udcff", ""],
)
def test_a_wrong_content_type_changes_nothing(content_type):
    for name in ("two-roots.xml", "gb18030-undeclared.xml", "utf8-as-gb2312.xml", "utf16.xml"):
        feed = read((FOLDER / name).read_bytes(), content_type=content_type)
        assert (feed.outcome, len(feed.entries)) == ("feed", EXPECTED[name]["entries"])


def item(number):
    return f"<item><title>Story {number}</title><link>https://a.example/{number}</link><description>{'word ' * 20}</description></item>"


def test_twenty_thousand_entries():
    body = f"<rss><channel>{''.join(map(item, range(20_000)))}</channel></rss>".encode()
    feed = read(body)
    assert (len(feed.entries), feed.rejected) == (500, {"over-limit": 19_500})


def test_twenty_thousand_entries_that_only_the_patient_parser_reads():
    broken = "".join(
        f"<item><title>Story {n}</title><link>https://a.example/{n}</link><x></item>" for n in range(2_000)
    )
    feed = read(f"<rss><channel>{broken}</channel></rss>".encode())
    assert (len(feed.entries), feed.rejected) == (500, {"over-limit": 1_500})


def test_elements_nested_fifty_thousand_deep():
    body = "<rss><channel>" + "<x>" * 50_000 + "</x>" * 50_000 + item(1) + "</channel></rss>"
    assert len(read(body.encode()).entries) == 1


def test_an_attribute_of_a_third_of_a_megabyte():
    body = f"<rss><channel><other a='{'x' * 300_000}'/>{item(1)}</channel></rss>"
    assert len(read(body.encode()).entries) == 1


def test_a_quadratic_entity_costs_nothing():
    bomb = f'<!DOCTYPE rss [<!ENTITY a "{"a" * 50_000}">]><rss><channel><item><title>{"&a;" * 20_000}</title></item></channel></rss>'
    assert read(bomb.encode()).outcome == "not-a-feed"


@pytest.mark.parametrize("false", ["&#x110000;", "&#1114112;", "&#0;", "&#xD800;", f"&#{'9' * 5000};"])
def test_a_reference_to_no_character_costs_nothing_but_itself(false):
    quick = f"<rss><channel>{item(1)}<item><title>{false}Two</title><link>https://a.example/2</link></item></channel></rss>"
    patient = quick.replace("</channel>", "<x></channel>")
    for document in (quick, patient):
        feed = read(document.encode())
        assert [entry.title[-3:] for entry in feed.entries] == ["y 1", "Two"]


def test_an_element_of_a_parsers_own_name_breaks_nothing():
    for name in ("links", "authors", "source", "content"):
        body = f"<rss><channel><{name}>x</{name}>{item(1)}<item><{name}>y</{name}><x></item></channel></rss>"
        assert len(read(body.encode()).entries) == 1


def test_blanks_around_a_feed_cost_nothing():
    blanks = " \n" * 100_000
    assert len(read(f"{blanks}<rss><channel>{item(1)}</channel></rss>{blanks}".encode()).entries) == 1


@pytest.mark.parametrize(
    "piece",
    [
        " ",
        "<",
        "<item>",
        "<a ",
        "<![CDATA[",
        "<!--",
        "&amp",
        "&#",
        "]]>",
        "<item",
        "</item>",
        "<?",
        "\x00<",
        "<!DOCTYPE ",
        "\n<title>",
    ],
)
def test_repeated_scraps_end_in_time(piece):
    for start in ("", "<rss><channel>", '<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom">'):
        for kind in ("rss", "sitemap"):
            read((start + piece * (200_000 // len(piece))).encode(), kind)
