"""Fingerprints: what makes the same text at two addresses recognisable without keeping the texts.

A sketch is a sample of the hashes of a text's character n-grams. The sample takes every hash whose lowest bits
are zero, so that two texts sample the *same* passages and the share of the shorter text inside the longer one can
be estimated: a reprint cut to its half still counts as a whole. Long texts sample more sparsely; a sample can
always be thinned to that of the other text.
"""

import re
import struct
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import xxhash
from numpy.typing import NDArray

from monitor.domain.folding import FOLDED, UNSPACED

Hashes = NDArray[np.uint64]
Codes = NDArray[np.uint32]
Sample = NDArray[np.uint32]

UNSPACED_GRAM = 5  # characters
SPACED_GRAM = 9
DENSE = 512  # texts with fewer n-grams are kept whole
THINNEST = 3  # the longest texts keep every eighth
BANDS = 16  # a text has this many bands to twice as many
FIGURES = 48  # numbers that are kept of a text
LONGEST = 60_000  # characters; what follows says nothing new
_HEADER = struct.Struct("<BBBI")  # thinness, bands, figures, distinct n-grams
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_NUMBER = re.compile(r"\d+(?:\.\d+)*")
_PRIME = 0x9E3779B97F4A7C15
_LIMIT = 0x30000


@lru_cache(maxsize=1)
def _letters() -> tuple[Codes, NDArray[np.bool_]]:
    """Return every character's folded form (0 where it is dropped) and whether its script has no spaces."""
    letters = [letter for letter in map(chr, range(_LIMIT)) if letter.isalnum()]
    folded = np.zeros(_LIMIT, dtype=np.uint32)
    folded[[ord(letter) for letter in letters]] = _folded_codes(letters)
    unspaced = np.zeros(_LIMIT, dtype=np.bool_)
    edges = list(UNSPACED)
    for first, last in zip(edges[::3], edges[2::3], strict=True):
        unspaced[ord(first) : min(ord(last) + 1, _LIMIT)] = True
    return folded, unspaced


def _folded_codes(letters: Sequence[str]) -> list[int]:
    """Return the folded form of each letter; letter by letter it takes longer."""
    lines = unicodedata.normalize("NFKC", "\n".join(letters)).casefold().translate(FOLDED).split("\n")
    firsts = (ord(line[0]) if line else 0 for line in lines)
    return [code if code < _LIMIT else 0 for code in firsts]


def _codes(text: str) -> Codes:
    """Return the folded letters and digits of a text as code points."""
    raw = np.frombuffer(text[:LONGEST].encode("utf-32-le", "replace"), dtype="<u4")
    folded = _letters()[0][np.where(raw < _LIMIT, raw, 0)]
    return folded[folded > 0]


def _rolling(codes: Codes, size: int) -> Hashes:
    """Return a hash of every run of `size` letters."""
    count = len(codes) - size + 1
    wide = codes.astype(np.uint64)
    total = np.zeros(count, dtype=np.uint64)
    for offset in range(size):
        total *= np.uint64(_PRIME)
        total += wide[offset : offset + count]
    return _mixed(total)


def _mixed(values: Hashes) -> Hashes:
    """Return the values with every bit depending on every other."""
    values ^= values >> np.uint64(30)
    values *= np.uint64(0xBF58476D1CE4E5B9)
    values ^= values >> np.uint64(27)
    values *= np.uint64(0x94D049BB133111EB)
    values ^= values >> np.uint64(31)
    return values


def _gram_hashes(text: str) -> Hashes:
    """Return the distinct hashes of a text's n-grams; each place decides by its own script how long its n-gram is."""
    codes = _codes(text)
    if not len(codes):
        return np.zeros(0, dtype=np.uint64)
    if len(codes) < SPACED_GRAM:
        codes = np.pad(codes, (0, SPACED_GRAM - len(codes)))
    long = _rolling(codes, SPACED_GRAM)
    unspaced = _letters()[1][codes]
    if not unspaced.any():
        return _distinct(long)
    short = _rolling(codes, UNSPACED_GRAM)
    here = unspaced[: len(short)]
    return _distinct(np.concatenate((short[here], long[~unspaced[: len(long)]])))


def _distinct(hashes: Hashes) -> Hashes:
    """Return the hashes in order, each once; np.unique takes fourteen times as long."""
    ordered = np.sort(hashes)
    distinct: Hashes = ordered[np.append(True, ordered[1:] != ordered[:-1])]
    return distinct


def _sampled(hashes: Hashes) -> tuple[int, Sample]:
    """Return how thin the sample is (every 2**thin-th hash) and its upper halves, sorted."""
    upper = (hashes >> np.uint64(32)).astype(np.uint32)
    thin = 0
    while thin < THINNEST and len(upper) >> thin > DENSE:
        thin += 1
    sample = _thinned(upper, thin)  # in order, as the hashes are
    return thin, sample[np.append(True, sample[1:] != sample[:-1])[: len(sample)]]


