"""What a poll asks for: the request of each page, and what its pages make together."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from monitor.domain.model import Feed, Kind, Request, Response, Source, SourceState, Validators

MOST_PARTS = 20  # sitemaps of one index that a poll reads
_MEBIBYTE = 1024 * 1024
_ACCEPT = {
    Kind.RSS: "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5",
    Kind.SITEMAP: "application/xml, text/xml, */*;q=0.5",
    Kind.LISTING: "text/html, application/xhtml+xml, */*;q=0.5",
    Kind.JSON: "application/json, text/javascript, */*;q=0.5",
}
_LARGEST = {Kind.SITEMAP: 32 * _MEBIBYTE}


def requests_for(source: Source, state: SourceState, now: datetime) -> list[Request]:
    """Return the requests of a poll, first page first; stop at the first page that brings no new entry.

    `{now_ms}` and `{now_s}` in the address and the body become the time in milliseconds and seconds.
    """
    known = state.url == source.url
    conditional = known and not source.ignore_validators and source.method == "GET" and source.body is None
    url = state.url_in_force if known and state.url_in_force else source.url
    request = _request(source, url, now, state.validators if conditional else None)
    if source.page is None:
        return [request]
    first, *further = range(source.page.start, source.page.start + source.page.most)
    plain = replace(request, validators=None)
    return [_page(source, request, first), *(_page(source, plain, number) for number in further)]


def part_requests(source: Source, feed: Feed, now: datetime) -> list[Request]:
    """Return the requests for the parts that an index names, newest first."""
    return [_request(source, url, now) for url in feed.more[:MOST_PARTS]]


def explained(feed: Feed, answer: Response, limit: int) -> Feed:
    """Say why a page that was cut held nothing: the cut explains more than what the parser made of the rest."""
    held = feed.entries or feed.rejected or feed.more
    if not answer.truncated or held or feed.outcome in {"challenge", "html"}:
        return feed
    if len(answer.body) >= limit:
        return replace(feed, outcome="too-large", detail=f"over {limit} bytes")
    return replace(feed, outcome="cut-short", detail=f"broke off after {len(answer.body)} bytes")


def merged(feeds: Sequence[Feed]) -> Feed:
    """Join the pages of one poll: the first page's outcome counts, entries and refusals add up."""
    if len(feeds) == 1:
        return feeds[0]
    rejected: dict[str, int] = {}
    for reason, count in (item for feed in feeds for item in feed.rejected.items()):
        rejected[reason] = rejected.get(reason, 0) + count
    entries = {entry.url: entry for feed in feeds for entry in feed.entries}
    outcome = (
        "feed" if entries else next((feed.outcome for feed in feeds if feed.outcome != "feed"), "no-items")
    )
    return replace(feeds[0], outcome=outcome, entries=tuple(entries.values()), rejected=rejected, more=())


def _request(source: Source, url: str, now: datetime, validators: Validators | None = None) -> Request:
    body = None if source.body is None else _body(source, now)
    headers = dict(source.headers)
    if body is not None and "content-type" not in {name.lower() for name in headers}:
        headers["Content-Type"] = "application/json"
    return Request(
        _timed(url, now),
        method=source.method if body is None else "POST",
        headers=headers,
        cookies=source.cookies,
        body=body,
        proxy=source.proxy,
        user_agent=source.user_agent,
        timeout=source.timeout,
        max_bytes=_LARGEST.get(source.kind, 8 * _MEBIBYTE),
        accept=_ACCEPT[source.kind],
        retry_scope=source.retry_scope,
        validators=validators,
    )


def _timed(text: str, now: datetime) -> str:
    if "{" not in text:
        return text
    return text.replace("{now_ms}", f"{now.timestamp() * 1000:.0f}").replace(
        "{now_s}", f"{now.timestamp():.0f}"
    )


def _body(source: Source, now: datetime) -> bytes:
    filled = {name: _filled(value, now) for name, value in (source.body or {}).items()}
    content_type = next(
        (value for name, value in source.headers.items() if name.lower() == "content-type"), ""
    )
    if "form-urlencoded" in content_type:
        return urlencode({name: str(value) for name, value in filled.items()}).encode()
    return json.dumps(filled, ensure_ascii=False).encode()


def _filled(value: object, now: datetime) -> object:
    """Put the time into a value at any depth; a lone placeholder becomes a number."""
    if isinstance(value, str):
        timed = _timed(value, now)
        return int(timed) if value in {"{now_ms}", "{now_s}"} else timed
    if isinstance(value, Mapping):
        return {name: _filled(part, now) for name, part in value.items()}
    return [_filled(part, now) for part in value] if isinstance(value, list | tuple) else value


def _page(source: Source, request: Request, number: int) -> Request:
    """Return the request for one page: the number stands in the body where that has the parameter, else in the address."""
    if not source.page:
        return request
    param = source.page.param
    if request.body is not None and source.body and param in source.body:
        body = {**json.loads(request.body), param: number}
        return replace(request, body=json.dumps(body, ensure_ascii=False).encode())
    parts = urlsplit(request.url.replace("{page}", str(number)))
    if "{page}" in request.url:
        return replace(request, url=urlunsplit(parts))
    query = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != param]
    return replace(request, url=urlunsplit(parts._replace(query=urlencode([*query, (param, str(number))]))))
