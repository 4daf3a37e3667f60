"""A document as it is compared: its words weighed by their rarity, its names, its vector."""

from typing import NamedTuple

import numpy as np

from monitor.adapters.index_features import SOUND, Features
from monitor.adapters.index_numbers import Rarity
from monitor.adapters.index_rows import Array

TERMS = 64  # words that are kept of a report, the weightiest
KEYS = 40  # names, figures and quotes
SOUNDS = 48


class Names(NamedTuple):
    """Names, figures, quotes and sounds, the rarest first of the keys and then of the sounds."""

    hashes: Array
    numbers: Array  # zero for those that no report has
    rarities: Array
    keys: int  # how many of them are no sounds
    written: tuple[str, ...]  # how each is written; none for incidents
    kinds: Array  # what each is: a name, a figure, a quote or a sound
    by_kind: Array  # the rarities in columns: of sounds, names, figures, quotes, and of names in the title
    whole: list[float]  # the sums of these columns

    @classmethod
    def of(
        cls, hashes: Array, numbers: Array, rarities: Array, titled: Array, written: tuple[str, ...]
    ) -> "Names":
        """Return names with what follows from them; `titled` tells for the keys whether they stand in the title."""
        kinds, keys = hashes & np.uint32(3), len(titled)
        by_kind = np.zeros((len(hashes), 5))
        by_kind[np.arange(len(hashes)), kinds] = rarities
        by_kind[:keys, 4] = titled * rarities[:keys]
        whole = np.add.reduce(by_kind).tolist()
        return cls(hashes, numbers, rarities, keys, written, kinds, by_kind, whole)


class Probe(NamedTuple):
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
    kept = (-weights).argsort(kind="stable")[:TERMS]
    return Probe(
        features.terms.take(kept),
        numbers.take(kept),
        unit(weights.take(kept)),
        unit((features.titles * rare[:words]).take(kept)),
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
    hashes = np.concatenate((features.keys, features.sounds)).take(both)
    every = features.written
    written = tuple([every[at] for at in both.tolist()])
    rarities = rare.take(both).astype(np.float64)
    return Names.of(hashes, numbers.take(both), rarities, features.titled.take(first), written)


def names_of(numbers: Array, rarity: Rarity) -> Names:
    """Return the rarest of the names and sounds of an incident's reports."""
    hashes, rare = rarity.hashes.rows[numbers], rarity.of(numbers)
    heard = hashes & np.uint32(3) == SOUND
    found = [
        places[rarest(hashes[places], rare[places], most)]
        for places, most in ((np.flatnonzero(~heard), 2 * KEYS), (np.flatnonzero(heard), 2 * SOUNDS))
    ]
    both, titled = np.concatenate(found), np.zeros(len(found[0]), dtype=np.bool_)
    return Names.of(hashes[both], numbers[both], rare[both].astype(np.float64), titled, ())


def rarest(hashes: Array, rare: Array, most: int) -> Array:
    """Return the places of the rarest of some hashes, the rarest first."""
    return np.lexsort((hashes, -rare))[:most]
