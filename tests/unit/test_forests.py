"""Forests that are asked about all candidates at once say the same as plain ones."""

import random

import pytest

from monitor.adapters.forests import ROWS, together
from monitor.domain.match import SHIPPED

FAST = together(SHIPPED)


FORESTS = [("whole", "join"), ("whole", "merge"), ("titles", "join"), ("words", "join"), ("words", "merge")]


@pytest.mark.parametrize(("view", "kind"), FORESTS)
def test_the_same_log_odds(view: str, kind: str) -> None:
    plain, fast = (getattr(getattr(decisions, view), kind) for decisions in (SHIPPED, FAST))
    width = 1 + max(asked for tree in plain.trees for asked in tree[0])
    chance = random.Random(5)
    for count in (0, 1, 2, ROWS, 2 * ROWS + 3):
        rows = [tuple(chance.uniform(-0.5, 1.5) for _ in range(width)) for _ in range(count)]
        assert fast.each(rows) == plain.each(rows)
        assert fast.probabilities(rows) == plain.probabilities(rows)


def test_a_measure_at_its_limit_is_not_above() -> None:
    plain, fast = SHIPPED.whole.join, FAST.whole.join
    width = 1 + max(asked for tree in plain.trees for asked in tree[0])
    at_limits = [tuple(tree[1][0] for _ in range(width)) for tree in plain.trees]
    assert fast.each(at_limits) == plain.each(at_limits)


def test_thresholds_stay() -> None:
    for view in ("whole", "titles", "words"):
        plain, fast = getattr(SHIPPED, view), getattr(FAST, view)
        assert (fast.within, fast.across, fast.merge_from) == (plain.within, plain.across, plain.merge_from)
