"""sources add | import | export: what is watched, changed by a command instead of an editor."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from monitor.adapters.discover import Discovered, discover, name_for
from monitor.adapters.opml import read_opml, unlisted, write_opml
from monitor.commands.common import (
    SOME_FAILED,
    asynchronous,
    configuration,
    err,
    json_option,
    out,
    print_json,
    print_table,
    settings,
    short,
    write_file,
)
from monitor.commands.looking import open_eyes
from monitor.config import Configuration, Settings
from monitor.config.writing import Row, add_sources, as_yaml, usable
from monitor.config.writing import unlisted as unlisted_rows
from monitor.domain.errors import Permanent
from monitor.domain.model import Kind, Source
from monitor.domain.trials import Look, Trial

dry_option = click.option("--dry-run", is_flag=True, help="Show what would be added; write nothing.")


@dataclass(frozen=True)
class Line:
    """One line of the preview: a source that would come in, and what it holds now."""

    name: str
    kind: str
    url: str
    look: str
    reason: str = ""
    entries: int | None = None
    newest: datetime | None = None
    publisher: str = ""


def listed(loaded: Settings) -> Configuration:
    """Return what is listed so far; nothing where there is no file yet."""
    return configuration(loaded) if loaded.SOURCES.exists() else Configuration()


@click.command()
@click.argument("url")
@click.option("--name", default="", help="Name of the source; else made of the address.")
@click.option("--every", default="", help="How often to poll: 10m, 1h; else the default of the file.")
@click.option("--topic", "topics", multiple=True, help="Topic that it is watched for; may be given again.")
@click.option("--pick", default=1, show_default=True, help="Which of the feeds found, counted from 1.")
@click.option("--all", "every_feed", is_flag=True, help="Add every feed that was found.")
@dry_option
@json_option
@asynchronous
async def add(
    *,
    url: str,
    name: str,
    every: str,
    topics: tuple[str, ...],
    pick: int,
    every_feed: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Find the feeds of a site (or take the address of one), show what would come in, and list the chosen one."""
    loaded = settings()
    known = listed(loaded)
    async with open_eyes(loaded) as eyes:
        found = await discover(url, fetcher=eyes.http, parser=eyes.parser, clock=eyes.clock)
    if not found:
        err.print(f"{url}: no feed and no sitemap found", style="red", markup=False)
        err.print("A page with a list can be read with kind: listing, see docs/sources.md.", markup=False)
        sys.exit(SOME_FAILED)
    if not every_feed and not 1 <= pick <= len(found):
        raise click.BadParameter(f"--pick {pick}: {len(found)} found")
    chosen = found if every_feed else [found[pick - 1]]
    more = {"every": every} if every else {}
    rows = [{**row, **more} for row in _rows(chosen, known, name, topics)]
    added = [] if dry_run else add_sources(loaded.SOURCES, rows)
    if as_json:
        print_json({"found": [_found_line(one) for one in found], "added": added})
        return
    _show_found(found, chosen)
    _tell(loaded.SOURCES, unlisted_rows(rows, known.sources.values()), added, dry_run=dry_run)


def _rows(
    chosen: Sequence[Discovered], known: Configuration, name: str, topics: Sequence[str]
) -> list[dict[str, Any]]:
    """Return the chosen feeds as they are listed, each under a name that no source has."""
    taken, rows = list(known.sources), list[dict[str, Any]]()
    for one in chosen:
        source = one.source
        row: dict[str, Any] = {
            "name": name if name and not rows else name_for(source.url, taken),
            "kind": source.kind.value,
            "url": source.url,
            "publisher": source.publisher,
            "language": source.language,
            "topics": list(topics),
        }
        rows.append(usable({key: value for key, value in row.items() if value}))
        taken.append(str(row["name"]))
    return rows


def _found_line(found: Discovered) -> Line:
    source, feed = found.source, found.feed
    newest = max((entry.published_at for entry in feed.entries if entry.published_at), default=None)
    entries = len(feed.entries) or None
    return Line("", source.kind.value, source.url, Look.FINE, "", entries, newest, publisher=source.publisher)


