"""Finds the feeds of a site: what its pages name, what its robots.txt names, and where feeds usually stand."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import urljoin, urlsplit

from lxml import etree
from lxml import html as markup

from monitor.adapters.decode import decode
from monitor.domain.errors import MonitorError, Permanent
from monitor.domain.hosts import site_of_host
from monitor.domain.model import Feed, Interval, Kind, Request, Response, Source
from monitor.domain.schedule import classify
from monitor.domain.urls import fetch_url, host_of, site_of, url_key
from monitor.ports import Clock, Fetcher, Parser

MOST_TRIES = 16  # addresses asked for one site
_TYPES = frozenset(
    {
        "application/rss+xml",
        "application/atom+xml",
        "application/feed+json",
        "application/rdf+xml",
        "application/json",
    }
)
_FEED_WORD = re.compile(
    r"(?:^|[/._?=&-])(?:rss|feeds?|atom|rdf|index\.xml|feed\.json)(?:$|[/._?=&-])", re.IGNORECASE
)
_USUAL = (
    "feed",
    "rss",
    "feed.xml",
    "rss.xml",
    "atom.xml",
    "index.xml",
    "feeds",
    "feed.json",
    "news-sitemap.xml",
    "sitemap-news.xml",
)
_SITEMAP_LINE = re.compile(r"^\s*sitemap\s*:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
_NEVER = Interval(timedelta(days=1), timedelta(days=1))


@dataclass(frozen=True)
class Discovered:
    """One feed of a site, as a source that could be listed, and what it held."""

    source: Source
    feed: Feed


async def discover(url: str, *, fetcher: Fetcher, parser: Parser, clock: Clock) -> list[Discovered]:
    """Return the feeds behind an address: the address itself, or those that its page and its site lead to.

    Raises Permanent for an address that may not be asked; other trouble with one candidate only loses that one.
    """
    url = fetch_url(url if "://" in url else f"https://{url}")
    page = await fetcher.fetch(Request(url))
    if itself := await _tried(page, parser, clock):
        return [itself]
    found: dict[str, Discovered] = {}
    for candidate in [*dict.fromkeys([*links_of(page), *await _sitemaps(url, fetcher), *_usual(url)])][
        :MOST_TRIES
    ]:
        one = await _asked(candidate, fetcher, parser, clock)
        if one and url_key(one.source.url) not in found:
            found[url_key(one.source.url)] = one
    return list(found.values())


def links_of(page: Response) -> list[str]:
    """Return what a page names as its feeds: declared ones first, then links that look like feeds of the site."""
    text = decode(page.body, content_type=page.headers.get("content-type", ""))
    try:
        root = markup.document_fromstring(
            text.encode("utf-8", "replace"), parser=markup.HTMLParser(encoding="utf-8")
        )
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return []
    return [
        *dict.fromkeys(
            [*_whole(_declared(root), page.final_url), *_whole(_linked(root, page.final_url), page.final_url)]
        )
    ]


def _declared(root: markup.HtmlElement) -> Iterator[str]:
    for link in root.iter("link"):
        kind = str(link.get("type", "")).partition(";")[0].strip().lower()
        if "alternate" in str(link.get("rel", "")).lower().split() and kind in _TYPES:
            yield str(link.get("href", ""))


def _linked(root: markup.HtmlElement, base: str) -> Iterator[str]:
    for link in root.iter("a"):
        address = str(link.get("href", ""))
        if _FEED_WORD.search(address) and site_of(urljoin(base, address)) == site_of(base):
            yield address


def _whole(addresses: Iterator[str], base: str) -> Iterator[str]:
    for address in addresses:
        try:
            yield fetch_url(address, base)
        except Permanent:
            continue


def _usual(url: str) -> list[str]:
    below = url if url.endswith("/") else f"{url}/"
    root = "{0.scheme}://{0.netloc}/".format(urlsplit(url))
    return [*dict.fromkeys(base + name for base in (below, root) for name in _USUAL)]


async def _sitemaps(url: str, fetcher: Fetcher) -> list[str]:
    """Return the news sitemaps that robots.txt names; plain ones list a site's whole past."""
    try:
        answer = await fetcher.fetch(Request(urljoin(url, "/robots.txt")))
    except MonitorError:
        return []
    named = _SITEMAP_LINE.findall(decode(answer.body)) if classify(answer) is None else []
    return [address for address in _whole(iter(named), url) if "news" in address.lower()]


async def _asked(url: str, fetcher: Fetcher, parser: Parser, clock: Clock) -> Discovered | None:
    try:
        return await _tried(await fetcher.fetch(Request(url)), parser, clock)
    except MonitorError:
        return None


async def _tried(page: Response, parser: Parser, clock: Clock) -> Discovered | None:
    """Return what a page is as a feed or a sitemap, None for neither."""
    if classify(page) is not None:
        return None
    for kind in (Kind.RSS, Kind.SITEMAP):
        source = Source("discovered", kind, page.final_url, every=_NEVER)
        feed = await parser.parse(source, page, clock.now())
        if feed.outcome == "feed":
            return Discovered(_named(source, feed), feed)
    return None


def _named(source: Source, feed: Feed) -> Source:
    language = feed.language if re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", feed.language) else ""
    return replace(source, name=name_for(source.url, ()), publisher=feed.title, language=language)


def name_for(url: str, taken: Sequence[str]) -> str:
    """Return a short name for a new source that no other source has."""
    host = host_of(url).removeprefix("www.").removeprefix("feeds.").removeprefix("rss.")
    site = site_of_host(host)
    short = (site or host).split(".")[0] if not host[:1].isdigit() else host.replace(".", "-")
    name = re.sub(r"[^a-z0-9]+", "-", short.lower()).strip("-") or "source"
    return next(
        full
        for number in range(1, len(taken) + 2)
        if (full := name if number == 1 else f"{name}-{number}") not in taken
    )
