"""A WACZ file: the recorded pages of an incident in one file that replay tools open (WACZ 1.1.1)."""

import asyncio
import hashlib
import json
import os
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from monitor import __version__
from monitor.adapters.warc import WarcArchive
from monitor.adapters.warc_index import Line
from monitor.adapters.warc_records import new_id, write_warcinfo

SOFTWARE = f"incident-monitor/{__version__}"
WARC = "archive/data.warc.gz"


@dataclass(frozen=True)
class WaczPage:
    """One page that belongs into the file."""

    url: str
    title: str = ""


@dataclass(frozen=True)
class Export:
    """What an export holds, and the addresses that the local archive does not have."""

    path: Path
    pages: int
    missing: tuple[str, ...] = ()


async def export_wacz(
    archive: WarcArchive, pages: Sequence[WaczPage], path: Path, *, title: str, now: datetime
) -> Export:
    """Write the newest record of each page into one file; it appears under its name only when it is whole."""
    found: list[tuple[WaczPage, Line]] = []
    data = bytearray(write_warcinfo(new_id(), "data.warc.gz", now, SOFTWARE))
    lines: list[Line] = []
    for page in pages:
        held = await archive.find(page.url)
        if not held:
            continue
        members = await archive.raw(held[-1])
        line = replace(held[-1], offset=len(data), filename="data.warc.gz")
        lines += [line] if not line.final_url else [line, replace(line, url=line.final_url, final_url="")]
        data += b"".join(members)
        found.append((page, line))
    parts = {
        WARC: bytes(data),
        "indexes/index.cdxj": "".join(sorted({line.text for line in lines})).encode(),
        "pages/pages.jsonl": _pages(found, title),
    }
    await asyncio.to_thread(_write, parts, path, title, now)
    have = {page.url for page, _ in found}
    return Export(path, len(found), tuple(page.url for page in pages if page.url not in have))


def _pages(found: Sequence[tuple[WaczPage, Line]], title: str) -> bytes:
    lines = [{"format": "json-pages-1.0", "id": "pages", "title": title}]
    lines += [
        {
            "id": line.id.removeprefix("urn:uuid:"),
            "url": page.url,
            "ts": line.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "title": page.title or page.url,
        }
        for page, line in found
    ]
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()


def _write(parts: dict[str, bytes], path: Path, title: str, now: datetime) -> None:
    package = _package(parts, title, now)
    digest = json.dumps({"path": "datapackage.json", "hash": _hash(package)}).encode()
    partial = path.with_name(path.name + ".part")
    with zipfile.ZipFile(partial, "w") as archive:
        for name, data in {**parts, "datapackage.json": package, "datapackage-digest.json": digest}.items():
            entry = zipfile.ZipInfo(name, now.timetuple()[:6])
            packed = zipfile.ZIP_STORED if name == WARC else zipfile.ZIP_DEFLATED
            archive.writestr(entry, data, compress_type=packed)
    with partial.open("rb+") as file:
        os.fsync(file.fileno())
    partial.replace(path)


def _package(parts: dict[str, bytes], title: str, now: datetime) -> bytes:
    resources = [
        {"name": name.rpartition("/")[2], "path": name, "hash": _hash(data), "bytes": len(data)}
        for name, data in parts.items()
    ]
    values = {
        "profile": "data-package",
        "wacz_version": "1.1.1",
        "title": title,
        "software": SOFTWARE,
        "created": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "resources": resources,
    }
    return json.dumps(values, ensure_ascii=False, indent=2).encode()


def _hash(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()
