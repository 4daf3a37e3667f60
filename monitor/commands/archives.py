"""archive status | retry | verify | show: captures and the local archive."""

import sys

import click

from monitor.adapters.warc import WarcArchive
from monitor.commands.common import asynchronous, json_option, out, print_json, print_table, settings
from monitor.daemon import open_stores


@click.group()
def archive() -> None:
    """Look after the captures of queued pages."""


@archive.command()
@json_option
@asynchronous
async def status(as_json: bool) -> None:
    """Show captures by state, what waits and why, what is left of today's budget, what is paused."""
    async with open_stores(settings()) as system:
        found = await system.stores.capture_figures.overview(system.clock.now())
    if as_json:
        print_json(found)
        return
    print_table(["state", "captures"], sorted(found.captures.items()))
    print_table(
        ["waits for", "captures"],
        [(why or "its turn", n) for why, n in found.waiting_for.items()],
        title="\nWanted",
    )
    if found.lost:
        print_table(["reason", "captures"], sorted(found.lost.items()), title="\nLost")
    out.print(
        f"\noldest wanted: {found.oldest_wanted / 3600:.1f} h; today left: {found.left_today} of {found.daily_limit}",
        markup=False,
    )
    if found.closed_until:
        out.print(f"closed until {found.closed_until}: {found.closed_because}", markup=False)
    if found.account_closed_until:
        out.print(
            f"the account pauses until {found.account_closed_until}: {found.account_closed_because}",
            markup=False,
        )
    for host, until in found.paused_hosts.items():
        out.print(f"{host} pauses until {until}", markup=False)


@archive.command()
@click.argument("capture_ids", nargs=-1, type=int)
@click.option("--lost", is_flag=True, help="All lost captures.")
@click.option("--waiting", is_flag=True, help="Let those that wait for a later try have their turn now.")
@json_option
@asynchronous
async def retry(capture_ids: tuple[int, ...], lost: bool, waiting: bool, as_json: bool) -> None:
    """Want lost captures again."""
    if not (capture_ids or lost or waiting):
        raise click.UsageError("name capture ids, or --lost for all lost ones, or --waiting")
    async with open_stores(settings()) as system:
        now, figures = system.clock.now(), system.stores.capture_figures
        count = await figures.retry(list(capture_ids) or None, now=now) if capture_ids or lost else 0
        count += await figures.hasten(now=now) if waiting else 0
    print_json({"wanted": count}) if as_json else out.print(
        f"{count} captures are wanted again", markup=False
    )


@archive.command()
@click.argument("capture_ids", nargs=-1, type=int)
@json_option
@asynchronous
async def verify(capture_ids: tuple[int, ...], as_json: bool) -> None:
    """Have captured pages (these, or all) looked up in the archive's index again."""
    async with open_stores(settings()) as system:
        count = await system.stores.capture_figures.verify(list(capture_ids) or None, now=system.clock.now())
    print_json({"verified": count}) if as_json else out.print(
        f"{count} captures are looked up again", markup=False
    )


@archive.command()
@click.argument("url")
@click.option("--body", is_flag=True, help="Print the page's bytes as they are in the local archive.")
@json_option
@asynchronous
async def show(url: str, body: bool, as_json: bool) -> None:
    """Show what is kept of an address: its captures, and its records in the local archive."""
    loaded = settings()
    local = WarcArchive(loaded.DATA_DIR / "warc")
    try:
        if body:
            sys.stdout.buffer.write((await local.show(url)).body)
            return
        async with open_stores(loaded) as system:
            captures = await system.stores.capture_figures.of_url(url)
        records = await local.find(url)
    finally:
        await local.close()
    if as_json:
        print_json({"captures": captures, "records": records})
        return
    print_table(["capture", "state", "address in the archive", "reason"],
                [(one.id, one.state.value, one.archive_url, one.reason) for one in captures])  # fmt: skip
    print_table(
        ["kept at", "status", "file"],
        [(one.at, one.status, one.filename) for one in records],
        title="\nLocal",
    )
