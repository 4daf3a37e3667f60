"""The local archive: every page that was read, as it came, in WARC files with an index beside each.

Writing has a thread of its own; finding, deleting and pruning have another, so that they never hold up a page.
All of them work while other processes write.
"""

import asyncio
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from monitor import __version__
from monitor.adapters.inflate import ERRORS, opener_for
from monitor.adapters.warc_deletions import Deletion, Deletions, prune, remove
from monitor.adapters.warc_index import Line, key_of, scan, search
from monitor.adapters.warc_records import Record, read_members
from monitor.adapters.warc_writer import INDEX, LARGEST_FILE, OPEN, SUFFIX, WarcWriter, index_path, recover
from monitor.domain.errors import Permanent, Transient
from monitor.domain.model import Response

T = TypeVar("T")
LARGEST_BODY = 64 * 1024 * 1024  # bytes of an opened body that `show` returns


@dataclass(frozen=True)
class Kept:
    """One page of the local archive; `body` is opened, cut at the limit when `truncated`."""

    url: str
    final_url: str
    at: datetime
    status: int
    headers: dict[str, str]
    body: bytes
    digest: str
    filename: str
    id: str
    truncated: bool = False


class WarcArchive:
    """Implements ports.Recorder; also finds, shows, deletes and prunes what was recorded."""

    def __init__(self, folder: Path, *, largest: int = LARGEST_FILE) -> None:
        """`largest` is the size in bytes at which a file is closed and another begun."""
        self._folder = folder
        self._write_thread = ThreadPoolExecutor(1, thread_name_prefix="warc-write")
        self._find_thread = ThreadPoolExecutor(1, thread_name_prefix="warc-find")
        self._deletions = Deletions(folder / "deletions.jsonl")
        software = f"incident-monitor/{__version__}"
        self._writer = WarcWriter(folder, software=software, largest=largest, closed=self._catch_up)
        self.trouble = ""  # why the last page could not be kept, for `status`
        self.recorded = 0
        self.failed = 0

    async def record(self, response: Response) -> str:
        """Keep a page and return its record's identity, "" where the disk failed: archiving never stops an article."""
        try:
            reference = await _run(self._write_thread, lambda: self._writer.write(response))
        except OSError as error:
            self.trouble, self.failed = f"{type(error).__name__}: {error.strerror}", self.failed + 1
            return ""
        self.trouble, self.recorded = "", self.recorded + 1
        return reference

    async def recover(self) -> list[Path]:
        """Finish the files that dead processes left open; to be called once at the start."""

        def work() -> list[Path]:
            finished = recover(self._folder)
            for path in finished:
                self._catch_up(path)
            return finished

        return await _run(self._write_thread, work)

    async def find(self, url: str) -> list[Line]:
        """Return every record of an address, oldest first; http and https, with and without www are one."""
        return await self._search(lambda: self._find(url))

    async def show(self, url: str, at: datetime | None = None) -> Kept:
        """Return the newest record of an address, or the one nearest to a time; raise Permanent where there is none."""

        def work() -> Kept:
            lines = self._find(url)
            if not lines:
                raise Permanent("not-archived", detail=url)
            line = min(lines, key=lambda one: abs(one.at - at)) if at else lines[-1]
            return _kept(line, self._record(line))

        return await self._search(work)

    async def raw(self, line: Line) -> list[bytes]:
        """Return the gzip members of a page as they lie in its file: response, request, note of redirects."""
        return await self._search(lambda: self._raw(line))

    async def delete(self, url: str, *, who: str, reason: str, now: datetime) -> Deletion:
        """Delete every record of an address for good, and keep a record of the deletion.

        Files that other processes still write are cleaned when they close; until then nothing of it is shown.
        """

        def work() -> Deletion:
            key = key_of(url)
            gone = sum(remove(path, {key}, before=now) for path in self._files() if _holds(path, key))
            return self._deletions.done(url, gone, who=who, reason=reason, now=now)

        await _run(self._write_thread, self._writer.close)
        await self._search(lambda: self._deletions.note(url, who=who, reason=reason, now=now))
        return await self._search(work)

    async def prune(self, *, before: datetime, keep: Collection[str]) -> int:
        """Delete records older than a time, but for these addresses; return how many pages went."""
        kept = {key_of(url) for url in keep}
        return await self._search(lambda: sum(prune(path, before, kept) for path in self._files()))

    async def size(self) -> int:
        """Return the bytes on disk."""
        return await self._search(
            lambda: sum(one.stat().st_size for one in self._folder.glob("*") if one.is_file())
        )

    async def close(self) -> None:
        """Finish the current file and stop."""
        await _run(self._write_thread, self._writer.close)
        self._write_thread.shutdown(wait=True)
        self._find_thread.shutdown(wait=True)

    async def _search(self, work: Callable[[], T]) -> T:
        return await _run(self._find_thread, work)

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob(f"*{SUFFIX}"))

    def _find(self, url: str) -> list[Line]:
        key = key_of(url)
        lines: list[Line] = []
        for path in self._folder.glob(f"*{SUFFIX}{OPEN}{INDEX}"):
            with suppress(FileNotFoundError):  # just finished: it is found below
                lines += scan(path, key)
        for path in self._folder.glob(f"*{SUFFIX}{INDEX}"):
            with suppress(FileNotFoundError):  # just pruned
                lines += search(path, key)
        forgotten = self._deletions.deleted_at(key)
        shown = {line.id: line for line in lines if forgotten is None or line.at > forgotten}
        return sorted(shown.values(), key=lambda line: line.at)

    def _path(self, line: Line) -> Path:
        name = Path(line.filename).name  # an index is data: it never leads out of the folder
        path = self._folder / name
        return path if path.exists() else self._folder / (name + OPEN)

    def _record(self, line: Line) -> Record:
        """Return the record, wherever it has moved to when its file was rewritten meanwhile."""
        path = self._path(line)
        try:
            for start in (line.offset, 0):
                for record in read_members(path, start):
                    if record.id == line.id:
                        return record
                    if start:
                        break
        except OSError as error:
            raise Transient("archive-file", detail=str(error)) from error
        raise Transient("archive-file", detail=f"{line.filename}: the record is damaged or gone")

    def _raw(self, line: Line) -> list[bytes]:
        first, path = self._record(line), self._path(line)
        members = []
        with path.open("rb") as file:
            for record in read_members(path, first.offset):
                if record.belongs_to != line.id:
                    break
                file.seek(record.offset)
                members.append(file.read(record.length))
        return members

    def _catch_up(self, path: Path) -> None:
        """Take out of a file that has just closed what was deleted while it was open."""
        for deletion in self._deletions.since(_opened(path)):
            key = key_of(deletion.url)
            if path.exists() and _holds(path, key):
                remove(path, {key}, before=deletion.at)


