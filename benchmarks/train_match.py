"""Learns the decisions of monitor/domain/match.py and merge.py from incidents written for it; writes match_weights.py.

    cd tests/data/incidents
    python ../../../benchmarks/train_match.py {dev,more_a,more_b,more_c}.jsonl ../../site/data/{seeds,distractors}.jsonl \
        --titles titles.jsonl,titles_games.jsonl,titles_games_later.jsonl \
                 titles_sport.jsonl,titles_world.jsonl,titles_world_later.jsonl --vectors UNSEEN.npz … --write

Every document is met in the order of publication, by an index that remembers the decisions made so far. The first
time the right incident is always taken; afterwards the decisions are the model's own, so that it also learns from
incidents that fell apart or took in a stranger. Each decision is made by a model that never saw the document's
incident (five parts by incident); the figures printed are therefore those of unseen incidents. The documents are met
several times, shuffled and in part, so that young incidents are learned from as well as old ones. What is to be merged
is learned from turns that join too timidly, or never across languages: there incidents lie in pieces.
Three views of the documents are learned from: as they are, as titles alone (here the sets of titles are added, laid
over each other in time, more and more densely), and without an encoder. The vectors are those of an encoder that has
not learned from the document's incident (train_encoder.py encode). The test incidents are not read; the incidents
of the replay (tests/site) are, so that figures on them are not figures of unseen ones.
"""

import argparse
import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from boosting import Settings, learn, predict
from matching_passes import TURNS, WEEKS, Pass
from matching_views import documents, overlaid, prepared, shuffled, views, worlds

from monitor.adapters.index import MemoryIndex
from monitor.domain import match_weights
from monitor.domain.copies import judge_copy
from monitor.domain.match import MEASURES, measures
from monitor.domain.measures import across, bcubed, pairwise
from monitor.domain.merge import merge_measures
from monitor.domain.model import Read, State, Verdict
from monitor.domain.roundup import is_roundup
from monitor.domain.second_look import MERGES
from monitor.domain.trees import Forest

PARTS = 5
HOPELESS = -0.1  # behind the best candidate in meaning, words and names by more than this
FEW = 6
PURE = 0.6
FEWEST = 200  # documents of a world that figures are printed of
AGAIN = 5  # times that a smaller one is met, in other orders: that of the replay, which is like real news
MOST = 150_000  # examples that are learned from, by chance
LEADS = [at for at, name in enumerate(MEASURES) if name.startswith("ahead_")]
JOINS = Settings(trees=220, rate=0.09, ridge=10.0, least=8.0, share=0.4)
MERGING = Settings(trees=120, rate=0.12, ridge=10.0, least=8.0, share=0.3)
# Titles of the world are unlike those written for this project: few and careful trees are mistaken less often there
CAREFUL = Settings(trees=70, rate=0.12, ridge=40.0, least=8.0, share=0.4)
CAREFUL_MERGING = Settings(trees=60, rate=0.12, ridge=40.0, least=8.0, share=0.3)
LEARNING = {
    "whole": (JOINS, MERGING),
    "titles": (CAREFUL, CAREFUL_MERGING),
    "words": (JOINS, MERGING),
}
TARGET = Path(__file__).parents[1] / "monitor" / "domain" / "match_weights.py"
Probabilities = Callable[[np.ndarray, str], np.ndarray]
Held = dict[str, list[tuple[list, list[Read]]]]  # documents and how they are read, by world


# Chosen by hand on documents that nothing learns from, with the second look, which is not taken here; see docs/matching.md
CHOSEN = {"whole": (0.65, 0.65, 0.5), "titles": (0.9, 0.9, 0.5), "words": (0.45, 0.5, 0.6)}
NOT_WRITTEN = "MERGE_TITLES"  # titles are merged by what they say on average (monitor/domain/linkage.py)
TRIED = {
    "whole": ((0.66, 0.65, 0.75), (0.6, 0.6, 0.7), (0.55, 0.55, 0.65), (0.5, 0.5, 0.6)),
    "titles": ((0.6, 0.6, 0.7), (0.5, 0.5, 0.6), (0.4, 0.45, 0.55), (0.4, 0.4, 0.45)),
    "words": ((0.5, 0.55, 0.7), (0.45, 0.5, 0.6)),
}


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
            if not hopeless or place % FEW == 0:
                self._take(row, right, label, FEW if hopeless else 1)

    def add_all(self, values, truth, label: str) -> None:
        """Take in the rivals of one incident."""
        for row, right in zip(values, truth, strict=True):
            if right != 0.5:
                self._take(row, right, label, 1)

    def _take(self, row, right: float, label: str, weight: int) -> None:
        self.values.append(np.array(row, dtype=np.float32))
        self.truth.append(right)
        self.parts.append(part_of(label))
        self.weights.append(weight)

    def _arrays(self) -> list[np.ndarray]:
        some = np.random.default_rng(1).permutation(len(self.truth))[:MOST]
        kinds = (self.values, np.float32), (self.truth, float), (self.parts, int), (self.weights, float)
        return [np.array(values, dtype=kind)[some] for values, kind in kinds]

    def unseen(self, settings: Settings) -> Probabilities:
        """Return the probabilities by models that did not see an incident."""
        values, truth, parts, weights = self._arrays()
        others = [parts != part for part in range(PARTS)]
        forests = [learn(values[these], truth[these], settings, weights[these]) for these in others]
        return lambda rows, label: predict(forests[part_of(label)], rows)

    def learned(self, settings: Settings) -> Forest:
        """Return the model of all."""
        values, truth, _, weights = self._arrays()
        return learn(values, truth, settings, weights)


