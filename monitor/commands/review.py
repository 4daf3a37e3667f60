"""articles, incidents: what was found and how it was matched."""

import sys

import click

from monitor.adapters.store.incidents import Incident
from monitor.commands.common import (
    AT_MOST,
    NUMBER,
    SOME_FAILED,
    asynchronous,
    err,
    json_option,
    out,
    print_json,
    print_table,
    settings,
    short,
)
from monitor.commands.correcting import CORRECTIONS
from monitor.daemon import open_stores


@click.group()
def incidents() -> None:
    """Review and correct what was matched."""


for command in CORRECTIONS:
    incidents.add_command(command)


@incidents.command("list")
@click.option("--limit", type=AT_MOST, default=20, show_default=True, help="How many.")
@click.option("--topic", default="", help="Only incidents on this topic.")
@json_option
@asynchronous
async def list_incidents(limit: int, topic: str, as_json: bool) -> None:
    """List incidents, the last reported on first."""
    async with open_stores(settings()) as system:
        found = await system.stores.incidents.newest(limit, topic=topic)
    if as_json:
        print_json(found)
        return
    rows = [
        (
            i.id,
            short(i.title, 80),
            i.articles,
            i.copies,
            "/".join(i.languages),
            i.first_report_at,
            i.last_report_at,
        )
        for i in found
    ]
    print_table(["id", "title", "articles", "copies", "languages", "first report", "last report"], rows)


@incidents.command()
@click.argument("incident_id", type=NUMBER)
@json_option
@asynchronous
async def show(incident_id: int, as_json: bool) -> None:
    """Show one incident with its articles, their copies and the reasons; a merged one redirects."""
    async with open_stores(settings()) as system:
        incident = await system.stores.incidents.one(incident_id)
    if incident is None:
        err.print(f"no incident {incident_id}", style="red", markup=False)
        sys.exit(SOME_FAILED)
    print_json(incident) if as_json else _print_incident(incident)


def _print_incident(incident: Incident) -> None:
    line = incident.line
    out.print(f"{line.id}  {line.title}", style="bold", markup=False)
    out.print(line.summary, markup=False)
    out.print(
        f"{line.articles} articles, {line.copies} copies, {', '.join(line.languages)}; "
        f"{line.first_report_at:%Y-%m-%d} to {line.last_report_at:%Y-%m-%d}",
        markup=False,
    )
    _print_around(incident)
    for article in incident.articles:
        mark = "copy of " + str(article.copy_of) if article.copy_of else "mention" if article.mention else ""
        when = article.published_at or article.found_at
        out.print(
            f"{article.article_id:>6}  {when:%m-%d %H:%M}  {article.publisher}: {article.title}  {mark}",
            markup=False,
        )
        if article.match_reasons:
            out.print(f"        {'; '.join(article.match_reasons)}", style="dim", markup=False)
        if article.archive_url:
            out.print(f"        {article.archive_url}", style="dim", markup=False)


def _print_around(incident: Incident) -> None:
    """Print where it was reported, its other numbers, what people said, and what is near it."""
    line = incident.line
    rows = [
        ("countries", ", ".join(line.countries)),
        ("publishers", ", ".join(line.publishers)),
        ("also", ", ".join(f"#{one}" for one in incident.aliases)),
        ("representative", f"article {incident.representative}" if incident.representative else ""),
        ("said", "; ".join(f"{one.what}: {one.value} ({one.by})" for one in incident.facts)),
        *(("related", f"#{one.id} {one.title} ({one.score:.0%})") for one in incident.related),
    ]
    for name, value in rows:
        if value:
            out.print(f"{name}: {value}", markup=False)
    out.print()