def _holds(path: Path, key: str) -> bool:
    """Tell whether a closed file has the address; one without its index has to be looked through."""
    try:
        return bool(search(index_path(path), key))
    except FileNotFoundError:
        return True


async def _run(thread: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(thread, work)


def _kept(line: Line, record: Record) -> Kept:
    status, headers, body = record.http
    opened, truncated = _opened_body(body, headers.get("content-encoding", ""))
    return Kept(
        url=line.url,
        final_url=line.final_url or line.url,
        at=line.at,
        status=status,
        headers=headers,
        body=opened,
        digest=line.digest,
        filename=line.filename,
        id=line.id,
        truncated=truncated or "warc-truncated" in record.headers,
    )


def _opened_body(body: bytes, encoding: str) -> tuple[bytes, bool]:
    """Open a body that is kept as it came; what cannot be opened is returned as it is."""
    for name in reversed([one.strip() for one in encoding.split(",") if one.strip()]):
        parts, size = [], 0
        try:
            for piece in opener_for(name).pieces(body):
                parts.append(piece)
                size += len(piece)
                if size > LARGEST_BODY:
                    return b"".join(parts)[:LARGEST_BODY], True
        except (*ERRORS, Transient):
            return body, True
        body = b"".join(parts)
    return body, False


def _opened(path: Path) -> datetime:
    """Return when a file was begun, from its name; a little earlier, as clocks differ."""
    stamp = path.name.split("-")[1]
    return datetime.strptime(stamp, "%Y%m%d%H%M%S").replace(tzinfo=UTC) - timedelta(days=1)
