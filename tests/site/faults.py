"""Hosts that go wrong in every way that hosts go wrong, all under `faults.test`."""

import gzip
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain, repeat

from tests.site.answers import Answer, Ask, plain_error, redirect, text
from tests.site.templating import SHANGHAI, render

MEGABYTE = 1 << 20
PAGES = "pages.faults.test"
FOREVER = 86_400.0  # seconds; no client waits for it
BAD_PAGES = (
    "/good.html",
    "/no-text.html",
    "/fifty-megabytes.html",
    "/long-title.html",
    "/binary.html",
    "/deep.html",
    "/wide-table.html",
    "/silent.html",
    "/missing.html",
    "/gone.html",
    "/moved.html",
    "/inward.html",
    "/bomb.html",
    "/wall.html",
    "/unavailable.html",
    "/private/report.html",
)


def fault(ask: Ask, now: datetime) -> Answer:
    """Answer for a host that is at fault."""
    if ask.path == "/robots.txt":
        return text("User-agent: *\nDisallow: /private/\n", "text/plain")
    if ask.host == PAGES:
        return _page(ask, now)
    return FEEDS[ask.host](ask, now)


def _page(ask: Ask, now: datetime) -> Answer:
    if ask.path == "/feed.xml":
        return _feed_of([f"http://{PAGES}{path}" for path in BAD_PAGES], now)
    write = PAGE_FAULTS.get(ask.path)
    return write() if write else plain_error(404, "Not Found")


def _feed_of(links: list[str], now: datetime, *, date: str = "%a, %d %b %Y %H:%M:%S +0000") -> Answer:
    moments = [now - timedelta(minutes=5 * (place + 1)) for place in range(len(links))]
    entries = [(link, moment.strftime(date)) for link, moment in zip(links, moments, strict=True)]
    return text(render("feeds/faults.xml", entries=entries), "application/rss+xml")


def _story(headline: str = "Voice clone of a mayor used to order fake transfers", *, extra: str = "") -> str:
    return render("pages/faults.html", headline=headline, extra=extra)


def _endless(ask: Ask, now: datetime) -> Answer:
    head = b'<?xml version="1.0"?><rss version="2.0"><channel><title>Endless</title>'
    line = b"<item><title>And another one</title><link>http://endless.faults.test/a</link></item>\n" * 400
    return Answer(b"", 200, {"Content-Type": "text/xml"}, chunks=lambda: chain([head], repeat(line)))


def _drip(ask: Ask, now: datetime) -> Answer:
    return Answer(b"", 200, {"Content-Type": "text/xml"}, chunks=lambda: repeat(b" "), pause=1.0)


def _loop(ask: Ask, now: datetime) -> Answer:
    other = "/b.xml" if ask.path != "/b.xml" else "/feed.xml"
    return redirect(f"http://{ask.host}{other}")


def _cloudflare(ask: Ask, now: datetime) -> Answer:
    body = (
        "<html><head><title>Just a moment...</title></head><body><h1>Checking your browser</h1></body></html>"
    )
    return text(body, status=403).with_headers(cf_mitigated="challenge", server="cloudflare")


def _wall() -> Answer:
    script = "var a='x'.charCodeAt(0);document.cookie='token='+a;location.reload();"
    return text(f"<html><head><script>{script}</script></head><body></body></html>")


def _laughs(ask: Ask, now: datetime) -> Answer:
    names = "abcdefghij"
    lines = [f'<!ENTITY {name} "{f"&{names[at]};" * 10}">' for at, name in enumerate(names[1:])]
    body = f'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "ha">{"".join(lines)}]><rss><channel><title>&j;</title></channel></rss>'
    return text(body, "text/xml")


def _odd_links(ask: Ask, now: datetime) -> Answer:
    inward = [
        "http://169.254.169.254/latest/meta-data/",
        "http://127.0.0.1:22/",
        "http://[::1]/",
        "http://2130706433/",
    ]
    return _feed_of(
        ["javascript:alert(1)", "file:///etc/passwd", "", "ftp://pages.faults.test/x", *inward], now
    )


def _yearless(ask: Ask, now: datetime) -> Answer:
    local = (now - timedelta(hours=3)).astimezone(SHANGHAI)
    stamp = f"{local.month}月{local.day}日 {local:%H:%M}"
    row = f'<div class="news-item"><h2><a href="http://{PAGES}/good.html?from=list">某市市长的声音被克隆</a></h2>'
    return text(f'<div id="list">{row}<div class="time">{stamp}</div></div></div>')


