"""One pass over everything: what `once` and `ingest` do."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from monitor.adapters.dispatch.inline import Tickets
from monitor.commands.common import progress
from monitor.config import Configuration, Settings
from monitor.daemon import open_stores, owned
from monitor.domain.model import Health
from monitor.line import Line, open_line
from monitor.stages.poll import GOOD, Polled
from monitor.tracing import tracing
from monitor.worker import drain


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


async def pass_once(settings: Settings, configuration: Configuration) -> Summary:
    """Poll every source now and drain all stages."""
    began = time.monotonic()
    with owned(settings):
        async with (
            open_stores(settings, configuration) as system,
            open_line(system, Tickets()) as line,
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
    with progress() as bar:
        task = bar.add_task("polling", total=None)
        polled = await line.polling.all_now()
        for role in line.roles[1:]:
            bar.update(task, description={"read": "reading", "decide": "deciding"}.get(role.name, role.name))
            await drain(role)
    return polled


def _failures(polled: Sequence[Polled]) -> dict[str, str]:
    trouble = {Health.FAILING, Health.BLOCKED, Health.BROKEN_FORMAT}
    bad = [one for one in polled if one.state.status in trouble or one.poll.outcome not in GOOD]
    return {one.poll.source: one.state.reason or one.poll.outcome for one in bad}
