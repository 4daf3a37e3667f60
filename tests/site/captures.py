"""What the archive holds, and its index: the CDX server's query language over a list of captures."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import unquote, urlsplit

from tests.site.answers import Ask

FIELDS = ("urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length")


@dataclass(frozen=True)
class Capture:
    """One archived state of a page; the index shows it from `visible_at` on."""

    url: str
    taken_at: datetime
    visible_at: datetime
    digest: str = "3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ"
    status: int = 200
    mimetype: str = "text/html"
    length: int = 4096
    source: str = "spn2"

    @property
    def timestamp(self) -> str:
        """Fourteen digits of UTC."""
        return self.taken_at.astimezone(UTC).strftime("%Y%m%d%H%M%S")

    @property
    def row(self) -> dict[str, str]:
        """The capture as the index prints it."""
        values = (self.timestamp, self.url, self.mimetype, str(self.status), self.digest, str(self.length))
        return dict(zip(FIELDS, (urlkey(self.url), *values), strict=True))


class CaptureIndex:
    """All captures, oldest first."""

    def __init__(self, captures: Iterable[Capture] = ()) -> None:
        self._captures = list(captures)

    def add(self, capture: Capture) -> None:
        """Take a capture in."""
        self._captures.append(capture)
        self._captures.sort(key=lambda known: (urlkey(known.url), known.taken_at))

    def of(self, url: str) -> list[Capture]:
        """Return every capture of a page, visible or not."""
        return [capture for capture in self._captures if urlkey(capture.url) == urlkey(url)]

    def nearest(self, url: str, timestamp: str, now: datetime) -> Capture | None:
        """Return the visible capture of a page that is nearest to a time given as up to 14 digits."""
        wanted = _moment(timestamp)
        seen = [capture for capture in self.of(url) if capture.visible_at <= now]
        return min(seen, key=lambda capture: abs((capture.taken_at - wanted).total_seconds()), default=None)

    def search(self, ask: Ask, now: datetime) -> list[list[str]]:
        """Answer a CDX query in JSON form: a row of names, then the rows; nothing found is an empty list."""
        visible = (capture.row for capture in self._captures if capture.visible_at <= now)
        rows = [row for row in visible if _matches_url(row, ask) and _in_time(row, ask) and _passes(row, ask)]
        rows = _collapsed(rows, ask.value("collapse"))
        after = ask.value("resumeKey")
        rows = [row for row in rows if not after or _resume_key(row) > after]
        return _table(rows, ask)


def urlkey(url: str) -> str:
    """Fold a URL as the index does: no scheme, www, port or escapes, host reversed, lower case."""
    parts = urlsplit(url if "://" in url else f"http://{url}")
    host = (parts.hostname or "").removeprefix("www.")
    path = (parts.path.rstrip("/") or "/") + (f"?{parts.query}" if parts.query else "")
    return f"{','.join(reversed(host.split('.')))}){unquote(path)}".lower()


def _matches_url(row: dict[str, str], ask: Ask) -> bool:
    wanted = urlkey(ask.value("url"))
    host = wanted.partition(")")[0]
    found = row["urlkey"]
    match ask.value("matchType", "exact"):
        case "prefix":
            return found.startswith(wanted)
        case "host":
            return found.startswith(f"{host})")
        case "domain":
            return found.startswith((f"{host})", f"{host},"))
        case _:
            return found == wanted


def _in_time(row: dict[str, str], ask: Ask) -> bool:
    first, last = ask.value("from"), ask.value("to")
    stamp = row["timestamp"]
    return stamp[: len(first)] >= first and (not last or stamp[: len(last)] <= last)


def _passes(row: dict[str, str], ask: Ask) -> bool:
    """Apply every `[!]field:regex`; the expression must match the whole field."""
    for rule in ask.values("filter"):
        name, _, pattern = rule.removeprefix("!").partition(":")
        if bool(re.fullmatch(pattern, row.get(name, ""))) == rule.startswith("!"):
            return False
    return True


def _collapsed(rows: list[dict[str, str]], rule: str) -> list[dict[str, str]]:
    """Keep the first of neighbours that agree in `field` or in the first n characters of `field:n`."""
    if not rule:
        return rows
    name, _, size = rule.partition(":")
    keys = [row[name][: int(size)] if size else row[name] for row in rows]
    return [row for place, row in enumerate(rows) if place == 0 or keys[place] != keys[place - 1]]


def _table(rows: Sequence[dict[str, str]], ask: Ask) -> list[list[str]]:
    limit = int(ask.value("limit", "0") or 0)
    names = ask.value("fl").split(",") if ask.value("fl") else list(FIELDS)
    shown = rows[:limit] if limit > 0 else rows[limit:] if limit < 0 else rows
    table = [names, *([row[name] for name in names] for row in shown)] if shown else []
    if ask.value("showResumeKey") == "true" and 0 < limit < len(rows):
        table += [[], [_resume_key(shown[-1])]]
    return table


def _resume_key(row: dict[str, str]) -> str:
    return f"{row['urlkey']} {row['timestamp']}"


def _moment(timestamp: str) -> datetime:
    """Read up to 14 digits; what is missing is taken as early as possible."""
    padded = timestamp + "00000101000000"[len(timestamp) :]
    return datetime.strptime(padded, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
