"""incidents merge | split | move | rename | confirm | apart | history | undo | export: what was matched, corrected by hand and handed on."""

import getpass
import sys
from pathlib import Path

import click

from monitor.adapters.store.corrections import Change
from monitor.adapters.store.stores import Stores
from monitor.commands.archives import write_wacz
from monitor.commands.common import (
    AT_MOST,
    NUMBER,
    SOME_FAILED,
    asynchronous,
    err,
    json_anyway,
    json_option,
    out,
    print_json,
    print_table,
    settings,
    write_file,
)
from monitor.config.writing import replace_file
from monitor.daemon import open_stores
from monitor.domain.changes import told_change
from monitor.domain.records import IncidentRecord
from monitor.domain.refused import Refused
from monitor.exports import disarm, feeds, stix
from monitor.web.catalogue import word


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no such user in this container
        return "command"


who_option = click.option("--who", default=_user, show_default="your user", help="Whose correction it is.")
incident_argument = click.argument("incident_id", type=NUMBER)


@click.command()
@incident_argument
@click.argument("gone", type=NUMBER)
@click.option("--reason", default="", help="Why they are one.")
@who_option
@json_anyway
@asynchronous
async def merge(incident_id: int, gone: int, reason: str, who: str) -> None:
    """Make incident GONE part of INCIDENT_ID; its number leads there from now on."""
    async with open_stores(settings()) as system:
        now = system.clock.now()
        print_json(
            await system.stores.corrections.merge(incident_id, gone, who=who, now=now, reason=reason[:500])
        )


@click.command()
@incident_argument
@click.argument("articles", type=NUMBER, nargs=-1, required=True)
@click.option("--title", default="", help="Title of the new incident; else the first article's.")
@who_option
@json_anyway
@asynchronous
async def split(incident_id: int, articles: tuple[int, ...], title: str, who: str) -> None:
    """Make an incident of its own from some ARTICLES; copies go with their originals."""
    async with open_stores(settings()) as system:
        now = system.clock.now()
        print_json(
            await system.stores.corrections.split(incident_id, articles, who=who, now=now, title=title)
        )


@click.command()
@click.argument("article_id", type=NUMBER)
@incident_argument
@who_option
@json_anyway
@asynchronous
async def move(article_id: int, incident_id: int, who: str) -> None:
    """Put an article, with its copies, into another incident."""
    async with open_stores(settings()) as system:
        now = system.clock.now()
        print_json(await system.stores.corrections.move(article_id, incident_id, who=who, now=now))


@click.command()
@incident_argument
@click.argument("title")
@who_option
@json_anyway
@asynchronous
async def rename(incident_id: int, title: str, who: str) -> None:
    """Give an incident another title."""
    async with open_stores(settings()) as system:
        now = system.clock.now()
        print_json(await system.stores.corrections.rename(incident_id, title, who=who, now=now))


@click.command()
@incident_argument
@click.option("--no", "unsure", is_flag=True, help="Take the confirmation back.")
@who_option
@json_anyway
@asynchronous
async def confirm(incident_id: int, unsure: bool, who: str) -> None:
    """Say that an incident is what it should be: it is never merged without a person."""
    async with open_stores(settings()) as system:
        now = system.clock.now()
        print_json(
            await system.stores.corrections.confirm(incident_id, who=who, now=now, confirmed=not unsure)
        )


@click.command()
@incident_argument
@click.argument("other", type=NUMBER)
@who_option
@json_anyway
@asynchronous
async def apart(incident_id: int, other: int, who: str) -> None:
    """Say that two incidents are not the same, however alike they are."""
    async with open_stores(settings()) as system:
        print_json(await system.stores.corrections.apart(incident_id, other, who=who, now=system.clock.now()))


