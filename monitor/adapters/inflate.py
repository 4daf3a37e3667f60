"""Compressed bodies, opened piece by piece: a bomb costs one piece of memory and ends at the caller's limit."""

import zlib
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import brotli
from backports.zstd import ZstdDecompressor, ZstdError

from monitor.domain.errors import Transient

PIECE = 256 * 1024  # bytes; opened in about a millisecond
_MOST_MEMBERS = 64  # joined gzip members or zstd frames; each costs a copy of what follows it
_GZIP_MAGIC, _ZSTD_MAGIC = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"

ERRORS = (zlib.error, brotli.error, ZstdError, EOFError)


class Opener(Protocol):
    """Opens one compressed stream."""

    @property
    def complete(self) -> bool:
        """Whether the stream came to its proper end."""
        ...

    def pieces(self, data: bytes) -> Iterator[bytes]:
        """Yield what more of the stream gives, in pieces of PIECE bytes at most."""
        ...


def opener_for(encoding: str) -> Opener:
    """Return the opener for a Content-Encoding; names that are no compression mean a plain body."""
    name = encoding.strip().lower()
    if name in {"gzip", "x-gzip"}:
        return _Members(_GZIP_MAGIC, lambda: _Zlib(zlib.MAX_WBITS | 16))
    if name == "zstd":
        return _Members(_ZSTD_MAGIC, ZstdDecompressor)
    if name == "deflate":
        return _Deflate()
    return _Brotli() if name == "br" else _Plain()


class _Plain:
    complete = True

    def pieces(self, data: bytes) -> Iterator[bytes]:
        yield data


class _Zlib:
    """zlib in the manner of the newer decompressors: it says itself whether it wants more input."""

    def __init__(self, window: int) -> None:
        self._inner = zlib.decompressobj(window)
        self._full = False

    def decompress(self, data: bytes, max_length: int) -> bytes:
        piece = self._inner.decompress(self._inner.unconsumed_tail + data, max_length)
        self._full = len(piece) == max_length
        return piece

    @property
    def needs_input(self) -> bool:
        return not self._full and not self._inner.unconsumed_tail

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data


class _Members:
    """gzip or zstd: one or more members in a row; a body that does not begin with the magic number is plain."""

    def __init__(self, magic: bytes, make: Callable[[], Any]) -> None:
        self._magic, self._make = magic, make
        self._current: Any = None
        self._members, self._start = 0, b""
        self._plain = self._ended = False

    @property
    def complete(self) -> bool:
        return self._plain or self._ended or (self._members == 0 and not self._start)

    def pieces(self, data: bytes) -> Iterator[bytes]:
        if self._members == 0 and not self._plain:
            data, self._start = self._start + data, b""
            if len(data) < len(self._magic) and self._magic.startswith(data):
                self._start = data
                return
            self._plain = not data.startswith(self._magic)
        if self._plain:
            yield data
            return
        while data or (self._current is not None and not self._current.needs_input):
            if self._current is None and not self._begin(data):
                return
            yield self._current.decompress(data, PIECE)
            data = b""
            if self._current.eof:
                data, self._current, self._ended = self._current.unused_data, None, True

    def _begin(self, data: bytes) -> bool:
        """Start another member; what follows the last one is padding and is left alone."""
        if not data.startswith(self._magic):
            return False
        self._members += 1
        if self._members > _MOST_MEMBERS:
            raise Transient("bad-encoding", detail="too many compressed members")
        self._current, self._ended = self._make(), False
        return True


class _Deflate:
    """deflate as servers mean it: with the zlib header, or without."""

    def __init__(self) -> None:
        self._inner: _Zlib | None = None

    @property
    def complete(self) -> bool:
        return self._inner is None or self._inner.eof

    def pieces(self, data: bytes) -> Iterator[bytes]:
        if self._inner is None:
            headed = len(data) > 1 and data[0] & 15 == zlib.DEFLATED and (data[0] * 256 + data[1]) % 31 == 0
            self._inner = _Zlib(zlib.MAX_WBITS if headed else -zlib.MAX_WBITS)
        while (data or not self._inner.needs_input) and not self._inner.eof:
            yield self._inner.decompress(data, PIECE)
            data = b""


class _Brotli:
    def __init__(self) -> None:
        self._inner = brotli.Decompressor()
        self._begun = False

    @property
    def complete(self) -> bool:
        return not self._begun or bool(self._inner.is_finished())

    def pieces(self, data: bytes) -> Iterator[bytes]:
        self._begun = self._begun or bool(data)
        yield self._inner.process(data, output_buffer_limit=PIECE)
        while not self._inner.can_accept_more_data() and not self._inner.is_finished():
            yield self._inner.process(b"", output_buffer_limit=PIECE)
