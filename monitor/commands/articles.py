"""articles list | show | admit: what was found, also what was rejected, and how a copy differs from its original."""

import sys
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import click

from monitor.adapters.store.listings import Full, Wanted
from monitor.adapters.store.versions import Version
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
    short,
)
from monitor.commands.correcting import who_option
from monitor.daemon import open_stores
from monitor.domain.model import State
from monitor.domain.text import paragraphs
from monitor.domain.versions import Likeness, change, likeness

STATES = [state.value for state in State]

NO_TEXT = "There is no text: none was read, or it was pruned."


@click.group()
def articles() -> None:
    """Look at what was found and what became of it."""


@articles.command("list")
@click.option("--state", default="", type=click.Choice(["", *STATES]), help="Only articles in this state.")
@click.option("--rejected", is_flag=True, help="Only rejected ones, with score and reason.")
@click.option("--source", default="", help="Only articles of this source.")
@click.option("--topic", default="", help="Only articles on this topic.")
@click.option("--limit", type=AT_MOST, default=20, show_default=True)
@json_option
@asynchronous
async def list_articles(
    state: str, *, rejected: bool, source: str, topic: str, limit: int, as_json: bool
) -> None:
    """List articles, the last found first."""
    wanted = Wanted(state=State.REJECTED.value if rejected else state, source=source, topic=topic)
    async with open_stores(settings()) as system:
        part = await system.stores.listings.part(wanted, limit=limit)
    if as_json:
        print_json(part.lines)
        return
    rows = [
        (
            one.id,
            one.state,
            short(one.title, 60),
            one.publisher,
            one.language,
            one.relevance,
            one.incident_id,
            short(one.reason, 80),
        )
        for one in part.lines
    ]
    print_table(["id", "state", "title", "publisher", "language", "score", "incident", "reason"], rows)


@articles.command()
@click.argument("article_id", type=NUMBER)
@click.option("--incident", type=NUMBER, help="The incident that it belongs to; else a new one.")
@who_option
@json_anyway
@asynchronous
async def admit(article_id: int, incident: int | None, who: str) -> None:
    """Pull a rejected article in, with its copies; `monitor incidents undo` takes it back."""
    async with open_stores(settings()) as system:
        now = system.clock.now()
        print_json(await system.stores.corrections.admit(article_id, incident, who=who, now=now))


@articles.command()
@click.argument("article_id", type=NUMBER)
@json_option
@asynchronous
async def show(article_id: int, as_json: bool) -> None:
    """Show one article: why it was decided so, its versions, and what a copy shares with its original."""
    async with open_stores(settings()) as system:
        found = await system.stores.listings.one(article_id)
        original, versions = None, await system.stores.versions.of(article_id)
        if found is not None and found.line.copy_of is not None:
            original = await system.stores.listings.one(found.line.copy_of)
    if found is None:
        err.print(f"no article {article_id}", style="red", markup=False)
        sys.exit(SOME_FAILED)
    same = likeness(_lines(original), _lines(found)) if original else None
    if as_json:
        changed = [_change_of(old, new) for old, new in pairwise(versions)]
        rows = [sign + " " + line for sign, line in same.rows] if same else None
        print_json({"article": found, "differs": rows, "same": same and same.share, "versions": changed})
        return
    _print(found)
    _print_versions(versions)
    if original is not None and same is not None:
        _print_copy(original, same)


def _print(found: Full) -> None:
    line = found.line
    out.print(f"{line.id}  {line.title}", style="bold", markup=False)
    date = f"{line.published_at:%Y-%m-%d %H:%M} UTC" if line.published_at else ""
    about = (line.publisher, date, line.language, line.url)
    out.print(" · ".join(one for one in about if one), markup=False)
    incident = f"; incident {line.incident_id}" if line.incident_id else ""
    reader = f"; read by {found.reader}" if found.reader else ""
    out.print(f"state {line.state} {line.reason}{incident}{reader}", markup=False)
    for reason in dict.fromkeys((*found.screen_reasons, *found.match_reasons)):
        out.print(f"  {reason}", style="dim", markup=False)
    out.print(f"\n{found.text or NO_TEXT}", markup=False)


def _lines(article: Full) -> list[str]:
    return [article.line.title, *paragraphs(article.text)]


def _change_of(old: Version, new: Version) -> dict[str, Any]:
    return {"number": new.number, "seen_at": new.seen_at} | vars(
        change(old.title, old.text, new.title, new.text)
    )


def _print_versions(versions: Sequence[Version]) -> None:
    """Print what later readings of the same address changed."""
    for old, new in pairwise(versions):
        out.print(f"\nversion {new.number}, seen {new.seen_at:%Y-%m-%d %H:%M} UTC:", markup=False)
        found = change(old.title, old.text, new.title, new.text)
        title = [("-", old.title), ("+", new.title)] if found.title else []
        rows = [*title, *(("-", line) for line in found.removed), *(("+", line) for line in found.added)]
        _print_rows(rows)


def _print_copy(original: Full, same: Likeness) -> None:
    """Print what a copy shares with its original and where it differs."""
    line = original.line
    out.print(f"\ncopy of article {line.id} ({line.publisher}): {line.url}", markup=False)
    out.print(
        f"the same: {same.share:.0%} of the copy, {same.count('=')} paragraphs; "
        f"only in the original (-): {same.count('-')}; only in the copy (+): {same.count('+')}",
        markup=False,
    )
    _print_rows(same.rows)


def _print_rows(rows: Sequence[tuple[str, str]]) -> None:
    for sign, line in rows:
        out.print(f"{sign} {line}", style={"-": "red", "+": "green"}.get(sign, "dim"), markup=False)
