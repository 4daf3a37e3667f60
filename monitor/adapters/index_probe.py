"""A document as it is compared: its words weighed by their rarity, its names, its vector."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from monitor.adapters.index_features import NAME, Features
from monitor.adapters.index_numbers import Rarity
from monitor.adapters.index_rows import Array

TERMS = 64  # words that are kept of a report, the weightiest
KEYS = 40  # names, figures and quotes
SOUNDS = 48


@dataclass(frozen=True)
class Names:
    """Names, figures, quotes and sounds, the rarest first of the keys and then of the sounds."""

    hashes: Array
    numbers: Array  # zero for those that no report has
    rarities: Array
    titled: Array  # the names in the title
    keys: int  # how many of them are no sounds
    written: tuple[str, ...]  # how each is written; none for incidents

    @cached_property
    def kinds(self) -> Array:
        """What each is: a name, a figure, a quote or a sound."""
        return self.hashes & np.uint32(3)

    @cached_property
    def spoken(self) -> Array:
        """Which are names or sounds of names."""
        return self.kinds <= NAME

    @cached_property
    def by_kind(self) -> Array:
        """The rarities in columns: of sounds, of names, of figures, of quotes, of names in the title."""
        found = np.zeros((len(self.kinds), 5))
        found[np.arange(len(self.kinds)), self.kinds] = self.rarities
        found[:, 4] = self.titled * self.rarities
        return found

    @cached_property
    def whole(self) -> list[float]:
        """What all of them weigh together, in the same order."""
        weighed: list[float] = self.by_kind.sum(axis=0).tolist()
        return weighed


@dataclass(frozen=True)
class Probe:
    """A document as it is compared: words with weights of unit length, names with rarities, vector, time in days."""

    hashes: Array
    numbers: Array  # of the words, zero for those that no report has
    weights: Array
    title_weights: Array  # of the same words
    names: Names
    places: int
    vector: Array | None
    day: float
    language: int
    publisher: int
    brief: bool = False


def unit(weights: Array) -> Array:
    """Return the weights scaled to length 1; unchanged where all are zero."""
    size = float(np.sqrt(weights @ weights))
    return weights / np.float32(size) if size else weights


def probe(
    features: Features, rarity: Rarity, vector: Array | None, *, day: float, language: int, publisher: int
) -> Probe:
    """Return a document as it is compared, its words weighed by what was learned so far."""
    words = len(features.terms)
    numbers = rarity.numbers.of(np.concatenate((features.terms, features.keys, features.sounds)))
    rare = rarity.of(numbers)
    weights = features.weights * rare[:words]
    kept = np.argsort(-weights, kind="stable")[:TERMS]
    return Probe(
        features.terms[kept],
        numbers[kept],
        unit(weights[kept]),
        unit((features.titles * rare[:words])[kept]),
        _names(features, numbers[words:], rare[words:]),
        features.places,
        vector,
        day,
        language,
        publisher,
        features.brief,
    )


def _names(features: Features, numbers: Array, rare: Array) -> Names:
    keys = len(features.keys)
    first = rarest(features.keys, rare[:keys], KEYS)
    both = np.concatenate((first, keys + rarest(features.sounds, rare[keys:], SOUNDS)))
    hashes = np.concatenate((features.keys[first], features.sounds[both[len(first) :] - keys]))
    titled = np.zeros(len(both), dtype=np.bool_)
    titled[: len(first)] = features.titled[first]
    written = tuple([features.written[at] for at in both.tolist()])
    return Names(hashes, numbers[both], rare[both].astype(np.float64), titled, len(first), written)


def rarest(hashes: Array, rare: Array, most: int) -> Array:
    """Return the places of the rarest of some hashes, the rarest first."""
    return np.lexsort((hashes, -rare))[:most]
