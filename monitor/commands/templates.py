"""sources template: what was learned of a site's pages, and an operator's say in it."""

import sys
from collections.abc import Sequence
from typing import Any

import click

from monitor.adapters.store.templates import Template
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
from monitor.daemon import System, open_stores

MOST_PLACES = 30  # that are shown


def line_of(template: Template) -> dict[str, Any]:
    """Return one template as it is listed: how far it is trusted, and when it is checked next."""
    state = template.state
    return {
        "site": state.site,
        "trust": trust_of(template),
        "pages": state.pages,
        "checks": state.checks,
        "next_check_in": max(0, state.round - state.uses) if state.trusted else None,
        "drops": state.drops,
        "text": state.home,
        "updated_at": template.updated_at,
    }


def trust_of(template: Template) -> str:
    """Return how a site's pages are read, in one word."""
    if template.forbidden:
        return "off"
    return "trusted" if template.state.trusted else "learning"


def print_templates(templates: Sequence[Template]) -> None:
    """Print a source's templates as a table."""
    keys = ("site", "trust", "pages", "checks", "next_check_in", "drops")
    rows = [tuple(one[key] for key in keys) for one in map(line_of, templates)]
    print_table([key.replace("_", " ") for key in keys], rows, title="\nTemplates")


@click.command()
@click.argument("site")
@click.option("--forget", "what", flag_value="forget", help="Drop what was learned; it is learned anew.")
@click.option("--off", "what", flag_value="off", help="Read every page of the site thoroughly from now on.")
@click.option("--on", "what", flag_value="on", help="Let the site be read by its template again.")
@json_option
@asynchronous
async def template(site: str, what: str | None, as_json: bool) -> None:
    """Show the template of a site (host and path, as `sources show` lists it), or override it.

    A running daemon follows within a minute. Selectors under `text:` in sources.yaml win over every template.
    """
    async with open_stores(settings()) as system:
        known = await _done(system, site, what)
    if known is None:
        err.print(
            f"no template for {site}; `monitor sources show NAME` lists them", style="red", markup=False
        )
        sys.exit(SOME_FAILED)
    if as_json:
        print_json({**line_of(known), "places": known.state.places, "frame": len(known.state.frame)})
        return
    for key, value in line_of(known).items():
        out.print(f"{key:14} {value}", markup=False)
    _print_places(known)


async def _done(system: System, site: str, what: str | None) -> Template | None:
    store, now = system.stores.templates, system.clock.now()
    if (await store.load(site)).updated_at is None:
        return None
    if what == "forget":
        return await store.forget(site, now=now)
    if what:
        return await store.forbid(site, what == "off", now=now)
    return await store.load(site)


def _print_places(known: Template) -> None:
    places = sorted(known.state.places.items(), key=lambda one: -one[1].kept - one[1].dropped)
    rows = [
        (name or "(directly)", "text" if place.text else "frame", place.kept, place.dropped)
        for name, place in places
    ]
    title = f"\nPlaces in it ({len(known.state.frame)} lines were seen that may be frame)"
    print_table(["place", "is", "as text", "as frame"], rows[:MOST_PLACES], title=title)
