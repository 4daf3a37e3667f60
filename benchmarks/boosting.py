"""Learns boosted trees of depth three from numbers; small data, no dependency but numpy."""

from dataclasses import dataclass

import numpy as np

from monitor.domain.trees import QUESTIONS, Forest, Tree

BINS = 48
DEPTH = 3


@dataclass(frozen=True)
class Settings:
    """How cautiously is learned."""

    trees: int = 80
    rate: float = 0.12
    ridge: float = 2.0
    least: float = 1.5  # undecided examples on each side of a question
    share: float = 1.0  # of the measures, that each tree may ask for


def _edges(column):
    return np.unique(np.quantile(column, np.linspace(0, 1, BINS + 1)[1:-1]).astype(np.float32))


def _binned(values, edges):
    return np.stack(
        [np.searchsorted(edge, values[:, at], side="left") for at, edge in enumerate(edges)], axis=1
    )


def _best(node, cells, slopes, shape, settings):
    """Return for every node the question (measure, bin) that gains most; bin BINS asks nothing."""
    count, features, width = shape
    places = (cells + node[:, None] * (features * width)).ravel()
    sums = [
        np.bincount(places, weights=one, minlength=count * features * width).reshape(shape) for one in slopes
    ]
    gl, hl = (one.cumsum(axis=2) for one in sums)
    gt, ht = gl[:, :, -1:], hl[:, :, -1:]
    ridge = settings.ridge
    gain = gl**2 / (hl + ridge) + (gt - gl) ** 2 / (ht - hl + ridge) - gt**2 / (ht + ridge)
    gain[(hl < settings.least) | (ht - hl < settings.least)] = 0.0
    best = gain.reshape(count, -1).argmax(axis=1)
    worth = gain.reshape(count, -1).max(axis=1) > 1e-9
    return np.where(worth, best // width, 0), np.where(worth, best % width, BINS)


def _tree(bins, edges, slopes, settings) -> Tree:
    features = bins.shape[1]
    cells = bins + np.arange(features) * (BINS + 1)
    repeated = [np.repeat(one, features) for one in slopes]
    node = np.zeros(len(bins), dtype=np.int64)
    asked, limits = [], []
    for level in range(DEPTH):
        shape = (2**level, features, BINS + 1)
        chosen, cuts = _best(node, cells, repeated, shape, settings)
        for feature, cut in zip(chosen, cuts, strict=True):
            asked.append(int(feature))
            limits.append(round(float(edges[feature][cut]), 5) if cut < len(edges[feature]) else 1e9)
        node = 2 * node + (bins[np.arange(len(bins)), chosen[node]] > cuts[node])
    g, h = (np.bincount(node, weights=one, minlength=2**DEPTH) for one in slopes)
    answers = -settings.rate * g / (h + settings.ridge)
    return tuple(asked), tuple(limits), tuple(round(float(one), 4) for one in answers)


def _step(tree: Tree, values: np.ndarray) -> np.ndarray:
    asked, limits, answers = (np.array(part) for part in tree)
    rows, at = np.arange(len(values)), np.zeros(len(values), dtype=np.int64)
    for _ in range(DEPTH):
        at = 2 * at + 1 + (values[rows, asked[at]] > limits[at])
    return answers[at - QUESTIONS]


def learn(values: np.ndarray, truth: np.ndarray, settings: Settings | None = None, weights=None) -> Forest:
    """Return a forest whose probabilities fit the truth (0 or 1 a row of values)."""
    settings = settings or Settings()
    weights = np.ones(len(truth)) if weights is None else weights
    edges = [_edges(values[:, at]) for at in range(values.shape[1])]
    bins = _binned(values, edges)
    share = float(np.clip((weights * truth).sum() / weights.sum(), 1e-4, 1 - 1e-4))
    bias = round(float(np.log(share / (1 - share))), 4)
    odds, trees, chance = np.full(len(truth), bias), [], np.random.default_rng(0)
    count = values.shape[1]
    for _ in range(settings.trees):
        p = 1 / (1 + np.exp(-odds))
        slopes = weights * (p - truth), weights * p * (1 - p)
        some = np.sort(chance.choice(count, max(3, int(settings.share * count)), replace=False))
        asked, *rest = _tree(bins[:, some], [edges[at] for at in some], slopes, settings)
        trees.append((tuple(int(some[at]) for at in asked), *rest))
        odds += _step(trees[-1], values)
    return Forest(tuple(trees), bias)


def predict(forest: Forest, values: np.ndarray) -> np.ndarray:
    """Return the probabilities of many rows at once."""
    asked, limits, answers = (np.array(part) for part in zip(*forest.trees, strict=True))
    rows, which = np.arange(len(values))[:, None], np.arange(len(asked))
    at = np.zeros((len(values), len(asked)), dtype=np.int64)
    for _ in range(DEPTH):
        at = 2 * at + 1 + (values[rows, asked[which, at]] > limits[which, at])
    odds = forest.bias + answers[which, at - QUESTIONS].sum(axis=1)
    return 1 / (1 + np.exp(-odds))
