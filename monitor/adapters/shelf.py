"""Arrays that outlive the process: a snapshot in a folder, mapped into memory at the next start.

    shelf = Shelf(folder, "copies", schema=1)
    kept = shelf.take()                                   # None: there is none that can be believed, build anew
    kept.arrays["texts"], kept.notes["seq"]               # maps that cannot be written to, and a few plain values
    shelf.put({"texts": texts, "run-0": run}, {"seq": 7}) # all of it or nothing; the old snapshot goes
    shelf.put({…}, {…}, same={"run-0"})                   # what is as it was taken or put is not written again

Whoever uses it says in the notes up to where SQL is contained (the last `seq`, the last change) and of which
database, and reads only what came later; it checks these notes itself. An array that grows is best kept in parts:
old parts are `same`, and only the newest costs writing. Copy what you change: `np.array(kept.arrays["texts"])`.
`whereabouts` says where an array lies in its file, for reading pieces of it (`os.pread`) that should not stay in memory.

A snapshot is a `seal` (names, types, sizes and hashes of the files, and the notes) and a plain file for each array;
nothing in it is ever executed, and no file is believed that is not as it was sealed. Trouble is logged, never raised:
a snapshot that is missing, foreign, damaged or of another schema is none, and one that cannot be written is left out.
"""

import fcntl
import os
import re
import secrets
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import structlog
import xxhash
from numpy.typing import NDArray

log = structlog.get_logger("shelf")

Array = NDArray[Any]
Note = str | int | float | bool | None

FORM = 1  # of the seal itself
SEAL = "seal.json"
LARGEST_SEAL = 4_000_000  # bytes
BLOCK = 1 << 20
_FILE = re.compile(r"[a-z0-9-]{1,80}\.[0-9a-f]{32}\.npy")
_NAME = re.compile(r"[a-z0-9-]{1,80}")


@dataclass(frozen=True)
class Kept:
    """A snapshot: its arrays, mapped read-only, and its notes."""

    arrays: Mapping[str, Array]
    notes: Mapping[str, Note]


class Unsound(Exception):  # noqa: N818 - a finding, not an error
    """A snapshot is not what its seal says; the message is for the log."""


class Shelf:
    """Keeps one snapshot under a name; `schema` changes whenever the meaning of its arrays does."""

    def __init__(self, folder: Path, name: str, *, schema: int) -> None:
        self.name, self._schema = name, schema
        self._folder = folder / name
        self._files: dict[str, str] = {}  # of the arrays that were taken or put last

    def take(self) -> Kept | None:
        """Return the snapshot, every byte of it checked; None where there is none that can be believed."""
        try:
            seal = self._seal()
            arrays = {name: self._mapped(row) for name, row in seal["arrays"].items()}
        except FileNotFoundError:
            return None
        except (Unsound, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            log.warning("snapshot.refused", snapshot=self.name, reason=str(error) or type(error).__name__)
            return None
        self._files = {name: row["file"] for name, row in seal["arrays"].items()}
        return Kept(arrays, seal["notes"])

    def put(
        self, arrays: Mapping[str, Array], notes: Mapping[str, Note], *, same: Collection[str] = ()
    ) -> Mapping[str, Array] | None:
        """Replace the snapshot and return its arrays as maps; None, with a line in the log, where it cannot be written."""
        try:
            with self._alone():
                rows = {name: self._written(name, one, same) for name, one in arrays.items()}
                self._sealed({"form": FORM, "schema": self._schema, "notes": dict(notes), "arrays": rows})
                maps = {name: self._mapped(row, believed=True) for name, row in rows.items()}
        except (Unsound, OSError, ValueError) as error:
            log.warning("snapshot.failed", snapshot=self.name, reason=str(error) or type(error).__name__)
            return None
        self._files = {name: row["file"] for name, row in rows.items()}
        return maps

    def drop(self) -> None:
        """Forget the snapshot: what it says is no longer so."""
        (self._folder / SEAL).unlink(missing_ok=True)

    def whereabouts(self, name: str) -> tuple[Path, int]:
        """Return the file of an array that was taken or put, and the place in it where its first byte is."""
        path = self._folder / self._files[name]
        return path, int(np.load(path, mmap_mode="r", allow_pickle=False).offset)

    # ---------------------------------------------------------------- reading

    def _seal(self) -> dict[str, Any]:
        with (self._folder / SEAL).open("rb") as file:
            data = file.read(LARGEST_SEAL)
        digest, _, body = data.partition(b"\n")
        if digest.decode("ascii", "replace") != xxhash.xxh3_128_hexdigest(body):
            raise Unsound("the seal is damaged")
        seal = orjson.loads(body)
        if (seal["form"], seal["schema"]) != (FORM, self._schema):
            raise Unsound("it was written by another release")
        return dict(seal)

    def _mapped(self, row: Mapping[str, Any], *, believed: bool = False) -> Array:
        """Return the map of one array; what was just written need not be read again."""
        file = str(row["file"])
        if not _FILE.fullmatch(file):
            raise Unsound(f"no file of ours: {file[:100]}")
        path = self._folder / file
        if not believed and _digest(path) != row["digest"]:
            raise Unsound(f"{file} is damaged")
        found = np.load(path, mmap_mode="r" if row["size"] else None, allow_pickle=False)
        if [str(found.dtype.descr), list(found.shape)] != [row["type"], row["shape"]]:
            raise Unsound(f"{file} holds something else")
        return np.asarray(found)

    # ---------------------------------------------------------------- writing

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One process at a time writes; what a dead one left behind goes."""
        self._folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            self._sweep()
            os.close(descriptor)

    def _written(self, name: str, array: Array, same: Collection[str]) -> dict[str, Any]:
        if not _NAME.fullmatch(name):
            raise ValueError(f"no name for an array: {name!r}")
        array = np.ascontiguousarray(array)
        row = {"size": array.size, "shape": list(array.shape), "type": str(array.dtype.descr)}
        held = self._files.get(name, "")
        if name in same and held and (self._folder / held).exists():
            return {**row, "file": held, "digest": held.split(".")[1]}
        part = self._folder / f"{secrets.token_hex(8)}.part"
        with part.open("wb") as file:
            np.save(file, array, allow_pickle=False)
            file.flush()
            os.fsync(file.fileno())
        digest = _digest(part)
        return {**row, "file": part.replace(self._folder / f"{name}.{digest}.npy").name, "digest": digest}

    def _sealed(self, seal: Mapping[str, Any]) -> None:
        body = orjson.dumps(seal)
        part = self._folder / f"{secrets.token_hex(8)}.part"
        with part.open("wb") as file:
            file.write(xxhash.xxh3_128_hexdigest(body).encode() + b"\n" + body)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self._folder / SEAL)
        descriptor = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        os.fsync(descriptor)
        os.close(descriptor)

    def _sweep(self) -> None:
        """Remove what the seal does not name: earlier snapshots, and what was never finished."""
        try:
            named = {row["file"] for row in self._seal()["arrays"].values()}
        except (Unsound, OSError, ValueError, KeyError, TypeError, AttributeError):
            named = set()
        for path in self._folder.iterdir():
            if path.suffix == ".part" or (_FILE.fullmatch(path.name) and path.name not in named):
                path.unlink(missing_ok=True)


def _digest(path: Path) -> str:
    whole = xxhash.xxh3_128()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            whole.update(block)
    return whole.hexdigest()
