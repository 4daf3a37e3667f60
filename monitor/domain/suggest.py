"""Proposes labels from what has been labelled so far: naive Bayes on words, in any script, with its reasons.

A text counts each of its words once (binarised, Metsis et al. 2006); the surest words are the rationale. It knows
nothing but words, needs no model file and learns in seconds.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log

from monitor.domain.search_words import index_words

LEAST_TEXTS, LEAST_EACH = 20, 3  # labels before anything is proposed, in all and of each value
READ = 3000  # signs of a text
MOST_WORDS = 300  # of a text that count
TOLD = 5
SMOOTH = 0.5


@dataclass(frozen=True)
class Example:
    """A text and what it was said to be."""

    words: frozenset[str]
    value: str


@dataclass(frozen=True)
class Learned:
    """What was learnt of one question."""

    texts: Mapping[str, int]  # value → how many texts
    words: Mapping[str, Mapping[str, int]]  # value → word → how many of its texts hold it

    @property
    def size(self) -> int:
        """How many texts it was learnt from."""
        return sum(self.texts.values())


@dataclass(frozen=True)
class Proposal:
    """A value, how sure (0 – 1), and the words that speak for it."""

    value: str
    score: float
    words: tuple[str, ...]


def words_of(title: str, text: str) -> frozenset[str]:
    """Return the words of a text that count; single signs of scripts without spaces say too little."""
    words = index_words(f"{title}\n{text[:READ]}").split()
    return frozenset(list(dict.fromkeys(word for word in words if len(word) > 1))[:MOST_WORDS])


def learn(examples: Iterable[Example]) -> Learned | None:
    """Return what examples teach; None where they are too few."""
    texts: Counter[str] = Counter()
    words: dict[str, Counter[str]] = {}
    for example in examples:
        texts[example.value] += 1
        words.setdefault(example.value, Counter()).update(example.words)
    kept = {value: number for value, number in texts.items() if number >= LEAST_EACH}
    if len(kept) < 2 or sum(kept.values()) < LEAST_TEXTS:  # noqa: PLR2004 - one value is no choice
        return None
    return Learned(kept, {value: words[value] for value in kept})


def propose(learned: Learned, words: Sequence[str] | frozenset[str]) -> Proposal:
    """Return the likeliest value of a text.

    The evidence is divided by the root of the number of words: words of a text depend on each other, and a sum over
    hundreds of them would be sure of everything.
    """
    shares = {value: _weights(learned, value, words) for value in learned.texts}
    damped = max(1.0, len(words) ** 0.5)
    scores = {
        value: log(learned.texts[value] / learned.size) + sum(weights.values()) / damped
        for value, weights in shares.items()
    }
    best = max(scores, key=lambda value: scores[value])
    total = sum(exp(score - scores[best]) for score in scores.values())
    speaking = sorted(words, key=lambda word: _lead(word, best, shares), reverse=True)
    told = tuple(word for word in speaking[:TOLD] if _lead(word, best, shares) > 0)
    return Proposal(best, round(1 / total, 4), told)


def _weights(learned: Learned, value: str, words: Iterable[str]) -> dict[str, float]:
    """Return how likely each word is in texts of a value, as a logarithm."""
    known, texts = learned.words[value], learned.texts[value]
    return {word: log((known.get(word, 0) + SMOOTH) / (texts + 2 * SMOOTH)) for word in words}


def _lead(word: str, best: str, shares: Mapping[str, Mapping[str, float]]) -> float:
    """Return how much more a word speaks for the best value than for any other."""
    return shares[best][word] - max(weights[word] for value, weights in shares.items() if value != best)
