"""What is done beside the line, seldom: pages are looked at again, old records are let go."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog

from monitor.adapters.fingerprint import containment
from monitor.adapters.http import Http
from monitor.adapters.metrics import Metrics
from monitor.adapters.robots import Robots
from monitor.adapters.store.retention import Policy, Retention
from monitor.adapters.warc import WarcArchive
from monitor.adapters.workers import PoolReader
from monitor.daemon import System
from monitor.domain.clocks import ahead, is_off
from monitor.domain.errors import MonitorError
from monitor.domain.watching import LinkChange
from monitor.roles import Stepwise
from monitor.stages.watch import look_again
from monitor.worker import Progress, Waiting, keep_running

log = structlog.get_logger("monitor")

LOOK_EVERY = 60.0  # seconds between looks for pages that are due
SWEEP_EVERY = 86_400.0
LOOK_AT_NETWORK_EVERY = 10.0
LOOK_AT_CLOCK_EVERY = 60.0


@dataclass
class Watching(Stepwise):
    """Looks again at pages of articles, and says which are gone or changed."""

    look: Callable[[], Awaitable[list[LinkChange]]]
    metrics: Metrics
    name: str = "watch"

    async def step(self) -> int:
        """Look at some pages that are due; return how many are not as they were."""
        changes = await self.look()
        for change in changes:
            self.metrics.links.labels(state=change.state.value).inc()
            event, known = "link." + change.state.value, {"article": change.article_id, "url": change.url}
            log.info(event, was=change.was.value, reason=change.reason or None, **known)
        return len(changes)


def watching(system: System, http: Http, reader: PoolReader) -> Watching:
    """Build the dead-link watch of this process; several share the work by leases."""
    look = partial(
        look_again,
        store=system.stores.watches,
        sources=system.watch.listed,
        fetcher=http,
        robots=Robots(http, user_agent=system.settings.USER_AGENT, clock=system.clock),
        reader=reader,
        alike=containment,
        clock=system.clock,
        versions=system.stores.versions,
    )
    return Watching(look, system.metrics)


def upkeep(
    system: System,
    watch: Watching,
    kept: WarcArchive | None,
    *,
    roles: Sequence[str],
    tickets: Waiting,
    stop: asyncio.Event,
) -> list[Coroutine[Any, Any, None]]:
    """Return what this process does beside its roles: the watch, a look at the clock, the letting go of records and pages."""
    work: list[Coroutine[Any, Any, None]] = []
    if "archive" in roles and system.settings.ARCHIVE != "off":
        work.append(keep_running(watch, tickets, stop=stop, progress=Progress(), idle=LOOK_EVERY))
    if not system.stores.database.is_sqlite:
        work.append(watch_clock(ClockWatch(system.clock.now, system.stores.overviews.server_time)))
    if "decide" in roles:
        work.append(prune_daily(system))
    if kept is not None and system.settings.RETENTION_DAYS:
        work.append(sweep_daily(system, kept))
    return work


async def watch_network(is_cut_off: Callable[[], bool]) -> None:
    """Say when no source can be reached any more, and when one can again."""
    away = False
    while True:
        await asyncio.sleep(LOOK_AT_NETWORK_EVERY)
        if is_cut_off() == away:
            continue
        away = not away
        if away:
            log.warning(
                "network.away", hint="no source can be reached; to try the daemon without network: make demo"
            )
        else:
            log.info("network.back")


async def prune_daily(system: System) -> None:
    """Let the database go, once a day, of old records, and of what RETENTION_DAYS allows."""
    retention, policy = Retention(system.stores.database), Policy(system.settings.RETENTION_DAYS)
    while True:
        try:
            done = await retention.prune(policy, now=system.clock.now())
            await retention.forget_expired(now=system.clock.now())
            log.info("retention.pruned", **vars(done))
        except MonitorError as error:
            log.warning("retention.failed", reason=str(error))
        await asyncio.sleep(SWEEP_EVERY)


@dataclass
class ClockWatch:
    """Says when our clock and that of the database's server part, and when they agree again."""

    ours: Callable[[], datetime]
    theirs: Callable[[], Awaitable[datetime]]
    was_off: bool = False

    async def look(self) -> None:
        """Compare the two; a server that does not answer is told elsewhere."""
        before = self.ours()
        try:
            difference = ahead(await self.theirs(), before, self.ours())
        except MonitorError:
            return
        if is_off(difference) and not self.was_off:
            log.warning("clock.off", seconds=round(difference.total_seconds()))
        elif self.was_off and not is_off(difference):
            log.info("clock.right")
        self.was_off = is_off(difference)


async def watch_clock(watch: ClockWatch) -> None:
    """Compare clocks now and then: who is minutes behind takes nothing that is due, who is ahead takes it all."""
    while True:
        await watch.look()
        await asyncio.sleep(LOOK_AT_CLOCK_EVERY)


async def sweep_daily(system: System, kept: WarcArchive) -> None:
    """Let the local archive go, once a day, of what RETENTION_DAYS allows."""
    while True:
        try:
            pages = await sweep(system, kept, timedelta(days=system.settings.RETENTION_DAYS))
            log.info("warc.swept", pages=pages)
        except (MonitorError, OSError) as error:
            log.warning("warc.sweep-failed", reason=str(error))
        await asyncio.sleep(SWEEP_EVERY)


async def sweep(system: System, kept: WarcArchive, age: timedelta) -> int:
    """Remove records older than that, but for pages whose articles are labelled or wait for it; return how many."""
    wanted = await system.stores.capture_figures.kept_urls()
    return await kept.prune(before=system.clock.now() - age, keep=wanted)
