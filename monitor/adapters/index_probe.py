"""A document as it is compared: its words weighed by their rarity, its names, its vector."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from math import log

import numpy as np

from monitor.adapters.index_features import Features
from monitor.adapters.index_rows import Array

TERMS = 64  # words that are kept of a report, the weightiest
KEYS = 40  # names, figures and quotes
SOUNDS = 48
PRIOR = 200  # documents that are taken as read before the first: rarity needs a past


class Rarity:
    """How rare words and names are among the incidents, about 0 – 1: what one incident alone has is rare."""

    def __init__(self) -> None:
        self._count: defaultdict[int, int] = defaultdict(int)
        self.incidents = 0

    def learn(self, hashes: Iterable[int]) -> None:
        """Count what is new to an incident."""
        for one in hashes:
            self._count[one] += 1

    def of(self, hashes: Iterable[int]) -> Array:
        """Return the rarity of every hash."""
        counts = np.array([self._count.get(one, 0) for one in hashes], dtype=np.float32)
        total = self.incidents + PRIOR
        weights = np.log((total + 1.0) / (counts + 0.5)) / np.float32(log(total * 2.0 + 2.0))
        return np.asarray(weights, dtype=np.float32)


@dataclass(frozen=True)
class Probe:
    """A document as it is compared: hashes with weights of unit length, names with rarities, vector, time in days."""

    hashes: Array
    weights: Array
    title_weights: Array  # of the same hashes
    keys: dict[int, float]  # names, figures and quotes with their rarities
    sounds: dict[int, float]
    places: int
    title_names: frozenset[int]
    written: dict[int, str]
    vector: Array | None
    day: float
    language: int
    publisher: int
    brief: bool = False


def unit(weights: Array) -> Array:
    """Return the weights scaled to length 1; unchanged where all are zero."""
    size = float(np.linalg.norm(weights))
    return weights / np.float32(size) if size else weights


def probe(
    features: Features, rarity: Rarity, vector: Array | None, *, day: float, language: int, publisher: int
) -> Probe:
    """Return a document as it is compared, its words weighed by what was learned so far."""
    hashes = np.fromiter(features.terms, dtype=np.uint32, count=len(features.terms))
    rare = rarity.of(features.terms)
    weights = np.fromiter(features.terms.values(), dtype=np.float32, count=len(hashes)) * rare
    title = np.array([features.title.get(term, 0.0) for term in features.terms], dtype=np.float32) * rare
    kept = np.argsort(-weights, kind="stable")[:TERMS]
    keys, sounds = rarest(features.keys, rarity, KEYS), rarest(features.sounds, rarity, SOUNDS)
    return Probe(
        hashes[kept],
        unit(weights[kept]),
        unit(title[kept]),
        keys,
        sounds,
        features.places,
        features.title_names,
        {**features.sounds, **features.keys},
        vector,
        day,
        language,
        publisher,
        features.brief,
    )


def rarest(hashes: Iterable[int], rarity: Rarity, most: int) -> dict[int, float]:
    """Return the rarest of some hashes with their rarity."""
    held = list(hashes)
    pairs = zip(rarity.of(held).tolist(), held, strict=True)
    return {one: rare for rare, one in sorted(pairs, key=lambda pair: (-pair[0], pair[1]))[:most]}
