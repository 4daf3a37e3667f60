"""Vectors with what all documents of their language have in common taken out.

The raw vectors of one language lie close together whatever they say, and those of two languages apart; without
their language's mean they compare alike within a language and across.
"""

import numpy as np

from monitor.adapters.embed import DIMENSIONS, unpack
from monitor.adapters.index_rows import Array

PRIOR = (
    30.0  # documents that the mean of all counts as in that of a language, and the origin in the mean of all
)


class Meaning:
    """Learns the mean vector of every language and takes it out."""

    def __init__(self) -> None:
        self._sums: dict[str, Array] = {}
        self._counts: dict[str, float] = {}
        self._means: dict[str, Array] = {}  # by language, until more is learned

    def learn(self, vector: bytes, language: str) -> None:
        """Take a document's vector into the mean of its language and of all."""
        self._means.clear()
        told = unpack(vector)
        for name in (language, ""):
            self._sums[name] = self._sums.get(name, 0.0) + told
            self._counts[name] = self._counts.get(name, 0.0) + 1.0

    def parts(self) -> tuple[Array, str]:
        """Return the count and the sum of every language, and their names in that order."""
        rows = [np.append(self._counts[name], self._sums[name]) for name in self._sums]
        return np.array(rows, dtype=np.float64).reshape(-1, DIMENSIONS + 1), "\n".join(self._sums)

    def restore(self, rows: Array, names: str) -> None:
        """Begin with what was kept."""
        self._means.clear()
        told = names.split("\n") if len(rows) else []
        self._counts = {name: float(row[0]) for name, row in zip(told, rows, strict=True)}
        self._sums = {name: row[1:].astype(np.float32) for name, row in zip(told, rows, strict=True)}

    def _mean(self, language: str) -> Array:
        whole = self._blend("", np.float32(0.0))
        return self._blend(language, whole)

    def _blend(self, name: str, fallback: Array | np.float32) -> Array:
        known = self._sums.get(name, np.float32(0.0))
        return np.asarray((known + PRIOR * fallback) / (self._counts.get(name, 0.0) + PRIOR))

    def centred(self, vector: bytes, language: str) -> Array:
        """Return a vector of length 1 without its language's mean."""
        if language not in self._means:
            self._means[language] = self._mean(language)
        moved = unpack(vector) - self._means[language]
        return (moved / max(float(np.sqrt(moved @ moved)), 1e-6)).astype(np.float32, copy=False)
