"""A text cut into pieces of words, the likeliest way: the unigram model of SentencePiece (Kudo 2018).

All places where a piece could stand are looked up at once, by a rolling hash over the bytes. Where two strings
had the same hash, a piece would be mistaken for another: one vector a little off, in 2⁶⁴ tries.
"""

import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from monitor.adapters.encoder.file import ModelFile

LONGEST = 16  # characters of a piece
BLANK = "▁"  # how a blank is spelled; it begins a word
UNLIKELY = 10.0  # how much less likely a character without a piece is than the least likely piece
BASE = 0x9E3779B97F4A7C15  # odd, so that it has an inverse
INVERSE = pow(BASE, -1, 1 << 64)

Hashes = NDArray[np.uint64]
Places = NDArray[np.int64]


class Pieces:
    """Cuts texts into the pieces of a model file."""

    def __init__(self, file: ModelFile) -> None:
        hashes = _hashes(file.pieces, file.bounds[:-1], file.bounds[1:])
        self._order = np.argsort(hashes).astype(np.int32)
        self._hashes = hashes[self._order]
        self._scores = file.scores
        self._spellings = file.spellings
        self._unknown = file.unknown
        self._worst = float(file.scores.min()) - UNLIKELY

    def cut(self, text: str) -> list[int]:
        """Return the numbers of the pieces, in order."""
        spelled = re.sub(" {2,}", " ", " " + text.translate(self._spellings)).replace(" ", BLANK)
        raw = np.frombuffer(spelled.encode("utf-8", "replace"), np.uint8)
        starts = np.flatnonzero((raw & 0xC0) != 0x80)  # noqa: PLR2004 - where UTF-8 begins a character
        bounds = np.append(starts, len(raw))
        blanks = np.array([at for at, character in enumerate(spelled) if character == BLANK], dtype=np.int64)
        first, last = _spans(len(starts), blanks)
        found = self._numbers(_hashes(raw, bounds[first], bounds[last]))
        found = np.where((found < 0) & (last - first == 1), self._unknown, found)
        kept = np.flatnonzero(found >= 0)
        return self._likeliest(len(starts), first[kept], last[kept], found[kept])

    def _numbers(self, hashes: Hashes) -> Places:
        """Return the piece of each hash, or -1."""
        at = np.minimum(np.searchsorted(self._hashes, hashes), len(self._hashes) - 1)
        return np.where(self._hashes[at] == hashes, self._order[at], -1)

    def _likeliest(self, length: int, first: Places, last: Places, found: Places) -> list[int]:
        """Return the way through the text whose scores sum to the most (Viterbi 1967)."""
        scores = np.where(found == self._unknown, self._worst, self._scores[found])
        best, back = [0.0] + [-np.inf] * length, [(0, 0)] * (length + 1)
        places = zip(first.tolist(), last.tolist(), found.tolist(), scores.tolist(), strict=True)
        for start, end, piece, score in places:
            if (sum_here := best[start] + score) > best[end]:
                best[end], back[end] = sum_here, (start, piece)
        return list(_followed(back, length))[::-1]


def _followed(back: list[tuple[int, int]], at: int) -> Iterator[int]:
    while at:
        at, piece = back[at]
        yield piece


def _spans(length: int, blanks: Places) -> tuple[Places, Places]:
    """Return the first and last character of all that may be a piece: no longer than one, and within a word."""
    places = np.arange(length)
    word_ends = np.append(blanks, length)[np.searchsorted(blanks, places, side="right")]
    longest = np.minimum(word_ends - places, LONGEST)
    first = np.repeat(places, longest)
    steps = np.arange(len(first)) - np.repeat(np.cumsum(longest) - longest, longest)
    return first, first + steps + 1


def _hashes(raw: NDArray[np.uint8], starts: Places, ends: Places) -> Hashes:
    """Return a hash of each stretch of bytes, the same wherever it stands: a polynomial modulo 2⁶⁴."""
    terms = (raw.astype(np.uint64) + np.uint64(1)) * _powers(BASE, len(raw))
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(terms, dtype=np.uint64)])
    hashes: Hashes = (sums[ends] - sums[starts]) * _powers(INVERSE, len(raw) + 1)[starts]
    return hashes


def _powers(base: int, count: int) -> Hashes:
    powers = np.full(count, base, np.uint64)
    powers[:1] = 1
    return np.cumprod(powers, dtype=np.uint64)
