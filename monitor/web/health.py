"""Whether the process lives, whether it can work, and its figures."""

import asyncio
import contextlib
from dataclasses import dataclass

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST

from monitor.adapters import migrate
from monitor.domain.errors import MonitorError
from monitor.web.context import Context
from monitor.web.doors import Here, Reader

ANSWER = 4.0  # seconds that the database may take, less than who asks has patience

router = APIRouter(tags=["health"])


@dataclass(frozen=True)
class Alive:
    """A word that says all is well."""

    status: str = "ok"


@dataclass(frozen=True)
class Ready:
    """Each thing that must work, and whether it does."""

    status: str
    checks: dict[str, str]


@router.get("/healthz")
async def healthz() -> Alive:
    """Answer as long as the process lives."""
    return Alive()


@router.get("/readyz", responses={503: {"model": Ready}})
async def readyz(context: Here, response: Response) -> Ready:
    """Tell whether the database answers, takes writes, and has a schema that this release can work with.

    It also says how far the decider is; pages are served and articles read while it takes up its memory.
    """
    checks = await _checks(context)
    well = all(word == "ok" for word in checks.values())
    if context.decider:
        checks["decider"] = context.decider
    response.status_code = 200 if well else 503
    return Ready("ok" if well else "not ready", checks)


async def _checks(context: Context) -> dict[str, str]:
    """Return what must work, each with `ok` or what is wrong."""
    checks = {"database": "ok", "writes": "ok", "schema": "ok"}
    database = context.stores.database
    try:
        async with asyncio.timeout(ANSWER):
            schema = await database.read(migrate.schema_of)
        checks["schema"] = "ok" if schema.fits else f"is {schema.revision}; run `monitor db upgrade`"
    except MonitorError as error:
        checks["database"] = str(error)[:200]
    except TimeoutError:
        checks["database"] = f"no answer within {ANSWER:g} seconds"
    checks["writes"] = context.writes if database.alive else "the writer has ended; restart the daemon"
    return checks


@router.get("/metrics", response_class=Response)
async def metrics(context: Here, _reader: Reader) -> Response:
    """Return the figures that Prometheus reads; while the database is away, its own are those of before."""
    checks = await _checks(context)
    context.metrics.show_ready(checks)
    if checks["database"] == "ok":  # else it would be waited for twice, longer than Prometheus does
        with contextlib.suppress(MonitorError, TimeoutError):
            async with asyncio.timeout(ANSWER):
                context.metrics.show(await context.stores.overviews.take(context.clock.now()))
    return Response(context.metrics.render(), media_type=CONTENT_TYPE_LATEST)
