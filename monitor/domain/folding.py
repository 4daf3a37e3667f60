"""Folding: one spelling for what readers take as the same text, and the tokens that are compared."""

import re
import unicodedata
from itertools import pairwise

from monitor.domain.folding_table import TRADITIONAL_SIMPLIFIED

# Scripts written without spaces between words: their tokens are characters and pairs of them.
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Myanmar, Khmer
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003fffd"
)
_UNSPACED = re.compile(f"[{UNSPACED}]")
_RUN = re.compile(f"[{UNSPACED}]+|[^\\W_{UNSPACED}]+")
_UNSPACED_RUN = re.compile(f"[{UNSPACED}]+")
_NOT_TEXT = re.compile(r"[\W_]+")


def _latin_bases() -> dict[str, str]:
    """Return accented Latin letters with their plain ones, those that Unicode does not decompose included."""
    bases = {"ø": "o", "đ": "d", "ł": "l", "ı": "i", "æ": "ae", "œ": "oe", "ħ": "h", "ð": "d", "þ": "th"}
    for code in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00)):
        letter = chr(code)
        plain = unicodedata.normalize("NFD", letter)[0]
        if plain != letter and plain.isascii():
            bases[letter] = plain
    return bases


def _table() -> dict[int, str | None]:
    pairs = zip(TRADITIONAL_SIMPLIFIED[::2], TRADITIONAL_SIMPLIFIED[1::2], strict=True)
    arabic = {"أ": "ا", "إ": "ا", "آ": "ا", "ى": "ي", "ة": "ه", "ک": "ك", "ی": "ي", "ـ": None}
    marks: dict[str, str | None] = {chr(code): None for code in (*range(0x64B, 0x660), 0x670)}
    return str.maketrans({**dict(pairs), **_latin_bases(), **arabic, **marks, "ё": "е"})


FOLDED = _table()


def fold(text: str) -> str:
    """Return the text in one spelling: compatibility forms, case, Chinese script, Latin accents, Arabic marks.

    Folding twice changes nothing. Punctuation and spaces stay.
    """
    if text.isascii():
        return text.lower()
    composed = unicodedata.normalize("NFKC", text).casefold()
    return unicodedata.normalize("NFKC", composed.translate(FOLDED))


def bare(text: str) -> str:
    """Return the folded text without punctuation and spaces: what is left when only wording counts."""
    return _NOT_TEXT.sub("", fold(text))


def is_unspaced(text: str) -> bool:
    """Tell whether the text holds a character of a script without spaces."""
    return _UNSPACED.search(text) is not None


def runs(folded: str) -> list[str]:
    """Return words, and whole runs of characters where a script has no spaces, of a folded text."""
    return _RUN.findall(folded)


def unspaced_runs(folded: str) -> list[str]:
    """Return the runs of characters in scripts without spaces of a folded text."""
    return _UNSPACED_RUN.findall(folded)


def tokens(folded: str) -> list[str]:
    """Return what is compared of a folded text: words; characters and pairs of them where there are no spaces."""
    found: list[str] = []
    for run in runs(folded):
        if _UNSPACED.match(run):
            found.extend(run)
            found.extend(first + second for first, second in pairwise(run))
        else:
            found.append(run)
    return found


def grams(word: str, size: int = 4) -> list[str]:
    """Return the character n-grams of a word, its edges marked; a short word gives itself."""
    marked = f"<{word}>"
    if len(marked) <= size:
        return [marked]
    return [marked[at : at + size] for at in range(len(marked) - size + 1)]
