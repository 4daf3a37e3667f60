"""Boosted decision trees of three questions each: the form in which learned decisions are kept as plain numbers."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

QUESTIONS = 7  # of a tree: one, then two, then four
Tree = tuple[
    tuple[int, ...], tuple[float, ...], tuple[float, ...]
]  # measure asked, its limit, the eight answers


@dataclass(frozen=True)
class Forest:
    """A sum of trees over measures; what it adds up to is the log-odds of "yes"."""

    trees: tuple[Tree, ...]
    bias: float

    @cached_property
    def log_odds(self) -> Callable[[Sequence[float]], float]:
        """Return the log-odds that the measures speak for."""
        # written out as one expression it is asked six times as fast as when each tree is walked
        source = " + ".join([repr(float(self.bias)), *map(_written, self.trees)])
        return eval(f"lambda m: {source}", {"__builtins__": {}})  # type: ignore[no-any-return] # noqa: S307 - of numbers alone

    def each(self, rows: Sequence[Sequence[float]]) -> list[float]:
        """Return the log-odds that each of some rows of measures speaks for."""
        return [self.log_odds(row) for row in rows]

    def probabilities(self, rows: Sequence[Sequence[float]]) -> list[float]:
        """Return the same as probabilities, 0 – 1."""
        return [1.0 / (1.0 + math.exp(-max(-40.0, min(40.0, one)))) for one in self.each(rows)]


def _written(tree: Tree, at: int = 0) -> str:
    """Return a tree as an expression: the second of the two ways on is taken where a measure is above the limit."""
    asked, limits, answers = tree
    if at >= QUESTIONS:
        return repr(float(answers[at - QUESTIONS]))
    less, more = _written(tree, 2 * at + 1), _written(tree, 2 * at + 2)
    return f"({more} if m[{int(asked[at])}] > {float(limits[at])!r} else {less})"
