"""Errors as application/problem+json (RFC 9457): what went wrong and what to do."""

import traceback
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response
from starlette.routing import Match, Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from monitor.domain.errors import MonitorError, Permanent, Transient
from monitor.domain.refused import Refused

LAST_FRAMES = 8
JSON, PROBLEM = "application/json", "application/problem+json"
FOR_PROGRAMS = ("/api/", "/feeds/", "/static/", "/websub/")
WITHOUT_NAME = {404: "not-found", 405: "method-not-allowed"}  # what the framework refuses
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
MISSED = {404, 405, 422}  # what a mistyped address comes to
Missing = Callable[[Request], Response]
log = structlog.get_logger("monitor")


class Problem(BaseModel):
    """What went wrong, in words that say what to do."""

    type: str = Field("about:blank", description="a stable name of this kind of problem")
    title: str = Field(description="the status in words")
    status: int
    detail: str = Field("", description="what to do")
    errors: list[dict[str, Any]] = Field([], description="for invalid requests: each wrong place")


class Refusal(HTTPException):
    """A request that is refused, with a stable name and words that say what to do."""

    def __init__(self, status: int, kind: str, detail: str, **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        super().__init__(status, detail, headers=named or None)
        self.kind = kind


def problem(
    status: int, detail: str, *, kind: str = "about:blank", errors: list[dict[str, Any]] | None = None
) -> JSONResponse:
    """Return an answer of the type application/problem+json."""
    body = Problem(
        type=kind, title=HTTPStatus(status).phrase, status=status, detail=detail, errors=errors or []
    )
    return JSONResponse(
        body.model_dump(exclude_defaults=not errors) | {"type": kind},
        status_code=status,
        media_type=PROBLEM,
    )


def install(app: FastAPI, missing: Missing) -> None:
    """Answer every error of the application as a problem; somebody who mistyped a page gets a page."""

    async def invalid(request: Request, error: Exception) -> Response:
        return missing(request) if _mistyped(request, 422) else _invalid(error)

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - tells the type checker
        return missing(request) if _mistyped(request, error.status_code) else _refused(request, error)

    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(Refused, _unwanted)
    app.add_exception_handler(MonitorError, _in_trouble)


def _mistyped(request: Request, status: int) -> bool:
    """Return whether a browser asks for a page that we do not have."""
    asked = request.method in {"GET", "HEAD"} and not request.url.path.startswith(FOR_PROGRAMS)
    return asked and status in MISSED and "text/html" in request.headers.get("accept", "")


def describe(app: FastAPI) -> None:
    """Let the OpenAPI document say that errors are problems, which FastAPI has no word for."""
    made = app.openapi

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            for path in made()["paths"].values():
                for operation in path.values():
                    _describe(operation["responses"])
        return made()

    app.openapi = document  # type: ignore[method-assign]


def _describe(responses: dict[str, Any]) -> None:
    for status, answer in responses.items():
        content = answer.get("content", {})
        told = content.get(JSON, {}).get("schema", {}).get("$ref", "")
        if status.startswith(("4", "5")) and told.endswith("/Problem"):
            content[PROBLEM] = content.pop(JSON)


def _invalid(error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - tells the type checker
    found = error.errors()
    malformed = any(one["type"] == "json_invalid" for one in found)
    errors = [{"at": ".".join(map(str, one["loc"])), "message": one["msg"]} for one in found]
    first = errors[0] if errors else {"at": "", "message": "invalid"}
    detail = f"{first['at']}: {first['message']}"
    return problem(400 if malformed else 422, detail, kind="invalid-request", errors=errors)


def _refused(request: Request, error: HTTPException) -> JSONResponse:
    kind = error.kind if isinstance(error, Refusal) else WITHOUT_NAME.get(error.status_code, "about:blank")
    answer = problem(error.status_code, str(error.detail), kind=kind)
    answer.headers.update(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        answer.headers["Allow"] = ", ".join(_allowed(request))
    return answer


def _allowed(request: Request) -> list[str]:
    """Return the methods an address takes from any route; the framework knows those of the first alone."""
    asked = {key: value for key, value in request.scope.items() if key != "fastapi"}  # its own notes
    routes = [route for route in request.app.routes if not isinstance(route, Mount)]
    taken = {
        method
        for method in METHODS
        if any(route.matches({**asked, "method": method})[0] == Match.FULL for route in routes)
    }
    taken = taken or {"GET"}  # the files under /static belong to no route
    return sorted(taken | {"HEAD"} if "GET" in taken else taken)  # HEAD is answered wherever GET is


UNKNOWN = {"unknown-article", "unknown-incident", "unknown-change", "not-queued"}
CONFLICT = {
    "lease-lost",
    "client-id-used",
    "nothing-to-undo",
    "merged-incident",
    "cannot-merge",
    "cannot-part",
    "cannot-split",
    "cannot-move",
    "not-rejected",
    "pruned-article",
    "cannot-undo",
    "is-copy",
    "other-incident",
}


async def _unwanted(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refused)  # noqa: S101 - tells the type checker
    status = 404 if error.kind in UNKNOWN else 409 if error.kind in CONFLICT else 422
    return problem(status, str(error), kind=error.kind)


async def _in_trouble(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, MonitorError)  # noqa: S101 - tells the type checker
    return trouble(error)


def trouble(error: MonitorError) -> JSONResponse:
    """Say whether what the database suffers from passes or must be mended; what is no such trouble is raised."""
    if isinstance(error, Transient):
        answer = problem(503, f"the database is away ({error}); try again", kind="database-away")
        answer.headers["Retry-After"] = "5"
        return answer
    if isinstance(error, Permanent) and error.reason == "database":
        detail = f"the database must be mended: {error.detail}; see Faults in docs/operate.md"
        return problem(503, detail, kind="database-broken")
    raise error


class Faults:
    """Turns a fault of ours into a problem and one line of the log, before anybody else tells it at length."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; answer 500 where that fails before anything was sent."""
        started = False

        async def noted(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except ClientDisconnect:  # gone in the middle of asking, or cut off there by our limit
            if not started:
                await problem(400, "the request broke off", kind="invalid-request")(scope, receive, send)
        except Exception as error:  # noqa: BLE001 - the last place that can answer
            trace = "".join(traceback.format_exception(error)[-LAST_FRAMES:])
            log.error("web.failed", path=scope.get("path"), error=repr(error), trace=trace)  # noqa: TRY400 - told in one field
            if not started:
                answer = problem(500, "this is a fault of the daemon; its log says more", kind="fault")
                await answer(scope, receive, send)