def _show_found(found: Sequence[Discovered], chosen: Sequence[Discovered]) -> None:
    lines = [(one, _found_line(one)) for one in found]
    print_table(
        ["", "", "kind", "entries", "newest", "title", "address"],
        [
            (number, "→" if one in chosen else "", s.kind, s.entries, s.newest, short(s.publisher, 40), s.url)
            for number, (one, s) in enumerate(lines, 1)
        ],
    )
    entries = [entry for one in chosen for entry in one.feed.entries[:5]]
    print_table(
        ["published", "would come in"],
        [(e.published_at, short(e.title, 90) or e.url) for e in entries],
        title="\n",
    )


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--look/--no-look", default=True, show_default=True, help="Ask every new feed first.")
@dry_option
@json_option
@asynchronous
async def import_(file: Path, look: bool, dry_run: bool, as_json: bool) -> None:
    """List the feeds of an OPML file; those listed already stay as they are, dead ones come in disabled.

    Every new feed is asked first, and a table shows what would come in; --no-look lists them unseen.
    """
    loaded = settings()
    known = listed(loaded)
    rows, lines = _new_rows(file, known)
    rows, new = await _tried(loaded, rows) if look and rows else (rows, [_line(row, None) for row in rows])
    lines = [*new, *lines]
    added = [] if dry_run else add_sources(loaded.SOURCES, rows)
    if as_json:
        print_json({"rows": lines, "added": added})
        return
    print_table(
        ["name", "kind", "look", "entries", "newest", "address", "reason"],
        [(s.name, s.kind, s.look, s.entries, s.newest, s.url, short(s.reason, 60)) for s in lines],
    )
    _tell(loaded.SOURCES, rows if dry_run else [], added, dry_run=dry_run)


def _new_rows(file: Path, known: Configuration) -> tuple[list[Row], list[Line]]:
    """Return the feeds of a file that can be listed, and a line for each that is not asked."""
    outlines = read_opml(file.read_bytes())
    new = unlisted(outlines, known.sources.values())
    fresh = {row["url"] for row in new}
    lines = [
        Line(one.name or short(one.title, 40), "", one.url, "listed")
        for one in outlines
        if one.url not in fresh
    ]
    rows = list[Row]()
    for row in new:
        try:
            rows.append(usable(row))
        except Permanent as error:
            lines.append(Line(str(row["name"]), str(row["kind"]), str(row["url"]), "refused", str(error)))
    return rows, lines


async def _tried(loaded: Settings, rows: Sequence[Row]) -> tuple[list[Row], list[Line]]:
    """Look at the new feeds; return their rows, the dead ones disabled, and a line for each."""
    asked = [row for row in rows if row.get("enabled", True)]
    sources = [Source(str(row["name"]), Kind(row["kind"]), str(row["url"])) for row in asked]
    async with open_eyes(loaded) as eyes:
        trials = dict(zip((s.name for s in sources), await eyes.try_all(sources), strict=True))
    looks = [trials.get(row["name"], Trial(Look.DEAD, str(row.get("reason", "")))) for row in rows]
    return [_judged(row, trial) for row, trial in zip(rows, looks, strict=True)], [
        _line(row, trial) for row, trial in zip(rows, looks, strict=True)
    ]


def _judged(row: Row, trial: Trial) -> Row:
    dead = trial.look is Look.DEAD and row.get("enabled", True)
    return {**row, "enabled": False, "reason": trial.reason} if dead else row


def _line(row: Row, trial: Trial | None) -> Line:
    name, kind, url = (str(row[key]) for key in ("name", "kind", "url"))
    if trial is None:
        return Line(name, kind, url, "new", str(row.get("reason", "")))
    return Line(name, kind, url, trial.look, trial.reason, trial.entries or None, trial.newest)


def _tell(path: Path, rows: Sequence[Row], added: Sequence[str], *, dry_run: bool) -> None:
    """Say what was written, or what would be."""
    if dry_run:
        out.print(f"\nwould be added to {path}:" if rows else "\nnothing to add", markup=False)
        out.print(as_yaml(rows, 2), markup=False, end="")
    elif added:
        out.print(f"\nadded to {path}: {', '.join(added)}", markup=False)
    else:
        out.print(f"\nnothing to add: all of it is listed in {path}", markup=False)


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path))
def export(file: Path) -> None:
    """Write the feeds and sitemaps as OPML ("-": to standard output); what is disabled keeps its reason."""
    loaded = settings()
    known = configuration(loaded)
    sources = list(known.sources.values())
    text = write_opml(sources, known.disabled)
    write_file(file, text)
    left = [source.name for source in sources if source.kind not in {Kind.RSS, Kind.SITEMAP}]
    if left:
        err.print(f"left out, for OPML knows feeds only: {', '.join(left)}", markup=False)
