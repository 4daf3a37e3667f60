"""once: one pass over everything."""

import sys
from functools import partial
from typing import TYPE_CHECKING

import click

from monitor.adapters.pool_nursery import Nursery
from monitor.adapters.reading import warm_up
from monitor.commands.common import (
    OK,
    SOME_FAILED,
    asynchronous,
    configuration,
    err,
    json_option,
    out,
    print_json,
    print_table,
    settings,
)

if TYPE_CHECKING:
    from monitor.commands.passes import Summary


@click.command()
@json_option
@asynchronous
async def once(as_json: bool) -> None:
    """Poll every source now, drain all stages, print a summary.

    Exit code: 0 all well, 1 some sources failed, 2 nothing could run.
    """
    loaded = settings()
    watched = configuration(loaded)
    nursery = Nursery(partial(warm_up, encoder=loaded.encodes))  # it loads beside what is imported here
    from monitor.commands.passes import pass_once
    from monitor.daemon import check_database, migrate_database, owned

    check_database(loaded)
    with owned(loaded):  # what another one works on is not migrated under its feet
        migrate_database(loaded)
    summary = await pass_once(loaded, watched, nursery)
    print_json(summary) if as_json else print_summary(summary)
    sys.exit(SOME_FAILED if summary.failed_sources else OK)


def print_summary(summary: "Summary") -> None:
    """Print what one pass came to."""
    out.print(
        f"{summary.polled} sources polled, {summary.new_articles} new articles in {summary.seconds:.1f} s",
        markup=False,
    )
    print_table(["state", "articles"], sorted(summary.states.items()))
    out.print(f"{summary.incidents} incidents, {summary.new_incidents} of them new", markup=False)
    if summary.next_due:
        out.print(
            f"{summary.waiting} articles wait for another try; the next is due {summary.next_due:%Y-%m-%d %H:%M:%S} UTC",
            markup=False,
        )
    for name, reason in summary.failed_sources.items():
        err.print(f"failed: {name}: {reason}", style="red", markup=False)
