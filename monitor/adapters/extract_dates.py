"""When a page was published and modified: what it states, what it shows, what its address says."""

import re
from collections.abc import Iterable
from datetime import datetime

from lxml import html

from monitor.adapters.extract_page import Tree
from monitor.domain.dates import parse_date

VISIBLE_CHARACTERS = 6000  # of the page's own text that may hold the date
LOOSE_CHARACTERS = 40  # of a date's own element

_URL_DATE = re.compile(r"/((?:19|20)\d\d)[/\-_]?([01]\d)[/\-_]?([0-3]\d)(?=[/\-_.?t]|$)")
_VISIBLE = re.compile(
    r"(?<!\d)(?:19|20)\d\d\s*(?:年\s*\d{1,2}\s*月\s*\d{1,2}\s*日|[-/.]\d{1,2}[-/.]\d{1,2}(?!\d))(?:日?[\sT　]*\d{1,2}[:：]\d\d(?:[:：]\d\d)?)?"
)
_DATE_NAMES = re.compile(r"date|time|publish|posted|meta|info|source|byline|pub", re.IGNORECASE)


def first_date(stated: Iterable[str], *, timezone: str, now: datetime) -> datetime | None:
    """Return the first of these that is a date."""
    for raw in stated:
        found = parse_date(raw, timezone=timezone, now=now)
        if found:
            return found
    return None


def marked_dates(root: html.HtmlElement) -> list[str]:
    """Return the dates that elements are marked with: <time>, itemprop, pubdate."""
    marked: list[str] = []
    for element in root.iter("time"):
        stated = element.get("datetime") or "".join(element.itertext()).strip()[:LOOSE_CHARACTERS]
        if element.get("pubdate") is not None or "published" in (element.get("class") or ""):
            marked.insert(0, stated)
        else:
            marked.append(stated)
    for element in root.iterfind(".//*[@itemprop='datePublished']"):
        marked.insert(
            0,
            element.get("content")
            or element.get("datetime")
            or "".join(element.itertext()).strip()[:LOOSE_CHARACTERS],
        )
    return marked


def address_date(url: str) -> str:
    """Return the date in an address, or ""."""
    found = _URL_DATE.search(url)
    return "-".join(found.groups()) if found else ""


def visible_date(text: str) -> str:
    """Return the first date that a page shows; one with a time of day goes first."""
    found = [match[0] for match in _VISIBLE.finditer(text[:VISIBLE_CHARACTERS])]
    return next((date for date in found if ":" in date or "：" in date), found[0] if found else "")


def published_of(
    tree: Tree, stated: Iterable[str], visible: str, *, timezone: str, now: datetime
) -> datetime | None:
    """Return when the page was published, by the best evidence there is."""
    chain = [*stated, *marked_dates(tree.root), visible_date(visible), address_date(tree.url)]
    return first_date(chain, timezone=timezone, now=now)
