"""What the index compares of a document, as hashes: weighted words of title and lead; names, figures and quotes."""

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

import xxhash

from monitor.domain.folding import fold, is_unspaced, tokens
from monitor.domain.names import names, numbers, quotes

LEAD = 700  # characters of the text in which an article says what it is about
LEAD_UNSPACED = 350  # the same in scripts where a character is a word
STEM = 5  # letters: inflected words agree in their beginning
TITLE_WEIGHT = 1.5
NAME, FIGURE, QUOTE = 0, 1, 2


@dataclass(frozen=True)
class Features:
    """A document as the index sees it: hash → weight before rarity; hash → how it is written, of what names it."""

    title: dict[int, float]
    terms: dict[int, float]
    keys: dict[int, str]


@lru_cache(maxsize=1 << 18)
def _hashed(token: str) -> int:
    return xxhash.xxh32_intdigest(token.encode("utf-8", "replace")) | 1  # never 0, which stands for "empty"


def key(kind: int, value: str) -> int:
    """Return the hash of a name, a figure or a quote; its two lowest bits tell the kind."""
    return (xxhash.xxh32_intdigest(value.encode("utf-8", "replace"), seed=kind) & ~3) | (kind + 1)


def _terms(folded: str) -> Counter[str]:
    """Return the words of a folded text and the beginnings of long ones, with their counts."""
    found: Counter[str] = Counter()
    for token in tokens(folded):
        found[token] += 1
        if len(token) > STEM and not token.isdigit():
            found[f"{token[:STEM]}*"] += 1
    return found


def _weighed(folded: str) -> dict[int, float]:
    return {_hashed(term): min(count, 3) ** 0.5 for term, count in _terms(folded).items()}


def lead(text: str) -> str:
    """Return the part of a text that is compared."""
    opening = text[:LEAD]
    return opening[:LEAD_UNSPACED] if is_unspaced(opening[:40]) else opening


def features(title: str, text: str) -> Features:
    """Return what the index compares of a title and a text."""
    opening = lead(text)
    of_title, of_lead = _weighed(fold(title)), _weighed(fold(opening))
    terms = dict(of_lead)
    for term, weight in of_title.items():
        terms[term] = terms.get(term, 0.0) + TITLE_WEIGHT * weight
    return Features(of_title, terms, _keys(f"{title}\n{opening}"))


def _keys(text: str) -> dict[int, str]:
    folded = fold(text)
    found = {key(NAME, sound): written for sound, written in names(text, folded).items()}
    found |= {key(FIGURE, figure): figure for figure in numbers(folded)}
    return found | {key(QUOTE, quote): "a quote" for quote in quotes(text)}
