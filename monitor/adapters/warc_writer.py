"""Writes WARC files: one page per write, rolled by size and by day, safe to be killed at any byte.

A file is called `*.warc.gz.open` while it is written and locked by its process. A file that nobody locks was left
by a process that died: its whole records are kept, what was cut off is dropped.
"""

import fcntl
import os
import secrets
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from monitor.adapters.warc_index import Line, lines_of, mimetype_of, redirected, write_sorted
from monitor.adapters.warc_records import new_id, read_members, write_page, write_warcinfo
from monitor.domain.model import Response

LARGEST_FILE = 1024 * 1024 * 1024  # bytes
LONGEST_OPEN = timedelta(days=1)
OPEN = ".open"
SUFFIX = ".warc.gz"
INDEX = ".cdxj"


class WarcWriter:
    """One file after the other; not safe for threads, its owner has just one for it."""

    def __init__(
        self,
        folder: Path,
        *,
        software: str,
        largest: int = LARGEST_FILE,
        longest: timedelta = LONGEST_OPEN,
        closed: Callable[[Path], None] = lambda _: None,
    ) -> None:
        """Begin nothing yet; `closed` is told of each finished file."""
        self._folder, self._software, self._largest, self._longest = folder, software, largest, longest
        self._closed = closed
        self._file: BinaryIO | None = None
        self._index: BinaryIO | None = None
        self._path, self._info_id, self._size = folder, "", 0
        self._opened_at: datetime | None = None
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def write(self, response: Response) -> str:
        """Write a page and return its record's identity; raise OSError and leave no half page where the disk fails."""
        if self._due(response.fetched_at):
            self.close()
        file, index = self._open(response.fetched_at)
        page = write_page(response, self._info_id)
        start, index_start = self._size, index.seek(0, os.SEEK_END)
        try:
            _write_all(file, page.data)
            line = Line(
                url=response.final_url,
                at=response.fetched_at.replace(microsecond=0),
                mimetype=mimetype_of(response.headers.get("content-type", "")),
                status=response.status,
                digest=page.digest,
                offset=start,
                length=page.response_length,
                filename=own_name(self._path).name,
                id=page.id,
            )
            asked = [redirected(line, response.url)] if response.url != response.final_url else []
            _write_all(index, "".join(one.text for one in [line, *asked]).encode())
        except OSError:
            with suppress(OSError):
                file.truncate(start)
                file.seek(start)
                index.truncate(index_start)
            raise
        self._size = start + len(page.data)
        return page.id

    def close(self) -> None:
        """Finish the file: on disk for certain, then under its own name, with a sorted index."""
        if self._file is None or self._index is None:
            return
        file, index, path = self._file, self._index, self._path
        self._file = self._index = None
        os.fsync(file.fileno())
        index.close()
        texts = index_path(path).read_text(encoding="utf-8").splitlines(keepends=True)
        self._closed(finish(path, texts))
        file.close()

    def _due(self, now: datetime) -> bool:
        if self._opened_at is None:
            return False
        return self._size >= self._largest or abs(now - self._opened_at) >= self._longest

    def _open(self, now: datetime) -> tuple[BinaryIO, BinaryIO]:
        if self._file is not None and self._index is not None:
            return self._file, self._index
        name = f"monitor-{now:%Y%m%d%H%M%S}-{secrets.token_hex(4)}{SUFFIX}"
        self._path, self._info_id, self._opened_at = self._folder / (name + OPEN), new_id(), now
        file = self._path.open("xb", buffering=0)
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        head = write_warcinfo(self._info_id, name, now, self._software)
        _write_all(file, head)
        self._size = len(head)
        self._file, self._index = file, index_path(self._path).open("ab", buffering=0)
        return self._file, self._index


def index_path(path: Path) -> Path:
    """Return where the index of a WARC file lies; an open file's is open too."""
    return path.with_name(path.name + INDEX)


def own_name(path: Path) -> Path:
    """Return the place of a file once it is finished."""
    return path.with_name(path.name.removesuffix(OPEN))


def finish(path: Path, texts: Iterable[str]) -> Path:
    """Give an open file its own name and a sorted index of these lines; return its new place.

    A reader that looks at open files first and at finished ones then misses nothing meanwhile.
    """
    final = own_name(path)
    write_sorted(texts, index_path(final))
    path.rename(final)
    index_path(path).unlink(missing_ok=True)
    sync_folder(final.parent)
    return final


def recover(folder: Path) -> list[Path]:
    """Finish the files that dead processes left open; return them."""
    finished = []
    for path in sorted(folder.glob(f"*{SUFFIX}{OPEN}")):
        with path.open("r+b") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                continue  # its process lives
            end = max((record.offset + record.length for record in read_members(path)), default=0)
            file.truncate(end)
            os.fsync(file.fileno())
            if end:
                lines = lines_of(path, own_name(path).name)
                finished.append(finish(path, (line.text for line in lines)))
            else:
                path.unlink()
                index_path(path).unlink(missing_ok=True)
    return finished


def sync_folder(folder: Path) -> None:
    """Make sure that names are on disk too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write_all(file: BinaryIO, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[file.write(view) :]
