"""What identifies an event beside its words: names, figures and quoted phrases, spelled alike in all languages."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from monitor.domain.figures import figures
from monitor.domain.folding import UNSPACED, fold, is_unspaced, tokens, unspaced_runs
from monitor.domain.names_known import COMMON_CAPITALS, COUNTRIES, KNOWN
from monitor.domain.sounds import foreign_names, latin_sounds, sound, unspaced_sounds

SIZES = range(3, 7)
MOST = 40  # names, figures or quotes of one document that are kept
SHORTEST = 3  # letters of a name, unless it is written in capitals

_WORD = re.compile(rf"[^\W\d_{UNSPACED}](?:[^\W_{UNSPACED}]|[-’'.](?=[^\W_{UNSPACED}]))*")
_TITLED = re.compile(r"[《「『“]([^《》「」『』“”]{2,12})[》」』”]")
_QUOTED = re.compile(
    '“([^“”]{6,200})”|"([^"]{6,200})"|«([^«»]{6,200})»|„([^„“”]{6,200})[“”]|「([^「」]{5,150})」|『([^『』]{5,150})』'
)
_POSSESSIVE = re.compile(r"['’]s?$")
_SEVERAL_WORDS = tuple((name.replace("-", " "), name) for name in sorted(set(KNOWN.values())) if "-" in name)


def capitalised(text: str) -> list[str]:
    """Return the words that are written like names, folded, except those also written in small letters."""
    words = [_POSSESSIVE.sub("", word) for word in _WORD.findall(text)]
    small = {word for word in words if word.islower()}
    return [fold(word) for word in words if _is_name(word, small)]


def _is_name(word: str, small: set[str]) -> bool:
    lower = word.lower()
    if word == lower or lower in small or lower in COMMON_CAPITALS:
        return False
    return len(word) >= SHORTEST or (word.isupper() and len(word) > 1)


def _uncased(text: str, folded: str) -> Iterator[str]:
    """Return names in scripts that know no capitals: known ones, titles of works, foreign names."""
    if is_unspaced(folded):
        yield from _known_unspaced(folded)
        yield from (fold(match) for match in _TITLED.findall(text))
        yield from foreign_names(folded)
        yield from repeated(folded)
    yield from (name for form, name in _SEVERAL_WORDS if form in folded)
    for word in folded.split():
        if word in KNOWN:
            yield KNOWN[word]


def _by_beginning() -> dict[str, tuple[str, ...]]:
    """Return the known names in scripts without spaces by their first two characters, the longest first."""
    forms: defaultdict[str, list[str]] = defaultdict(list)
    for form in sorted(filter(is_unspaced, KNOWN), key=len, reverse=True):
        forms[form[:2]].append(form)
    return {beginning: tuple(held) for beginning, held in forms.items()}


_BY_BEGINNING = _by_beginning()


def _known_unspaced(folded: str) -> Iterator[str]:
    """Return the known names in a text without spaces; a longer name hides the shorter ones inside it."""
    at = 0
    while at < len(folded) - 1:
        for form in _BY_BEGINNING.get(folded[at : at + 2], ()):
            if folded.startswith(form, at):
                yield KNOWN[form]
                at += len(form) - 1
                break
        at += 1


def repeated(folded: str) -> list[str]:
    """Return the runs of three to six characters that a text in a script without spaces keeps naming."""
    counts = Counter(
        run[at : at + size]
        for run in unspaced_runs(folded)
        for size in SIZES
        for at in range(len(run) - size + 1)
    )
    often = sorted((part for part, count in counts.items() if count > 1), key=len, reverse=True)
    kept: list[str] = []
    for part in often:
        if not any(part in longer and counts[longer] == counts[part] for longer in kept):
            kept.append(part)
    return kept


def names(text: str, folded: str, words: list[str]) -> dict[str, str]:
    """Return the names of a text as they sound, each with how it is written; `words` are its capitalised ones."""
    found: dict[str, str] = {}
    for name in (*_uncased(text, folded), *words):
        found.setdefault(sound(name), name)
    return dict(list(found.items())[:MOST])


def countries(found: Iterable[str]) -> frozenset[str]:
    """Return the codes of the countries in which the places among some names lie."""
    return frozenset(COUNTRIES[name] for name in found if name in COUNTRIES)


def sounds(folded: str, words: list[str]) -> dict[str, str]:
    """Return the sounds by which names are found again in another script, each with how it is written."""
    found = {heard: heard for heard in latin_sounds(words)}
    return found | {heard: heard for heard in unspaced_sounds(folded)} if is_unspaced(folded) else found


def numbers(folded: str) -> list[str]:
    """Return the figures of a folded text, each once."""
    return list(dict.fromkeys(figures(folded)))[:MOST]


def quotes(text: str) -> list[str]:
    """Return the phrases that a text quotes, as their bare words."""
    found = (tokens(fold("".join(match))) for match in _QUOTED.findall(text))
    return list(dict.fromkeys(" ".join(phrase) for phrase in found if phrase))[:MOST]
