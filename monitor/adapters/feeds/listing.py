"""List pages: an operator's selectors (CSS, or XPath after `xpath:`) for the items and what stands in them."""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any

from cssselect import SelectorError
from lxml import etree
from lxml import html as markup
from lxml.cssselect import CSSSelector

from monitor.adapters.feeds.collect import Draft, collect
from monitor.domain.errors import Permanent
from monitor.domain.model import Feed, Source
from monitor.domain.urls import fetch_url

_XPATH = "xpath:"
_TIME_ATTRIBUTES = ("datetime", "data-time", "data-timestamp", "data-date", "title")

Found = list[Any]


def parse_listing(source: Source, text: str, *, url: str, now: datetime) -> Feed:
    """Return the entries that the selectors find on a page."""
    try:
        page = markup.document_fromstring(
            text.encode("utf-8", "replace"), parser=markup.HTMLParser(encoding="utf-8")
        )
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return Feed("not-a-feed", detail="no page")
    try:
        items = _select(page, source.select.get("item") or source.select.get("link", "a[href]"))
        collected = collect(source, items, lambda item: _draft(source, item), base=_base(page, url), now=now)
    except (SelectorError, etree.XPathError) as error:
        raise Permanent("bad-selector", detail=str(error)) from error
    detail = (
        "" if items else f"nothing matches {source.select.get('item') or source.select.get('link', '')!r}"
    )
    return Feed(collected.outcome, collected.entries, collected.rejected, detail=detail)


def _select(element: Any, selector: str) -> Found:
    found = _compiled(selector)(element)
    return found if isinstance(found, list) else [found]


@lru_cache(maxsize=512)
def _compiled(selector: str) -> Callable[[Any], Any]:
    if selector.startswith(_XPATH):
        return etree.XPath(selector.removeprefix(_XPATH))
    return CSSSelector(selector, translator="html")


def _base(page: Any, url: str) -> str:
    stated = next((element.get("href", "") for element in page.iter("base")), "")
    try:
        return fetch_url(stated, url) if stated else url
    except Permanent:
        return url


def _draft(source: Source, item: Any) -> Draft:
    if isinstance(item, str):  # an XPath may choose attributes: the address alone
        return Draft(url=str(item))
    inside = "item" in source.select and "link" in source.select
    link = _first(item, source.select["link"]) if inside else _own_link(item)
    return Draft(
        url=_address(link),
        title=_text(_first(item, source.select["title"])) if "title" in source.select else _title(link),
        summary=_text(_first(item, source.select.get("summary", ""))),
        published=_time(_first(item, source.select.get("time", ""))),
        authors=(_text(_first(item, source.select.get("author", ""))),),
    )


def _first(item: Any, selector: str) -> Any:
    """Return the first find inside an item; the item itself where it is what the selector means."""
    if not selector:
        return None
    return next(iter(_select(item, selector)), None) if selector != "." else item


def _own_link(item: Any) -> Any:
    return item if item.tag == "a" else next((link for link in item.iter("a") if link.get("href")), None)


def _address(found: Any) -> str:
    if found is None or isinstance(found, str):
        return str(found or "")
    link = found if found.get("href") else next((link for link in found.iter("a") if link.get("href")), None)
    return str(link.get("href")) if link is not None else ""


def _title(link: Any) -> str:
    return "" if link is None or isinstance(link, str) else _text(link) or str(link.get("title") or "")


def _text(found: Any) -> str:
    if found is None or isinstance(found, str):
        return str(found or "")
    return " ".join(str(found.text_content()).split())


def _time(found: Any) -> str:
    if found is None or isinstance(found, str):
        return str(found or "")
    stated = (
        str(found.get(name))
        for name in _TIME_ATTRIBUTES
        if found.get(name) and any(map(str.isdigit, found.get(name)))
    )
    return next(stated, "") if found.get("datetime") or not _text(found) else _text(found)
