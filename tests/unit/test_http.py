"""Promises of the fetcher: polite, safe, bounded, and clear about what went wrong."""

import asyncio
import gzip
import socket
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta

import brotli
import pytest
from aiohttp import web
from backports import zstd

from monitor.adapters.http import MOST_REDIRECTS, Http
from monitor.domain.errors import Permanent, Transient
from monitor.domain.model import Request, Validators

MEBIBYTE = 1024 * 1024
TEXT = b"<rss>" + b"news " * 40_000


def http(**settings) -> Http:
    return Http(
        **{"user_agent": "monitor-test", "allow_networks": ["127.0.0.0/8", "::1/128"], "host_interval": 0.0}
        | settings
    )


@asynccontextmanager
async def site(handler) -> AsyncIterator[str]:
    """A site on loopback whose every path is answered by one function."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        server = web.TCPSite(runner, "127.0.0.1", 0)
        await server.start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def raw_site(answer) -> AsyncIterator[str]:
    """A server that speaks no better than its author."""

    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        await answer(writer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


def answering(body: bytes = b"", status: int = 200, headers=None):
    async def handler(_request):
        return web.Response(status=status, body=body, headers=headers or {})

    return handler


async def test_an_answer_is_returned_whatever_its_status():
    for status in (200, 204, 304, 404, 410, 429, 500, 503):
        async with site(answering(b"" if status in {204, 304} else b"x", status)) as url, http() as fetcher:
            response = await fetcher.fetch(Request(url + "/a"))
            assert (response.status, response.final_url) == (status, url + "/a")


async def test_what_is_sent_is_plain_and_has_no_connection_header():
    seen = []

    async def handler(request):
        seen.append(request.raw_headers)
        return web.Response(body=b"x")

    async with site(handler) as url, http() as fetcher:
        request = Request(
            url,
            headers={"Referer": "https://a.example/", "Connection": "keep-alive", "accept": "text/x"},
            cookies={"a": "1", "b": "2"},
            validators=Validators('"tag"', "Thu, 24 Sep 2026 12:00:33 GMT", "hash"),
        )
        response = await fetcher.fetch(request)
    sent = {name.decode().lower(): value.decode() for name, value in seen[0]}
    assert "connection" not in sent
    assert sent["user-agent"] == "monitor-test"
    assert sent["accept"] == "text/x"
    assert sent["cookie"] == "a=1; b=2"
    assert sent["if-none-match"] == '"tag"'
    assert sent["if-modified-since"] == "Thu, 24 Sep 2026 12:00:33 GMT"
    assert response.address == "127.0.0.1"


async def test_a_source_may_have_a_proxy_of_its_own():
    asked = []

    async def relay(request):
        asked.append(request.raw_path)
        return web.Response(body=b"x")

    async with site(relay) as url, http(proxy="http://127.0.0.1:9") as fetcher:
        await fetcher.fetch(Request("http://a.example/feed", proxy=url))
    assert asked == ["http://a.example/feed"]


async def test_a_post_carries_its_body():
    async def handler(request):
        return web.Response(body=await request.read(), headers={"X-Method": request.method})

    async with site(handler) as url, http() as fetcher:
        response = await fetcher.fetch(Request(url, method="POST", body=b'{"a":1}'))
    assert (response.body, response.headers["x-method"]) == (b'{"a":1}', "POST")


PACKED = {
    "gzip": gzip.compress(TEXT),
    "deflate": zlib.compress(TEXT),
    "br": brotli.compress(TEXT),
    "zstd": zstd.compress(TEXT),
}


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        *PACKED.items(),
        ("x-gzip", PACKED["gzip"]),
        ("deflate", PACKED["deflate"][2:-4]),  # without the zlib header
        ("gzip", gzip.compress(TEXT[:1000]) + gzip.compress(TEXT[1000:])),
        ("gzip", PACKED["gzip"] + b"\0" * 20),
        ("gzip", TEXT),  # declared, not done
        ("zstd", zstd.compress(TEXT[:1000]) + zstd.compress(TEXT[1000:])),
        ("utf-8", TEXT),
        ("none", TEXT),
    ],
)
async def test_compressed_bodies_are_opened(encoding, packed):
    async with site(answering(packed, headers={"Content-Encoding": encoding})) as url, http() as fetcher:
        response = await fetcher.fetch(Request(url, keep_received=True))
    assert (response.body, response.truncated) == (TEXT, False)
    assert response.received == packed


@pytest.mark.parametrize("encoding", PACKED)
async def test_a_compressed_body_that_breaks_off_is_marked(encoding):
    packed = PACKED[encoding][:-6]
    async with site(answering(packed, headers={"Content-Encoding": encoding})) as url, http() as fetcher:
        response = await fetcher.fetch(Request(url))
    assert response.truncated


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
async def test_a_bomb_ends_at_the_limit(encoding):
    zeros = bytes(64 * MEBIBYTE)
    pack = {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress, "zstd": zstd.compress}[
        encoding
    ]
    packed = pack(zeros, 1) if encoding in {"gzip", "deflate"} else pack(zeros[: 16 * MEBIBYTE])
    async with site(answering(packed, headers={"Content-Encoding": encoding})) as url, http() as fetcher:
        response = await fetcher.fetch(Request(url, max_bytes=MEBIBYTE))
    assert (len(response.body), response.truncated) == (MEBIBYTE, True)


async def test_a_bomb_of_members_is_refused():
    packed = gzip.compress(b"") * 2000
    async with site(answering(packed, headers={"Content-Encoding": "gzip"})) as url, http() as fetcher:
        with pytest.raises(Transient, match="bad-encoding"):
            await fetcher.fetch(Request(url))


async def test_a_body_that_is_no_compression_is_said_so():
    async with site(answering(b"\xff" * 100, headers={"Content-Encoding": "br"})) as url, http() as fetcher:
        with pytest.raises(Transient, match="bad-encoding"):
            await fetcher.fetch(Request(url))


async def test_a_long_body_is_cut_and_marked():
    async with site(answering(b"x" * 1000)) as url, http() as fetcher:
        response = await fetcher.fetch(Request(url, max_bytes=999))
        whole = await fetcher.fetch(Request(url, max_bytes=1000))
    assert (len(response.body), response.truncated) == (999, True)
    assert (len(whole.body), whole.truncated) == (1000, False)


async def test_an_endless_body_ends():
    async def endless(writer):
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"x" * 65536)
            await writer.drain()

    async def answer(writer):
        with suppress(ConnectionError):
            await endless(writer)

    async with raw_site(answer) as url, http() as fetcher:
        response = await fetcher.fetch(Request(url, max_bytes=MEBIBYTE))
    assert response.truncated


# ---------------------------------------------------------------- redirects


def redirecting(steps: dict[str, tuple[int, str]]):
    async def handler(request):
        if step := steps.get(request.path):
            return web.Response(status=step[0], headers={"Location": step[1]})
        echoed = {
            name: request.headers[name] for name in ("Cookie", "X-Key", "Referer") if name in request.headers
        }
        return web.json_response({"method": request.method, "path": request.path_qs, **echoed})

    return handler


async def test_redirects_are_followed_and_recorded():
    steps = {"/a": (301, "/b"), "/b": (308, "c?x=%zz#f")}
    async with site(redirecting(steps)) as url, http() as fetcher:
        response = await fetcher.fetch(Request(url + "/a"))
        assert response.redirects == ((301, url + "/b"), (308, url + "/c?x=%zz"))
        assert (response.url, response.final_url) == (url + "/a", url + "/c?x=%zz")


async def test_a_loop_of_redirects_ends():
    async with site(redirecting({"/a": (302, "/a")})) as url, http() as fetcher:
        with pytest.raises(Transient, match="too-many-redirects"):
            await fetcher.fetch(Request(url + "/a"))
    assert MOST_REDIRECTS == 5


async def test_a_redirect_without_a_target_is_an_answer():
    async with site(answering(b"", 302)) as url, http() as fetcher:
        assert (await fetcher.fetch(Request(url))).status == 302


@pytest.mark.parametrize(
    ("status", "method"), [(301, "GET"), (302, "GET"), (303, "GET"), (307, "POST"), (308, "POST")]
)
async def test_a_post_keeps_its_method_where_the_status_says_so(status, method):
    async with site(redirecting({"/a": (status, "/b")})) as url, http() as fetcher:
        response = await fetcher.fetch(Request(url + "/a", method="POST", body=b"x"))
    assert method.encode() in response.body


async def test_cookies_and_keys_stay_on_their_site():
    own = {"headers": {"X-Key": "secret"}, "cookies": {"session": "secret"}}
    async with site(redirecting({})) as other:
        port = other.rpartition(":")[2]
        steps = {"/away": (302, f"http://127.0.0.2:{port}/"), "/home": (302, "/x")}
        async with site(redirecting(steps)) as url, http() as fetcher:
            kept = await fetcher.fetch(Request(url + "/home", **own))
            assert kept.body.count(b"secret") == 2
            try:
                gone = await fetcher.fetch(Request(url + "/away", **own))
            except Transient:  # where only 127.0.0.1 is configured there is nobody to leak to
                return
            assert b"secret" not in gone.body


@pytest.mark.parametrize(
    "target", ["javascript:alert(1)", "file:///etc/passwd", "http://u:p@127.0.0.1/", "data:text/html,x"]
)
async def test_a_redirect_to_what_is_no_web_address_is_refused(target):
    async with site(redirecting({"/a": (302, target)})) as url, http() as fetcher:
        with pytest.raises(Permanent, match="bad-url"):
            await fetcher.fetch(Request(url + "/a"))


# ---------------------------------------------------------------- trouble


async def test_a_silent_server_is_a_timeout():
    async def silent(writer):
        await asyncio.Event().wait()

    async with raw_site(silent) as url, http() as fetcher:
        with pytest.raises(Transient) as trouble:
            await fetcher.fetch(Request(url, timeout=timedelta(seconds=0.1)))
    assert trouble.value.reason == "timeout"


async def test_a_server_that_stops_halfway_meets_the_total_limit():
    async def halting(writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nx")
        await asyncio.Event().wait()

    async with raw_site(halting) as url, http() as fetcher:
        with pytest.raises(Transient) as trouble:
            await fetcher.fetch(Request(url, timeout=timedelta(seconds=0.2)))
    assert trouble.value.reason == "timeout"


async def test_a_body_that_never_ends_meets_the_total_limit():
    """Something comes all the time: neither the limit of a read nor the size ends it."""

    async def pouring(writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n")
        with suppress(ConnectionError):
            while True:
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0)

    async with raw_site(pouring) as url, http(read_seconds=60.0) as fetcher:
        with pytest.raises(Transient) as trouble:
            await fetcher.fetch(Request(url, timeout=timedelta(seconds=0.2), max_bytes=10**12))
    assert (trouble.value.reason, trouble.value.detail) == ("timeout", "")


async def test_a_server_that_stops_halfway_meets_the_limit_of_a_read():
    async def halting(writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nx")
        await asyncio.Event().wait()

    async with raw_site(halting) as url, http(read_seconds=0.1) as fetcher:
        with pytest.raises(Transient, match="reading") as trouble:
            await fetcher.fetch(Request(url))
    assert trouble.value.reason == "timeout"


async def test_a_server_that_never_shakes_hands_meets_the_limit_of_a_connection():
    async def silent(_reader, _writer):
        await asyncio.Event().wait()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with http(connect_seconds=0.1) as fetcher:
        with pytest.raises(Transient, match="Connection timeout") as trouble:
            await fetcher.fetch(Request(f"https://127.0.0.1:{port}/"))
    server.close()
    assert trouble.value.reason == "timeout"


async def test_a_closed_port_is_a_connection_error():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    async with http() as fetcher:
        with pytest.raises(Transient) as trouble:
            await fetcher.fetch(Request(f"http://127.0.0.1:{port}/"))
    assert trouble.value.reason == "connection"


@pytest.mark.parametrize(
    "answer", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"]
)  # fmt: skip
async def test_broken_http_is_trouble_that_may_pass(answer):
    async def broken(writer):
        writer.write(answer)
        await writer.drain()

    async with raw_site(broken) as url, http() as fetcher:
        with pytest.raises(Transient) as trouble:
            await fetcher.fetch(Request(url))
    assert trouble.value.reason == "connection"


async def test_tls_trouble_has_its_own_word():
    async with site(answering(b"plain")) as url, http() as fetcher:
        with pytest.raises(Transient) as trouble:
            await fetcher.fetch(Request(url.replace("http:", "https:")))
    assert trouble.value.reason == "tls"


async def test_an_unknown_host_is_a_dns_error():
    async with http() as fetcher:
        with pytest.raises(Transient) as trouble:
            await fetcher.fetch(Request("http://no-such-host.invalid/"))
    assert trouble.value.reason == "dns"


async def test_a_fetcher_that_is_closed_says_so():
    with pytest.raises(Transient, match="closed"):
        await http().fetch(Request("http://127.0.0.1:1/"))


# ---------------------------------------------------------------- rest


@pytest.mark.parametrize(("scope", "also_held"), [("host", True), ("domain", True), ("url", False)])
async def test_a_server_that_asks_for_rest_gets_it(scope, also_held):
    asked = []

    async def handler(request):
        asked.append(request.path)
        return web.Response(status=429, headers={"Retry-After": "60"})

    async with site(handler) as url, http() as fetcher:
        request = Request(url + "/a", retry_scope=scope)
        assert (await fetcher.fetch(request)).status == 429
        with pytest.raises(Transient, match="rate-limited") as rest:
            await fetcher.fetch(request)
        assert timedelta(seconds=55) < rest.value.retry_after <= timedelta(seconds=60)
        if also_held:
            with pytest.raises(Transient, match="rate-limited"):
                await fetcher.fetch(replace(request, url=url + "/b"))
        else:
            await fetcher.fetch(replace(request, url=url + "/b"))
    assert asked == (["/a"] if also_held else ["/a", "/b"])
