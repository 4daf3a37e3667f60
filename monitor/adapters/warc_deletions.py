"""Deletion on request: what is taken out of WARC files, and the record that it was.

The record names the address, who asked, why, when and how many pages went; never what they said.
"""

import fcntl
import json
import os
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from monitor.adapters.warc_index import Line, key_of, lines_of, write_sorted
from monitor.adapters.warc_records import read_members
from monitor.adapters.warc_writer import index_path, sync_folder


@dataclass(frozen=True)
class Deletion:
    """One request to delete; `records` is None until it was carried out."""

    url: str
    at: datetime
    who: str
    reason: str
    records: int | None = None


class Deletions:
    """An append-only list in one file, shared by all processes on the machine."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = (-1, -1)
        self._all: list[Deletion] = []

    def note(self, url: str, *, who: str, reason: str, now: datetime) -> Deletion:
        """Write down that an address is to be deleted, before anything is touched."""
        return self._append(Deletion(url, now, who, reason))

    def done(self, url: str, records: int, *, who: str, reason: str, now: datetime) -> Deletion:
        """Write down how many pages went."""
        return self._append(Deletion(url, now, who, reason, records))

    def all(self) -> list[Deletion]:
        """Return the list, oldest first."""
        if not self._path.exists():
            return []
        state = self._path.stat()
        if (state.st_mtime_ns, state.st_size) != self._seen:
            lines = self._path.read_text(encoding="utf-8").splitlines()
            self._all = [deletion for line in lines if (deletion := _parse(line))]
            self._seen = (state.st_mtime_ns, state.st_size)
        return self._all

    def since(self, moment: datetime) -> list[Deletion]:
        """Return what was asked for since then."""
        return [one for one in self.all() if one.at >= moment and one.records is None]

    def deleted_at(self, key: str) -> datetime | None:
        """Return when an address was last deleted, None for never."""
        return max((one.at for one in self.all() if key_of(one.url) == key), default=None)

    def _append(self, deletion: Deletion) -> Deletion:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        line = json.dumps(asdict(deletion) | {"at": deletion.at.isoformat()}, ensure_ascii=False)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
            file.flush()
            os.fsync(file.fileno())
        return deletion


def remove(path: Path, keys: Collection[str], *, before: datetime) -> int:
    """Take the pages with these keys out of a closed file; return how many went."""
    return _rewrite(
        path, lambda lines: {line.id for line in lines if key_of(line.url) in keys and line.at <= before}
    )


def prune(path: Path, before: datetime, keep: Collection[str]) -> int:
    """Take pages older than a time out of a closed file, but for these keys; an emptied file goes too."""
    return _rewrite(
        path,
        lambda lines: (
            {line.id for line in lines if line.at < before}
            - {line.id for line in lines if key_of(line.url) in keep}
        ),
    )


def _rewrite(path: Path, unwanted: Callable[[list[Line]], set[str]]) -> int:
    """Write a file anew without the unwanted pages, one process at a time; return how many went."""
    with _alone(path.parent):
        if not path.exists():  # another process has emptied it meanwhile
            return 0
        lines = list(lines_of(path, path.name))
        gone = unwanted(lines)
        return _without(path, lines, gone) if gone else 0


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder for rewriting; the kernel lets go of it when we die."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _without(path: Path, lines: list[Line], gone: set[str]) -> int:
    """Leave these pages out; the file is either the old one or the new one, whatever happens."""
    if gone == {line.id for line in lines}:
        index_path(path).unlink(missing_ok=True)
        path.unlink()
        return len(gone)
    partial = path.with_name(path.name + ".part")
    with path.open("rb") as old, partial.open("wb") as new:
        for record in read_members(path):
            if record.belongs_to not in gone:
                old.seek(record.offset)
                new.write(old.read(record.length))
        new.flush()
        os.fsync(new.fileno())
    partial.replace(path)
    write_sorted((line.text for line in lines_of(path, path.name)), index_path(path))
    sync_folder(path.parent)
    return len(gone)


def _parse(line: str) -> Deletion | None:
    try:
        values = json.loads(line)
        values["at"] = datetime.fromisoformat(values["at"])
        return Deletion(**values)
    except (ValueError, KeyError, TypeError):
        return None  # the last line may be cut off after a crash
