"""The application: every route, one guard before them, errors as problems."""

from functools import cache
from importlib import resources
from pathlib import Path

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from monitor import __version__
from monitor.web import health, problems, stream, websub
from monitor.web.api import (
    articles,
    corrections,
    exports,
    incidents,
    labels,
    overview,
    queue,
    suggestions,
    tokens,
    webhooks,
)
from monitor.web.conditional import Conditional, Heads
from monitor.web.context import Context, Pushes, SourceActions
from monitor.web.for_people import ForPeople
from monitor.web.guard import Guard
from monitor.web.pages import api as api_page
from monitor.web.pages import contradictions as contradictions_page
from monitor.web.pages import door, today
from monitor.web.pages import incidents as incidents_page
from monitor.web.pages import kept as kept_page
from monitor.web.pages import queue as queue_page
from monitor.web.pages import search as search_page
from monitor.web.pages import sources as sources_page
from monitor.web.parameters import only_known
from monitor.web.rate import Rate
from monitor.web.render import page

API = "/api/v1"
ABOUT = """Articles, incidents, sources and the labelling queue of this daemon. Errors are `application/problem+json`.
Lists are paged: ask again with `cursor` = the page's `next` until that is null."""


def create_app(
    context: Context,
    rate: Rate | None = None,
    *,
    actions: SourceActions | None = None,
    pushes: Pushes | None = None,
) -> FastAPI:
    """Return the application on a context; it holds nothing else but how often each client asked."""
    app = FastAPI(
        title="Incident monitor",
        version=__version__,
        description=ABOUT,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.context, app.state.source_actions, app.state.pushes = context, actions, pushes
    problems.install(app, _missing)
    problems.describe(app)
    app.router.routes.extend(_routes().routes)
    app.mount("/static", _Static(directory=Path(str(resources.files("monitor.web"))) / "static"))
    app.add_middleware(problems.Faults)
    app.add_middleware(Conditional)
    app.add_middleware(Guard, context=context, rate=rate)
    app.add_middleware(ForPeople)
    app.add_middleware(GZipMiddleware, minimum_size=1024, compresslevel=5)
    app.add_middleware(Heads)
    return app


@cache
def _routes() -> APIRouter:
    """Return every route; what FastAPI works out for each costs half a second, so one process does it once."""
    every = APIRouter()
    every.include_router(_api(), prefix=API)
    people = (
        door,
        today,
        queue_page,
        contradictions_page,
        incidents_page,
        sources_page,
        search_page,
        kept_page,
        api_page,
    )
    for module in (health, *people, websub):
        every.include_router(module.router)
    every.include_router(exports.feed_router)
    return every


def _api() -> APIRouter:
    api = APIRouter(
        dependencies=[Depends(only_known)],
        responses={code: {"model": problems.Problem} for code in (400, 401, 403, 404, 409, 422, 429, 503)},
    )
    modules = (
        articles,
        incidents,
        queue,
        labels,
        suggestions,
        corrections,
        overview,
        stream,
        exports,
        tokens,
        webhooks,
    )
    for module in modules:
        api.include_router(module.router)
    return api


def _missing(request: Request) -> Response:
    """Return the page for an address where there is none."""
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return page(request, "missing.html", 404, what=asked[:200])


class _Static(StaticFiles):
    """Files with their hash in the address: cached for ever."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        answer = await super().get_response(path, scope)
        answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return answer
