"""Learns the decisions of monitor/domain/match.py from the development incidents and writes match_weights.py.

    python benchmarks/train_match.py tests/data/incidents/{dev,more_a}.jsonl tests/site/data/{seeds,distractors}.jsonl \
        --titles tests/data/incidents/titles.jsonl --write

Every document is met in the order of publication, by an index that remembers the decisions made so far. The first
time the right incident is always taken; afterwards the decisions are the model's own, so that it also learns from incidents that fell apart or took in a stranger. Each
decision is made by a model that never saw the document's incident (five parts by incident); the figures printed are
therefore those of unseen incidents. The documents are met several times, in shuffled order, and with a part of them
missing: so that young incidents are learned from as well as old ones. The thresholds are those with the best figures.
Three views of the documents are learned from: as they are, as titles alone (here the sets of titles are added, laid
over each other in time), and without an encoder. The test incidents are not read; the incidents of the replay
(tests/site) are, so that figures on them are not figures of unseen ones.
"""

import argparse
import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

import numpy as np
from boosting import Settings, learn, predict
from matching_views import documents, overlaid, partial, shuffled, views, worlds

from monitor.adapters.index import MemoryIndex
from monitor.domain.copies import judge_copy
from monitor.domain.match import MEASURES, measures, merge_measures
from monitor.domain.measures import across, bcubed, pairwise
from monitor.domain.model import Read, State, Verdict
from monitor.domain.roundup import is_roundup
from monitor.domain.trees import Forest

PARTS = 5
HOPELESS = -0.1  # behind the best candidate in meaning, words and names by more than this
FEW = 6
PURE = 0.6
FEWEST = 200  # documents of a world that thresholds are chosen by
LEADS = [at for at, name in enumerate(MEASURES) if name.startswith("ahead_")]
TURNS = ((100, shuffled), (102, partial)), ((200, shuffled), (202, partial), (203, partial))
ORDERS = 1  # of arrival, over which thresholds are chosen
CAUTION = Settings(trees=80, rate=0.12, ridge=5.0, least=8.0)
# So few incidents say little about a stream of titles alone, where thousands of neighbours are alike: chosen by hand, with
# an eye on the public titles that docs/matching.md measures. A title is too little to merge by.
CHOSEN = {"titles": [0.8, 0.75, 1.01]}
WITHIN, ACROSS, MERGES = (0.4, 0.5, 0.6), (0.05,), (0.4, 0.7)  # thresholds that are tried
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
        for place, (row, right) in enumerate(zip(values, truth, strict=True)):
            if right == 0.5:
                continue  # an incident of two labels teaches nothing about either
            hopeless = not right and max(row[at] for at in LEADS) < HOPELESS
            if hopeless and place % FEW:
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
        forests = [learn(values[these], truth[these], CAUTION, weights[these]) for these in others]
        unseen = lambda rows, label: predict(forests[part_of(label)], rows)  # noqa: E731
        return unseen, learn(values, truth, CAUTION, weights)


@dataclass
class Run:
    """One pass over documents: who is in which incident, by their labels."""

    rows: list
    reads: list[Read]
    joins: Probabilities | None = None
    merges: Probabilities | None = None
    join_from: float = 0.45
    across: float = 0.0  # more than that between languages
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
        needed = [self.join_from + self.across * (not one.same_language) for one in evidence]
        best = int(np.argmax(scores - np.array(needed)))
        return evidence[best].incident_id if scores[best] >= needed[best] else None

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


def figures(rows, found) -> np.ndarray:
    """Return BCubed precision, recall and F1, pairwise F1, F1 across languages, and the number of incidents."""
    truth = [row.get("incident") for row in rows]
    languages = [str(row.get("language") or "").split("-")[0] for row in rows]
    whole = bcubed(truth, found)
    kept = {group for label, group in zip(truth, found, strict=True) if label}
    pairs, over = pairwise(truth, found).f1, across(truth, found, languages).f1
    return np.array((whole.precision, whole.recall, whole.f1, pairs, over, len(kept)))


