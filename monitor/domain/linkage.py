"""Linkage: how the reports of two incidents are alike, each with each, and what their average says."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

_ALIKE = ("meaning", "words", "titles", "joint")
_LINKED = ("mean", "highest", "ours", "theirs", "best_three")
# what `between` in monitor/adapters/index_between.py measures, in this order
LINKS = (
    *(f"{alike}_{linked}" for alike in _ALIKE for linked in _LINKED),
    "same_share", "cross_meaning", "cross_joint", "same_words", "same_titles", "same_joint",
    "centres", "inside", "within", "looser", "over_others",
    "core", "core_cosine", "core_share", "core_sounds",
    "gap", "means_apart", "idle", "smaller", "larger", "days_mean",
)  # fmt: skip
STEEP = 20.0  # log-odds for each 1.0 of likeness


@dataclass(frozen=True)
class Average:
    """Average linkage (Sokal and Michener 1958): two incidents are one where their reports are alike on average.

    Pairs of titles say little one by one; their mean says more the more there are, which `few` stands for.
    """

    words: float = 0.15  # likeness of words beside that of meaning
    across: float = 0.03  # added for the share of pairs in two languages, which share no words
    days: float = 0.12  # taken off for each day between two reports
    few: float = 0.15  # taken off by the reports of the smaller incident
    enough: float = 0.225  # of all that, for even odds

    def likeness(self, links: Sequence[float]) -> float:
        """Return how alike two incidents are, from their `LINKS`."""
        at = dict(zip(LINKS, links, strict=True))
        alike = at["meaning_mean"] + self.words * at["words_mean"] + self.across * (1.0 - at["same_share"])
        return alike - self.days * at["days_mean"] - self.few / max(1.0, at["smaller"])

    def probabilities(self, rows: Sequence[Sequence[float]]) -> list[float]:
        """Return how probable each of some merges is, from rows that end in `LINKS`."""
        odds = (STEEP * (self.likeness(row[-len(LINKS) :]) - self.enough) for row in rows)
        return [1.0 / (1.0 + math.exp(-max(-40.0, min(40.0, one)))) for one in odds]