def bomb(megabytes: int = 1024) -> Iterator[bytes]:
    """Yield a gzip stream that unpacks to that many megabytes of spaces."""
    packer = zlib.compressobj(9, wbits=31)
    for _ in range(megabytes):
        yield packer.compress(b" " * MEGABYTE)
    yield packer.flush()


def _bomb_page(kind: str = "text/html") -> Answer:
    return Answer(b"", 200, {"Content-Type": kind, "Content-Encoding": "gzip"}, chunks=bomb)


def _fifty_megabytes() -> Answer:
    paragraph = b"<p>" + b"The committee met again and again. " * 30_000 + b"</p>"
    parts = chain([b"<html><title>Minutes</title><body>"], repeat(paragraph, 50), [b"</body></html>"])
    return Answer(b"", 200, {"Content-Type": "text/html"}, chunks=lambda: parts)


def _binary() -> Answer:
    data = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 400
    return Answer(data, 200, {"Content-Type": "text/html; charset=utf-8"})


def _deep() -> Answer:
    return text("<html><body>" + "<div>" * 100_000 + "the bottom" + "</div>" * 100_000 + "</body></html>")


def _wide_table() -> Answer:
    row = "<tr>" + "<td>12.5</td>" * 100 + "</tr>"
    return text(f"<html><title>Prices</title><body><table>{row * 600}</table></body></html>")


def _silent() -> Answer:
    return Answer(b"", 200, delay=FOREVER)


PAGE_FAULTS: dict[str, Callable[[], Answer]] = {
    "/good.html": lambda: text(_story()),
    "/no-text.html": lambda: text(
        "<html><head><title>Gallery</title></head><body><img src='/1.jpg'></body></html>"
    ),
    "/fifty-megabytes.html": _fifty_megabytes,
    "/long-title.html": lambda: text(_story("Deepfake fraud " + "again and " * 1_000)),
    "/binary.html": _binary,
    "/deep.html": _deep,
    "/wide-table.html": _wide_table,
    "/silent.html": _silent,
    "/gone.html": lambda: plain_error(410, "Gone"),
    "/moved.html": lambda: redirect(f"http://{PAGES}/moved-here.html", 301),
    "/moved-here.html": lambda: text(
        _story("Chatbot gave lethal advice on mushrooms, poison centre says", extra="mushroom")
    ),
    "/inward.html": lambda: redirect("http://169.254.169.254/latest/meta-data/"),
    "/bomb.html": _bomb_page,
    "/wall.html": _wall,
    "/unavailable.html": lambda: plain_error(503, "Service Unavailable"),
    "/private/report.html": lambda: text(_story("This page is not for robots")),
}

FEEDS: dict[str, Callable[[Ask, datetime], Answer]] = {
    "endless.faults.test": _endless,
    "drip.faults.test": _drip,
    "dripping.faults.test": lambda ask, now: _feed_of(["http://drip.faults.test/page.html"], now),
    "silent.faults.test": lambda ask, now: _silent(),
    "dropped.faults.test": lambda ask, now: Answer(drop=True),
    "error.faults.test": lambda ask, now: plain_error(500, "Internal Server Error"),
    "gone.faults.test": lambda ask, now: plain_error(410, "Gone"),
    "empty.faults.test": lambda ask, now: text("", "text/xml"),
    "broken.faults.test": lambda ask, now: text(
        "<?xml version='1.0'?><rss><channel><item><title>Cut & ", "text/xml"
    ),
    "html.faults.test": lambda ask, now: text(
        "<html><title>Welcome</title><body><h1>Our new site</h1></body></html>"
    ),
    "challenge.faults.test": _cloudflare,
    "wall.faults.test": lambda ask, now: _wall(),
    "loop.faults.test": _loop,
    "bomb.faults.test": lambda ask, now: _bomb_page("text/xml"),
    "truncated.faults.test": lambda ask, now: Answer(
        gzip.compress(b"<rss><channel>" * 999)[:-20],
        200,
        {"Content-Type": "text/xml", "Content-Encoding": "gzip"},
    ),
    "laughs.faults.test": _laughs,
    "links.faults.test": _odd_links,
    "zoneless.faults.test": lambda ask, now: _feed_of(
        [f"http://{PAGES}/good.html?from=zoneless"], now.astimezone(SHANGHAI), date="%Y-%m-%d %H:%M:%S"
    ),
    "future.faults.test": lambda ask, now: _feed_of(
        [f"http://{PAGES}/good.html?from=future"], datetime(2099, 1, 1, tzinfo=UTC)
    ),
    "yearless.faults.test": _yearless,
}

FAULT_HOSTS = frozenset({PAGES, *FEEDS})