@click.command()
@click.argument("incident_id", type=NUMBER, required=False)
@click.option("--limit", type=AT_MOST, default=50, show_default=True, help="At most so many.")
@json_option
@asynchronous
async def history(incident_id: int | None, limit: int, as_json: bool) -> None:
    """Show what was changed by hand and by merging, of one incident or of all, newest first."""
    async with open_stores(settings()) as system:
        found = await system.stores.corrections.history(incident_id, limit=limit)
        known = found or incident_id is None or await system.stores.incidents.one(incident_id) is not None
    if not known:
        raise Refused("unknown-incident", f"there is no incident {incident_id}")
    if as_json:
        print_json(found)
        return
    rows = [(one.id, one.at, one.who, one.what, one.incident_id, _told(one), one.undone_by) for one in found]
    print_table(["change", "at", "who", "what", "incident", "detail", "undone by"], rows)


def _told(change: Change) -> str:
    if change.what == "undo":
        return f"change {change.detail['undoes']}"
    told = told_change(change.what, change.detail)
    return str(told)[:200] or word("en", f"change.{told.name}")


@click.command()
@click.argument("change_id", type=NUMBER)
@who_option
@json_anyway
@asynchronous
async def undo(change_id: int, who: str) -> None:
    """Take a change back; refused where later ones build on it."""
    async with open_stores(settings()) as system:
        print_json(await system.stores.corrections.undo(change_id, who=who, now=system.clock.now()))


@click.command()
@click.argument("ids", type=NUMBER, nargs=-1)
@click.option(
    "--format",
    "kind",
    default="disarm",
    show_default=True,
    type=click.Choice(["disarm", "stix", "atom", "json-feed", "wacz"]),
)
@click.option("--topic", default="", help="Only incidents on this topic.")
@click.option(
    "--limit",
    type=AT_MOST,
    default=1000,
    show_default=True,
    help="At most so many, the last reported on first.",
)
@click.option("--base", default="", help="Address of our own pages for links; default: PUBLIC_URL.")
@click.option(
    "--out",
    "target",
    required=True,
    type=click.Path(path_type=Path, allow_dash=True),
    help="A folder for disarm; a file or - for the others.",
)
@asynchronous
async def export(  # noqa: PLR0917 - each is an option
    ids: tuple[int, ...], kind: str, topic: str, limit: int, base: str, target: Path
) -> None:
    """Write incidents: DISARM pages into a folder, or a STIX 2.1 bundle, an Atom feed or a JSON Feed.

    A DISARM page that is there already keeps every byte below its line.
    wacz: the pages of one incident as the local archive has them, for replayweb.page.
    """
    loaded = settings()
    if kind == "wacz":
        sys.exit(await write_wacz(loaded, ids, target))
    async with open_stores(loaded) as system:
        records = await _records(system.stores, ids, topic, limit)
    if kind == "disarm":
        sys.exit(SOME_FAILED if _write_pages(records, target) else 0)
    write_file(target, _file(kind, records, base or loaded.PUBLIC_URL.rstrip("/")))


async def _records(stores: Stores, ids: tuple[int, ...], topic: str, limit: int) -> list[IncidentRecord]:
    if not ids:
        found = await stores.incidents.latest(limit, topic=topic)
    else:
        asked = [await stores.incidents.one(number) for number in ids]
        found = [one for one in asked if one is not None]
    return [await stores.export_rows.incident(one) for one in found]


def _file(kind: str, records: list[IncidentRecord], base: str) -> str:
    if kind == "stix":
        return stix.bundle(records, base=base)
    write = feeds.atom if kind == "atom" else feeds.json_feed
    name = "incidents.atom" if kind == "atom" else "incidents.json"
    return write(records, title="Incidents", base=base or "urn:incidents", address=f"/feeds/{name}")


def _write_pages(records: list[IncidentRecord], folder: Path) -> int:
    """Write a page per incident and the list of all; return how many were left alone because of what they hold."""
    pages, left = folder / "incidents", 0
    pages.mkdir(parents=True, exist_ok=True)
    for record in records:
        path = pages / f"{disarm.identity(record)}.md"
        old = path.read_bytes().decode("utf-8") if path.exists() else None
        try:
            replace_file(path, disarm.page(record, old))
        except Refused as refused:
            err.print(f"{path}: {refused}", style="red", markup=False)
            left += 1
    replace_file(folder / "incidents.md", disarm.index(records))
    out.print(f"{len(records) - left} pages in {pages}", markup=False)
    return left


CORRECTIONS = (merge, split, move, rename, confirm, apart, history, undo, export)
