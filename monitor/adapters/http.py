"""Asks the web: politely per host, safely about addresses, and with a limit on everything that comes back."""

import asyncio
import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp
from yarl import URL

from monitor.adapters.addresses import AddressPolicy, CheckedResolver, check_port
from monitor.adapters.inflate import ERRORS, opener_for
from monitor.adapters.pace import HostPace, InProcessPace
from monitor.adapters.targets import Target, target_of
from monitor.domain.errors import MonitorError, Permanent, Transient
from monitor.domain.model import Request, Response
from monitor.domain.urls import fetch_url, site_of
from monitor.domain.validators import retry_after_of

MOST_REDIRECTS = 5
CONNECT_SECONDS, READ_SECONDS = 10.0, 20.0
_CHUNK = 64 * 1024
_LONGEST_HEADER = 64 * 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_BECOMES_GET = frozenset({301, 302, 303})
_ASKS_FOR_REST = frozenset({429, 503})
_OURS = frozenset({"connection", "host", "content-length", "transfer-encoding", "accept-encoding"})
_AUTOMATIC = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")

_WORDS: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    ((TimeoutError,), "timeout"),
    ((aiohttp.ClientConnectorDNSError,), "dns"),
    ((aiohttp.ClientSSLError, ssl.SSLError), "tls"),
    ((aiohttp.ClientProxyConnectionError, aiohttp.ClientHttpProxyError), "proxy"),
    (ERRORS, "bad-encoding"),
)


@dataclass(frozen=True)
class _Hop:
    """One answer on the way: the response so far, and where it sends us."""

    response: Response
    location: str = ""


class Http:
    """A Fetcher over one aiohttp session (and a second one where a proxy stands between)."""

    def __init__(
        self,
        *,
        user_agent: str,
        proxy: str = "",
        ca_file: Path | str | None = None,
        allow_networks: Iterable[str] = (),
        host_interval: float = 5.0,
        host_concurrency: int = 2,
        concurrency: int = 64,
        connect_seconds: float = CONNECT_SECONDS,
        read_seconds: float = READ_SECONDS,
        pace: HostPace | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._user_agent, self._proxy, self._ca_file = user_agent, proxy, ca_file
        self._policy = AddressPolicy(allow_networks)
        self._limits = aiohttp.ClientTimeout(total=None, sock_connect=connect_seconds, sock_read=read_seconds)
        self._pace = pace or InProcessPace(host_interval, host_concurrency)
        self._places = asyncio.Semaphore(concurrency)
        self._now = now
        self._direct: aiohttp.ClientSession | None = None
        self._proxied: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        tls = ssl.create_default_context()
        if self._ca_file:
            tls.load_verify_locations(cafile=str(self._ca_file))
        checked = aiohttp.TCPConnector(
            resolver=CheckedResolver(self._policy),
            socket_factory=self._policy.open_socket,
            limit=0,  # the stages and the pace bound what runs at once
            ttl_dns_cache=300,
            ssl=tls,
        )
        self._direct = _session(checked, self._limits)
        # Through a proxy every connection goes to the proxy, which may well stand in a private network.
        self._proxied = _session(aiohttp.TCPConnector(limit=0, ssl=tls), self._limits)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for session in (self._direct, self._proxied):
            if session is not None:
                await session.close()

    async def fetch(self, request: Request) -> Response:
        """Return the answer whatever its status, after at most five redirects.

        Raises Transient (timeout, dns, tls, connection, rate-limited, …) or Permanent (bad-url, private-address, …).
        """
        target = target_of(request.url)
        asked, trail, seconds = target.url, list[tuple[int, str]](), request.timeout.total_seconds()
        while True:
            target = target_of(request.url)
            same_host = bool(trail) and target.place == target_of(trail[-1][1]).place
            await self._respect_holds(target)
            async with self._pace.turn(target.place, spaced=not same_host):
                hop, spent = await self._hop(request, target, seconds)
                seconds -= spent
            await self._note_hold(request, target, hop.response)
            if not hop.location:
                return replace(hop.response, url=asked, redirects=tuple(trail)) if trail else hop.response
            if len(trail) >= MOST_REDIRECTS:
                raise Transient("too-many-redirects", detail=asked)
            following = _followed(request, hop)
            trail.append((hop.response.status, following.url))
            request = following

    async def _hop(self, request: Request, target: Target, seconds: float) -> tuple[_Hop, float]:
        """Return one answer and how long it took; the wait for a place does not count."""
        async with self._places:
            started = time.monotonic()
            hop = await self._timed(request, target, seconds)
            return hop, time.monotonic() - started

    async def _timed(self, request: Request, target: Target, seconds: float) -> _Hop:
        try:
            async with asyncio.timeout(max(seconds, 0.0)):
                return await self._ask(request, target)
        except MonitorError:
            raise
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError, *ERRORS) as error:
            raise _translated(error) from error

    async def _ask(self, request: Request, target: Target) -> _Hop:
        proxy = request.proxy or self._proxy
        session = self._proxied if proxy else self._direct
        if session is None:
            raise Transient("closed")
        check_port(target.address.port or 443)
        self._policy.check_literal(target.host)
        headers = self._headers(request)
        options: dict[str, Any] = _through(proxy) if proxy else {}
        async with session.request(
            request.method,
            target.address,
            headers=headers,
            data=request.body,
            allow_redirects=False,
            **options,
        ) as answer:
            location = _location(answer)
            body = _Body(answer, request.max_bytes, keep=request.keep_received)
            if not location:
                await body.read()
            response = Response(
                url=target.url,
                final_url=target.url,
                status=answer.status,
                headers=_joined(answer.headers),
                body=b"".join(body.opened),
                fetched_at=self._now(),
                truncated=body.truncated,
                address=getattr(answer, "peer", ""),
                received=b"".join(body.received),
                request_headers=headers,
            )
            return _Hop(response, location)

    def _headers(self, request: Request) -> dict[str, str]:
        """Return what is sent; no Connection header, for some servers hang on one."""
        headers = {
            "User-Agent": request.user_agent or self._user_agent,
            "Accept": request.accept,
            "Accept-Encoding": "gzip, deflate, br, zstd",
        }
        if known := request.validators:
            headers |= {"If-None-Match": known.etag} if known.etag else {}
            headers |= {"If-Modified-Since": known.last_modified} if known.last_modified else {}
        if request.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in request.cookies.items())
        own = {name: value for name, value in request.headers.items() if name.lower() not in _OURS}
        replaced = {name.lower() for name in own}
        return {name: value for name, value in headers.items() if name.lower() not in replaced} | own

    async def _respect_holds(self, target: Target) -> None:
        if (seconds := await self._pace.held(list(target.holds.values()))) > 0:
            raise Transient(
                "rate-limited", detail="the server asked for rest", retry_after=timedelta(seconds=seconds)
            )

    async def _note_hold(self, request: Request, target: Target, response: Response) -> None:
        rest = (
            retry_after_of(response.headers, response.fetched_at)
            if response.status in _ASKS_FOR_REST
            else None
        )
        if rest:
            key = target.holds.get(request.retry_scope, target.holds["host"])
            await self._pace.hold(key, rest.total_seconds())


