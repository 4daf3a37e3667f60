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
MOST = 40.0  # of a logarithm


@dataclass(frozen=True)
class Average:
    """Average linkage (Sokal and Michener 1958): two incidents are one where their reports are alike on average.

    Much reported events go on being reported on: what is large is likelier to be what others tell of as well, as in a
    Chinese restaurant process (Aldous 1985). The mean of many pairs also says more than that of a few.
    """

    words: float = 0.15  # likeness of words beside that of meaning
    across: float = 0.03  # added for the share of pairs in two languages, which share no words
    days: float = 0.12  # taken off for each day between two reports
    smaller: float = 0.015  # times the logarithm of the reports of the smaller incident
    larger: float = 0.04  # the same of the larger one
    enough: float = 0.42  # of all that, for even odds

    def likeness(self, links: Sequence[float], reports: Sequence[float]) -> float:
        """Return how alike two incidents are, from their `LINKS` and how many reports each has."""
        at = dict(zip(LINKS, links, strict=True))
        alike = at["meaning_mean"] + self.words * at["words_mean"] + self.across * (1.0 - at["same_share"])
        fewer, more = (math.log(max(1.0, one)) for one in sorted(reports))
        return alike - self.days * at["days_mean"] + self.smaller * fewer + self.larger * more

    def probabilities(self, rows: Sequence[Sequence[float]]) -> list[float]:
        """Return how probable each of some merges is, from rows as `merge_measures` in monitor/domain/merge.py tells them."""
        odds = (STEEP * (self._of(row) - self.enough) for row in rows)
        return [1.0 / (1.0 + math.exp(-max(-MOST, min(MOST, one)))) for one in odds]

    def _of(self, row: Sequence[float]) -> float:
        """Return the likeness from a row that ends in how large both are, as logarithms, and the links."""
        counts, links = row[-len(LINKS) - 2 : -len(LINKS)], row[-len(LINKS) :]
        return self.likeness(links, [math.expm1(min(MOST, one)) for one in counts])
