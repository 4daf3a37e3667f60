"""How good a grouping is, measured against a labelled one: BCubed and pairwise precision, recall and F1."""

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Score:
    """Precision, recall and their harmonic mean, 0 – 1."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """The harmonic mean."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0

    def as_data(self) -> dict[str, float]:
        """Return the score for printing, rounded to four digits."""
        return {
            "precision": round(self.precision, 4),
            "recall": round(self.recall, 4),
            "f1": round(self.f1, 4),
        }


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 1.0


def _pairs(count: int) -> int:
    return count * (count - 1) // 2


def bcubed(truth: Sequence[Hashable | None], found: Sequence[Hashable]) -> Score:
    """Return the mean over labelled documents of how pure, and how complete, the found group of each is.

    Documents without a label (None) belong nowhere: in a group they cost precision.
    """
    both = _labelled(truth, found)
    truths, founds = Counter(truth), Counter(found)
    precision = sum(count * count / founds[group] for (_, group), count in both.items())
    recall = sum(count * count / truths[label] for (label, _), count in both.items())
    return Score(_share(precision, both.total()), _share(recall, both.total()))


def pairwise(truth: Sequence[Hashable | None], found: Sequence[Hashable]) -> Score:
    """Return how many pairs of documents in one group belong together, and how many that do are in one group."""
    return _scored(truth, found, [()] * len(truth))


def across(truth: Sequence[Hashable | None], found: Sequence[Hashable], kinds: Sequence[Hashable]) -> Score:
    """Return the pairwise score over the pairs whose kinds (say, languages) differ."""
    whole, inside = _counts(truth, found, [()] * len(truth)), _counts(truth, found, kinds)
    right, grouped, labelled = (one - other for one, other in zip(whole, inside, strict=True))
    return Score(_share(right, grouped), _share(right, labelled))


def _labelled(truth: Sequence[Hashable | None], *others: Sequence[Hashable]) -> Counter[tuple[Hashable, ...]]:
    return Counter(row for row in zip(truth, *others, strict=True) if row[0] is not None)


def _scored(truth: Sequence[Hashable | None], found: Sequence[Hashable], kinds: Sequence[Hashable]) -> Score:
    right, grouped, labelled = _counts(truth, found, kinds)
    return Score(_share(right, grouped), _share(right, labelled))


def _counts(
    truth: Sequence[Hashable | None], found: Sequence[Hashable], kinds: Sequence[Hashable]
) -> tuple[int, int, int]:
    """Return the pairs of one kind that are grouped rightly, grouped at all (one of them labelled), and labelled."""
    both = _labelled(truth, found, kinds)
    labels = _labelled(truth, kinds)
    grouped = Counter(zip(found, kinds, strict=True))
    unlabelled = Counter(row[1:] for row in zip(truth, found, kinds, strict=True) if row[0] is None)
    right, every = sum(map(_pairs, both.values())), sum(map(_pairs, grouped.values()))
    return right, every - sum(map(_pairs, unlabelled.values())), sum(map(_pairs, labels.values()))
