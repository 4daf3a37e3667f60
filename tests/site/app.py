"""Puts the replayed web behind one loopback socket: as an HTTP proxy, and directly under `/at/HOST/PATH`."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import unquote, urlsplit

from aiohttp import web as http
from aiohttp.web_request import BaseRequest

from tests.site import archive
from tests.site.answers import HTML, Answer, Ask, as_json, plain_error, text
from tests.site.archive import Archive
from tests.site.archive_model import Limits, Rule
from tests.site.articles import Article, load
from tests.site.clock import Clock
from tests.site.save_page_now import SavePageNow
from tests.site.templating import render
from tests.site.web import Pace, Web

LOCAL = frozenset({"127.0.0.1", "localhost", "::1", ""})
LINK = re.compile(rb'(<a [^>]*?href=")http://')
SHUTDOWN = 0.2


@dataclass(frozen=True)
class Seen:
    """One request as it came in."""

    method: str
    host: str
    path: str
    query: str
    time: datetime
    headers: dict[str, str]
    body: bytes = b""

    @property
    def url(self) -> str:
        """The address that was asked for."""
        return f"http://{self.host}{self.path}" + (f"?{self.query}" if self.query else "")


class Site:
    """A running replay server: its addresses, what it was asked, and the archive beside it."""

    def __init__(self, web: Web, spn: SavePageNow, clock: Clock) -> None:
        self.web = web
        self.archive = spn
        self.clock = clock
        self.log: list[Seen] = []
        self.port = 0
        self._archive = Archive(spn, web, clock)

    @property
    def url(self) -> str:
        """The base address: MONITOR_WAYBACK_URL, and `/at/HOST/PATH` for people."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def proxy_url(self) -> str:
        """The same address in its role as a proxy: MONITOR_PROXY."""
        return self.url

    def requests(self, host: str, path: str | None = None) -> list[Seen]:
        """Return what one host was asked, in order."""
        return [seen for seen in self.log if seen.host == host and path in {None, seen.path}]

    async def handle(self, request: BaseRequest) -> http.StreamResponse:
        """Answer one request from the socket."""
        if request.method == "CONNECT":
            return http.Response(status=501, text="This proxy plays plain HTTP only.\n")
        ask = await _ask(request)
        answer = self.answer(ask)
        await self.clock.sleep(answer.delay)
        return await _send(request, answer, self.clock)

    def answer(self, ask: Ask) -> Answer:
        """Route a request by its host, and note it."""
        direct = ask.host in LOCAL
        if direct and ask.path.startswith("/at/"):
            host, _, path = ask.path.removeprefix("/at/").partition("/")
            return _local_links(self.answer(replace(ask, host=host.lower(), path=f"/{path}")))
        seen_host = "web.archive.org" if direct and ask.path.startswith(archive.PATHS) else ask.host
        if not ask.path.startswith("/_site"):
            moment = self.clock.now()
            self.log.append(
                Seen(ask.method, seen_host, ask.path, ask.query, moment, dict(ask.headers), ask.body)
            )
        if seen_host in archive.HOSTS:
            return self._archive.answer(ask)
        return self._own(ask) if direct else self.web.answer(ask)

    def _own(self, ask: Ask) -> Answer:
        """The pages of the server itself."""
        if ask.path == "/_site/log":
            return as_json(
                [{"time": str(seen.time), "method": seen.method, "url": seen.url} for seen in self.log]
            )
        if ask.path == "/":
            lists = [announcer.url for announcer in self.web.announcers]
            return _local_links(text(render("index.html", lists=lists, articles=self.web.articles)))
        return plain_error(404, "Not Found")


@asynccontextmanager
async def serve(
    articles: Sequence[Article] | None = None,
    *,
    port: int = 0,
    clock: Clock | None = None,
    pace: Pace = Pace(),  # noqa: B008 frozen
    limits: Limits = Limits(),  # noqa: B008 frozen
    rules: Iterable[Rule] = (),
) -> AsyncIterator[Site]:
    """Serve on loopback while the context lasts; port 0 takes a free one."""
    clock = clock or Clock()
    web = Web(load() if articles is None else articles, clock, pace)
    site = Site(web, SavePageNow(clock, limits, rules, lambda url: archive.target(web, url)), clock)
    runner = http.ServerRunner(http.Server(site.handle, handler_cancellation=True), shutdown_timeout=SHUTDOWN)
    await runner.setup()
    try:
        await http.TCPSite(runner, "127.0.0.1", port).start()
        site.port = runner.addresses[0][1]
        yield site
    finally:
        await runner.cleanup()


async def _ask(request: BaseRequest) -> Ask:
    """Read a request in absolute form (as a proxy gets it) or in origin form."""
    parts = urlsplit(
        request.raw_path
        if "://" in request.raw_path.partition("?")[0][:8]
        else f"//{request.host}{request.raw_path}"
    )
    headers = {name.lower(): value for name, value in request.headers.items()}
    path = unquote(parts.path) or "/"
    return Ask(parts.hostname or "", path, parts.query, request.method, headers, await request.read())


async def _send(request: BaseRequest, answer: Answer, clock: Clock) -> http.StreamResponse:
    if answer.drop:
        return _drop(request)
    if answer.chunks is None:
        return http.Response(status=answer.status, body=answer.body, headers=answer.headers)
    return await _stream(request, answer, clock)


async def _stream(request: BaseRequest, answer: Answer, clock: Clock) -> http.StreamResponse:
    """Write chunks until they end or the client has had enough."""
    response = http.StreamResponse(status=answer.status, headers=answer.headers)
    await response.prepare(request)
    with suppress(ConnectionError):
        for chunk in (answer.chunks or tuple)():
            await response.write(chunk)
            await clock.sleep(answer.pause)
            await asyncio.sleep(0)  # clients that read slowly must not starve the others
        await response.write_eof()
    return response


def _drop(request: BaseRequest) -> http.StreamResponse:
    """Close the connection without a word; aiohttp finds it closed and writes nothing."""
    if request.transport:
        request.transport.abort()
    return http.Response()


def _local_links(answer: Answer) -> Answer:
    """Keep a person's browser on this server: links to hosts become links to `/at/HOST`."""
    if not answer.headers.get("Content-Type", "").startswith(HTML):
        return answer
    return replace(answer, body=LINK.sub(rb"\1/at/", answer.body))
