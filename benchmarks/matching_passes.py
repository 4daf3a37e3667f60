"""In which passes matching is learned: the order of arrival, and the thresholds by which documents are put together."""

from collections.abc import Callable
from dataclasses import dataclass

from matching_views import partial, shuffled

NEVER = 2.0  # a probability that nothing reaches
WEEKS = {"a month": 4.0, "half a month": 2.0}  # into which titles are laid over each other


@dataclass(frozen=True)
class Pass:
    """One pass over documents: in which order, by which thresholds, and whether joins are learned from it."""

    world: str
    seed: int
    order: Callable
    join_from: float = 0.5
    across: float = 0.05  # more than that between languages
    merge_from: float = NEVER
    joins: bool = True


WHOLE = (
    (Pass("all", 100, shuffled), Pass("all", 102, partial)),
    (
        Pass("all", 200, shuffled),
        Pass("all", 201, partial, 0.8, joins=False),
        Pass("all", 202, partial, 0.5, NEVER, joins=False),
        Pass("all", 203, shuffled, 0.85, 0.0, joins=False),
    ),
    (
        Pass("all", 300, shuffled, 0.5, 0.05, 0.6),
        Pass("all", 301, partial, 0.7, 0.05, 0.5),
        Pass("all", 302, shuffled, 0.6, 0.3, 0.5, joins=False),
        Pass("all", 303, shuffled, 0.55, 0.0, 0.65),
        Pass("all", 304, partial, 0.55, 0.0, 0.65),
    ),
)
TITLES = (
    (Pass("all", 100, shuffled), Pass("a month", 100, shuffled)),
    (
        Pass("a month", 200, partial, 0.5),
        Pass("half a month", 201, shuffled, 0.75, 0.0, joins=False),
        Pass("a month", 202, partial, 0.6, NEVER, joins=False),
    ),
    (
        Pass("half a month", 300, shuffled, 0.5, 0.05, 0.6),
        Pass("a month", 301, shuffled, 0.6, 0.05, 0.6),
    ),
)
TURNS = {"whole": WHOLE, "titles": TITLES, "words": WHOLE}