@dataclass
class Run:
    """One pass over documents: who is in which incident, by their labels."""

    rows: list
    reads: list[Read]
    by: Pass
    joins: Probabilities | None = None
    merges: Probabilities | None = None
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

    def owner(self, incident) -> str | None:
        """Return the label that most reports of an incident have; None where too many have others."""
        counts = Counter(self.members[incident])
        label, count = counts.most_common(1)[0]
        return label if count >= PURE * counts.total() else None

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
        needed = [self.by.join_from + self.by.across * (not one.same_language) for one in evidence]
        best = int(np.argmax(scores - np.array(needed)))
        return evidence[best].incident_id if scores[best] >= needed[best] else None

    def bring_together(self, incident, merged: Examples) -> None:
        for _ in range(MERGES):
            rivals = self.index.recall_rivals([incident])[0] if self.joins else ()
            if not rivals:
                return
            label, values = self.owner(incident), merge_measures(self.index.reports(incident), rivals)
            owners = [self.owner(one.incident_id) for one in rivals]
            if label:
                merged.add_all(values, [float(one == label) if one else 0.5 for one in owners], label)
            scores = self.merges(np.array(values), f"{label}") if self.merges else np.zeros(len(rivals))
            best = int(np.argmax(scores))
            if scores[best] < self.by.merge_from:
                return
            kept, gone = sorted((incident, rivals[best].incident_id))
            self.index.merge(kept, gone)
            self.aliases[gone] = incident = kept
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


def meet(held: Held, turn: tuple[Pass, ...], models, joined: Examples, merged: Examples) -> None:
    """Meet the documents in every pass of a turn, and learn from the decisions that come of it."""
    for one in turn:
        for rows, reads in held[one.world]:
            for seed in range(one.seed, one.seed + 1000 * (AGAIN if len(rows) < FEWEST else 1), 1000):
                met = Run(*one.order(rows, reads, seed), one, *models)
                met.go(joined if one.joins else Examples(), merged)


def train(name: str, held: Held) -> tuple[Forest, Forest]:
    """Return the decisions for one view of the documents."""
    joined, merged, models = Examples(), Examples(), (None, None)
    joining, merging = LEARNING[name]
    for turn in TURNS[name]:
        meet(held, turn, models, joined, merged)
        models = joined.unseen(joining), merged.unseen(merging) if merged.truth else None
        print(f"{name}: learned from {len(joined.truth)} joins and {len(merged.truth)} merges", flush=True)
    tell(name, held, *models)
    return joined.learned(joining), merged.learned(merging)


def tell(name: str, held: Held, joins: Probabilities, merges: Probabilities) -> None:
    """Print the figures of unseen incidents with some thresholds, in one order of arrival."""
    shown = [one for one in held.get("a month") or held["all"] if len(one[0]) > FEWEST]
    for within, over, merge in TRIED[name]:
        by = Pass("", 900, shuffled, within, over - within, merge)
        for rows, reads in shown:
            run = Run(*shuffled(rows, reads, by.seed), by, joins, merges)
            values = figures(run.rows, run.go(Examples(), Examples()))
            true = len({row.get("incident") for row in rows} - {None})
            print(f"{name} {within, over, merge}: {told(values)} for {true}", flush=True)


def written(forests: dict[str, Forest]) -> str:
    told_forests = "\n".join(_told(name, forest) for name, forest in forests.items())
    limits = "\n".join(f"FROM_{name.upper()} = {values}" for name, values in CHOSEN.items())
    return f'''"""The learned decisions of matching; made by benchmarks/train_match.py, do not edit."""

from monitor.domain.trees import Forest

# probabilities from which a document joins within its language, joins across languages, and incidents are merged
{limits}
{told_forests}
'''


def _told(name: str, forest: Forest) -> str:
    trees = "\n".join(f"        {tree}," for tree in forest.trees)
    return f"{name} = Forest(\n    (\n{trees}\n    ),\n    {forest.bias},\n)  # fmt: skip"


def seen(paths: list[Path], titles: list[str], vectors: dict[str, np.ndarray]) -> dict[str, Held]:
    """Return the documents of every view, by world; files of titles that a comma joins are one."""
    whole = [views(rows, vectors) for rows in worlds(paths)]
    held: dict[str, Held] = {name: {"all": [one[name] for one in whole]} for name in whole[0]}
    known = [[row for path in joined.split(",") for row in documents(Path(path))] for joined in titles]
    for name, weeks in WEEKS.items():
        held["titles"][name] = [prepared(overlaid(rows, weeks), vectors) for rows in known]
    return held


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("paths", type=Path, nargs="+")
    parser.add_argument(
        "--titles", nargs="*", default=[], help="titles alone: FILE or FILE,FILE for one world"
    )
    parser.add_argument("--vectors", type=Path, nargs="*", default=[], help="made by train_encoder.py encode")
    parser.add_argument(
        "--views", nargs="*", default=[*TURNS], help="views to learn from; of others the weights stay"
    )
    parser.add_argument("--write", action="store_true", help="replace monitor/domain/match_weights.py")
    chosen = parser.parse_args()
    names = [name for view in TURNS for name in _names(view) if name != NOT_WRITTEN]
    forests = {name: getattr(match_weights, name) for name in names}
    vectors = {key: row for path in chosen.vectors for key, row in np.load(path).items()}
    for view, held in seen(chosen.paths, chosen.titles, vectors).items():
        if view in chosen.views:
            forests |= dict(zip(_names(view), train(view, held), strict=True))
    forests.pop(NOT_WRITTEN, None)
    if chosen.write:
        TARGET.write_text(written(forests), encoding="utf-8")


def _names(view: str) -> tuple[str, str]:
    return f"JOIN_{view.upper()}", f"MERGE_{view.upper()}"


if __name__ == "__main__":
    main()
