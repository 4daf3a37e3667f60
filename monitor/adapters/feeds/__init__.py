"""The page of a source becomes a Feed: a plain function of bytes, made to run in a worker process."""

from datetime import datetime

from monitor.adapters.decode import decode
from monitor.adapters.feeds.json_api import parse_json, parse_json_feed
from monitor.adapters.feeds.listing import parse_listing
from monitor.adapters.feeds.rss import parse_rss
from monitor.adapters.feeds.sitemap import parse_sitemap
from monitor.adapters.feeds.xml import has_entities, text_of
from monitor.domain.challenges import challenge_in
from monitor.domain.model import Feed, Kind, Source

_PAGE_STARTS = ("<!doctype html", "<html", "<head", "<body")


def parse_feed(source: Source, body: bytes, content_type: str, url: str, now: datetime) -> Feed:
    """Return the entries of a source's page, or an outcome that says why there are none.

    Raises Permanent where the source's own selectors or expressions are wrong; nothing else, whatever the bytes.
    """
    if not body.strip():
        return Feed("empty-body")
    if wall := challenge_in(body):
        return Feed("challenge", detail=wall)
    if source.kind in {Kind.LISTING, Kind.JSON}:
        text = decode(body, content_type=content_type, override=source.encoding)
        parse = parse_listing if source.kind is Kind.LISTING else parse_json
        return parse(source, text, url=url, now=now)
    return _parse_document(source, text_of(body, content_type, source.encoding), url, now)


def _parse_document(source: Source, text: str, url: str, now: datetime) -> Feed:
    """Parse what should be XML (or a JSON Feed)."""
    start = text[:200].lstrip().lower()
    if not start:
        return Feed("empty-body")
    if start.startswith(_PAGE_STARTS):
        return Feed("html", detail="a page where a feed was expected")
    if has_entities(text):
        return Feed("not-a-feed", detail="it declares entities of its own")
    if source.kind is Kind.SITEMAP:
        return parse_sitemap(source, text, url=url, now=now)
    parse = parse_json_feed if start.startswith("{") else parse_rss
    return parse(source, text, url=url, now=now)