class _Answer(aiohttp.ClientResponse):
    """An answer that remembers who gave it; the connection may be gone before anyone asks."""

    peer = ""

    async def start(self, connection: Any) -> aiohttp.ClientResponse:
        """Note the peer's address, then read the head."""
        address = connection.transport.get_extra_info("peername") if connection.transport else None
        self.peer = str(address[0]) if address else ""
        return await super().start(connection)


class _Body:
    """The body of one answer, read up to a limit on the opened bytes."""

    def __init__(self, answer: aiohttp.ClientResponse, limit: int, *, keep: bool) -> None:
        self._answer, self._left, self._keep = answer, limit, keep
        self.opened: list[bytes] = []
        self.received: list[bytes] = []
        self.truncated = False

    async def read(self) -> None:
        """Read until the end or the limit; the rest of a longer body is never asked for."""
        opener = opener_for(self._answer.headers.get("Content-Encoding", ""))
        async for chunk in self._answer.content.iter_chunked(_CHUNK):
            if self._keep:
                self.received.append(chunk)
            for piece in opener.pieces(chunk):
                self.opened.append(piece[: self._left])
                self._left -= len(piece)
                if self._left < 0:
                    self.truncated = True
                    return
                if len(piece) > _CHUNK:
                    await asyncio.sleep(0)  # a bomb must not hold up the loop
        self.truncated = not opener.complete


def _session(connector: aiohttp.TCPConnector, limits: aiohttp.ClientTimeout) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),  # cookies belong to a source, not to the process
        auto_decompress=False,
        response_class=_Answer,
        trust_env=False,  # a proxy of the environment would resolve names out of our sight
        skip_auto_headers=_AUTOMATIC,
        timeout=limits,
        max_line_size=_LONGEST_HEADER,
        max_field_size=_LONGEST_HEADER,
    )


def _through(proxy: str) -> dict[str, Any]:
    address = URL(proxy)
    login = aiohttp.BasicAuth(address.user or "", address.password or "") if address.user else None
    return {"proxy": address.with_user(None), "proxy_auth": login}


def _followed(request: Request, hop: _Hop) -> Request:
    """Return the request that a redirect leads to; what belongs to a source stays on its site."""
    url = fetch_url(hop.location, request.url)
    if hop.response.status in _BECOMES_GET and request.method != "GET":
        request = replace(request, method="GET", body=None)
    if site_of(url) != site_of(request.url):
        request = replace(request, headers={}, cookies={})
    return replace(request, url=url)


def _location(answer: aiohttp.ClientResponse) -> str:
    raw = answer.headers.get("Location", "") if answer.status in _REDIRECTS else ""
    return raw.encode("utf-8", "surrogateescape").decode("utf-8", "replace").strip()


def _joined(headers: Mapping[str, str]) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in headers.items():
        key, clean = name.lower(), value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        joined[key] = f"{joined[key]}, {clean}" if key in joined else clean
    return joined


def _translated(error: BaseException) -> MonitorError:
    """Say in our words what went wrong; all of it may pass, except an address that is none."""
    why = getattr(getattr(error, "certificate_error", None), "verify_message", "")  # what is wrong with it
    detail = why or (f"{type(error).__name__}: {error}"[:200] if str(error) else "")
    if isinstance(error, aiohttp.InvalidURL):
        return Permanent("bad-url", detail=detail)
    word = next((word for kinds, word in _WORDS if isinstance(error, kinds)), "connection")
    return Transient(word, detail=detail)
