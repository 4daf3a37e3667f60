"""WARC/1.1 records of fetched pages, as bytes, and back (ISO 28500:2017).

The body is kept as it came over the wire, still compressed, so that its digest is the one that other archives
have. What a client library takes off on the way (chunked transfer) is said by renaming the header.
"""

import base64
import hashlib
import re
import uuid
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

from monitor.domain.model import Response

GZIP = 16 + zlib.MAX_WBITS
PLAIN_LEVEL, PACKED_LEVEL = 1, 0  # of gzip: bodies that came as text, and those that came compressed
SECRET = frozenset({"authorization", "cookie", "proxy-authorization"})
LARGEST_RECORD = 256 * 1024 * 1024  # bytes; no record of ours is larger, so a larger one is damage
_BLOCK = 64 * 1024
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_BREAKS = re.compile(r"[\x00-\x1f\x7f]+")

Headers = list[tuple[str, str]]


@dataclass(frozen=True)
class Record:
    """One record as it lies in a file: its headers, its block, and where its gzip member begins and ends."""

    headers: Mapping[str, str]  # lower-case names
    block: bytes
    offset: int = 0
    length: int = 0

    @property
    def kind(self) -> str:
        """The record's WARC-Type."""
        return self.headers.get("warc-type", "")

    @property
    def id(self) -> str:
        """The record's identity, without brackets."""
        return self.headers.get("warc-record-id", "").strip("<>")

    @property
    def url(self) -> str:
        """The address that it is about."""
        return self.headers.get("warc-target-uri", "")

    @property
    def belongs_to(self) -> str:
        """The identity of the response that it was recorded with, its own for a response."""
        return self.headers.get("warc-concurrent-to", "").strip("<>") or self.id

    @property
    def http(self) -> tuple[int, dict[str, str], bytes]:
        """Status, headers (lower-case names) and body of a response."""
        head, _, body = self.block.partition(b"\r\n\r\n")
        first, *lines = head.decode("utf-8", "replace").split("\r\n")
        status = re.match(r"HTTP/\S+ (\d{3})", first)
        pairs = (line.partition(":") for line in lines)
        return int(status[1]) if status else 0, {n.strip().lower(): v.strip() for n, _, v in pairs}, body


@dataclass(frozen=True)
class Written:
    """The gzip members of one page, response first, and what its index line needs."""

    data: bytes
    id: str
    response_length: int
    digest: str


def new_id() -> str:
    """Return a new record identity."""
    return f"urn:uuid:{uuid.uuid4()}"


def write_page(response: Response, warcinfo_id: str) -> Written:
    """Return a page's response, its request, and where there were redirects what they were."""
    own_id = new_id()
    common = [
        ("WARC-Date", _date(response.fetched_at)),
        ("WARC-Target-URI", _uri(response.final_url)),
        ("WARC-Warcinfo-ID", f"<{warcinfo_id}>"),
    ]
    address = [("WARC-IP-Address", response.address)] if _one_line(response.address) else []
    body = response.received or response.body
    cut = [("WARC-Truncated", "length")] if response.truncated else []
    digest = sha1(body)
    member = _member(
        "response",
        own_id,
        [*common, *address, *cut, ("WARC-Payload-Digest", digest)],
        "application/http; msgtype=response",
        _response_head(response, body) + body,
        level=PACKED_LEVEL if response.received and _packed(response) else PLAIN_LEVEL,
    )
    with_it = [*common, ("WARC-Concurrent-To", f"<{own_id}>")]
    request = _member(
        "request",
        new_id(),
        [*with_it, *address],
        "application/http; msgtype=request",
        _request_head(response),
    )
    trail = _redirects(response, with_it) if response.url != response.final_url else b""
    return Written(member + request + trail, own_id, len(member), digest)


def write_warcinfo(info_id: str, filename: str, at: datetime, software: str) -> bytes:
    """Return the record that opens a file."""
    lines = f"software: {software}\r\nformat: WARC File Format 1.1\r\n"
    headers = [("WARC-Date", _date(at)), ("WARC-Filename", filename)]
    return _member("warcinfo", info_id, headers, "application/warc-fields", lines.encode())


