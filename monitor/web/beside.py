"""What goes on beside the pages: words for search, places in the queue, ended leases, notices to webhooks."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from monitor.adapters.deliver import Deliverer
from monitor.domain.errors import MonitorError
from monitor.web.context import Context
from monitor.web.suggesting import Suggesting

log = structlog.get_logger("monitor")

EVERY = timedelta(seconds=2)


async def keep_up(context: Context) -> None:
    """Keep everything that follows the decider close behind it, until cancelled."""
    stores, suggesting, settings = context.stores, Suggesting(context), context.settings
    deliverer = Deliverer(
        stores.webhooks, context.clock, allow_networks=settings.ALLOW_NETWORKS, user_agent=settings.USER_AGENT
    )
    rounds = (
        ("rank", stores.queue.rank),
        ("search", stores.search.catch_up),
        ("facets", lambda: _facets(context)),
        ("webhooks", deliverer.step),
        ("suggest", suggesting.step),
        ("expire", lambda: stores.queue.expire(now=context.clock.now())),
    )
    try:
        while True:
            busy = [await _tried(name, work) for name, work in rounds]
            await asyncio.sleep(0 if any(busy) else EVERY.total_seconds())
    finally:
        await deliverer.close()


async def _tried(name: str, work: Callable[[], Awaitable[int]]) -> bool:
    """Do one piece of work; trouble that will pass is logged and tried again in the next round."""
    try:
        return bool(await work())
    except MonitorError as error:
        log.warning("web.behind", work=name, reason=str(error))
        return False


async def _facets(context: Context) -> int:
    """Count what the pages show before somebody waits for it."""
    now, overviews = context.clock.now(), context.stores.overviews
    await context.stores.incident_search.facets(now)
    await overviews.rates(now)
    await overviews.new_by_day(now)
    return 0
