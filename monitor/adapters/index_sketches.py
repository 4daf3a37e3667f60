"""The fingerprints of a million texts: on the shelf, read piece by piece; only the latest in memory.

Each stands at a place in one long row of bytes. What is on the shelf is read with `pread`, so that it stays in the
system's cache instead of in this process.
"""

import os
from bisect import bisect_right
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from monitor.adapters.shelf import Shelf

Bytes = NDArray[np.uint8]
NAME = "sketches-"
SMALL = 16_000_000  # bytes of a part that is written again with the next one, so that there are not too many


@dataclass
class Part:
    """A stretch of the row on the shelf: where it begins and ends, and its file."""

    begin: int
    end: int
    array: Bytes
    file: BinaryIO = field(repr=False)
    offset: int = 0

    @property
    def name(self) -> str:
        """Its name on the shelf."""
        return f"{NAME}{self.begin}"

    @classmethod
    def of(cls, begin: int, array: Bytes, path: Path, offset: int) -> "Part":
        """Open a part; its file stays readable even where another process puts a later snapshot in its place."""
        return cls(begin, begin + len(array), array, path.open("rb", buffering=0), offset)


class Sketches:
    """Takes fingerprints and gives them back."""

    def __init__(self) -> None:
        self._parts: list[Part] = []
        self._begins: list[int] = []
        self._fresh = bytearray()
        self._base = 0  # the place of the first byte in memory

    def __len__(self) -> int:
        return self._base + len(self._fresh)

    @property
    def in_memory(self) -> int:
        """How many bytes are not on the shelf yet."""
        return len(self._fresh)

    def append(self, sketch: bytes) -> int:
        """Take a fingerprint and return its place."""
        place = len(self)
        self._fresh += sketch
        return place

    def at(self, place: int, size: int) -> bytes:
        """Return the fingerprint at a place; empty where its file was cut under our hands."""
        if place >= self._base:
            start = place - self._base
            return bytes(self._fresh[start : start + size])
        number = bisect_right(self._begins, place) - 1
        if number < 0:
            return b""
        part = self._parts[number]
        found = os.pread(part.file.fileno(), size, part.offset + place - part.begin)
        return found if len(found) == size else b""

    # ---------------------------------------------------------------- on the shelf

    def parts(self) -> dict[str, Bytes]:
        """Return everything as arrays for the shelf; those of `shelved` are there already."""
        if self._parts and (last := self._parts[-1]).end - last.begin + len(self._fresh) <= SMALL:
            self._fresh = bytearray(last.array.tobytes()) + self._fresh
            self._base = last.begin
            self._parts.pop()
        held = {part.name: part.array for part in self._parts}
        fresh = np.frombuffer(bytes(self._fresh), np.uint8)
        return held | ({f"{NAME}{self._base}": fresh} if len(fresh) else {})

    @property
    def shelved(self) -> set[str]:
        """The names of the parts that are on the shelf."""
        return {part.name for part in self._parts}

    def settle(self, shelf: Shelf, arrays: dict[str, Bytes]) -> None:
        """Go on with what is on the shelf now."""
        known = {part.name: part for part in self._parts}
        self._parts = sorted(
            (
                known.get(name) or Part.of(int(name.removeprefix(NAME)), array, *shelf.whereabouts(name))
                for name, array in arrays.items()
                if name.startswith(NAME)
            ),
            key=lambda part: part.begin,
        )
        self._begins = [part.begin for part in self._parts]
        self._base = max([self._base, *(part.end for part in self._parts)])
        self._fresh = bytearray()

    def drop_before(self, place: int) -> None:
        """Let go of the parts that lie wholly before a place."""
        self._parts = [part for part in self._parts if part.end > place]
        self._begins = [part.begin for part in self._parts]
