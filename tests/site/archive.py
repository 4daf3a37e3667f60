"""The archive's addresses: Save Page Now, its index and the replay of captures, for any base URL."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from urllib.parse import quote, unquote

from tests.site.answers import Answer, Ask, as_json, plain_error, redirect, text
from tests.site.archive_model import Target, too_many
from tests.site.captures import Capture
from tests.site.clock import Clock
from tests.site.save_page_now import SavePageNow
from tests.site.throttle import Throttle
from tests.site.web import Web

HOSTS = frozenset({"web.archive.org", "archive.org", "www.archive.org"})
PATHS = ("/save", "/web/", "/cdx/", "/wayback/")
REDIRECTS = 3
PATIENCE = 45.0
REPLAY = re.compile(r"/web/(\d{1,14}|\*)?([a-z]{2}_)?/?(.+)")


class Archive:
    """Routes what is asked of archive.org to the state behind it."""

    def __init__(self, spn: SavePageNow, web: Web, clock: Clock) -> None:
        self._spn = spn
        self._web = web
        self._clock = clock
        self._index_throttle = Throttle(clock, spn.limits.index_per_minute)
        self._availability_asked = 0

    def answer(self, ask: Ask) -> Answer:
        """Answer one request; a client that ignored its pauses finds the door shut."""
        if self._spn.throttle.banned or self._index_throttle.banned:
            return Answer(drop=True)
        if self._spn.outage:
            return plain_error(self._spn.outage, "Internet Archive: temporarily offline")
        if ask.path.startswith("/save"):
            return self._save(ask)
        if ask.path.startswith("/cdx/search"):
            return self._index(ask)
        if ask.path.startswith("/wayback/available"):
            return self._available(ask)
        return self._replay(ask) if ask.path.startswith("/web/") else plain_error(404, "Not Found")

    def _save(self, ask: Ask) -> Answer:
        path = ask.path.rstrip("/")
        if path == "/save" and ask.method == "POST":
            return self._spn.save(ask.headers.get("authorization", ""), ask.form)
        if path == "/save/status/system":
            return self._spn.system()
        if path == "/save/status/user":
            return self._spn.user(ask.headers.get("authorization", ""))
        if path.startswith("/save/status"):
            return self._status(ask, path.removeprefix("/save/status").strip("/"))
        return too_many(60) if ask.method == "GET" else plain_error(405, "Method Not Allowed")

    def _status(self, ask: Ask, job_id: str) -> Answer:
        asked = ask.form
        if asked.get("job_ids"):
            return as_json(
                [self._spn.status(one.strip()) for one in asked["job_ids"].split(",") if one.strip()]
            )
        if asked.get("job_id_outlinks"):
            return as_json([])
        return as_json(self._spn.status(job_id or asked.get("job_id", "")))

    def _index(self, ask: Ask) -> Answer:
        wait = self._index_throttle.admit()
        if wait:
            return too_many(wait)
        try:
            rows = self._spn.index.search(ask, self._clock.now())
        except (ValueError, re.error):
            return plain_error(400, "Bad Request")
        if ask.value("output") == "json":
            return text("[" + ",\n".join(json.dumps(row) for row in rows) + "]\n", "application/json")
        return text("".join(" ".join(row) + "\n" for row in rows[1:]), "text/plain")

    def _available(self, ask: Ask) -> Answer:
        """The availability endpoint, which mostly refuses."""
        self._availability_asked += 1
        if self._availability_asked % 12:
            return too_many(60)
        capture = self._spn.index.nearest(ask.value("url"), ask.value("timestamp", "2"), self._clock.now())
        if not capture:
            return as_json({"url": ask.value("url"), "archived_snapshots": {}})
        closest = {
            "available": True,
            "url": _replay_url(capture),
            "timestamp": capture.timestamp,
            "status": "200",
        }
        return as_json({"url": ask.value("url"), "archived_snapshots": {"closest": closest}})

    def _replay(self, ask: Ask) -> Answer:
        """Show a capture; while the index lags behind, an older one is what there is."""
        asked = REPLAY.fullmatch(ask.path)
        if not asked:
            return plain_error(404, "Not Found")
        timestamp, mode, address = asked[1] or "2", asked[2] or "", asked[3]
        url = f"{_with_scheme(address)}?{ask.query}" if ask.query else _with_scheme(address)
        capture = self._spn.index.nearest(url, timestamp.replace("*", "2"), self._clock.now())
        if capture is None:
            return plain_error(404, "Wayback Machine has not archived that URL.")
        if capture.timestamp != timestamp:
            return redirect(_replay_url(capture, mode))
        return self._shown(capture)

    def _shown(self, capture: Capture) -> Answer:
        answer = visit(self._web, capture.url)[1]
        source = f"{capture.source}-{capture.timestamp[:8]}/{capture.source}-{capture.timestamp}.warc.gz"
        return replace(answer, delay=0.0, chunks=None).with_headers(
            x_archive_src=source,
            memento_datetime=f"{capture.taken_at:%a, %d %b %Y %H:%M:%S} GMT",
            content_location=_replay_url(capture),
        )


def target(web: Web, url: str) -> Target:
    """Find what the archive sees at an address: three redirects at most, 45 seconds of patience."""
    final, answer = visit(web, url)
    error = None
    if answer.headers.get("Location"):
        error = "too-many-redirects"
    elif answer.drop or answer.delay > PATIENCE:
        error = "browsing-timeout"
    elif answer.status == 502:
        error = "invalid-host-resolution"
    return Target(final, answer.status, error, digest(answer.body), len(answer.body))


def digest(body: bytes) -> str:
    """Name a payload as the index does: SHA-1 in base 32."""
    return base64.b32encode(hashlib.sha1(body, usedforsecurity=False).digest()).decode()


def visit(web: Web, url: str) -> tuple[str, Answer]:
    """Ask the replayed web for a page and follow its redirects."""
    answer = Answer()
    for _ in range(REDIRECTS + 1):
        rest = url.partition("://")[2]
        host, _slash, rest_of = rest.partition("/")
        path, _mark, query = rest_of.partition("?")
        answer = web.answer(Ask(host.lower(), unquote(f"/{path}"), query))
        if "Location" not in answer.headers:
            break
        url = answer.headers["Location"]
    return url, answer


def _with_scheme(address: str) -> str:
    """Repair `http:/host`, which proxies make of `http://host`; without a scheme http is meant."""
    repaired = re.sub(r"^(https?):/+", r"\1://", address)
    return repaired if "://" in repaired else f"http://{repaired}"


def _replay_url(capture: Capture, mode: str = "") -> str:
    """Return the path of a capture; headers hold ASCII only."""
    return quote(f"/web/{capture.timestamp}{mode}/{capture.url}", safe="/:?&=%+,;@!$'()*~#[]")
