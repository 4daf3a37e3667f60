"""Small charts as numbers for inline SVG: no style attribute, no script, so that the CSP can stay strict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

AROUND, LEAST = 2, 21  # days of a timeline, so that one day is no wall
MOST_COLUMNS = 120
HEIGHT = 100.0
WIDTH = 100.0
GAP = 0.25  # of a bar's step


@dataclass(frozen=True)
class Bar:
    """One rectangle with its class name and what it says."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    title: str


@dataclass(frozen=True)
class Chart:
    """Bars in a box of 100 × 100, and the highest value."""

    bars: tuple[Bar, ...]
    highest: int
    first: str = ""
    last: str = ""


def stacked(days: Sequence[tuple[str, Mapping[str, int]]], kinds: Sequence[str]) -> Chart:
    """Return one column per day, its parts in the order of `kinds` from the bottom."""
    highest = max((sum(counts.values()) for _, counts in days), default=0)
    step = WIDTH / max(1, len(days))
    bars = []
    for number, (day, counts) in enumerate(days):
        top = HEIGHT
        for kind in kinds:
            height = HEIGHT * counts.get(kind, 0) / (highest or 1)
            if height:
                top -= height
                title = f"{day}: {counts[kind]} {kind}"
                bars.append(
                    Bar(
                        round(number * step, 2),
                        round(top, 2),
                        round(step * (1 - GAP), 2),
                        round(height, 2),
                        kind,
                        title,
                    )
                )
    return Chart(tuple(bars), highest, days[0][0] if days else "", days[-1][0] if days else "")


def spread(days: Sequence[tuple[str, Mapping[str, int]]]) -> list[tuple[str, dict[str, int]]]:
    """Fill the days without a report, so that the axis is time; a long silence stays short."""
    if not days:
        return []
    first = max(1, _number(days[0][0]) - AROUND)
    last = min(date.max.toordinal(), max(_number(days[-1][0]), first + LEAST))
    step = (last - first) // MOST_COLUMNS + 1
    columns: dict[int, dict[str, int]] = {slot: {} for slot in range(first, last + 1, step)}
    for day, counts in days:
        column = columns[first + (_number(day) - first) // step * step]
        column.update({kind: column.get(kind, 0) + n for kind, n in counts.items()})
    return [(date.fromordinal(slot).isoformat(), counts) for slot, counts in columns.items()]


def _number(day: str) -> int:
    return date.fromisoformat(day).toordinal()


def line(values: Sequence[float]) -> str:
    """Return the points of a sparkline in a box of 100 × 20."""
    highest = max(values, default=0) or 1
    step = WIDTH / max(1, len(values) - 1)
    return " ".join(
        f"{number * step:.1f},{19 - 18 * value / highest:.1f}" for number, value in enumerate(values)
    )
