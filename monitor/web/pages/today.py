"""What came in, what waits, what is wrong."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from hashlib import sha256
from typing import Any

from fastapi import APIRouter, Request, Response

from monitor.adapters.store.overview import Overview
from monitor.domain.alerts import IN_TROUBLE
from monitor.web.api.overview import SourceLine, source_lines
from monitor.web.catalogue import language_of, word
from monitor.web.charts import stacked
from monitor.web.context import Context
from monitor.web.doors import Here, Reader
from monitor.web.render import page

router = APIRouter(include_in_schema=False)

STATES = ("queued", "copy", "read", "found", "rejected", "failed")
NEWEST, FAILURES, BUSIEST = 12, 5, 8


@dataclass(frozen=True)
class Wrong:
    """One thing that somebody should look at."""

    text: str
    source: str = ""
    status: str = ""


@router.get("/")
async def today(request: Request, context: Here, _reader: Reader) -> Response:
    """Show the whole page."""
    return page(request, "today.html", **await _values(request, context))


@router.get("/fragments/today")
async def fragment(request: Request, context: Here, _reader: Reader) -> Response:
    """Return the live part alone, or 304 where nothing changed."""
    return unchanged_or(request, page(request, "today_body.html", **await _values(request, context)))


def unchanged_or(request: Request, answer: Response) -> Response:
    """Return 304 where the reader has this very answer already; times that tick on do not count."""
    text = bytes(answer.body)
    etag = f'"{sha256(text).hexdigest()[:20]}"'
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers={"ETag": etag})
    answer.headers["ETag"] = etag
    return answer


async def _values(request: Request, context: Context) -> dict[str, Any]:
    now = context.clock.now()
    overview, sources, incidents, days = await asyncio.gather(
        context.stores.overviews.take(now),
        source_lines(context),
        context.stores.incidents.latest(NEWEST),
        context.stores.overviews.daily(now),
    )
    trouble = [one for one in sources if one.status in IN_TROUBLE]
    calm = [one for one in sources if one.status not in IN_TROUBLE]
    return {
        "overview": overview,
        "sources": [*trouble, *calm],
        "trouble": trouble,
        "busiest": sorted(sources, key=lambda one: -one.entries_per_day)[:BUSIEST],
        "problems": _problems(overview, trouble, partial(word, language_of(request))),
        "incidents": incidents,
        "chart": stacked([(one.date, one.states) for one in days], STATES),
        "states": STATES,
        "age": lambda seconds: timedelta(seconds=seconds),
    }


def _problems(overview: Overview, trouble: list[SourceLine], t: Any) -> list[Wrong]:
    nobody = [] if overview.workers else [Wrong(t("today.nobody"))]
    worst = sorted(overview.reasons.items(), key=lambda item: -item[1])[:FAILURES]
    failed = [Wrong(t("today.failed", n=count, reason=reason or "?")) for reason, count in worst]
    return [*nobody, *(Wrong(one.reason, one.name, one.status) for one in trouble[:8]), *failed]
