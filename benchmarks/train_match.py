"""Learns the decisions of monitor/domain/match.py from the development incidents and writes match_weights.py.

    python benchmarks/train_match.py tests/data/incidents/dev.jsonl --write

Every document is met in the order of publication, by an index that remembers the decisions made so far. The first
time the right incident is always taken; afterwards the decisions are the model's own, so that it also learns from
incidents that fell apart or took in a stranger. Each decision is made by a model that never saw the document's
incident (five parts by incident); the figures printed are therefore those of unseen incidents. Three views of the
documents are learned from: as they are, as titles alone, and without an encoder. The test incidents are not read.
"""

import argparse
import hashlib
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from boosting import learn, predict

from monitor.adapters.index import MemoryIndex
from monitor.domain.copies import judge_copy
from monitor.domain.match import MEASURES, measures, merge_measures
from monitor.domain.measures import across, bcubed, pairwise
from monitor.domain.model import Read, State, Verdict
from monitor.domain.roundup import is_roundup
from monitor.domain.trees import Forest
from monitor.evaluate import reads_of, rows_of, vectors_of

PARTS = 5
HOPELESS = -0.1  # behind the best candidate in meaning, words and names by more than this
FEW = 6
PURE = 0.6
JITTER = 6  # hours by which documents change places in each round
ROUNDS = 1
REPEATS = 2
TARGET = Path(__file__).parents[1] / "monitor" / "domain" / "match_weights.py"
Probabilities = Callable[[np.ndarray, str], np.ndarray]


def part_of(label: str) -> int:
    return int(hashlib.md5(label.encode(), usedforsecurity=False).hexdigest(), 16) % PARTS


@dataclass
class Examples:
    """Rows of measures with the truth and the part of the incident that they belong to."""

    values: list = field(default_factory=list)
    truth: list = field(default_factory=list)
    parts: list = field(default_factory=list)
    weights: list = field(default_factory=list)

    def add(self, values, truth, label: str) -> None:
        """Take in the candidates of one decision; of the hopeless ones a few, who stand for the others."""
        for at, (row, right) in enumerate(zip(values, truth, strict=True)):
            if right == 0.5:
                continue  # an incident of two labels teaches nothing about either
            hopeless = not right and max(row[len(MEASURES) - 3 : len(MEASURES)]) < HOPELESS
            if hopeless and at % FEW:
                continue
            self.values.append(row)
            self.truth.append(right)
            self.parts.append(part_of(label))
            self.weights.append(FEW if hopeless else 1)

    def learned(self) -> tuple[Probabilities, Forest]:
        """Return the probabilities by models that did not see an incident, and the model of all."""
        values, truth = np.array(self.values), np.array(self.truth, dtype=float)
        parts, weights = np.array(self.parts), np.array(self.weights, dtype=float)
        others = [parts != part for part in range(PARTS)]
        forests = [learn(values[these], truth[these], weights=weights[these]) for these in others]
        return (lambda rows, label: predict(forests[part_of(label)], rows)), learn(
            values, truth, weights=weights
        )


@dataclass
class Run:
    """One pass over documents: who is in which incident, by their labels."""

    rows: list
    reads: list[Read]
    joins: Probabilities | None = None
    merges: Probabilities | None = None
    join_from: float = 0.5
    merge_from: float = 0.9
    index: MemoryIndex = field(default_factory=MemoryIndex)
    members: dict = field(default_factory=dict)
    aliases: dict = field(default_factory=dict)
    found: list = field(default_factory=list)

    def label(self, at: int) -> str:
        return str(self.rows[at].get("incident") or self.rows[at]["id"])

    def current(self, incident):
        while incident in self.aliases:
            incident = self.aliases[incident]
        return incident

    def owner(self, incident) -> str:
        """Return the label that most reports of an incident have."""
        return Counter(self.members[incident]).most_common(1)[0][0]

    def right(self, incident, label: str) -> float:
        """Return whether a document of this label belongs to an incident; a half where both are true."""
        counts = Counter(self.members[incident])
        share = counts[label] / counts.total()
        return 1.0 if share > PURE else 0.0 if share == 0.0 else 0.5

    def go(self, joined: Examples, merged: Examples) -> list[str]:
        for at, read in enumerate(self.reads):
            self.found.append(self.place(at, read, joined, merged))
        return [f"{self.current(one)}" for one in self.found]

    def place(self, at: int, read: Read, joined: Examples, merged: Examples):
        recall = self.index.recall(read)
        if copy := judge_copy(recall.copies, read):
            incident = next(one.incident_id for one in recall.copies if one.original_id == copy.original_id)
            self.index.learn(read, Verdict(read.article_id, State.COPY, (), copy=copy, incident_id=incident))
            if incident:
                self.members[self.current(incident)].append(self.label(at))
            return incident or f"alone {at}"
        if is_roundup(read.document.title, read.document.text):
            return f"alone {at}"
        chosen = self.choose(at, read, joined)
        incident = chosen or self.index.next_incident_id()
        self.index.learn(read, Verdict(read.article_id, State.QUEUED, (), incident_id=incident))
        self.members.setdefault(incident, []).append(self.label(at))
        if chosen:
            self.bring_together(incident, merged)
        return incident

    def choose(self, at: int, read: Read, joined: Examples):
        evidence = self.index.recall_incidents(read.document.title, read.document.text, read)
        if not evidence:
            return None
        values, label = measures(evidence), self.label(at)
        truth = [self.right(one.incident_id, label) for one in evidence]
        joined.add(values, truth, label)
        scores = self.joins(np.array(values), label) if self.joins else np.array(truth)
        best = int(np.argmax(scores))
        return evidence[best].incident_id if scores[best] >= self.join_from else None

    def bring_together(self, incident, merged: Examples) -> None:
        rivals = self.index.recall_rivals(incident)
        if not rivals:
            return
        label, reports = self.owner(incident), self.index.reports(incident)
        values = merge_measures(reports, rivals)
        merged.add(values, [int(self.owner(one.incident_id) == label) for one in rivals], label)
        if not self.merges:
            return
        scores = self.merges(np.array(values), label)
        best = int(np.argmax(scores))
        if scores[best] >= self.merge_from:
            kept, gone = sorted((incident, rivals[best].incident_id))
            self.index.merge(kept, gone)
            self.aliases[gone] = kept
            self.members[kept] += self.members.pop(gone)


