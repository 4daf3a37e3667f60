"""The door: who may speak to us, from where, and how much; and what every answer carries.

DNS rebinding is met by the Host check, foreign pages by the Origin check, foreign content by the strict CSP.
"""

import ipaddress
from math import ceil
from urllib.parse import quote, urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from monitor.domain.errors import MonitorError
from monitor.web.context import Context
from monitor.web.identity import identify
from monitor.web.problems import problem, trouble
from monitor.web.rate import Rate

LARGEST_BODY = 32 * 1024 * 1024  # an import of labels
SAFE = {"GET", "HEAD", "OPTIONS"}
OPEN = {"/healthz", "/readyz", "/login", "/favicon.ico"}
OPEN_BELOW = ("/static/", "/websub/")  # addresses of hubs carry tokens of their own
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # with none, browsers hide the Origin of our own forms
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "X-Frame-Options": "DENY",
}


HOW_TO_ENTER = (
    "send `Authorization: Bearer TOKEN` with a token that is known here; "
    "without one only this machine itself is served, and only where API_TOKEN is not set"
)


class Guard:
    """Lets requests in or refuses them, and puts the security headers on every answer."""

    def __init__(self, app: ASGIApp, context: Context, rate: Rate | None = None) -> None:
        self._app, self._context, self._rate = app, context, rate or Rate()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request in, or answer it here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        refusal = (
            self._refusal(connection) or self._too_often(connection) or await self._at_the_door(connection)
        )
        if refusal is not None:
            await refusal(scope, receive, _with_headers(send))
            return
        await self._app(scope, _limited(receive), _with_headers(send))

    def _refusal(self, connection: HTTPConnection) -> Response | None:
        if not self._known_host(connection):
            return problem(
                421, "this Host is not ours; set PUBLIC_URL to the address you use", kind="unknown-host"
            )
        if connection.scope["method"] not in SAFE and not self._own_origin(connection):
            return problem(403, "writes from other web pages are refused", kind="foreign-origin")
        length = connection.headers.get("content-length", "0")
        if not length.isdigit():
            return problem(400, "Content-Length is no number", kind="invalid-request")
        if int(length) > LARGEST_BODY:
            return problem(413, f"send at most {LARGEST_BODY} bytes at once", kind="too-large")
        return None

    def _known_host(self, connection: HTTPConnection) -> bool:
        """Take our own names; an IP address too where a token is asked for anyway."""
        settings = self._context.settings
        name = _host_name(connection.headers.get("host", ""))
        own = {_host_name(settings.LISTEN), urlsplit(settings.PUBLIC_URL).hostname or ""} | LOOPBACK
        if name in own - {""}:
            return True
        return bool(settings.API_TOKEN.get_secret_value()) and _is_address(name)

    def _own_origin(self, connection: HTTPConnection) -> bool:
        """Take a write from our own pages, or from a program, which sends no Origin."""
        origin = connection.headers.get("origin")
        if origin is None:
            return connection.headers.get("sec-fetch-site", "none") in {"same-origin", "none"}
        public = urlsplit(self._context.settings.PUBLIC_URL)
        hosts = {connection.headers.get("host", ""), public.netloc} - {""}
        return urlsplit(origin).netloc in hosts

    def _too_often(self, connection: HTTPConnection) -> Response | None:
        client = connection.client.host if connection.client else ""
        wait = self._rate.take(client, self._context.clock.now())
        if not wait:
            return None
        answer = problem(
            429, f"more requests than we take from one client; wait {wait:.2f} s", kind="too-often"
        )
        answer.headers["Retry-After"] = str(ceil(wait))
        return answer

    async def _at_the_door(self, connection: HTTPConnection) -> Response | None:
        """Let in or refuse; a database that cannot tell whose token this is is no fault of theirs."""
        try:
            return await self._let_in(connection)
        except MonitorError as error:
            return None if _is_open(connection.scope["path"]) else trouble(error)

    async def _let_in(self, connection: HTTPConnection) -> Response | None:
        """Note who asks; refuse strangers everywhere but at the open doors."""
        path, query = connection.scope["path"], connection.url.query
        identity = await identify(connection, self._context)
        connection.scope.setdefault("state", {})["identity"] = identity
        if identity is not None or _is_open(path):
            return None
        if "text/html" in connection.headers.get("accept", "") and connection.scope["method"] in SAFE:
            return RedirectResponse(
                f"/login?next={quote(f'{path}?{query}' if query else path)}", status_code=303
            )
        answer = problem(401, HOW_TO_ENTER, kind="token-needed")
        answer.headers["WWW-Authenticate"] = "Bearer"
        return answer


def _is_open(path: str) -> bool:
    return path in OPEN or path.startswith(OPEN_BELOW)


def _host_name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _limited(receive: Receive) -> Receive:
    """Count what comes in; a body that lies about its length ends as a broken connection."""
    taken = 0

    async def counted() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        return {"type": "http.disconnect"} if taken > LARGEST_BODY else message

    return counted


def _with_headers(send: Send) -> Send:
    async def started(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("Cache-Control", "no-store")
        await send(message)

    return started
