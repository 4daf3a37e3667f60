"""Which article is labelled next, and why.

A priority is a sum of named parts, so that each row can explain itself. The place in the queue is the moment of
queueing, brought forward by the priority: articles gain on newer ones simply by waiting, and the order of two
waiting articles never changes by itself, so it can be stored and indexed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import log2

EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
LARGE, FAST = 64, 16  # reports at which size and speed count in full
SPEED_WINDOW = timedelta(hours=48)
DAY = 86400


@dataclass(frozen=True)
class Weights:
    """How much each reason counts; `wait` is the priority that a day of waiting is worth."""

    new: float = 0.3
    unsure: float = 0.2
    relevance: float = 0.3
    size: float = 0.1
    speed: float = 0.1
    wait: float = 0.1


@dataclass(frozen=True)
class Standing:
    """What speaks for labelling an article soon."""

    queued_at: datetime
    relevance: float = 0.0
    new: bool = False
    unsure: bool = False
    reports: int = 1  # of its incident, copies left out
    recent: int = 1  # of these, within two days of the last one


@dataclass(frozen=True)
class Place:
    """Where an article stands in the queue: the lowest place is next."""

    place: float
    priority: float
    reasons: Mapping[str, float] = field(default_factory=dict)


def place(standing: Standing, weights: Weights) -> Place:
    """Return an article's place; `reasons` add up to its priority."""
    parts = {
        "new": weights.new * standing.new,
        "unsure": weights.unsure * standing.unsure,
        "relevance": weights.relevance * min(1.0, max(0.0, standing.relevance)),
        "size": weights.size * _share(standing.reports, LARGE),
        "speed": weights.speed * _share(standing.recent, FAST),
    }
    reasons = {name: round(part, 3) for name, part in parts.items() if round(part, 3)}
    priority = round(sum(reasons.values()), 3)
    days = (standing.queued_at - EPOCH).total_seconds() / DAY
    return Place(round(days * weights.wait - priority, 6), priority, reasons)


def _share(count: int, full: int) -> float:
    """Return 0 for one report and 1 for `full` of them, each doubling counting the same."""
    return min(1.0, log2(max(1, count)) / log2(full))
