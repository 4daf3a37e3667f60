"""articles list | show: what was found, also what was rejected, and how a copy differs from its original."""

import difflib
import sys

import click

from monitor.adapters.store.listings import Full, Wanted
from monitor.commands.common import (
    SOME_FAILED,
    asynchronous,
    err,
    json_option,
    out,
    print_json,
    print_table,
    settings,
)
from monitor.daemon import open_stores
from monitor.domain.model import State

STATES = [state.value for state in State]


@click.group()
def articles() -> None:
    """Look at what was found and what became of it."""


@articles.command("list")
@click.option("--state", default="", type=click.Choice(["", *STATES]), help="Only articles in this state.")
@click.option("--rejected", is_flag=True, help="Only rejected ones, with score and reason.")
@click.option("--source", default="", help="Only articles of this source.")
@click.option("--topic", default="", help="Only articles on this topic.")
@click.option("--limit", default=20, show_default=True)
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
        (one.id, one.state, one.title[:60], one.publisher, one.language, one.incident_id, one.reason[:80])
        for one in part.lines
    ]
    print_table(["id", "state", "title", "publisher", "language", "incident", "reason"], rows)


@articles.command()
@click.argument("article_id", type=int)
@json_option
@asynchronous
async def show(article_id: int, as_json: bool) -> None:
    """Show one article, why it was decided so, and what a copy shares with its original and where it differs."""
    async with open_stores(settings()) as system:
        found = await system.stores.listings.one(article_id)
        original = None
        if found is not None and found.line.copy_of is not None:
            original = await system.stores.listings.one(found.line.copy_of)
    if found is None:
        err.print(f"no article {article_id}", style="red", markup=False)
        sys.exit(SOME_FAILED)
    if as_json:
        print_json({"article": found, "differs": _differences(original, found) if original else None})
        return
    _print(found)
    if original is not None:
        out.print(
            f"\ncopy of article {original.line.id} ({original.line.publisher}): {original.line.url}",
            markup=False,
        )
        for line in _differences(original, found):
            out.print(line, style={"-": "red", "+": "green"}.get(line[0], "dim"), markup=False)


def _print(found: Full) -> None:
    line = found.line
    out.print(f"{line.id}  {line.title}", style="bold", markup=False)
    out.print(f"{line.publisher} · {line.published_at} · {line.language} · {line.url}", markup=False)
    out.print(
        f"state {line.state} {line.reason}; incident {line.incident_id}; read by {found.reader}", markup=False
    )
    for reason in (*found.screen_reasons, *found.match_reasons):
        out.print(f"  {reason}", style="dim", markup=False)
    out.print(f"\n{found.text}", markup=False)


def _differences(original: Full, copy: Full) -> list[str]:
    """Return the paragraphs of both texts: `-` only in the original, `+` only in the copy, two spaces in both."""
    lines = difflib.ndiff(
        [original.line.title, *original.text.splitlines()], [copy.line.title, *copy.text.splitlines()]
    )
    return [line for line in lines if not line.startswith("?")]
