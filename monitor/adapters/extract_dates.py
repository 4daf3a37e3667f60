"""When a page was published and modified: what it states, what it shows, what its address says."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime

from lxml import etree, html

from monitor.adapters.extract_metadata import Facts, found_by
from monitor.adapters.extract_page import Tree
from monitor.domain.blocks import Block
from monitor.domain.bylines import byline, month_first, shown_dates
from monitor.domain.dates import parse_date

LONGEST_DATE = 60  # characters of a date's own element
LONGEST_SCRIPT = 3_000_000  # characters of all scripts that are searched for dates
MOST_ANYWHERE = 120  # blocks from the top that may show a date of no known headline

_MARKED = etree.XPath("//*[@itemprop='datePublished']")
_ADDRESS = re.compile(r"/((?:19|20)\d\d)[/\-_]?([01]\d)[/\-_]?([0-3]\d)(?=[/\-_.?t]|$)")
_SCRIPTED = re.compile(
    r"""["'\\](?:datePublished|published_?[aA]t|publish_?[dD]ate|published_?[dD]ate|pub_?[dD]ate|pub_?[tT]ime|publish_?[tT]ime|firstPublish(?:ed)?(?:Date|At)?|displayDate|datetime|date)"""
    r"""\\?["']\s*:\s*\\?["']((?:19|20)\d\d-\d\d-\d\d[^"'\\]{0,20})"""
)


def published_of(
    tree: Tree, facts: Facts, rows: list[Block], start: int, *, timezone: str, now: datetime
) -> datetime | None:
    """Return when the page was published, by the best evidence there is; `start` is the block of its headline."""
    return first_date(evidence(tree, facts, rows, start), timezone=timezone, now=now)


def evidence(tree: Tree, facts: Facts, rows: list[Block], start: int) -> Iterator[str]:
    """Yield whatever may be the date of publication, the best first; each kind is looked for only when asked."""
    yield from facts.published
    near = byline(rows, start) if start >= 0 else []
    yield from marked_dates(tree.root, " ".join(block.text for block in near)) if near else ()
    american = "US" in facts.language.upper().replace("_", "-").split("-")
    yield from map(month_first, shown_dates(near)) if american else shown_dates(near)
    yield from marked_dates(tree.root)
    yield from address_dates(tree.url)
    yield from shown_dates(byline_anywhere(rows))
    yield from scripted_dates(tree.root)
    yield from facts.modified


def first_date(stated: Iterable[str], *, timezone: str, now: datetime) -> datetime | None:
    """Return the first of these that is a date."""
    return next(filter(None, (parse_date(raw, timezone=timezone, now=now) for raw in stated)), None)


def byline_anywhere(rows: list[Block]) -> list[Block]:
    """Return the blocks from the top that may be a byline, where no headline was found."""
    return byline(rows[:MOST_ANYWHERE], 0) + [
        block for block in rows[:MOST_ANYWHERE] if block.words < LONGEST_DATE
    ]


def marked_dates(root: html.HtmlElement, near: str | None = None) -> list[str]:
    """Return the dates that elements are marked with, those called published first; or those shown in `near`."""
    marked = [*found_by(_MARKED, root), *sorted(root.iter("time"), key=is_update)]
    stated = [
        (text_of(element), element.get("datetime") or element.get("content") or text_of(element))
        for element in marked
    ]
    if near is None:
        return [date for _, date in stated]
    shown = [(near.find(text), date) for text, date in stated if text and text in near]
    return [date for _, date in sorted(shown, key=lambda pair: pair[0])]


def is_update(time: html.HtmlElement) -> bool:
    """Tell whether a time element is not the one called published."""
    return time.get("pubdate") is None and "publi" not in (time.get("class") or "")


def text_of(element: html.HtmlElement) -> str:
    """Return the beginning of an element's text."""
    return "".join(str(text) for text in element.itertext()).strip()[:LONGEST_DATE]


def address_dates(url: str) -> Iterator[str]:
    """Yield the date in an address."""
    found = _ADDRESS.search(url)
    if found:
        yield "-".join(found.groups())


def scripted_dates(root: html.HtmlElement) -> Iterator[str]:
    """Yield the dates in the data that a page brings for its own scripts."""
    searched = 0
    for script in root.iter("script"):
        text = script.text or ""
        searched += len(text)
        if searched > LONGEST_SCRIPT:
            return
        for found in _SCRIPTED.finditer(text):
            yield found[1]
