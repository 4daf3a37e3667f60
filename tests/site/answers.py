"""What a host is asked and what it answers, before any socket is involved."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl

HTML = "text/html"


@dataclass(frozen=True)
class Ask:
    """One request, addressed to a host by name; header names are lower case."""

    host: str
    path: str = "/"
    query: str = ""
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def target(self) -> str:
        """The path with its query."""
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def form(self) -> dict[str, str]:
        """The fields of a form-encoded body."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    def values(self, name: str) -> list[str]:
        """Return every value of a query parameter, in order."""
        return [value for key, value in parse_qsl(self.query, keep_blank_values=True) if key == name]

    def value(self, name: str, default: str = "") -> str:
        """Return the first value of a query parameter."""
        return next(iter(self.values(name)), default)


@dataclass(frozen=True)
class Answer:
    """One response; `chunks` replaces the body by a stream, `drop` closes the connection instead."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0  # seconds before the first byte
    chunks: Callable[[], Iterator[bytes]] | None = None
    pause: float = 0.0  # seconds between two chunks
    drop: bool = False

    def with_headers(self, **extra: str) -> "Answer":
        """Return the same answer with more headers; `_` in a name stands for `-`."""
        named = {name.replace("_", "-").title(): value for name, value in extra.items()}
        return replace(self, headers={**self.headers, **named})


def text(body: str | bytes, kind: str = HTML, *, encoding: str = "utf-8", status: int = 200) -> Answer:
    """Answer text of a media type; characters that the encoding lacks become character references."""
    data = body if isinstance(body, bytes) else body.encode(encoding, "xmlcharrefreplace")
    return Answer(data, status, {"Content-Type": f"{kind}; charset={encoding}"})


def as_json(value: Any, *, status: int = 200) -> Answer:
    """Answer a value as JSON in UTF-8."""
    data = json.dumps(value, ensure_ascii=False).encode()
    return Answer(data, status, {"Content-Type": "application/json"})


def redirect(location: str, status: int = 302) -> Answer:
    """Send the client somewhere else."""
    return Answer(b"", status, {"Location": location})


def plain_error(status: int, words: str) -> Answer:
    """Answer a small HTML page about an error, as web servers do."""
    return text(
        f"<html><head><title>{status}</title></head><body><h1>{words}</h1></body></html>", status=status
    )


def conditional(ask: Ask, answer: Answer, changed_at: datetime) -> Answer:
    """Add validators to an answer, or turn it into 304 when the client holds the same state."""
    etag = f'"{hashlib.sha256(answer.body).hexdigest()[:20]}"'
    stamp = changed_at.astimezone(UTC).replace(microsecond=0)
    dated = answer.with_headers(etag=etag, last_modified=format_datetime(stamp, usegmt=True))
    if not _holds(ask, etag, stamp):
        return dated
    kept = {name: value for name, value in dated.headers.items() if name != "Content-Type"}
    return Answer(b"", 304, kept)


def _holds(ask: Ask, etag: str, stamp: datetime) -> bool:
    """If-None-Match decides alone when it is there (RFC 9110, 13.1.3)."""
    if "if-none-match" in ask.headers:
        return etag in ask.headers["if-none-match"] or ask.headers["if-none-match"] == "*"
    try:
        since = parsedate_to_datetime(ask.headers.get("if-modified-since", ""))
    except ValueError:
        return False
    return since.tzinfo is not None and stamp <= since