def told(rows, found) -> str:
    truth = [row.get("incident") for row in rows]
    languages = [str(row.get("language") or "").split("-")[0] for row in rows]
    scores = (bcubed(truth, found), pairwise(truth, found), across(truth, found, languages))
    shown = " ".join(f"{s.precision:.3f}/{s.recall:.3f}/{s.f1:.3f}" for s in scores)
    kept = {group for label, group in zip(truth, found, strict=True) if label}
    return f"B3, pairs, across languages {shown}; {len(kept)} incidents for {len(set(truth) - {None})}"


def views(path: Path) -> dict[str, tuple[list, list[Read]]]:
    """Return the documents as they are, as titles alone, and without an encoder."""
    rows = rows_of(path)
    reads = reads_of(rows, vectors_of(rows))
    bare = [{**row, "text": ""} for row in rows]
    without = [replace(read, reading=replace(read.reading, vector=None)) for read in reads]
    return {
        "whole": (rows, reads),
        "titles": (bare, reads_of(bare, vectors_of(bare))),
        "words": (rows, without),
    }


def shuffled(rows: list, reads: list[Read], seed: int) -> tuple[list, list[Read]]:
    """Return the documents as they might have arrived: some hours earlier or later."""
    chance = random.Random(seed)
    moved = sorted(
        range(len(rows)), key=lambda at: reads[at].when.timestamp() + chance.uniform(-1, 1) * JITTER * 3600
    )
    return [rows[at] for at in moved], [reads[at] for at in moved]


def train(name: str, rows: list, reads: list[Read]) -> tuple[Forest, Forest]:
    """Return the decisions for one view of the documents."""
    joined, merged, joins, merges = Examples(), Examples(), None, None
    for turn in range(ROUNDS + 1):
        for seed in range(REPEATS if turn else 1):
            view = shuffled(rows, reads, 100 * turn + seed) if seed or turn else (rows, reads)
            found = Run(*view, joins, merges).go(joined, merged)
            print(f"{name} round {turn}: {told(view[0], found)}", flush=True)
        joins, join = joined.learned()
        merges, merge = merged.learned()
        print(f"learned from {len(joined.truth)} joins and {len(merged.truth)} merges", flush=True)
    for join_from, merge_from in ((0.4, 0.8), (0.5, 0.8), (0.5, 2.0), (0.6, 0.8)):
        found = Run(rows, reads, joins, merges, join_from, merge_from).go(Examples(), Examples())
        print(f"{name} join {join_from} merge {merge_from}: {told(rows, found)}", flush=True)
    return join, merge


def written(forests: dict[str, Forest], thresholds: list[float]) -> str:
    told_forests = "\n".join(_told(name, forest) for name, forest in forests.items())
    return f'''"""The learned decisions of matching; made by benchmarks/train_match.py, do not edit."""

from monitor.domain.trees import Forest

JOIN_WITHIN, JOIN_ACROSS, MERGE_FROM = {thresholds[0]}, {thresholds[1]}, {thresholds[2]}
{told_forests}
'''


def _told(name: str, forest: Forest) -> str:
    trees = "\n".join(f"        {tree}," for tree in forest.trees)
    return f"{name} = Forest(\n    (\n{trees}\n    ),\n    {forest.bias},\n)  # fmt: skip"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("path", type=Path)
    parser.add_argument("--write", action="store_true", help="replace monitor/domain/match_weights.py")
    parser.add_argument("--thresholds", type=float, nargs=3, default=(0.45, 0.45, 0.95))
    chosen = parser.parse_args()
    forests = {}
    for name, (rows, reads) in views(chosen.path).items():
        forests[f"JOIN_{name.upper()}"], forests[f"MERGE_{name.upper()}"] = train(name, rows, reads)
    if chosen.write:
        TARGET.write_text(written(forests, list(chosen.thresholds)), encoding="utf-8")


if __name__ == "__main__":
    main()
