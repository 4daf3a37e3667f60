"""Which documents of a batch have so little in common that they may be looked up together.

None of these can bring the others into its incident: what they find is what was known before.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from monitor.adapters.embed import DIMENSIONS
from monitor.adapters.index_lookup import looked_up_by
from monitor.adapters.index_postings import COMMON, Postings
from monitor.adapters.index_probe import Probe
from monitor.adapters.index_rows import Array
from monitor.domain.model import Read

MEANT = 0.3  # likeness of meaning, and
WORDED = (
    0.8  # weight of shared rare words and names: below both, no labelled article joined another's incident
)


def kinship(asked: Sequence[Probe], copied: Sequence[Array], postings: Postings) -> Array:
    """Tell for each document which of the earlier ones may be of one event with it, or share a key of copies."""
    kin = (_meant(asked) >= MEANT) | (_worded(asked, postings) >= WORDED) | (_shared(copied) > 0.0)
    return np.asarray(np.tril(kin | kin.T, -1))


def stretches(reads: Sequence[Read], places: Mapping[int, int], kin: Array) -> list[list[Read]]:
    """Return documents cut before each that is kin of one since the last cut; those that have no place have no kin."""
    found: list[list[Read]] = [[]]
    since: list[int] = []
    for read in reads:
        place = places.get(read.article_id)
        if place is not None and kin[place, since].any():
            found.append([])
            since = []
        found[-1].append(read)
        since += [] if place is None else [place]
    return found


def _meant(asked: Sequence[Probe]) -> Array:
    """Return how alike each two documents are in meaning."""
    none = np.zeros(DIMENSIONS, dtype=np.float32)
    vectors = np.stack([none if one.vector is None else one.vector for one in asked])
    return np.asarray(vectors @ vectors.T)


def _worded(asked: Sequence[Probe], postings: Postings) -> Array:
    """Return what the rare words and names weigh by which each document would be looked up, and which another one has."""
    parts = [looked_up_by(one) for one in asked]
    hashes, numbers, weights = (np.concatenate(column) for column in zip(*parts, strict=True))
    of = np.arange(len(parts)).repeat([len(own) for own, _, _ in parts])
    rare = postings.posted.rows.take(numbers, mode="clip") <= COMMON
    return _product(hashes[rare], of[rare], weights[rare], len(asked))


def _shared(copied: Sequence[Array]) -> Array:
    """Return how many keys of copies each two documents share."""
    keys, of = np.concatenate(copied), np.arange(len(copied)).repeat([len(own) for own in copied])
    return _product(keys, of, np.ones(len(keys)), len(copied))


def _product(keys: Array, of: Array, weights: Array, count: int) -> Array:
    """Return what the keys of each of so many documents weigh that each other one has."""
    _, key, times = np.unique(keys, return_inverse=True, return_counts=True)
    several = times.take(key) > 1
    _, key = np.unique(key[several], return_inverse=True)
    ours = np.zeros((count, int(key.max(initial=-1)) + 1), dtype=np.float32)
    ours[of[several], key] = weights[several]
    return np.asarray(ours @ (ours > 0.0).T.astype(np.float32))
