"""Walls that are put up instead of a page: an answer that is for a browser's eyes, never an article or a feed."""

import re

from monitor.domain.model import Response

_LOOKED_AT = 64 * 1024  # bytes; walls are small
_SHELL = 24 * 1024  # bytes; a page whose scripts still have to fetch the text
_FEW_LETTERS = 160  # of visible text
_FIRST_LOOK = 4096  # bytes; most pages show text early, and need no further look

# What each wall leaves in its page. One of them is enough where the page has next to no text.
_MARKS: tuple[tuple[bytes, str], ...] = (
    (b"/cdn-cgi/challenge-platform/", "cloudflare"),
    (b"cf-browser-verification", "cloudflare"),
    (b"_cf_chl_opt", "cloudflare"),
    (b"<title>just a moment...</title>", "cloudflare"),
    (b"attention required! | cloudflare", "cloudflare"),
    (b"_incapsula_resource", "imperva"),
    (b"captcha-delivery.com", "datadome"),
    (b"px-captcha", "perimeterx"),
    (b"sucuri_cloudproxy_js", "sucuri"),
    (b"ddos-guard", "ddos-guard"),
    (b"acw_sc__v2", "aliyun"),
    (b"aliyun_waf", "aliyun"),
    (b"_waf_bd8ce2ce37", "aliyun"),
    (b"__jsl_clearance", "knownsec"),
    (b"wafchallenge", "waf"),
    (b"_wafuid", "waf"),
    (b"tcaptcha", "tencent"),
    (b"awswafcookiedomainlist", "aws"),
    (b"errors.edgesuite.net", "akamai"),
    (b"enable javascript and cookies to continue", "javascript"),
    (b"checking your browser before accessing", "javascript"),
)
_DATA = re.compile(
    rb"[\"'](?:title|headline|articlebody)[\"']\s*:"
)  # a page that carries its titles as data is no wall
_ENTITY = re.compile(rb"&[a-z#0-9]{1,8};")


def challenge_of(response: Response) -> str | None:
    """Name the wall that answered instead of the site ("cloudflare", "akamai", "javascript", …), None for none."""
    headers = response.headers
    server = headers.get("server", "").lower()
    if "challenge" in headers.get("cf-mitigated", "").lower():
        return "cloudflare"
    if response.status == 403 and "akamaighost" in server:  # noqa: PLR2004 - HTTP's own number
        return "akamai"
    if headers.get("x-amzn-waf-action", "").lower() in {"challenge", "captcha"}:
        return "aws"
    return challenge_in(response.body)


def challenge_in(body: bytes) -> str | None:
    """Name the wall in a page's own bytes; a page with text, a feed and JSON are none."""
    if not _is_html(body[:1024].lower()):
        return None
    start = body[:_LOOKED_AT].lower()
    if len(text := _visible(start, _FEW_LETTERS * 4)) > _FEW_LETTERS * 4:
        return None
    for mark, name in _MARKS:
        if mark in start:
            return name
    shell = len(body) <= _SHELL and b"<script" in start and len(text) <= _FEW_LETTERS
    return "javascript" if shell and not _DATA.search(start) else None


def _is_html(start: bytes) -> bool:
    head = start[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    return head.startswith(
        (b"<!doctype html", b"<html", b"<head", b"<script", b"<meta", b"<body", b"<title", b"<!--")
    ) and not (b"<rss" in head or b"<feed" in head or b"<urlset" in head or b"<sitemapindex" in head)


def _visible(start: bytes, enough: int) -> bytes:
    """Return the text that a person sees, or its beginning where that is longer than enough."""
    before, closed, after = start.partition(b"</head>")
    shown, end = after if closed else before.partition(b"<head>")[0], _FIRST_LOOK
    while end < len(shown):
        if len(text := _text(shown[: shown.rfind(b">", 0, end) + 1])) > enough:
            return text
        end *= 4
    return _text(shown)


def _text(markup: bytes) -> bytes:
    for element in (b"script", b"style", b"noscript"):
        first, *pieces = markup.split(b"<" + element)
        markup = first + b" ".join(piece.partition(b"</" + element + b">")[2] for piece in pieces)
    first, *pieces = markup.split(b"<")
    text = first + b"".join([piece.partition(b">")[2] for piece in pieces])
    return _ENTITY.sub(b"", b"".join(text.split()))
