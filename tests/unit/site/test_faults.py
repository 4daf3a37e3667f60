"""Hosts at fault do what they are said to do."""

import gzip
import zlib
from datetime import UTC, datetime
from itertools import islice

import feedparser
import pytest

from tests.site.answers import Ask
from tests.site.faults import BAD_PAGES, FAULT_HOSTS, MEGABYTE, PAGE_FAULTS, PAGES, bomb, fault

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def get(host, path="/feed.xml"):
    return fault(Ask(f"{host}.faults.test", path), NOW)


@pytest.mark.parametrize("host", sorted(FAULT_HOSTS))
def test_every_host_answers_and_keeps_robots_from_private_pages(host):
    assert fault(Ask(host, "/feed.xml"), NOW)
    assert b"Disallow: /private/" in fault(Ask(host, "/robots.txt"), NOW).body


def test_an_endless_body_goes_on():
    chunks = get("endless").chunks()
    assert sum(len(chunk) for chunk in islice(chunks, 100)) > 2_000_000


def test_some_never_answer_and_one_hangs_up():
    assert get("silent").delay >= 3600
    assert get("drip").pause == 1.0
    assert get("dropped").drop


def test_statuses_and_challenges():
    assert [get(host).status for host in ("error", "gone", "challenge", "wall", "empty")] == [
        500,
        410,
        403,
        200,
        200,
    ]
    assert get("challenge").headers["Cf-Mitigated"] == "challenge"
    assert get("empty").body == b""


def test_a_circle_has_no_end():
    assert get("loop").headers["Location"].endswith("/b.xml")
    assert get("loop", "/b.xml").headers["Location"].endswith("/feed.xml")


def test_a_bomb_is_small_and_unpacks_to_its_size():
    packed = b"".join(bomb(megabytes=20))
    assert len(packed) < MEGABYTE // 10
    assert len(gzip.decompress(packed)) == 20 * MEGABYTE


def test_a_truncated_body_cannot_be_unpacked():
    with pytest.raises((EOFError, zlib.error)):
        gzip.decompress(get("truncated").body)


def test_the_feed_of_bad_pages_lists_every_one_of_them():
    links = [entry.link for entry in feedparser.parse(get("pages").body).entries]
    assert links == [f"http://{PAGES}{path}" for path in BAD_PAGES]
    assert set(BAD_PAGES) - set(PAGE_FAULTS) == {"/missing.html"}


def test_bad_pages_are_as_bad_as_they_say():
    assert sum(map(len, PAGE_FAULTS["/fifty-megabytes.html"]().chunks())) > 50 * MEGABYTE
    assert len(PAGE_FAULTS["/long-title.html"]().body) > 10_000
    assert PAGE_FAULTS["/binary.html"]().body.startswith(b"\x89PNG")
    assert PAGE_FAULTS["/deep.html"]().body.count(b"<div>") == 100_000
    assert PAGE_FAULTS["/gone.html"]().status == 410
    assert get("pages", "/missing.html").status == 404


def test_odd_dates():
    assert b"<pubDate>2026-11-22 19:55:00</pubDate>" in get("zoneless").body
    assert "11月22日 17:00".encode() in get("yearless").body


def test_links_that_nobody_may_follow():
    body = get("links").body
    assert all(word in body for word in (b"javascript:", b"file:///", b"169.254.169.254", b"127.0.0.1:22"))
