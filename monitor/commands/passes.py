"""One pass over everything: what `once` and `ingest` do."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from monitor.adapters.dispatch.inline import Tickets
from monitor.adapters.pool_nursery import Nursery
from monitor.commands.common import progress
from monitor.config import Configuration, Settings
from monitor.daemon import open_stores, owned
from monitor.domain.model import Health
from monitor.line import Line, open_line
from monitor.stages.decide import BATCH
from monitor.stages.poll import GOOD, Polled
from monitor.tracing import tracing
from monitor.worker import drain, drain_behind

LINGER = (
    0.02  # seconds between pages that were read and the next lease: what ends together makes room together
)
APART = 0.5  # seconds until it is looked again whether enough was read to be decided


@dataclass(frozen=True)
class Summary:
    """What one pass did."""

    polled: int
    new_articles: int
    states: dict[str, int]
    incidents: int
    new_incidents: int
    failed_sources: dict[str, str] = field(default_factory=dict)
    waiting: int = 0
    next_due: datetime | None = None
    seconds: float = 0.0


async def pass_once(
    settings: Settings, configuration: Configuration, nursery: Nursery | None = None
) -> Summary:
    """Poll every source now and drain all stages."""
    began = time.monotonic()
    with owned(settings):
        async with (
            open_stores(settings, configuration) as system,
            open_line(system, Tickets(), nursery=nursery) as line,
            tracing(line),
        ):
            if system.stores.database.is_sqlite:
                await system.stores.articles.release_leases()
            known = await system.stores.overviews.source_states()
            await line.polling.switch_off(known, configuration.disabled)
            before = await system.stores.incidents.count()
            polled = await _drain_all(line)
            overview = await system.stores.overviews.take(system.clock.now())
            waiting, due = await system.stores.articles.waiting(system.clock.now())
            await system.stores.verdicts.let_go()
    return Summary(
        polled=len(polled),
        new_articles=sum(one.poll.new for one in polled),
        states=overview.articles,
        incidents=overview.incidents,
        new_incidents=overview.incidents - before,
        failed_sources=_failures(polled),
        waiting=waiting,
        next_due=due if waiting else None,
        seconds=round(time.monotonic() - began, 2),
    )


async def _drain_all(line: Line) -> list[Polled]:
    """Drain each stage behind the one before it; what is decided beside reading is decided in whole batches."""

    async def any_found() -> bool:
        return True

    async def whole_batch() -> bool:
        return (await line.system.stores.articles.backlog()).read >= BATCH

    polling = asyncio.create_task(line.polling.all_now())
    reading = asyncio.create_task(drain_behind(line.reading, polling, any_found, linger=LINGER))
    deciding = asyncio.create_task(drain_behind(line.deciding, reading, whole_batch, apart=APART))
    under_way = {"polling": polling, "reading": reading, "deciding": deciding}
    try:
        with progress() as bar:
            task = bar.add_task("", total=None)
            for description, stage in under_way.items():
                bar.update(task, description=description)
                await stage
            bar.update(task, description="archive")
            await drain(line.archiving)
    finally:
        for stage in under_way.values():
            stage.cancel()
        await asyncio.gather(*under_way.values(), return_exceptions=True)
    return polling.result()


def _failures(polled: Sequence[Polled]) -> dict[str, str]:
    trouble = {Health.FAILING, Health.BLOCKED, Health.BROKEN_FORMAT}
    bad = [one for one in polled if one.state.status in trouble or one.poll.outcome not in GOOD]
    return {one.poll.source: one.state.reason or one.poll.outcome for one in bad}