def _thinned(sample: Sample, thin: int) -> Sample:
    chosen: Sample = sample[sample & np.uint32((1 << thin) - 1) == 0]
    return chosen


def _banded(hashes: Hashes) -> Hashes:
    """Return the sparsest sample of whole hashes that still has enough; sampled by the lower half."""
    kept = hashes
    for bits in range(1, 24):
        sparser = hashes[hashes & np.uint64((1 << bits) - 1) == 0]
        if len(sparser) < BANDS:
            break
        kept = sparser
    return kept[: 4 * BANDS]


def _figures(text: str) -> Sample:
    """Return hashes of the numbers in a text: what differs between two texts of one template."""
    written = _NUMBER.findall(_THOUSANDS.sub("", text[:LONGEST]))
    plain = {".".join(str(int(run[:18])) for run in number.split(".")[:4]) for number in written}
    found = {xxhash.xxh32_intdigest(number.encode()) for number in plain}
    return np.array(sorted(found)[:FIGURES], dtype=np.uint32)


def sketch(text: str) -> bytes:
    """Return the fingerprint of a text, about 2 kB for usual articles; empty for a text without letters."""
    hashes = _gram_hashes(text)
    if not len(hashes):
        return b""
    bands_kept = _banded(hashes)
    figures = _figures(text)
    thin, sample = _sampled(hashes)
    header = _HEADER.pack(thin, len(bands_kept), len(figures), len(hashes))
    return b"".join(
        (
            header,
            bands_kept.astype("<u8").tobytes(),
            figures.astype("<u4").tobytes(),
            sample.astype("<u4").tobytes(),
        )
    )


def bands(sketched: bytes) -> list[int]:
    """Return the keys under which copies are looked up, signed 64-bit; copies share some of them."""
    keys: list[int] = band_keys(sketched).tolist() if sketched else []
    return keys


def band_keys(sketched: bytes) -> NDArray[np.int64]:
    """Return the same keys as an array; the fingerprint must not be empty."""
    return np.frombuffer(sketched, dtype="<i8", count=_HEADER.unpack_from(sketched)[1], offset=_HEADER.size)


def without_bands(sketched: bytes) -> bytes:
    """Return a fingerprint without its look-up keys, for keeping many in memory."""
    if not sketched:
        return b""
    thin, kept, figures, grams = _HEADER.unpack_from(sketched)
    return _HEADER.pack(thin, 0, figures, grams) + sketched[_HEADER.size + 8 * kept :]


def length(sketched: bytes) -> int:
    """Return how many distinct n-grams the text has: its size in letters, repetitions left out."""
    return int(_HEADER.unpack_from(sketched)[3]) if sketched else 0


def _opened(sketched: bytes) -> tuple[int, Sample]:
    thin, kept, figures, _ = _HEADER.unpack_from(sketched)
    return int(thin), np.frombuffer(sketched, dtype="<u4", offset=_HEADER.size + 8 * kept + 4 * figures)


def _figures_of(sketched: bytes) -> Sample:
    _, kept, figures, _ = _HEADER.unpack_from(sketched)
    return np.frombuffer(sketched, dtype="<u4", count=figures, offset=_HEADER.size + 8 * kept)


def figures_shared(one: bytes, other: bytes) -> float:
    """Return the share (0 – 1) of the numbers of the text that has fewer in the other; 1 where either has none.

    One more is counted as shared than there is: a single number says little, eight say much.
    """
    if not one or not other:
        return 1.0
    fewer, more = sorted((_figures_of(one), _figures_of(other)), key=len)
    return min(1.0, (_common(fewer, more) + 1.0) / (len(fewer) + 1.0))


def containment(one: bytes, other: bytes) -> float:
    """Return the estimated share (0 – 1) of the shorter text inside the longer one; 0 where either is empty."""
    if not one or not other:
        return 0.0
    shorter, longer = sorted((one, other), key=length)
    (thin_shorter, small), (thin_longer, big) = _opened(shorter), _opened(longer)
    if thin_shorter < thin_longer:
        small = _thinned(small, thin_longer)
    elif thin_longer < thin_shorter:
        big = _thinned(big, thin_shorter)
    if not len(small) or not len(big):
        return 0.0
    return _common(small, big) / len(small)


def _common(few: Sample, many: Sample) -> int:
    """Return how many of some hashes are among others; each once in both."""
    both = np.concatenate((few, many))
    both.sort()  # half the time of looking them up
    return int(np.count_nonzero(both[1:] == both[:-1]))


def content_hash(text: str) -> str:
    """Return 32 hexadecimal digits that are equal for texts that fold to the same letters and digits."""
    return xxhash.xxh3_128_hexdigest(_codes(text).tobytes())
