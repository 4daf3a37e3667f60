"""Boosted decision trees of three questions each: the form in which learned decisions are kept as plain numbers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

QUESTIONS = 7  # of a tree: one, then two, then four
Tree = tuple[
    tuple[int, ...], tuple[float, ...], tuple[float, ...]
]  # measure asked, its limit, the eight answers


@dataclass(frozen=True)
class Forest:
    """A sum of trees over measures; what it adds up to is the log-odds of "yes"."""

    trees: tuple[Tree, ...]
    bias: float

    def log_odds(self, measures: Sequence[float]) -> float:
        """Return the log-odds that the measures speak for."""
        total = self.bias
        for asked, limits, answers in self.trees:
            at = 2 if measures[asked[0]] > limits[0] else 1
            at = 2 * at + (2 if measures[asked[at]] > limits[at] else 1)
            at = 2 * at + (2 if measures[asked[at]] > limits[at] else 1)
            total += answers[at - QUESTIONS]
        return total

    def probability(self, measures: Sequence[float]) -> float:
        """Return the log-odds as a probability, 0 – 1."""
        return 1.0 / (1.0 + math.exp(-max(-40.0, min(40.0, self.log_odds(measures)))))
