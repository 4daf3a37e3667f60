"""Problems are told to programs as JSON; somebody who sits before a browser gets a page, or is asked to log in."""

import json
from typing import Any
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from monitor.web.problems import FOR_PROGRAMS, PROBLEM
from monitor.web.render import page

NO_TOKEN = 401


class ForPeople:
    """Holds back problems that a browser would show as JSON, and tells them as pages."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; only what a browser asks for as a page is concerned."""
        shown = scope["type"] == "http" and _shows(scope)
        await self._app(scope, receive, _Told(scope, receive, send) if shown else send)


def _shows(scope: Scope) -> bool:
    accepted = Headers(scope=scope).get("accept", "")
    return "text/html" in accepted and not scope["path"].startswith(FOR_PROGRAMS)


class _Told:
    """Collects one problem; anything else goes on as it comes."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope, self._receive, self._send = scope, receive, send
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            if Headers(raw=message["headers"]).get("content-type") != PROBLEM:
                await self._send(message)
            else:
                self._start = message
        elif self._start is None:
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._tell(self._start)

    async def _tell(self, start: Message) -> None:
        answer = _answer(Request(self._scope), start["status"], json.loads(self._body))
        for name, value in Headers(raw=start["headers"]).items():
            answer.headers.setdefault(name, value)
        await answer(self._scope, self._receive, self._send)


def _answer(request: Request, status: int, told: dict[str, Any]) -> Response:
    if status == NO_TOKEN:  # in the middle of a form: its page brings back what was written
        return RedirectResponse(f"/login?next={quote(_came_from(request), safe='')}", 303)
    return page(request, "problem.html", status, told=told)


def _came_from(request: Request) -> str:
    """Return the page of ours that a form was sent from, else the first page."""
    try:
        referer = urlsplit(request.headers.get("referer", ""))
    except ValueError:
        return "/"
    ours = referer.netloc == request.headers.get("host", "")
    return (f"{referer.path}?{referer.query}" if referer.query else referer.path) if ours else "/"
