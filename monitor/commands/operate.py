"""run, check, status: what operators use every day."""

import sys

import click

from monitor.commands.checks import problems_and_notes
from monitor.commands.common import (
    CANNOT_RUN,
    OK,
    asynchronous,
    configuration,
    err,
    json_option,
    out,
    print_json,
    print_table,
    settings,
)
from monitor.daemon import ROLES, check_database, migrate_database, open_stores, owned
from monitor.domain.alerts import IN_TROUBLE
from monitor.service import Service


def _roles(_context: click.Context, _parameter: click.Parameter, value: str) -> tuple[str, ...]:
    chosen = tuple(part.strip() for part in value.split(",") if part.strip())
    unknown = [part for part in chosen if part not in ROLES]
    if unknown or not chosen:
        raise click.BadParameter(f"{', '.join(unknown) or value!r}: choose from {','.join(ROLES)}")
    return chosen


@click.command()
@click.option(
    "--only",
    default=",".join(ROLES),
    callback=_roles,
    help=f"Roles of this process, comma-separated, of {', '.join(ROLES)}; default: all.",
)
@asynchronous
async def run(only: tuple[str, ...]) -> None:
    """Run the daemon until SIGTERM: poll, read, decide, archive and serve the page.

    SIGHUP, or saving sources.yaml, reloads the sources; a bad edit keeps the old ones and says so.
    """
    loaded = settings()
    watched = configuration(loaded)
    service = Service(loaded, watched, only)  # from here on an edit of the sources is noticed
    check_database(loaded)
    with owned(loaded):  # what another one works on is not migrated under its feet
        migrate_database(loaded)
    if "web" in only:
        err.print(f"The page is at http://{loaded.LISTEN}/", markup=False)
    if not watched.enabled:
        err.print(f"{loaded.SOURCES} lists no source; see docs/sources.md, or try: make demo", style="yellow")
    await service.run()


@click.command()
@json_option
@asynchronous
async def check(as_json: bool) -> None:
    """Validate settings and sources.yaml, the database, its migrations and the archive keys.

    Every error is listed with file, line and the nearest valid word. Exit code: 0 fine, 2 something to mend.
    """
    found = await problems_and_notes()
    if as_json:
        print_json({"problems": [str(one) for one in found.problems], "notes": found.notes})
    else:
        for note in found.notes:
            out.print(note, markup=False)
        for problem in found.problems:
            err.print(str(problem), style="red", markup=False)
    sys.exit(CANNOT_RUN if found.problems else OK)


@click.command()
@json_option
@asynchronous
async def status(as_json: bool) -> None:
    """Show what runs, what waits and what fails."""
    loaded = settings()
    async with open_stores(loaded, configuration(loaded)) as system:
        overview = await system.stores.overviews.take(system.clock.now())
        names = [source.name for source in system.watch.sources()]
        states = await system.stores.polls.source_states(names)
    if as_json:
        sources = {
            name: {"status": s.status, "reason": s.reason, "since": s.since} for name, s in states.items()
        }
        print_json({"overview": overview, "sources": sources})
        return
    rows = [(w.roles, w.machine, w.pid, w.version, w.started_at, w.beat_at) for w in overview.workers]
    print_table(["roles", "machine", "process", "version", "since", "last beat"], rows, title="Processes")
    print_table(["state", "articles"], sorted(overview.articles.items()), title="\nArticles")
    print_table(["label state", "queued"], sorted(overview.labels.items()), title="\nQueue")
    out.print(
        f"oldest waits {overview.oldest_pending / 3600:.1f} h; {overview.incidents} incidents", markup=False
    )
    print_table(["state", "captures"], sorted(overview.captures.items()), title="\nArchive")
    counts: dict[str, int] = {}
    for state in states.values():
        counts[state.status.value] = counts.get(state.status.value, 0) + 1
    print_table(["status", "sources"], sorted(counts.items()), title="\nSources")
    trouble = [(s.name, s.status.value, s.since, s.reason) for s in states.values() if s.status in IN_TROUBLE]
    if trouble:
        print_table(["source", "status", "since", "reason"], trouble, title="\nIn trouble")
    if overview.reasons:
        reasons = sorted(overview.reasons.items(), key=lambda one: -one[1])[:10]
        print_table(["reason", "failed articles"], reasons, title="\nFailures")