def read_members(path: Path, start: int = 0) -> Iterator[Record]:
    """Yield the records of a file from an offset on; stop before the first that is damaged or cut off."""
    with path.open("rb") as file:
        file.seek(start)
        offset, rest = start, b""
        while True:
            opener, parts, size = zlib.decompressobj(GZIP), [], 0
            while not opener.eof:
                rest = rest or file.read(_BLOCK)
                if not rest:
                    return
                try:
                    parts.append(opener.decompress(rest))
                except zlib.error:
                    return
                rest = opener.unused_data
                size += len(parts[-1])
                if size > LARGEST_RECORD:
                    return
            end = file.tell() - len(rest)
            record = parse(b"".join(parts), offset, end - offset)
            if record is None:
                return
            yield record
            offset = end


def parse(data: bytes, offset: int = 0, length: int = 0) -> Record | None:
    """Return the record in an opened member; None where it is none or not whole."""
    head, _, rest = data.partition(b"\r\n\r\n")
    if not head.startswith(b"WARC/1."):
        return None
    pairs = (line.partition(":") for line in head.decode("utf-8", "replace").split("\r\n")[1:])
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    size = headers.get("content-length", "")
    if not size.isdigit() or len(rest) < int(size):
        return None
    return Record(headers, rest[: int(size)], offset, length)


def sha1(data: bytes) -> str:
    """Return a digest as WARC files write it."""
    return "sha1:" + base64.b32encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode()


def _member(
    kind: str, record_id: str, headers: Headers, content_type: str, block: bytes, *, level: int = PLAIN_LEVEL
) -> bytes:
    fields = [
        ("WARC-Type", kind),
        ("WARC-Record-ID", f"<{record_id}>"),
        *headers,
        ("WARC-Block-Digest", sha1(block)),
        ("Content-Type", content_type),
        ("Content-Length", str(len(block))),
    ]
    head = "WARC/1.1\r\n" + "".join(f"{name}: {_one_line(value)}\r\n" for name, value in fields) + "\r\n"
    packer = zlib.compressobj(level, zlib.DEFLATED, GZIP)
    return packer.compress(head.encode() + block + b"\r\n\r\n") + packer.flush()


def _response_head(response: Response, body: bytes) -> bytes:
    try:
        words = HTTPStatus(response.status).phrase
    except ValueError:
        words = ""
    lines = ((_name_kept(name, value, response, body), value) for name, value in response.headers.items())
    return _http_head(f"HTTP/1.1 {response.status} {words}".rstrip(), lines)


def _name_kept(name: str, value: str, response: Response, body: bytes) -> str:
    """Rename a header that no longer tells how the kept body lies."""
    lower = name.lower()
    gone = (
        lower == "transfer-encoding"
        or (lower == "content-encoding" and not response.received)
        or (lower == "content-length" and value != str(len(body)))
    )
    return f"x-archive-orig-{lower}" if gone else name


def _request_head(response: Response) -> bytes:
    parts = urlsplit(response.final_url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    sent = [(name, value) for name, value in response.request_headers.items() if name.lower() not in SECRET]
    host = (
        [] if any(name.lower() == "host" for name, _ in sent) else [("Host", parts.netloc.rpartition("@")[2])]
    )
    return _http_head(f"GET {_uri(target)} HTTP/1.1", [*host, *sent])


def _http_head(first: str, lines: Iterable[tuple[str, str]]) -> bytes:
    good = (f"{name}: {_one_line(value)}\r\n" for name, value in lines if _TOKEN.fullmatch(name))
    return f"{first}\r\n{''.join(good)}\r\n".encode()


def _redirects(response: Response, headers: Headers) -> bytes:
    """Return a note of how the asked address led to the page."""
    hops = "".join(f"hop: {status} {_uri(location)}\r\n" for status, location in response.redirects)
    block = f"asked: {_uri(response.url)}\r\n{hops}".encode()
    return _member("metadata", new_id(), headers, "application/warc-fields", block)


def asked_of(record: Record) -> str:
    """Return the address that was asked for, from a note of redirects; "" from any other record."""
    if record.kind != "metadata":
        return ""
    found = re.match(rb"asked: ([^\r\n]+)", record.block)
    return found[1].decode("utf-8", "replace") if found else ""


def _packed(response: Response) -> bool:
    return response.headers.get("content-encoding", "").strip().lower() not in {"", "identity"}


def _uri(url: str) -> str:
    return re.sub(r"[\x00-\x20\x7f]", lambda found: f"%{ord(found[0]):02X}", url)


def _one_line(value: str) -> str:
    return _BREAKS.sub(" ", value).strip()


def _date(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
