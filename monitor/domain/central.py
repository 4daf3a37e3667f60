"""Which of several texts says best what all of them say, and which others are nearest to one."""

from collections import Counter
from collections.abc import Sequence
from math import sqrt

COMMON = 3  # texts that may share a word however few they are


def resemblance(one: Counter[str], other: Counter[str]) -> float:
    """Return how alike two bags of words are, 0 – 1 (cosine)."""
    small, large = sorted((one, other), key=len)
    product = sum(count * large[word] for word, count in small.items())
    size = sqrt(sum(n * n for n in one.values()) * sum(n * n for n in other.values()))
    return product / size if size else 0.0


def most_central(alike: Sequence[Sequence[float]]) -> int:
    """Return the row that is most like all others, the first of equals; `alike` holds every text against every text."""
    return max(range(len(alike)), key=lambda at: (round(sum(alike[at]), 6), -at))


def nearest(scores: Sequence[float], most: int, least: float) -> list[int]:
    """Return the places of the highest scores of at least `least`, the highest first."""
    good = [at for at, score in enumerate(scores) if score >= least]
    return sorted(good, key=lambda at: (-scores[at], at))[:most]


def telling(bags: Sequence[Counter[str]]) -> list[Counter[str]]:
    """Return bags of words without the words that every tenth of them holds, where there are enough to tell."""
    held = Counter(word for bag in bags for word in bag)
    most = max(COMMON, len(bags) // 10)
    return [Counter({word: count for word, count in bag.items() if held[word] <= most}) for bag in bags]
