"""sources list | show | test | add | import | export: what is watched and how it is."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import click

from monitor.commands.common import (
    asynchronous,
    configuration,
    json_option,
    out,
    plain,
    print_json,
    print_table,
    settings,
)
from monitor.commands.listing import add, export, import_
from monitor.commands.templates import line_of, print_templates, template
from monitor.commands.trying import known_source, test
from monitor.daemon import System, open_stores
from monitor.domain.model import Health, Kind, Source, SourceState
from monitor.domain.schedule import is_paused

RATE_DAYS = 14


@click.group()
def sources() -> None:
    """List, look at, try and change what is watched."""


@dataclass(frozen=True)
class SourceLine:
    """One source as `sources list --json` prints it."""

    name: str
    kind: Kind
    url: str
    status: Health
    reason: str
    since: datetime | None
    last_polled_at: datetime | None
    next_poll_at: datetime | None
    entries_per_day: float


async def lines_of(system: System) -> list[SourceLine]:
    """Return every listed source with its state, the disabled ones too."""
    now = system.clock.now()
    states = await system.stores.polls.source_states(list(system.watch.configuration.sources))
    rates = await system.stores.polls.entries_per_day(now - timedelta(days=RATE_DAYS), now)
    disabled = system.watch.configuration.disabled
    return [
        _line(source, states[name], rates.get(name, 0.0), disabled.get(name))
        for name, source in system.watch.configuration.sources.items()
    ]


def _line(source: Source, state: SourceState, rate: float, disabled: str | None) -> SourceLine:
    off = disabled is not None
    return SourceLine(
        name=source.name,
        kind=source.kind,
        url=source.url,
        status=Health.DISABLED if off else state.status,
        reason=(disabled or "disabled in sources.yaml") if off else state.reason,
        since=state.since,
        last_polled_at=state.last_polled_at,
        next_poll_at=None if off or is_paused(state) else state.next_poll_at,
        entries_per_day=rate,
    )


@sources.command("list")
@json_option
@asynchronous
async def list_sources(as_json: bool) -> None:
    """List every source with its status, the reason and since when."""
    loaded = settings()
    async with open_stores(loaded, configuration(loaded)) as system:
        lines = await lines_of(system)
    if as_json:
        print_json(lines)
        return
    print_table(
        ["name", "kind", "status", "since", "next poll", "entries/day", "reason"],
        [
            (s.name, s.kind.value, s.status.value, s.since, s.next_poll_at, s.entries_per_day, s.reason)
            for s in lines
        ],
    )


@sources.command()
@click.argument("name")
@json_option
@asynchronous
async def show(name: str, as_json: bool) -> None:
    """Show one source: its configuration, its state, its last polls and the templates of its sites."""
    loaded = settings()
    watched = configuration(loaded)
    source = known_source(watched, name)
    async with open_stores(loaded, watched) as system:
        state = await system.stores.polls.source_state(name)
        recent = await system.stores.polls.recent(name, 20)
        templates = await system.stores.templates.of_source(name)
    if as_json:
        lines = [line_of(one) for one in templates]
        print_json({"source": source, "state": state, "polls": recent, "templates": lines})
        return
    for key, value in plain(source).items():
        if value:
            out.print(f"{key:20} {value}", markup=False)
    out.print()
    told = replace(state, next_poll_at=None) if is_paused(state) else state  # its time lies ages ahead
    for key, value in plain(told).items():
        if value:
            out.print(f"{key:20} {value}", markup=False)
    rows = [(p.at, p.outcome, p.entries, p.new, f"{p.seconds:.2f} s", p.detail) for p in recent]
    print_table(["at", "outcome", "entries", "new", "time", "detail"], rows, title="\nLast polls")
    if templates:
        print_templates(templates)


for command in (test, add, import_, export, template):
    sources.add_command(command)
