"""What identifies an event beside its words: names, figures and quoted phrases, spelled alike in all languages."""

import re
from collections.abc import Iterator
from functools import lru_cache

from monitor.domain.figures import figures
from monitor.domain.folding import UNSPACED, fold, is_unspaced, tokens
from monitor.domain.names_known import KNOWN, ROMANISED

MOST = 32  # names, figures or quotes of one document that are kept
LEAST_CONSONANTS = 3  # from here on the consonants identify a name, whatever its vowels and endings are
SHORTEST = 3  # letters of a name, unless it is written in capitals

_WORD = re.compile(rf"[^\W\d_{UNSPACED}](?:[^\W_{UNSPACED}]|[-’'.](?=[^\W_{UNSPACED}]))*")
_TITLED = re.compile(r"[《「『“]([^《》「」『』“”]{2,12})[》」』”]")
_KATAKANA = re.compile(r"[ァ-ヶー]{3,}")
_QUOTED = re.compile(
    '“([^“”]{6,200})”|"([^"]{6,200})"|«([^«»]{6,200})»|„([^„“”]{6,200})[“”]|「([^「」]{5,150})」|『([^『』]{5,150})』'
)
_POSSESSIVE = re.compile(r"['’]s?$")
_SOUNDS = (
    ("sch", "s"), ("tsch", "c"), ("tch", "c"), ("sh", "s"), ("ch", "c"), ("ph", "f"), ("th", "t"), ("kh", "k"),
    ("zh", "j"), ("gh", "g"), ("ck", "k"), ("qu", "k"), ("q", "k"), ("x", "ks"), ("ce", "se"), ("ci", "si"),
    ("dj", "j"), ("ts", "s"), ("z", "s"), ("w", "v"), ("y", "i"), ("h", ""),
)  # fmt: skip
_VOWELS = re.compile(r"(?<!^)[aeiou]")
_REPEATED = re.compile(r"(.)\1+")
_CJK_KNOWN = tuple((form, name) for form, name in KNOWN.items() if is_unspaced(form))


@lru_cache(maxsize=65536)
def sound(name: str) -> str:
    """Return how a folded name sounds, roughly: the same for Зеленский and Zelenskyy, Tokio and Tokyo."""
    if name in KNOWN:
        return KNOWN[name]
    spoken = name.translate(ROMANISED)
    for spelled, heard in _SOUNDS:
        spoken = spoken.replace(spelled, heard)
    spoken = _REPEATED.sub(r"\1", spoken.replace("c", "k"))
    bones = _VOWELS.sub("", spoken)
    return bones if len(bones) > LEAST_CONSONANTS else spoken


def _capitalised(text: str) -> Iterator[str]:
    """Return the words written like names, except those that the text also writes in small letters."""
    words = [_POSSESSIVE.sub("", word) for word in _WORD.findall(text)]
    small = {word for word in words if word.islower()}
    for word in words:
        if word != word.lower() and word.lower() not in small and (len(word) >= SHORTEST or word.isupper()):
            yield fold(word)


def _uncased(text: str, folded: str) -> Iterator[str]:
    """Return names in scripts that know no capitals: known ones, titles of works, words of katakana."""
    if is_unspaced(folded):
        yield from (name for form, name in _CJK_KNOWN if form in folded)
        yield from (fold(match) for match in _TITLED.findall(text))
        yield from (fold(match) for match in _KATAKANA.findall(text))
    for word in folded.split():
        if word in KNOWN:
            yield KNOWN[word]


def names(text: str, folded: str) -> dict[str, str]:
    """Return the names of a text as they sound, each with how it is written there first."""
    found: dict[str, str] = {}
    for name in (*_uncased(text, folded), *_capitalised(text)):
        found.setdefault(sound(name), name)
    return dict(list(found.items())[:MOST])


def numbers(folded: str) -> list[str]:
    """Return the figures of a folded text, each once."""
    return list(dict.fromkeys(figures(folded)))[:MOST]


def quotes(text: str) -> list[str]:
    """Return the phrases that a text quotes, as their bare words."""
    found = ("".join(match) for match in _QUOTED.findall(text))
    return [phrase for phrase in dict.fromkeys(" ".join(_worded(quote)) for quote in found) if phrase][:MOST]


def _worded(quote: str) -> list[str]:
    return tokens(fold(quote))
