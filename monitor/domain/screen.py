"""The screen: is a document on a topic that somebody watches, how strongly, and why."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from monitor.domain.folding import UNSPACED, fold, is_unspaced
from monitor.domain.model import Document, Screening, Topic

LEAD = 400  # characters: what stands there is what the article is about
MANY = 5  # mentions from which further ones say nothing new
TITLE, OPENING, BODY = 0.5, 0.25, 0.25  # shares of relevance; they add up to 1
SHOWN = 4  # words that a reason names
LETTER = (
    rf"[^\W_{UNSPACED}]"  # of a script with spaces: a word may touch a Chinese character, not another letter
)


@dataclass(frozen=True)
class _Parts:
    """A document folded for looking words up."""

    title: str
    lead: str
    text: str


@dataclass(frozen=True)
class _Hits:
    """Which words were found and where; in the order of the topic."""

    title: tuple[str, ...]
    lead: tuple[str, ...]
    text: tuple[str, ...]
    count: int

    @property
    def words(self) -> tuple[str, ...]:
        """Every word that was found somewhere."""
        return tuple(dict.fromkeys(self.title + self.lead + self.text))


@dataclass(frozen=True)
class _Judged:
    """What one topic makes of a document."""

    passed: bool
    relevance: float
    reason: str


def _spaced(text: str) -> str:
    return " ".join(fold(text).split())


@lru_cache(maxsize=8192)
def _needle(word: str) -> tuple[str, re.Pattern[str] | None]:
    """Return what to look for, and the pattern that confirms it is a whole word where words have bounds.

    A star at the end of a word stands for any ending.
    """
    open_ended = word.endswith("*")
    folded = _spaced(word.rstrip("*"))
    if not folded or is_unspaced(folded):
        return folded, None
    return folded, re.compile(rf"(?<!{LETTER}){re.escape(folded)}" + ("" if open_ended else rf"(?!{LETTER})"))


def _count(word: str, text: str) -> int:
    """Return how often a word stands in a folded text."""
    needle, whole = _needle(word)
    if not needle or needle not in text:
        return 0
    return text.count(needle) if whole is None else len(whole.findall(text))


def _found(words: Iterable[str], text: str) -> dict[str, int]:
    once: dict[object, str] = {}
    for word in words:
        once.setdefault(_needle(word), word)  # 骗 and 騙 are one word
    counts = {word: _count(word, text) for word in once.values()}
    return {word: count for word, count in counts.items() if count}


def _hits(words: Sequence[str], parts: _Parts) -> _Hits:
    title, text = _found(words, parts.title), _found(words, parts.text)
    lead = _found(text, parts.lead)
    return _Hits(tuple(title), tuple(lead), tuple(text), sum(title.values()) + sum(text.values()))


def _relevance(hits: _Hits) -> float:
    where = TITLE * bool(hits.title) + OPENING * bool(hits.lead)
    return where + BODY * min(hits.count, MANY) / MANY


def _quoted(words: Sequence[str]) -> str:
    shown = ", ".join(f"“{word}”" for word in words[:SHOWN])
    return shown + (f" and {len(words) - SHOWN} more" if len(words) > SHOWN else "")


def _places(hits: _Hits) -> str:
    """Return in words where a topic's words stand, the strongest place of each."""
    later = [word for word in hits.text if word not in hits.title and word not in hits.lead]
    lead = [word for word in hits.lead if word not in hits.title]
    told = ((hits.title, "in the title"), (lead, "at the beginning"), (later, "further down"))
    return ", ".join(f"{_quoted(words)} {place}" for words, place in told if words)


def _judged(topic: Topic, parts: _Parts, cosine: float | None) -> _Judged:
    """Return what one topic makes of a document; words or examples admit it, excluded words forbid it."""
    excluded = _hits(topic.none_of, parts)
    if excluded.words:
        return _Judged(False, 0.0, f"excluded by {_quoted(excluded.words)}")
    alike = bool(topic.like) and cosine is not None and cosine >= topic.like_threshold
    likeness = f"like an example of the topic ({cosine:.2f})" if alike else ""
    some, other = _hits(topic.any, parts), _hits(topic.all_of, parts)
    if topic.any and not some.words:
        return _Judged(alike, BODY if alike else 0.0, likeness or "none of the topic's words")
    if topic.all_of and not other.words:
        lacking = f"{_quoted(some.words)}, but none of the words that must stand beside" if some.words else ""
        return _Judged(alike, BODY if alike else 0.0, likeness or lacking or "none of the topic's words")
    return _admitted(topic, some, other, likeness)


def _admitted(topic: Topic, some: _Hits, other: _Hits, likeness: str) -> _Judged:
    """Return the judgement of a document that has the words; a topic that only has examples needs likeness."""
    if not topic.any and not topic.all_of and topic.like:
        return _Judged(
            bool(likeness), TITLE if likeness else 0.0, likeness or "not like the topic's examples"
        )
    lists = [hits for words, hits in ((topic.any, some), (topic.all_of, other)) if words]
    relevance = sum(map(_relevance, lists)) / len(lists) if lists else TITLE
    told = [_places(hits) for hits in lists] + [likeness]
    return _Judged(
        True, min(1.0, relevance), "; ".join(part for part in told if part) or "everything is on topic"
    )


def screen(
    document: Document, topics: Sequence[Topic], *, likeness: Mapping[str, float] | None = None
) -> Screening:
    """Return the topics that a document is on, its relevance (0 – 1) and a reason for each topic.

    `likeness` holds the best cosine of the document to the examples of each topic, where an encoder ran.
    """
    text = _spaced(document.text)
    parts = _Parts(_spaced(document.title), text[:LEAD], text)
    judged = [(topic, _judged(topic, parts, (likeness or {}).get(topic.name))) for topic in topics]
    on = [(topic, one) for topic, one in judged if one.passed]
    reasons = tuple(f"{topic.name}: {one.reason}" for topic, one in (on or judged))
    relevance = max((one.relevance for _, one in on), default=0.0)
    return Screening(tuple(topic.name for topic, _ in on), round(relevance, 3), reasons)
