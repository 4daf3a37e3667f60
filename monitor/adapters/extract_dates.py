"""When a page was published and modified: what it states, what it shows, what its address says."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from lxml import etree, html

from monitor.adapters.extract_metadata import Facts, found_by
from monitor.adapters.extract_page import Tree
from monitor.domain.blocks import Block
from monitor.domain.bylines import byline, month_first, shown_dates, stamps
from monitor.domain.dates import parse_date

LONGEST_DATE = 60  # characters of a date's own element
LONGEST_SCRIPT = 3_000_000  # characters of all scripts that are searched for dates
BELOW = 4  # blocks from the end of the text on that may hold its stamp
TIMED = re.compile(r"\d[:：]\d\d")
A_DAY = timedelta(days=1)  # as much as zones can make of one moment
NO_COUNTRY = frozenset({"com", "org", "net", "info", "io", "ai", "gov", "edu"})
MOST_ANYWHERE = 120  # blocks from the top that may show a date of no known headline

_MARKED = etree.XPath("//*[@itemprop='datePublished']")
_ADDRESS = re.compile(r"/((?:19|20)\d\d)[/\-_]?([01]\d)[/\-_]?([0-3]\d)(?=[/\-_.?t]|$)")
_SCRIPTED = re.compile(
    r"""["'\\](?:datePublished|published_?[aA]t|publish_?[dD]ate|published_?[dD]ate|pub_?[dD]ate|pub_?[tT]ime|publish_?[tT]ime|firstPublish(?:ed)?(?:Date|At)?|displayDate|datetime|date)"""
    r"""\\?["']\s*:\s*\\?["']((?:19|20)\d\d-\d\d-\d\d[^"'\\]{0,20})"""
)


@dataclass(frozen=True)
class Around:
    """The blocks of a page, which of them is its headline (-1: none) and which the last of its text."""

    rows: list[Block]
    headline: int
    last: int = -1

    @property
    def near(self) -> list[Block]:
        """The blocks around the headline."""
        return byline(self.rows, self.headline) if self.headline >= 0 else []

    @property
    def below(self) -> list[Block]:
        """The blocks where the text ends, and right below it."""
        return [block for block in self.rows[self.last : self.last + BELOW] if block.words < LONGEST_DATE]


def published_of(
    tree: Tree, facts: Facts, around: Around, *, timezone: str, now: datetime
) -> datetime | None:
    """Return when the page was published, by the best evidence there is.

    An old article that was moved to another system states the day of the move: a stamp of its own under the headline
    that is earlier is believed.
    """
    best = first_date(evidence(tree, facts, around), timezone=timezone, now=now)
    if best is None or not facts.published:
        return best
    stamped = first_date(localized(stamps(around.near), tree, facts), timezone=timezone, now=now)
    return stamped if stamped and stamped < best - A_DAY else best


def evidence(tree: Tree, facts: Facts, around: Around) -> Iterator[str]:
    """Yield whatever may be the date of publication, the best first; each kind is looked for only when asked."""
    yield from facts.published
    near = around.near
    yield from marked_dates(tree.root, " ".join(block.text for block in near)) if near else ()
    yield from localized(shown_dates(near), tree, facts)
    yield from marked_dates(tree.root)
    yield from address_dates(tree.url)
    yield from shown_dates(around.below, labelled=True) if around.last >= 0 else ()
    yield from shown_dates(byline_anywhere(around.rows))
    yield from (date for date in stamps(around.rows) if TIMED.search(date))
    yield from scripted_dates(tree.root)
    yield from facts.modified


def localized(dates: Iterable[str], tree: Tree, facts: Facts) -> Iterator[str]:
    """Yield dates so that 3/4/2025 is March on pages of the United States, and on English ones of no country."""
    language, *rest = facts.language.upper().replace("_", "-").split("-")
    nowhere = language == "EN" and not rest and tree.host.rpartition(".")[2] in NO_COUNTRY
    return map(month_first, dates) if "US" in rest or nowhere else iter(dates)


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
