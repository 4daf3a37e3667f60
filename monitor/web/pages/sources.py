"""Sources: how each is, its last polls, what it brings; testing and pausing where the daemon offers it."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from monitor.adapters.store.listings import Wanted
from monitor.adapters.store.overview import SPARK_DAYS
from monitor.domain.alerts import IN_TROUBLE
from monitor.domain.errors import MonitorError
from monitor.web.api.overview import source_lines
from monitor.web.charts import line as spark
from monitor.web.context import SourceActions
from monitor.web.doors import Admin, Here, Reader
from monitor.web.pages.today import unchanged_or
from monitor.web.render import page
from monitor.web.shapes import SourceName

router = APIRouter(include_in_schema=False)


@router.get("/sources")
async def sources(request: Request, context: Here, _reader: Reader) -> Response:
    """List every source, those in trouble first."""
    return page(request, "sources.html", **await _values(context))


@router.get("/fragments/sources")
async def fragment(request: Request, context: Here, _reader: Reader) -> Response:
    """Return the live part alone."""
    return unchanged_or(request, page(request, "sources_body.html", **await _values(context)))


@router.get("/sources/{name}")
async def source(request: Request, context: Here, _reader: Reader, name: SourceName) -> Response:
    """Show one source with its last polls and articles."""
    lines = await source_lines(context)
    line = next((one for one in lines if one.name == name), None)
    if line is None:
        return page(request, "missing.html", 404, what=name)
    polls, part, days = await asyncio.gather(
        context.stores.polls.recent(name, 30),
        context.stores.listings.part(Wanted(source=name), limit=20),
        context.stores.overviews.new_by_day(context.clock.now()),
    )
    return page(
        request,
        "source.html",
        source=line,
        polls=polls,
        articles=part.lines,
        points=spark(days.get(name, [0] * SPARK_DAYS)),
        actions=_actions(request) is not None,
        test=None,
    )


@router.post("/sources/{name}/test")
async def test(request: Request, _admin: Admin, name: SourceName) -> Response:
    """Poll a source without storing anything, and show what it holds."""
    actions = _actions(request)
    if actions is None:
        return RedirectResponse(f"/sources/{name}", 303)
    try:
        feed = await actions.test(name)
    except MonitorError as error:
        return page(request, "source_test.html", name=name, feed=None, error=str(error))
    return page(request, "source_test.html", name=name, feed=feed, error="")


@router.post("/sources/{name}/{verb}")
async def pause(request: Request, _admin: Admin, name: SourceName, verb: str) -> Response:
    """Pause a source, let it go on, or poll it now."""
    actions = _actions(request)
    if actions is not None and verb in {"pause", "resume"}:
        await actions.pause(name, paused=verb == "pause")
    if actions is not None and verb == "poll":
        await actions.poll_now(name)
    return RedirectResponse(f"/sources/{name}", 303)


def _actions(request: Request) -> SourceActions | None:
    actions: SourceActions | None = request.app.state.source_actions
    return actions


async def _values(context: Here) -> dict[str, Any]:
    lines, days = await asyncio.gather(
        source_lines(context), context.stores.overviews.new_by_day(context.clock.now())
    )
    ordered = sorted(lines, key=lambda one: (one.status not in IN_TROUBLE, one.name))
    return {
        "sources": ordered,
        "sparks": {one.name: spark(days.get(one.name, [0] * SPARK_DAYS)) for one in ordered},
    }