def told(values: np.ndarray) -> str:
    shown = " ".join(f"{value:.3f}" for value in values[:5])
    return f"B3 P R F1, pairs F1, across languages F1: {shown}; {values[5]:.0f} incidents"


def meet(held: list[tuple[list, list[Read]]], turn: int, models, joined: Examples, merged: Examples) -> None:
    """Meet the documents in every order of a turn, and learn from the decisions that come of it."""
    for seed, order in TURNS[turn]:
        for rows, reads in held:
            Run(*order(rows, reads, seed), *models).go(joined, merged)


def train(name: str, held: list[tuple[list, list[Read]]]) -> tuple[Forest, Forest, list[float]]:
    """Return the decisions for one view of the documents, and the thresholds that suit it."""
    joined, merged, models = Examples(), Examples(), (None, None)
    for turn in range(len(TURNS)):
        meet(held, turn, models, joined, merged)
        (joins, join), (merges, merge) = joined.learned(), merged.learned()
        models = joins, merges
        print(f"{name}: learned from {len(joined.truth)} joins and {len(merged.truth)} merges", flush=True)
    return join, merge, thresholds(name, held, joins, merges)


def thresholds(name: str, held: list[tuple[list, list[Read]]], joins, merges) -> list[float]:
    """Return the thresholds with the best figures over several orders of arrival, on unseen incidents.

    Counted are the three F1 and how far the number of incidents is from the truth.
    """
    best, chosen = 0.0, []
    for within, more, merge in product(WITHIN, ACROSS, MERGES):
        worth = 0.0
        for rows, reads in (one for one in held if len(one[0]) > FEWEST):
            true = len({row.get("incident") for row in rows} - {None})
            orders = [shuffled(rows, reads, 900 + seed) for seed in range(ORDERS)]
            runs = [Run(*view, joins, merges, within, more, merge) for view in orders]
            values = np.mean([figures(run.rows, run.go(Examples(), Examples())) for run in runs], axis=0)
            print(f"{name} {within} {within + more:.2f} {merge}: {told(values)} for {true}", flush=True)
            worth += len(rows) * (values[2:5].sum() - abs(np.log(values[5] / true)))
        if worth > best:
            best, chosen = worth, [within, round(within + more, 2), merge]
    return chosen


def written(forests: dict[str, Forest], chosen: dict[str, list[float]]) -> str:
    told_forests = "\n".join(_told(name, forest) for name, forest in forests.items())
    limits = "\n".join(f"FROM_{name.upper()} = {tuple(values)}" for name, values in chosen.items())
    return f'''"""The learned decisions of matching; made by benchmarks/train_match.py, do not edit."""

from monitor.domain.trees import Forest

# probabilities from which a document joins within its language, joins across languages, and incidents are merged
{limits}
{told_forests}
'''


def _told(name: str, forest: Forest) -> str:
    trees = "\n".join(f"        {tree}," for tree in forest.trees)
    return f"{name} = Forest(\n    (\n{trees}\n    ),\n    {forest.bias},\n)  # fmt: skip"


def seen(paths: list[Path], titles: list[Path]) -> dict[str, list]:
    """Return the documents of every view."""
    whole = [views(rows) for rows in worlds(paths)]
    bare = [views([row for path in titles for row in overlaid(documents(path))])["titles"]] if titles else []
    return {name: [one[name] for one in whole] + bare * (name == "titles") for name in whole[0]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("paths", type=Path, nargs="+")
    parser.add_argument("--titles", type=Path, nargs="*", default=[], help="documents that are titles alone")
    parser.add_argument("--write", action="store_true", help="replace monitor/domain/match_weights.py")
    chosen = parser.parse_args()
    forests, limits = {}, {}
    for name, held in seen(chosen.paths, chosen.titles).items():
        join, merge, found = train(name, held)
        limits[name] = CHOSEN.get(name, found)
        forests |= {f"JOIN_{name.upper()}": join, f"MERGE_{name.upper()}": merge}
        print(f"{name}: {limits[name]}", flush=True)
    if chosen.write:
        TARGET.write_text(written(forests, limits), encoding="utf-8")


if __name__ == "__main__":
    main()
