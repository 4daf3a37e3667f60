"""Words for full-text search, the same on both databases.

Scripts without spaces are cut into overlapping pairs of signs, so that any word of two or more signs is found as a
phrase of its pairs. All else is words in one spelling: without case and accents, Chinese in simplified signs. Neither
database is left to fold: SQLite would do it to some letters, PostgreSQL to none.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

from monitor.domain.folding import fold

SIGN = (
    r"[\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
SPACELESS = re.compile(f"{SIGN}+")
BETWEEN = r"[\W_]{0,20}"
MARKS = dict.fromkeys(range(0x300, 0x370))  # that stand beside their letter: they would part a word
WORD = re.compile(r"[^\W_]+")
LONGEST_TEXT = 60_000  # signs of a text that are indexed
MOST_TERMS = 12


def index_words(text: str) -> str:
    """Return what is put into the index for a text, separated by blanks."""
    return " ".join(
        word
        for part in _parts(text[:LONGEST_TEXT])
        for word in (_pairs(part) if SPACELESS.match(part) else [part])
    )


def query_terms(query: str) -> list[list[str]]:
    """Return the phrases that a query asks for, all of them; a lone sign of a spaceless script ends in `*`.

    Words in double quotes are one phrase; others stand for themselves.
    """
    terms = []
    for quoted, plain in re.findall(r'"([^"]*)"|(\S+)', query[:500]):
        words = _words_of_query(quoted or plain)
        terms += [words] if words else []
    return terms[:MOST_TERMS]


def places(text: str, terms: Sequence[Sequence[str]]) -> list[tuple[int, int]]:
    """Return where the phrases of a query stand in a text, in order and without overlaps: whole words only."""
    folded, origins = _folded(text)
    found = [
        (origins[hit.start()], origins[hit.end() - 1] + 1)
        for term in terms
        for hit in _phrase(term).finditer(folded)
    ]
    apart: list[tuple[int, int]] = []
    for start, end in sorted(found, key=lambda hit: (hit[0], -hit[1])):  # the longer of two that begin alike
        if not apart or start >= apart[-1][1]:
            apart.append((start, end))
    return apart


def _folded(text: str) -> tuple[str, Sequence[int]]:
    """Return a text as it is indexed, and for each of its signs the place where it stood."""
    folded, parts = _fold(text), {sign: _fold(sign) for sign in set(text)}
    if len(folded) == len(text) and all(len(part) == 1 for part in parts.values()):
        return folded, range(len(text))
    origins = [place for place, sign in enumerate(text) for _ in parts[sign]]
    return "".join(parts[sign] for sign in text), origins


def _fold(text: str) -> str:
    return fold(text).translate(MARKS)


def _phrase(term: Sequence[str]) -> re.Pattern[str]:
    """Return what finds a phrase: pairs of signs overlap, other words have something between them, or nothing."""
    words = [word.rstrip("*") for word in term]
    form = re.escape(words[0])
    for before, word in pairwise(words):
        overlap = SPACELESS.match(before) and SPACELESS.match(word)
        form += re.escape(word[1:]) if overlap else BETWEEN + re.escape(word)
    start = "" if SPACELESS.match(words[0]) else f"(?:(?<![^\\W_])|(?<={SIGN}))"
    end = "" if SPACELESS.match(words[-1]) else f"(?:(?![^\\W_])|(?={SIGN}))"
    return re.compile(start + form + end)


def _words_of_query(text: str) -> list[str]:
    words: list[str] = []
    for part in _parts(text):
        if not SPACELESS.match(part):
            words.append(part)
        elif len(part) == 1:
            words.append(f"{part}*")
        else:
            words += [pair for pair in _pairs(part) if len(pair) > 1]
    return words


def _parts(text: str) -> list[str]:
    """Return words and runs of spaceless script, folded."""
    parts = []
    for word in WORD.findall(_fold(text)):
        start = 0
        for run in SPACELESS.finditer(word):
            parts += [word[start : run.start()], run.group()]
            start = run.end()
        parts.append(word[start:])
    return [part for part in parts if part]


def _pairs(run: str) -> list[str]:
    """Return overlapping pairs; the last sign alone too, so that a search for it finds it."""
    return [run[place : place + 2] for place in range(len(run))]
