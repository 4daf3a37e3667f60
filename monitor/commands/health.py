"""health: whether a process of the daemon lives on this machine, for container engines without an HTTP client."""

import platform
import sys

import click

from monitor.commands.common import OK, SOME_FAILED, asynchronous, json_option, out, print_json, settings
from monitor.daemon import open_stores


@click.command()
@json_option
@asynchronous
async def health(as_json: bool) -> None:
    """Tell whether a process of the daemon on this machine said within a minute that it lives.

    Exit code: 0 it lives, 1 it does not, or the database is out of reach.
    """
    async with open_stores(settings()) as system:
        overview = await system.stores.overviews.take_workers(system.clock.now())
    here = [worker for worker in overview if worker.machine == platform.node()]
    if as_json:
        print_json({"alive": bool(here), "processes": here})
    else:
        out.print(", ".join(f"{w.roles} (process {w.pid})" for w in here) or "none lives here", markup=False)
    sys.exit(OK if here else SOME_FAILED)
