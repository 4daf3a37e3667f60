"""What the index compares of a document, as hashes: weighted words of title and lead; names, figures and quotes.

A reading process works it out, `packed` carries it to the decider, which has no text to look at then.
"""

import struct
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import xxhash

from monitor.adapters.index_rows import Array
from monitor.domain.folding import fold, is_unspaced, tokens
from monitor.domain.names import capitalised, countries, names, numbers, quotes, sounds
from monitor.domain.names_places import CODES

LEAD = 700  # characters of the text in which an article says what it is about
LEAD_UNSPACED = 350  # the same in scripts where a character is a word
BRIEF = 40  # characters: a text that is shorter adds nothing to the title
STEM = 5  # letters: inflected words agree in their beginning
TITLE_WEIGHT = 1.5
NAME, FIGURE, QUOTE, SOUND = 1, 2, 3, 0  # the two lowest bits of a key


FORM = 2  # of packed features; what is packed in another form is worked out anew
MOST = 3  # times that a word counts
ROOTS = np.sqrt(np.arange(MOST + 1)).astype(np.float32)
WEIGHTS = np.add.outer(TITLE_WEIGHT * np.sqrt(np.arange(MOST + 1)), np.sqrt(np.arange(MOST + 1)))
WEIGHTS = WEIGHTS.ravel().astype(np.float32)  # by four times the count in the title plus that in the lead
_SIZES = struct.Struct("<BHHHB16s")


@dataclass(frozen=True)
class Features:
    """A document as the index sees it; its names as hashes with how each is written."""

    terms: Array  # hashes of words
    weights: Array  # of the words, before rarity
    titles: Array  # the same in the title alone
    keys: Array  # hashes of names, figures and quotes
    sounds: Array
    titled: Array  # which keys are names that stand in the title
    written: tuple[str, ...]  # the keys, then the sounds
    places: int  # one bit for every country that is named
    brief: bool


@lru_cache(maxsize=1 << 18)
def _hashed(token: str) -> int:
    return xxhash.xxh32_intdigest(token.encode("utf-8", "replace")) | 1  # never 0, which stands for "empty"


def key(kind: int, value: str) -> int:
    """Return the hash of a name, a figure or a quote; its two lowest bits tell the kind."""
    return (xxhash.xxh32_intdigest(value.encode("utf-8", "replace"), seed=kind) & ~3) | kind


def _terms(folded: str) -> Counter[str]:
    """Return the words of a folded text and the beginnings of long ones, with their counts."""
    found: Counter[str] = Counter()
    for token in tokens(folded):
        found[token] += 1
        if len(token) > STEM and not token.isdigit():
            found[f"{token[:STEM]}*"] += 1
    return found


def _weighed(folded: str) -> dict[int, float]:
    return {_hashed(term): min(count, MOST) ** 0.5 for term, count in _terms(folded).items()}


def lead(text: str) -> str:
    """Return the part of a text that is compared."""
    opening = text[:LEAD]
    return opening[:LEAD_UNSPACED] if is_unspaced(opening[:40]) else opening


@lru_cache(maxsize=64)  # a document is looked up, and learned right afterwards
def features(title: str, text: str) -> Features:
    """Return what the index compares of a title and a text."""
    opening = lead(text)
    of_title, of_lead = _weighed(fold(title)), _weighed(fold(opening))
    terms = dict(of_lead)
    for term, weight in of_title.items():
        terms[term] = terms.get(term, 0.0) + TITLE_WEIGHT * weight
    whole = f"{title}\n{opening}"
    folded, words = fold(whole), capitalised(whole)
    named = names(whole, folded, words)
    keys, heard = _keys(whole, folded, named), _sounds(folded, words)
    named_there = _named_in(fold(title), keys)
    return Features(
        _array(terms, np.uint32),
        _array(terms.values(), np.float32),
        _array((of_title.get(term, 0.0) for term in terms), np.float32),
        _array(keys, np.uint32),
        _array(heard, np.uint32),
        _array((one in named_there for one in keys), np.bool_),
        (*keys.values(), *heard.values()),
        _places(named),
        len(opening) < BRIEF,
    )


def _array(values: Iterable[float], kind: type[np.generic]) -> Array:
    return np.array(list(values), dtype=kind)


def packed(found: Features) -> bytes:
    """Return features as bytes."""
    sizes = len(found.terms), len(found.keys), len(found.sounds)
    head = _SIZES.pack(FORM, *sizes, found.brief, found.places.to_bytes(16, "little"))
    in_title = np.rint(found.titles**2)  # a weight is the root of a count up to three, see _weighed
    in_lead = np.rint((found.weights - TITLE_WEIGHT * found.titles) ** 2)
    counts = (4 * in_title + in_lead).astype(np.uint8)
    columns = (found.terms, found.keys, found.sounds, counts, found.titled)
    written = "\0".join(one.replace("\0", " ") for one in found.written)
    return head + b"".join(one.tobytes() for one in columns) + written.encode("utf-8", "replace")


@lru_cache(maxsize=64)
def unpacked(data: bytes) -> Features | None:
    """Return the features that `packed` wrote; None for what is in no form that is known."""
    if len(data) < _SIZES.size or data[0] != FORM:
        return None
    _, terms, keys, sounds, brief, places = _SIZES.unpack_from(data)
    many = terms + keys + sounds
    hashes = np.frombuffer(data, "<u4", many, _SIZES.size)
    known, named, heard = hashes[:terms], hashes[terms : terms + keys], hashes[terms + keys :]
    at = _SIZES.size + 4 * many
    counts, titled = np.frombuffer(data, "u1", terms, at), np.frombuffer(data, "?", keys, at + terms)
    names = data[at + terms + keys :]
    written = tuple(names.decode("utf-8", "replace").split("\0")) if keys + sounds else ()
    where = int.from_bytes(places, "little")
    weights, titles = WEIGHTS[counts], ROOTS[counts >> 2]
    return Features(known, weights, titles, named, heard, titled, written, where, bool(brief))


def _places(named: dict[str, str]) -> int:
    return sum(1 << CODES.index(code) for code in countries(named))


def _keys(text: str, folded: str, named: dict[str, str]) -> dict[int, str]:
    found = {key(NAME, sound): written for sound, written in named.items()}
    found |= {key(FIGURE, figure): figure for figure in numbers(folded)}
    return found | {key(QUOTE, quote): "a quote" for quote in quotes(text)}


def _named_in(title: str, keys: dict[int, str]) -> frozenset[int]:
    return frozenset(one for one, written in keys.items() if one & 3 == NAME and written in title)


def _sounds(folded: str, words: list[str]) -> dict[int, str]:
    return {key(SOUND, heard): written for heard, written in sounds(folded, words).items()}
