"""Which of several texts says best what all of them say, and which others are nearest to one."""

from collections import Counter
from collections.abc import Sequence
from math import sqrt


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
