"""The index beside each WARC file: CDXJ lines, sorted, found by bisection.

One line: the address in sort-friendly form, 14 digits of time, and JSON with where the record lies.
"""

import json
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from monitor.adapters.warc_records import asked_of, read_members

_TWIN = re.compile(r"^www\d*\.")
_NEAR = 8192  # bytes below which lines are read one after the other


@dataclass(frozen=True)
class Line:
    """One capture of the local archive; `url` is the address it answers for, which may have been redirected."""

    url: str
    at: datetime
    mimetype: str
    status: int
    digest: str
    offset: int
    length: int
    filename: str
    id: str
    final_url: str = ""  # where the address led, when it was another

    @property
    def text(self) -> str:
        """The line as it stands in the file."""
        values = {
            "url": self.url,
            "mime": self.mimetype,
            "status": str(self.status),
            "digest": self.digest,
            "length": str(self.length),
            "offset": str(self.offset),
            "filename": self.filename,
            "id": self.id,
        }
        if self.final_url:
            values["final_url"] = self.final_url
        return f"{key_of(self.url)} {self.at:%Y%m%d%H%M%S} {json.dumps(values)}\n"


def key_of(url: str) -> str:
    """Return an address in the form that indexes sort by: host reversed, no scheme, no www, lower case."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    host = _TWIN.sub("", (parts.hostname or "").lower())
    labels = [host] if re.fullmatch(r"[\d.]+|.*:.*", host) else host.split(".")[::-1]
    named_port = f":{port}" if port not in {None, 80, 443} else ""
    path = parts.path.rstrip("/") or "/"
    query = f"?{'&'.join(sorted(parts.query.split('&')))}" if parts.query else ""
    return re.sub(r"[\x00-\x20\x7f]", "_", f"{','.join(labels)}{named_port}){path}{query}".lower())


def parse_line(text: str) -> Line | None:
    """Return a line of an index; None for one that is damaged."""
    try:
        _, stamp, rest = text.split(" ", 2)
        values = json.loads(rest)
        return Line(
            url=values["url"],
            at=datetime.strptime(stamp, "%Y%m%d%H%M%S").replace(tzinfo=UTC),
            mimetype=values["mime"],
            status=int(values["status"]),
            digest=values["digest"],
            offset=int(values["offset"]),
            length=int(values["length"]),
            filename=values["filename"],
            id=values["id"],
            final_url=values.get("final_url", ""),
        )
    except (ValueError, KeyError, TypeError):
        return None


def lines_of(path: Path, filename: str) -> Iterator[Line]:
    """Yield the index lines of a WARC file by reading it; a redirected page has one for each address."""
    responses: dict[str, Line] = {}
    for record in read_members(path):
        if record.kind == "response":
            status, headers, _ = record.http
            line = Line(
                url=record.url,
                at=_seconds(record.headers.get("warc-date", "")),
                mimetype=mimetype_of(headers.get("content-type", "")),
                status=status,
                digest=record.headers.get("warc-payload-digest", ""),
                offset=record.offset,
                length=record.length,
                filename=filename,
                id=record.id,
            )
            responses[record.id] = line
            yield line
        elif (asked := asked_of(record)) and record.belongs_to in responses:
            yield redirected(responses[record.belongs_to], asked)


def redirected(line: Line, asked: str) -> Line:
    """Return the line under which the asked address is found."""
    return Line(**(vars(line) | {"url": asked, "final_url": line.url}))


def write_sorted(texts: Iterable[str], path: Path) -> None:
    """Write an index so that it is either the old one or the new one, whatever happens."""
    partial = path.with_name(path.name + ".part")
    with partial.open("w", encoding="utf-8") as file:
        file.writelines(sorted(texts))
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def search(path: Path, key: str) -> list[Line]:
    """Return the lines of one address in a sorted index."""
    wanted = f"{key} ".encode()
    with path.open("rb") as file:
        file.seek(_before(file, wanted))
        found = []
        for raw in file:
            if raw.startswith(wanted):
                found.append(raw.decode("utf-8", "replace"))
            elif raw > wanted:
                break
    return [line for text in found if (line := parse_line(text))]


def scan(path: Path, key: str) -> list[Line]:
    """Return the lines of one address in an index that is still being written."""
    with path.open("r", encoding="utf-8", errors="replace") as file:
        found = [parse_line(text) for text in file if text.startswith(f"{key} ")]
    return [line for line in found if line]


def mimetype_of(content_type: str) -> str:
    """Return the media type without parameters, "unk" where there is none."""
    return content_type.partition(";")[0].strip().lower()[:100] or "unk"


def _before(file: BinaryIO, wanted: bytes) -> int:
    """Return the start of a line that is not behind the wanted ones, and near them."""
    low, high = 0, file.seek(0, os.SEEK_END)
    while high - low > _NEAR:
        middle = (low + high) // 2
        file.seek(middle)
        file.readline()  # the rest of a line
        start = file.tell()
        if start < high and file.readline() < wanted:
            low = start
        else:
            high = middle
    return low


def _seconds(stamp: str) -> datetime:
    try:
        return datetime.fromisoformat(stamp).astimezone(UTC).replace(microsecond=0)
    except ValueError:
        return datetime(1970, 1, 1, tzinfo=UTC)
