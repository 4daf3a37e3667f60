"""Promises of robots.txt: obeyed, remembered, and no trap."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from monitor.adapters.robots import LARGEST, Robots
from monitor.domain.errors import Permanent, Transient
from monitor.domain.model import Request, Response

RULES = b"User-agent: *\nDisallow: /private\nSitemap: https://a.example/news.xml\n\nUser-agent: other\nDisallow: /\n"


@dataclass
class Clock:
    moment: datetime = datetime(2026, 11, 22, tzinfo=UTC)

    def now(self):
        return self.moment


@dataclass
class Web:
    """Answers every request with the same, and counts."""

    answer: object = (200, RULES)
    asked: list[Request] = field(default_factory=list)

    async def fetch(self, request):
        self.asked.append(request)
        await asyncio.sleep(0)
        if isinstance(self.answer, Exception):
            raise self.answer
        status, body = self.answer
        return Response(request.url, request.url, status, {}, body, datetime(2026, 11, 22, tzinfo=UTC))


def robots(web, clock=None):
    return Robots(web, user_agent="monitor/1.0 (news)", clock=clock or Clock())


async def test_rules_are_obeyed_and_asked_for_once():
    web = Web()
    reader = robots(web)
    paths = ["/", "/private/x", "/public?x=1"]
    answers = await asyncio.gather(*(reader.allowed(f"https://a.example{path}") for path in paths))
    assert answers == [True, False, True]
    assert [request.url for request in web.asked] == ["https://a.example/robots.txt"]
    assert web.asked[0].max_bytes == LARGEST
    assert await reader.sitemaps("https://a.example/") == ["https://a.example/news.xml"]


async def test_each_site_has_its_own():
    web = Web()
    reader = robots(web)
    for url in ("https://a.example/", "http://a.example/", "https://a.example:8443/", "https://b.example/"):
        await reader.allowed(url)
    assert len(web.asked) == 4


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        ((200, RULES), timedelta(days=1)),
        ((404, b""), timedelta(days=1)),
        ((403, b""), timedelta(days=1)),
        ((429, b""), timedelta(minutes=30)),
        ((503, b"User-agent: *\nDisallow: /"), timedelta(minutes=30)),
        ((200, b"<html><script src=/cdn-cgi/challenge-platform/x></script></html>"), timedelta(minutes=30)),
        (Transient("timeout"), timedelta(minutes=30)),
        (Permanent("private-address"), timedelta(days=1)),
    ],
)
async def test_answers_are_kept_as_long_as_they_are_worth(answer, kept):
    web, clock = Web(answer), Clock()
    reader = robots(web, clock)
    assert await reader.allowed("https://a.example/x")
    clock.moment += kept - timedelta(seconds=1)
    await reader.allowed("https://a.example/x")
    assert len(web.asked) == 1
    clock.moment += timedelta(seconds=1)
    await reader.allowed("https://a.example/x")
    assert len(web.asked) == 2


async def test_an_impatient_asker_does_not_spoil_it_for_others():
    web = Web()
    reader = robots(web)
    first = asyncio.create_task(reader.allowed("https://a.example/private"))
    second = asyncio.create_task(reader.allowed("https://a.example/private"))
    await asyncio.sleep(0)
    first.cancel()
    assert await second is False
    assert len(web.asked) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xfe\x00",
        b"\0" * 1000,
        b"Disallow: /\n" * 40_000,
        b"<html>not rules</html>",
        b"User-agent: *\nDisallow: /*" + b"*a" * 200,
    ],
)
async def test_broken_files_allow(body):
    assert await robots(Web((200, body))).allowed("https://a.example/story")
