"""Words for full-text search, the same on both databases.

Scripts without spaces are cut into overlapping pairs of signs, so that any word of two or more signs is found as a
phrase of its pairs; everything else is folded to lower-case words.
"""

import re
import unicodedata

SPACELESS = re.compile(
    r"[\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+"
)
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
    folded = unicodedata.normalize("NFKC", text).casefold()
    parts = []
    for word in WORD.findall(folded):
        start = 0
        for run in SPACELESS.finditer(word):
            parts += [word[start : run.start()], run.group()]
            start = run.end()
        parts.append(word[start:])
    return [part for part in parts if part]


def _pairs(run: str) -> list[str]:
    """Return overlapping pairs; the last sign alone too, so that a search for it finds it."""
    return [run[place : place + 2] for place in range(len(run))]
