"""Makes the weights of the matching decision (monitor/domain/match_weights.py) from the development incidents.

    python benchmarks/train_match.py [--write]

Each document of tests/data/incidents/dev.jsonl is met in the order of publication by an index that always takes the
right incident; every incident recalled gives one row of measures, right or wrong. A logistic regression with L2 is
fitted per kind of pair (one language, across languages); the threshold is the one with the best B3 F1 of the model's
own decisions on the same part, raised by what the look-alikes of the replay asked for. The test part is never read. Nothing here is random: the same data give the same weights.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from monitor.adapters.index import MemoryIndex
from monitor.domain import match
from monitor.domain.match import measures
from monitor.domain.match_weights import Weights
from monitor.domain.model import Outcome, Screening, State, Verdict
from monitor.domain.roundup import is_roundup
from monitor.evaluate import decided, groups_of, reads_of, rows_of, vectors_of

ROOT = Path(__file__).parents[1]
DATA = ROOT / "tests" / "data" / "incidents" / "dev.jsonl"
TARGET = ROOT / "monitor" / "domain" / "match_weights.py"
RIDGE, ROUNDS = 3.0, 60
RAISE = 0.07  # on the thresholds: the replay has more look-alikes than the development part
LINKS, LINK_WEIGHT = 9, 3.0  # the development texts hold no links: their weight is set by judgement
EVERYTHING = Screening(("dev",), 1.0, ())
# measures that can only speak for a match never speak against one, and the other way round
SIGN = np.array([1, 1, 1, 1, 1, 0, 1, 1, 1, 1, -1, 0, 1, 1])


def without_vector(read):
    return replace(read, reading=replace(read.reading, vector=None))


def examples(rows, reads):
    """Return measures, truth and kind of every candidate that a right-minded decider would have met."""
    index, ids, found = MemoryIndex(), {}, []
    for row, read in sorted(
        zip(rows, reads, strict=True), key=lambda pair: (pair[1].when, pair[1].article_id)
    ):
        label = row.get("incident") or f"alone {read.article_id}"
        if row.get("kind") == "copy" or is_roundup(read.document.title, read.document.text):
            continue
        recalled = index.recall_incidents(read.document.title, read.document.text, read)
        found += [(measures(one), ids.get(label) == one.incident_id, one.same_language) for one in recalled]
        outcome = Outcome.EXISTING if label in ids else Outcome.NEW
        ids.setdefault(label, len(ids) + 1)
        index.learn(
            read,
            Verdict(read.article_id, State.QUEUED, (), EVERYTHING, outcome=outcome, incident_id=ids[label]),
        )
    return found


def fit(values: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the weights and the bias of a logistic regression; Newton's method, clipped to the signs."""
    x = np.hstack([values, np.ones((len(values), 1))])
    weights = np.zeros(x.shape[1])
    penalty = np.diag([RIDGE] * values.shape[1] + [0.0])
    for _ in range(ROUNDS):
        p = 1 / (1 + np.exp(-np.clip(x @ weights, -30, 30)))
        gradient = x.T @ (p - truth) + penalty @ weights
        curvature = (x * (p * (1 - p))[:, None]).T @ x + penalty + 1e-6 * np.eye(len(weights))
        weights -= 0.7 * np.linalg.solve(curvature, gradient)
        head = weights[:-1]
        head[(SIGN > 0) & (head < 0)] = 0
        head[(SIGN < 0) & (head > 0)] = 0
    weights[LINKS] = max(weights[LINKS], LINK_WEIGHT)
    return weights[:-1], float(weights[-1])


def b3(rows, reads) -> float:
    from monitor.domain.measures import bcubed

    pairs, _ = decided(reads)
    truth = {number + 1: row.get("incident") or f"alone {number}" for number, row in enumerate(rows)}
    kept = [
        (read, verdict) for read, verdict in pairs if not is_roundup(read.document.title, read.document.text)
    ]
    return bcubed([truth[read.article_id] for read, _ in kept], groups_of(kept)).f1


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--write", action="store_true", help="write the module instead of printing it")
    write = options.parse_args().write
    rows = rows_of(DATA)
    reads = reads_of(rows, vectors_of(rows))
    found = examples(rows, reads) + examples(rows, [without_vector(read) for read in reads])
    fitted = {}
    for same in (True, False):
        part = [(m, t) for m, t, kind in found if kind is same]
        values, truth = np.array([m for m, _ in part]), np.array([float(t) for _, t in part])
        fitted[same] = fit(values, truth)
        print("one language" if same else "across", len(part), "rows", int(truth.sum()), "right")
    best = (0.0, 0.5, 0.5)
    for within in (0.3, 0.4, 0.5, 0.6, 0.7):
        for across in (0.3, 0.4, 0.5, 0.6, 0.7):
            match.WITHIN = Weights(tuple(fitted[True][0]), fitted[True][1], within)
            match.ACROSS = Weights(tuple(fitted[False][0]), fitted[False][1], across)
            best = max(best, (b3(rows, reads), within, across))
    print(f"B3 F1 {best[0]:.3f} on the development part at {best[1:]}")
    text = module(fitted, round(best[1] + RAISE, 2), round(best[2] + RAISE, 2))
    TARGET.write_text(text) if write else print(text)


def module(fitted, within: float, across: float) -> str:
    def line(name, part, threshold):
        values = ", ".join(f"{value:.3f}" for value in part[0])
        return f"{name} = Weights(({values}), {part[1]:.3f}, {threshold})"

    head = TARGET.read_text().split("WITHIN =")[0]
    return head + line("WITHIN", fitted[True], within) + "\n" + line("ACROSS", fitted[False], across) + "\n"


if __name__ == "__main__":
    main()
