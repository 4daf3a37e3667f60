"""Sources with their health, and the figures of the whole."""

from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter

from monitor.adapters.store.overview import Overview
from monitor.domain.schedule import is_paused
from monitor.ports import Poll
from monitor.web.context import Context
from monitor.web.doors import Here, Reader
from monitor.web.problems import Refusal
from monitor.web.shapes import SourceName

router = APIRouter(tags=["overview"])


@dataclass(frozen=True)
class SourceLine:
    """A source and how it is."""

    name: str
    kind: str
    url: str
    publisher: str
    status: str
    reason: str
    since: datetime | None
    last_polled_at: datetime | None
    next_poll_at: datetime | None
    entries_per_day: float


@dataclass(frozen=True)
class SourcePage:
    """A source with its last polls, newest first."""

    source: SourceLine
    polls: tuple[Poll, ...]


async def source_lines(context: Context) -> list[SourceLine]:
    """Return the listed sources with their health, those in trouble first."""
    now = context.clock.now()
    listed = {source.name: source for source in context.watch.sources()}
    states = await context.stores.overviews.source_states()
    rates = await context.stores.overviews.rates(now)
    lines = []
    for name in sorted(listed.keys() | states.keys()):
        source, state = context.watch.source(name), states.get(name)
        lines.append(
            SourceLine(
                name=name,
                kind=source.kind.value,
                url=source.url or (state.url if state else ""),
                publisher=source.publisher,
                status=state.status.value if state else "new",
                reason=state.reason if state else "",
                since=state.since if state else None,
                last_polled_at=state.last_polled_at if state else None,
                next_poll_at=state.next_poll_at if state and not is_paused(state) else None,
                entries_per_day=rates.get(name, 0.0),
            )
        )
    return lines


@router.get("/overview")
async def overview(context: Here, _reader: Reader) -> Overview:
    """Return what runs, what waits and what fails."""
    return await context.stores.overviews.take(context.clock.now())


@router.get("/sources")
async def sources(context: Here, _reader: Reader) -> list[SourceLine]:
    """List every source with its health and the reason."""
    return await source_lines(context)


@router.get("/sources/{name}")
async def source(context: Here, _reader: Reader, name: SourceName) -> SourcePage:
    """Return a source with its last polls."""
    line = next((one for one in await source_lines(context) if one.name == name), None)
    if line is None:
        raise Refusal(404, "unknown-source", f"no source is called {name!r}")
    return SourcePage(line, tuple(await context.stores.polls.recent(name)))
