"""Sitemaps: news sitemaps, plain ones, indexes, and lists of addresses; gzip files too."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from lxml import etree

from monitor.adapters.feeds.collect import Draft, collect
from monitor.adapters.feeds.xml import root_of
from monitor.domain.dates import parse_date
from monitor.domain.errors import Permanent
from monitor.domain.model import Feed, Source
from monitor.domain.urls import fetch_url

_MOST_PARTS = 50
_RECENT = timedelta(days=3)  # parts of an index that changed since may hold news
_DATES = ("publication_date", "lastmod")


def parse_sitemap(source: Source, text: str, *, url: str, now: datetime) -> Feed:
    """Return the newest entries of a sitemap, or the parts that an index names."""
    root = root_of(text)
    if root is None:
        return _listed(source, text, url, now)
    name = _local(root)
    if name == "sitemapindex":
        more = _parts(source, root, url, now)
        return Feed("feed" if more else "no-items", more=more)
    if name != "urlset":
        return Feed(
            "html" if name == "html" else "not-a-feed", detail=f"the root element is <{name}>, not <urlset>"
        )
    rows = [_fields(element) for element in root if _local(element) == "url"]
    # Sitemaps have no order: the newest must come first before the list is cut.
    rows.sort(key=_dated, reverse=True)
    return _feed(source, [_draft(row) for row in rows], url, now)


def _feed(source: Source, drafts: list[Draft], url: str, now: datetime) -> Feed:
    collected = collect(source, drafts, lambda draft: draft, base=url, now=now)
    return Feed(collected.outcome, collected.entries, collected.rejected)


def _listed(source: Source, text: str, url: str, now: datetime) -> Feed:
    lines = [line.strip() for line in text.splitlines()]
    drafts = [Draft(url=line) for line in lines if line.startswith(("http://", "https://"))]
    if not drafts or len(drafts) < sum(map(bool, lines)) / 2:
        return Feed("not-a-feed", detail="no sitemap")
    return _feed(source, drafts, url, now)


def _local(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2].lower()


def _fields(element: etree._Element) -> dict[str, str]:
    """Return the texts of a <url> or <sitemap> by local name, those of the news part included."""
    return {name: text for name, text in _texts(element) if text}


def _texts(element: etree._Element) -> Iterator[tuple[str, str]]:
    for child in element:
        name = _local(child)
        if name == "news":
            yield from _texts(child)
        elif name == "publication":
            yield from ((f"publication.{part}", text) for part, text in _texts(child))
        elif len(child) == 0:
            yield name, (child.text or "").strip()


def _dated(row: dict[str, str]) -> str:
    return next((row[name] for name in _DATES if name in row), "")


def _draft(row: dict[str, str]) -> Draft:
    return Draft(
        url=row.get("loc", ""),
        title=row.get("title", ""),
        published=_dated(row),
        modified=row.get("lastmod", ""),
        language=row.get("publication.language", ""),
        publisher=row.get("publication.name", ""),
    )


def _parts(source: Source, root: etree._Element, url: str, now: datetime) -> tuple[str, ...]:
    """Return the addresses of the parts worth reading: those that changed lately, or else the newest."""
    rows = [_fields(element) for element in root if _local(element) == "sitemap"]
    rows.sort(key=_dated, reverse=True)
    zoned = replace(source, date_format="auto")
    moments = [parse_date(_dated(row), timezone=zoned.timezone, now=now) for row in rows]
    recent = [row for row, moment in zip(rows, moments, strict=True) if moment and now - moment <= _RECENT]
    chosen = recent or ([row for row, moment in zip(rows, moments, strict=True) if moment][:1]) or rows
    return tuple(dict.fromkeys(address for row in chosen if (address := _whole(row.get("loc", ""), url))))[
        :_MOST_PARTS
    ]


def _whole(raw: str, base: str) -> str:
    try:
        return fetch_url(raw, base)
    except Permanent:
        return ""
