"""The replayed web behind its socket."""

import asyncio
import json
import signal
import subprocess
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import ClientSession, ClientTimeout
from aiohttp.client_exceptions import ClientError, ServerDisconnectedError

from tests.site import Limits, Pace, serve
from tests.site.__main__ import on_days

ROOT = Path(__file__).parents[3]
KEYS = {"Authorization": "LOW demo-access:demo-secret"}


@pytest.fixture
def site(english, chinese, clock):
    @asynccontextmanager
    async def running(*articles, **pace):
        known = articles or (english(), chinese())
        async with (
            serve(known, clock=clock, pace=Pace(**pace), limits=Limits(index_lag=0.0)) as served,
            ClientSession() as client,
        ):
            yield served, client

    return running


async def test_it_is_a_proxy_for_every_host(site, english):
    async with site() as (served, client):
        answer = await client.get(english().url, proxy=served.proxy_url, headers={"X-Word": "ja"})
        assert english().headline in await answer.text()
    (seen,) = served.requests("www.theregister.com")
    assert (seen.method, seen.path, seen.headers["x-word"]) == ("GET", english().path, "ja")
    assert seen.time == served.clock.now()


async def test_the_same_page_opens_in_a_browser(site, english, chinese):
    async with site() as (served, client):
        front = await (await client.get(served.url)).text()
        assert f'<a href="/at/{chinese().host}{chinese().path}">' in front
        page = await (await client.get(f"{served.url}/at/{english().host}{english().path}")).text()
        assert english().headline in page
        assert f'<link rel="canonical" href="{english().url}">' in page
        log = await (await client.get(f"{served.url}/_site/log")).json()
        assert log[-1]["url"] == english().url


async def test_queries_and_unusual_letters_come_through(site, chinese):
    article = chinese(path="/新闻/1.html?id=7", channel="sina", host="news.sina.com.cn")
    async with site(article) as (served, client):
        answer = await client.get(article.url, proxy=served.proxy_url)
        assert answer.status == 200


async def test_a_validator_is_answered_304(site):
    url = "http://www.theregister.com/headlines.atom"
    async with site() as (served, client):
        first = await client.get(url, proxy=served.proxy_url)
        again = await client.get(
            url, proxy=served.proxy_url, headers={"If-None-Match": first.headers["ETag"]}
        )
        assert (again.status, await again.read()) == (304, b"")


async def test_a_slow_source_waits_for_the_clock(site, chinese, clock):
    url = "http://www.etnet.com.hk/www/tc/news/rss.php"
    async with site(chinese(channel="etnet"), slow=5.0) as (served, client):
        asked = asyncio.ensure_future(client.get(url, proxy=served.proxy_url))
        await clock.asleep.wait()
        assert not asked.done()
        clock.advance(5)
        assert (await asked).status == 200


async def test_an_endless_body_can_be_left(site):
    async with site() as (served, client):
        async with client.get("http://endless.faults.test/", proxy=served.proxy_url) as answer:
            assert len(await answer.content.readexactly(200_000)) == 200_000
        assert (
            await client.get("http://www.theregister.com/robots.txt", proxy=served.proxy_url)
        ).status == 200


async def test_a_dropped_connection_has_no_answer(site):
    async with site() as (served, client):
        with pytest.raises((ServerDisconnectedError, ClientError)):
            await client.get("http://dropped.faults.test/", proxy=served.proxy_url)


async def test_tunnels_are_refused(site):
    async with site() as (served, _client):
        reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(b"CONNECT www.npr.org:443 HTTP/1.1\r\nHost: www.npr.org:443\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 501")
        writer.close()


async def test_a_silent_host_does_not_hold_up_the_end(site):
    async with site() as (served, client):
        with pytest.raises(TimeoutError):
            await client.get(
                "http://silent.faults.test/", proxy=served.proxy_url, timeout=ClientTimeout(0.05)
            )


@pytest.mark.parametrize("through_proxy", [False, True])
async def test_the_archive_stands_at_the_base_address_and_behind_the_proxy(site, english, through_proxy):
    async with site() as (served, client):
        base = "http://web.archive.org" if through_proxy else served.url
        proxy = served.proxy_url if through_proxy else None
        form = {"url": english().url}
        submitted = await client.post(f"{base}/save", data=form, headers=KEYS, proxy=proxy)
        job_id = (await submitted.json())["job_id"]
        for _ in range(3):
            state = await (await client.get(f"{base}/save/status/{job_id}", proxy=proxy)).json()
        assert state["status"] == "success"
        page = await client.get(f"{base}/web/{state['timestamp']}/{english().url}", proxy=proxy)
        assert english().headline in await page.text()
    assert served.requests("web.archive.org", "/save")[0].headers["authorization"] == KEYS["Authorization"]


@pytest.mark.parametrize(
    ("days", "answer"),
    [
        ("", True),
        ("2022-03-28", True),
        ("2022-03-27..2022-03-29", True),
        ("2024-03-27, 2022-03-28", True),
        ("2024-03-27", False),
    ],
)
def test_days_are_chosen(english, days, answer):
    assert on_days(english(), days) is answer


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_the_command_serves_until_it_is_told_to_stop(ending, tmp_path):
    rules = tmp_path / "rules.yaml"
    rules.write_text(json.dumps([{"match": "faces", "error": "no-captures"}]), "utf-8")
    command = [sys.executable, "-m", "tests.site", "--port", "0", "--start-paced", "--rules", str(rules)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert "at http://127.0.0.1:" in process.stdout.readline()
        process.send_signal(ending)
        assert process.wait(10) == 0
