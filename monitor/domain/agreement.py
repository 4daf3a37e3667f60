"""How far labellers agree: percent, and Krippendorff's alpha, which is 1 for perfect and 0 for chance.

Krippendorff, Content Analysis (4th ed. 2018), chapter 12; sets are compared by the Jaccard distance.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

Value = Hashable
Distance = Callable[[Value, Value], float]
PAIR = 2


@dataclass(frozen=True)
class Agreement:
    """Agreement over the units that two or more labellers judged; None where it is undefined."""

    units: int
    labellers: int
    percent: float | None
    alpha: float | None


def differs(one: Value, other: Value) -> float:
    """Return 0 for equal values, 1 for different ones."""
    return float(one != other)


def jaccard(one: Value, other: Value) -> float:
    """Return the share of two sets that is not common; 0 for two empty ones."""
    left, right = _set(one), _set(other)
    return 1 - len(left & right) / len(left | right) if left | right else 0.0


def agreement(units: Sequence[Mapping[str, Value]], distance: Distance = differs) -> Agreement:
    """Return how far labellers agree; each unit maps labellers to their values."""
    judged = [unit for unit in units if len(unit) >= PAIR]
    pairs = [pair for unit in judged for pair in combinations(unit.values(), PAIR)]
    percent = sum(one == other for one, other in pairs) / len(pairs) if pairs else None
    names = {name for unit in judged for name in unit}
    return Agreement(len(judged), len(names), _rounded(percent), _rounded(_alpha(judged, distance)))


def _alpha(units: Sequence[Mapping[str, Value]], distance: Distance) -> float | None:
    counts: dict[Value, int] = {}
    for unit in units:
        for value in unit.values():
            counts[value] = counts.get(value, 0) + 1
    total = sum(counts.values())
    if total < PAIR:
        return None
    observed = sum(_within(unit, distance) for unit in units) / total
    expected = sum(
        2 * counts[one] * counts[other] * distance(one, other) for one, other in combinations(counts, PAIR)
    ) / (total * (total - 1))
    return None if expected == 0 else 1 - observed / expected


def _within(unit: Mapping[str, Value], distance: Distance) -> float:
    """Return the sum of distances over ordered pairs of one unit, per value that could be paired."""
    values = list(unit.values())
    return 2 * sum(distance(one, other) for one, other in combinations(values, PAIR)) / (len(values) - 1)


def _set(value: Value) -> frozenset[Hashable]:
    return value if isinstance(value, frozenset) else frozenset({value})


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
