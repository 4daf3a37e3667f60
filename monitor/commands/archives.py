"""archive status | retry | verify | show | delete | prune: captures and the local archive."""

import getpass
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import click

from monitor.adapters.wacz import export_wacz
from monitor.adapters.warc import WarcArchive
from monitor.commands.common import (
    DAYS,
    NUMBER,
    OK,
    SOME_FAILED,
    asynchronous,
    err,
    json_option,
    out,
    print_json,
    print_table,
    settings,
    tell_missed,
)
from monitor.config import Settings
from monitor.daemon import open_stores
from monitor.upkeep import sweep


@asynccontextmanager
async def local_archive(loaded: Settings) -> AsyncIterator[WarcArchive]:
    """Open the local archive beside the daemon, which may be writing to it."""
    kept = WarcArchive(loaded.DATA_DIR / "warc")
    try:
        yield kept
    finally:
        await kept.close()


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
@click.argument("capture_ids", nargs=-1, type=NUMBER)
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
        hastened = await figures.hasten(now=now) if waiting else 0
    if as_json:
        print_json({"wanted": count + hastened})
    else:
        out.print(f"{count + hastened} captures are wanted again", markup=False)
    tell_missed(capture_ids, count, "lost capture")


@archive.command()
@click.argument("capture_ids", nargs=-1, type=NUMBER)
@json_option
@asynchronous
async def verify(capture_ids: tuple[int, ...], as_json: bool) -> None:
    """Have captured pages (these, or all) looked up in the archive's index again."""
    async with open_stores(settings()) as system:
        count = await system.stores.capture_figures.verify(list(capture_ids) or None, now=system.clock.now())
    print_json({"verified": count}) if as_json else out.print(
        f"{count} captures are looked up again", markup=False
    )
    tell_missed(capture_ids, count, "captured page")


@archive.command()
@click.argument("url")
@click.option("--body", is_flag=True, help="Print the page's bytes as they are in the local archive.")
@json_option
@asynchronous
async def show(url: str, body: bool, as_json: bool) -> None:
    """Show what is kept of an address: its captures, and its records in the local archive."""
    loaded = settings()
    async with local_archive(loaded) as local:
        if body:
            sys.stdout.buffer.write((await local.show(url)).body)
            return
        async with open_stores(loaded) as system:
            captures = await system.stores.capture_figures.of_url(url)
        records = await local.find(url)
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
    if records:
        out.print(f"replay: http://{loaded.LISTEN}/kept?url={quote(url, safe='')}", markup=False)


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no such user in this container
        return "command"


@archive.command()
@click.argument("url")
@click.option("--reason", required=True, help="Why; it is kept with the record of the deletion.")
@click.option("--who", default=_user, show_default="your user", help="Who asked for it.")
@json_option
@asynchronous
async def delete(url: str, reason: str, who: str, as_json: bool) -> None:
    """Delete every record of an address from the local archive for good, and keep a record that it was.

    What the daemon is still writing is hidden at once and goes when its file closes.
    """
    loaded = settings()
    async with local_archive(loaded) as local, open_stores(loaded) as system:
        done = await local.delete(url, who=who[:200], reason=reason[:1000], now=system.clock.now())
    print_json(done) if as_json else out.print(f"{done.records} records of {url} are gone", markup=False)


@archive.command()
@click.option("--days", type=DAYS, help="How old; default: RETENTION_DAYS.")
@json_option
@asynchronous
async def prune(days: int | None, as_json: bool) -> None:
    """Remove old records from the local archive, but for pages that are labelled or wait for a label."""
    loaded = settings()
    age = days or loaded.RETENTION_DAYS
    if not age:
        raise click.UsageError("RETENTION_DAYS is 0: name --days")
    async with local_archive(loaded) as local, open_stores(loaded) as system:
        gone = await sweep(system, local, timedelta(days=age))
    print_json({"removed": gone}) if as_json else out.print(f"{gone} pages are gone", markup=False)


async def write_wacz(loaded: Settings, ids: Sequence[int], target: Path) -> int:
    """Write the recorded pages of one incident into a file; return the exit code."""
    if len(ids) != 1 or str(target) == "-":
        raise click.UsageError("wacz takes one incident and a file")
    async with local_archive(loaded) as local, open_stores(loaded) as system:
        incident = await system.stores.incidents.one(ids[0])
        if incident is None:
            err.print(f"no incident {ids[0]}", style="red", markup=False)
            return SOME_FAILED
        pages = await system.stores.capture_figures.pages_of_incident(incident.line.id)
        title, now = incident.line.title, system.clock.now()
        done = await export_wacz(local, pages, target, title=title, now=now)
    out.print(f"{done.pages} of {len(pages)} pages in {target}", markup=False)
    for url in done.missing:
        err.print(f"not in the local archive: {url}", markup=False)
    return OK if done.pages else SOME_FAILED
