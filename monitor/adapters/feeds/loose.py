"""The patient parser: feedparser for what is no well-formed XML."""

import io
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from monitor.adapters.feeds.collect import Draft, collect, plain
from monitor.adapters.feeds.periods import period_of
from monitor.adapters.feeds.xml import without_false_characters
from monitor.domain.model import Feed, Source

_LARGEST = 3 * 1024 * 1024  # characters; it takes seconds for a megabyte
_PLAIN_UTF8 = {"content-type": "application/xml; charset=utf-8"}
_ITEM_ENDS = ("</item>", "</entry>")


def loose_feed(source: Source, text: str, *, url: str, now: datetime) -> Feed:
    """Return the entries that feedparser finds; its complaints (`bozo`) are no reason to refuse them."""
    try:
        parsed = _parsed(_cut(without_false_characters(text)))
    except (ValueError, TypeError, LookupError, AttributeError, AssertionError, RecursionError) as error:
        return Feed("not-a-feed", detail=f"it broke the patient parser: {type(error).__name__}")
    if not parsed.get("version"):
        return Feed("not-a-feed", detail="neither RSS nor Atom")
    collected = collect(source, parsed.entries, _draft, base=url, now=now)
    about = parsed.feed
    return Feed(
        "feed"
        if collected.outcome == "feed"
        else "not-a-feed",  # a new feed may be empty, but not broken as well
        collected.entries,
        collected.rejected,
        detail="not well-formed",
        ttl=period_of(
            _text(about, "ttl"), _text(about, "sy_updateperiod"), _text(about, "sy_updatefrequency")
        ),
        hub=_relation(about, "hub"),
        self_url=_relation(about, "self"),
        title=plain(_text(about, "title"), 200),
        language=_text(about, "language")[:35],
    )


def _parsed(text: str) -> Any:
    import feedparser

    body = io.BytesIO(text.encode("utf-8", "replace"))  # never a string, which might be taken for an address
    return feedparser.parse(
        body, response_headers=_PLAIN_UTF8, sanitize_html=False, resolve_relative_uris=False
    )


def _cut(text: str) -> str:
    """Cut a document that is too long, or broke off, behind its last whole item: half a link is a wrong link."""
    kept = text[:_LARGEST]
    end = max(kept.rfind(ending) for ending in _ITEM_ENDS)
    opened = max(kept.rfind("<item"), kept.rfind("<entry"))
    return kept[: end + len("</entry>")] if end >= 0 and (len(text) > _LARGEST or opened > end) else kept


def _draft(entry: Mapping[str, Any]) -> Draft:
    contents = [str(part.get("value") or "") for part in _rows(entry, "content")]
    summary = _text(entry, "summary")
    content = max(contents, key=len, default="")
    origin = entry.get("source")
    return Draft(
        url=_text(entry, "feedburner_origlink") or _text(entry, "link") or _permalink(entry),
        title=_text(entry, "title"),
        summary=summary or content,
        published=_text(entry, "published") or _text(entry, "created") or _text(entry, "updated"),
        authors=tuple(_text(author, "name") for author in _rows(entry, "authors") if author)
        or (_text(entry, "author"),),
        content=content,
        language=_text(entry, "language"),
        publisher=_text(origin, "title") if isinstance(origin, Mapping) else _text(entry, "publisher"),
        identity=_text(entry, "id"),
    )


def _permalink(entry: Mapping[str, Any]) -> str:
    named = _text(entry, "id")
    return named if named.startswith(("http://", "https://")) else ""


def _relation(about: Mapping[str, Any], relation: str) -> str:
    return next((_text(link, "href") for link in _rows(about, "links") if link.get("rel") == relation), "")


def _rows(mapping: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Return what stands there as a list of mappings; an element of the same name makes it a text."""
    value = mapping.get(name)
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _text(mapping: Mapping[str, Any], name: str) -> str:
    value = mapping.get(name)
    return value if isinstance(value, str) else ""
