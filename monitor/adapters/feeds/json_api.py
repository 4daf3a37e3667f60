"""JSON: JSON Feed, and the rolls of sites by dot paths; unwrapped from JSONP or from inside a page."""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

import orjson

from monitor.adapters.feeds.collect import Draft, collect, plain
from monitor.adapters.feeds.rules import compiled
from monitor.domain.model import Feed, Source
from monitor.domain.text import writable_json

_FIELD = re.compile(r"\{([\w.@-]+)\}")
_CONDITION = re.compile(r"^\s*([\w.@-]+)\s*(==|!=|=)\s*(.*?)\s*$")
_ASSIGNED = re.compile(r"^\s*(?:(?:var|let|const)\s+)?[\w$.\[\]\"']+\s*=\s*(?=[\[{])")


def parse_json(source: Source, text: str, *, url: str, now: datetime) -> Feed:
    """Return the entries of a roll as `paths` describes it."""
    wrapped = _unwrapped(source.unwrap, text)
    if wrapped is None:
        return Feed("no-items", detail="the pattern of `unwrap` was not found")
    data = _loaded(wrapped)
    if data is None:
        return Feed("not-a-feed", detail=f"no JSON: {wrapped[:60]!r}")
    items = value_at(data, source.paths.get("items", ""))
    rows = list(items.values()) if isinstance(items, Mapping) else items
    if not isinstance(rows, list):
        return Feed("no-items", detail=f"nothing at {source.paths.get('items', '')!r}")
    wanted = [row for row in rows if _passes(source.paths.get("filter", ""), row)]
    collected = collect(source, wanted, lambda row: _draft(source, row), base=url, now=now)
    rejected = collected.rejected | ({"filtered": len(rows) - len(wanted)} if len(rows) > len(wanted) else {})
    return Feed(
        "feed" if rows and len(rows) > len(wanted) else collected.outcome, collected.entries, rejected
    )


def parse_json_feed(source: Source, text: str, *, url: str, now: datetime) -> Feed:
    """Return the entries of a JSON Feed."""
    data = _loaded(text)
    if not isinstance(data, dict) or not str(data.get("version", "")).startswith(
        ("https://jsonfeed.org", "http://jsonfeed.org")
    ):
        return Feed("not-a-feed", detail="JSON, but no JSON Feed")
    given = data.get("items")
    items = [item for item in given if isinstance(item, dict)] if isinstance(given, list) else []
    collected = collect(source, items, _json_feed_draft, base=url, now=now)
    hubs = data.get("hubs")
    hub = hubs[0].get("url", "") if isinstance(hubs, list) and hubs and isinstance(hubs[0], dict) else ""
    return Feed(
        collected.outcome,
        collected.entries,
        collected.rejected,
        hub=str(hub),
        self_url=_written(data.get("feed_url")),
        title=plain(_written(data.get("title")), 200),
        language=_written(data.get("language"))[:35],
    )


def value_at(data: Any, path: str) -> Any:
    """Return what stands at a dot path ("" is the data itself); numbers index lists; None where nothing does."""
    for step in path.split(".") if path else ():
        if isinstance(data, Mapping):
            data = data.get(step)
        elif isinstance(data, list) and step.lstrip("-").isdecimal() and -len(data) <= int(step) < len(data):
            data = data[int(step)]
        else:
            return None
    return data


def _loaded(text: str) -> Any:
    """Return the JSON value that a text is, or begins with; None for none."""
    text = writable_json(text)
    try:
        return orjson.loads(text.encode())
    except orjson.JSONDecodeError:
        pass
    try:
        return json.JSONDecoder(strict=False).raw_decode(text.lstrip())[
            0
        ]  # a pattern may have taken more than the value
    except (ValueError, RecursionError):
        return None


def _unwrapped(way: str, text: str) -> str | None:
    """Return the JSON inside: of a call's brackets, of an assignment, or what a pattern's one group matches."""
    if way == "jsonp":
        return _called(text)
    if way:
        found = compiled(way).search(text)
        return str(found.group(1) if found.re.groups else found.group(0)) if found else None
    return _ASSIGNED.sub("", text.strip().removeprefix("\ufeff"), count=1).rstrip().removesuffix(";")


def _called(text: str) -> str | None:
    """Return the argument of the first call: `name({…})`, `try{name({…});}catch(e){}`, `/**/name([…])`."""
    starts = [place for place in (text.find("({"), text.find("([")) if place >= 0]
    if not starts:
        return None
    ends = [place for place in (text.rfind("})"), text.rfind("])")) if place >= 0]
    tail = text[min(starts) + 1 : max(ends, default=-2) + 1]
    return tail or None


def _draft(source: Source, row: Any) -> Draft:
    paths = source.paths

    def at(name: str) -> str:
        return _written(value_at(row, paths[name])) if name in paths else ""

    return Draft(
        url=_templated(source.url_template, row) if source.url_template else at("url"),
        title=at("title"),
        summary=at("summary"),
        published=at("date"),
        authors=(at("author"),),
        content=at("content"),
        language=at("language"),
        publisher=at("publisher"),
        identity=at("id"),
    )


def _json_feed_draft(item: dict[str, Any]) -> Draft:
    authors = item.get("authors") if isinstance(item.get("authors"), list) else [item.get("author")]
    content = _written(item.get("content_html")) or _written(item.get("content_text"))
    named = _written(item.get("id"))
    return Draft(
        url=_written(item.get("url"))
        or _written(item.get("external_url"))
        or (named if named.startswith("http") else ""),
        title=_written(item.get("title")),
        summary=_written(item.get("summary")) or content,
        published=_written(item.get("date_published")) or _written(item.get("date_modified")),
        modified=_written(item.get("date_modified")),
        authors=tuple(_written(author.get("name")) for author in authors or () if isinstance(author, dict)),
        content=content,
        language=_written(item.get("language")),
        identity=named,
    )


def _templated(template: str, row: Any) -> str:
    """Fill a URL template; an address with a hole in it is none."""
    values = {name: _written(value_at(row, name)) for name in _FIELD.findall(template)}
    if not all(values.values()):
        return ""
    return _FIELD.sub(lambda field: quote(values[field[1]], safe="-._~/"), template)


def _passes(condition: str, row: Any) -> bool:
    """Tell whether a row fulfils conditions such as `itemType == 10, resource_type != ad`."""
    for part in condition.split(",") if condition else ():
        if found := _CONDITION.match(part):
            equal = _written(value_at(row, found[1])) == found[3].strip("'\"")
            if equal != (found[2] != "!="):
                return False
    return True


def _written(value: Any) -> str:
    """Write a JSON value as text; lists join, objects are nothing."""
    if isinstance(value, bool) or value is None or isinstance(value, Mapping):
        return str(value).lower() if isinstance(value, bool) else ""
    if isinstance(value, list):
        return ", ".join(filter(None, map(_written, value[:20])))
    return str(value)
