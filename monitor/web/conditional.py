"""Answers that the reader has already, or wants the head of alone, are not sent whole: ETag and HEAD."""

from hashlib import sha256

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

API = "/api/"
JSON = "application/json"


class Heads:
    """Answers HEAD as GET, without the body: health checks and feed readers ask so."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def bare(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        await self._app({**scope, "method": "GET"}, receive, bare)


class Conditional:
    """Holds JSON answers back until they are whole, names them, and says 304 to whoever has them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; only GET requests of the API are concerned."""
        if scope["type"] != "http" or scope["method"] != "GET" or not scope["path"].startswith(API):
            await self._app(scope, receive, send)
            return
        await self._app(scope, receive, _Held(send, Headers(scope=scope).get("if-none-match", "")))


class _Held:
    """Collects one answer."""

    def __init__(self, send: Send, known: str) -> None:
        self._send, self._known = send, known
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            kind = Headers(raw=message["headers"]).get("content-type", "")
            if message["status"] == 200 and kind.startswith(JSON):  # noqa: PLR2004 - OK
                self._start = message
            else:
                await self._send(message)
        elif self._start is None:
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._answer(self._start)

    async def _answer(self, start: Message) -> None:
        etag = f'W/"{sha256(self._body).hexdigest()[:24]}"'
        headers = MutableHeaders(raw=start["headers"])
        headers["ETag"] = etag
        headers["Cache-Control"] = "no-cache"
        known = {word.strip() for word in self._known.split(",")}
        if etag in known or "*" in known:
            del headers["content-length"]
            await self._send({**start, "status": 304})
            await self._send({"type": "http.response.body", "body": b""})
        else:
            await self._send(start)
            await self._send({"type": "http.response.body", "body": self._body})
