"""Teach the bundled encoder which reports tell of one event, and encode documents by what was learned.

    pip install torch==2.13.0
    python benchmarks/train_encoder.py learn FILE.jsonl FILE.jsonl,FILE.jsonl … --to monitor/data/e5-events.npz
    python benchmarks/train_encoder.py encode OTHER.jsonl … --by SOME.npz --to VECTORS.npz
    python benchmarks/train_encoder.py even OTHER.jsonl … --vectors VECTORS.npz … --to SOME.npz

Every matrix of the model learns the product of two narrow ones (LoRA, Hu et al. 2021), all else stays. A batch holds
reports of a few incidents that are neighbours in time; reports of one are drawn together, in whatever language, and
those of others pushed apart (supervised contrastive loss, Khosla et al. 2020). PyTorch is needed for learning only.
Afterwards one matrix evens the vectors: directions in which reports of one incident differ count less (within-class
covariance normalisation, Hatch et al. 2006). It is worked out on vectors of incidents that the encoder has not seen.
Decisions that are learned on vectors must not see those of incidents that the encoder has learned from: so one half
of the documents is encoded by what was learned from the other half, and train_match.py is given those vectors.
"""

import argparse
import math
import random
from collections import defaultdict
from pathlib import Path

import numpy as np
from matching_views import documents, key_of

try:
    import torch
    from torch import nn
    from torch.nn import functional
except ImportError:
    raise SystemExit("PyTorch is needed for this alone: pip install torch==2.13.0") from None

from monitor.adapters.embed import pack, passage
from monitor.adapters.encoder.e5 import E5, PREFIX
from monitor.adapters.encoder.file import ModelFile, bundled, unpacked
from monitor.adapters.encoder.pieces import Pieces
from monitor.adapters.encoder.weights import LAYERS, MATRICES, NORMS, WIDTH, floats

HEADS = 12
RANK = 8
RATE, WARMING, STEPS, SEED = 6e-4, 20, 500, 1
WARMTH = 0.04  # temperature: what cosines are divided by before they are compared
REPORTS = 5  # of an incident in a batch
INCIDENTS = {"titles": 12, "whole": 8}  # in a batch
SPREAD = 1.6  # how many times as many neighbours in time these are drawn from
ALONE = 0.25  # share of articles of which the title alone is learned
MOST_TOKENS = 512
TOLD = 10  # steps between two words on the progress
PRIOR = 30.0  # documents that the mean of all counts as, in the mean of a language
SHRINK = 0.6  # towards all directions being alike


class Matrix(nn.Module):
    """A matrix of the model, and what it learns."""

    def __init__(self, rows: np.ndarray, bias: np.ndarray) -> None:
        super().__init__()
        self.rows, self.bias = torch.tensor(rows), torch.tensor(bias)
        self.down = nn.Parameter(torch.randn(RANK, rows.shape[1]) / math.sqrt(rows.shape[1]))
        self.up = nn.Parameter(torch.zeros(rows.shape[0], RANK))

    def forward(self, inputs):
        learned = functional.linear(functional.linear(inputs, self.down), self.up)
        return functional.linear(inputs, self.rows, self.bias) + learned


class Model(nn.Module):
    """The bundled encoder, as it can be taught."""

    def __init__(self) -> None:
        super().__init__()
        self.file = ModelFile(bundled())
        self.pieces, self.known = Pieces(self.file), {}
        self.words = self.file.blocks("emb.word", WIDTH)
        places = self.file.floats("emb.pos").reshape(-1, WIDTH) + self.file.floats("emb.type")[:WIDTH]
        self.places, self.first = torch.tensor(places), self._norm("emb.ln")
        self.layers = nn.ModuleList([self._layer(at) for at in range(LAYERS)])
        self.norms = [{n: self._norm(f"l{at}.{s}") for n, s in NORMS.items()} for at in range(LAYERS)]

    def _norm(self, stored: str) -> tuple[torch.Tensor, torch.Tensor]:
        return tuple(torch.tensor(self.file.floats(f"{stored}.{part}").copy()) for part in "wb")

    def _layer(self, at: int) -> nn.ModuleDict:
        return nn.ModuleDict({n: Matrix(*(a.copy() for a in floats(self.file, at, n))) for n in MATRICES})

    def tokens(self, text: str) -> list[int]:
        if text not in self.known:
            pieces = self.pieces.cut(PREFIX + text)[: MOST_TOKENS - 2]
            self.known[text] = [self.file.begin, *pieces, self.file.end]
        return self.known[text]

    def forward(self, texts: list[str]):
        """Return a vector of unit length for each text."""
        state, there = self._inputs([self.tokens(text) for text in texts])
        unseen = ((1 - there) * -1e9)[:, None, None, :]
        state = _normed(state, self.first)
        for layer, norms in zip(self.layers, self.norms, strict=True):
            seen = layer["join"](_attended(layer["attend"](state), unseen))
            state = _normed(state + seen, norms["attended"])
            wide = functional.gelu(layer["widen"](state))
            state = _normed(state + layer["narrow"](wide), norms["thought"])
        mean = (state * there[..., None]).sum(1) / there.sum(1, keepdim=True)
        return functional.normalize(mean.float(), dim=-1)

    def _inputs(self, tokens: list[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
        longest = max(map(len, tokens))
        state, there = torch.zeros(len(tokens), longest, WIDTH), torch.zeros(len(tokens), longest)
        for at, own in enumerate(tokens):
            state[at, : len(own)] = torch.tensor(unpacked(self.words[own])) + self.places[: len(own)]
            there[at, : len(own)] = 1.0
        return state, there

    def learned(self) -> dict[str, np.ndarray]:
        """Return what was learned, as the encoder takes it."""
        parts = {n: p for n, p in self.named_parameters() if n.endswith(("up", "down"))}
        return {n.removeprefix("layers."): p.detach().numpy().astype(np.float16) for n, p in parts.items()}


def _normed(state, norm):
    return functional.layer_norm(state, (WIDTH,), *norm, eps=1e-12)


def _attended(together, unseen):
    parts = [one.view(*one.shape[:2], HEADS, WIDTH // HEADS).transpose(1, 2) for one in together.chunk(3, -1)]
    seen = functional.scaled_dot_product_attention(*parts, attn_mask=unseen)
    return seen.transpose(1, 2).flatten(2)


class Batches:
    """Draws reports of incidents that are neighbours in time, from one file at a time."""

    def __init__(self, joined: list[str], chance: random.Random) -> None:
        self.chance = chance
        self.files = [own for own in map(_incidents, joined) if own]
        self.shares = [sum(min(len(reports), REPORTS) for reports in own) for own in self.files]

    def draw(self) -> tuple[list[str], torch.Tensor]:
        """Return texts, and the place of the incident of each."""
        (own,) = self.chance.choices(self.files, self.shares)
        many = INCIDENTS["whole" if own[0][0]["text"] else "titles"]
        start = self.chance.randrange(max(1, len(own) - int(SPREAD * many)))
        near = own[start : start + int(SPREAD * many)]
        texts, places = [], []
        for place, reports in enumerate(self.chance.sample(near, min(many, len(near)))):
            for row in self._some(reports):
                alone = self.chance.random() < ALONE
                texts.append(row["title"] if alone else passage(row["title"], row["text"]))
                places.append(place)
        return texts, torch.tensor(places)

    def _some(self, reports: list) -> list:
        """Return a few reports in as many languages as possible."""
        mixed = self.chance.sample(reports, len(reports))
        first = {row["language"]: row for row in reversed(mixed)}
        return [*first.values(), *(row for row in mixed if row is not first[row["language"]])][:REPORTS]


def _rows(joined: str) -> list:
    """Return the documents of a file, or of several that commas join, in the order of publication."""
    rows = [row for path in joined.split(",") for row in documents(Path(path))]
    return sorted(rows, key=lambda row: row["published_at"])


def _incidents(joined: str) -> list[list]:
    """Return the reports of every incident that has more than one, in the order in which they began."""
    found = defaultdict(list)
    for row in _rows(joined):
        if row["incident"]:
            found[row["incident"]].append(row)
    several = [reports for reports in found.values() if len(reports) > 1]
    return sorted(several, key=lambda reports: reports[0]["published_at"])


def loss_of(vectors, places):
    """Return how far reports of one incident are from being the nearest ones of each other."""
    itself = torch.eye(len(places), dtype=torch.bool)
    alike = (vectors @ vectors.T / WARMTH).masked_fill(itself, -1e9)
    likely = alike - alike.logsumexp(1, keepdim=True)
    same = (places[:, None] == places[None]) & ~itself
    some = same.any(1)
    return -((likely * same).sum(1)[some] / same.sum(1)[some]).mean()


def learn(joined: list[str], steps: int) -> dict[str, np.ndarray]:
    """Return what the matrices learn from the documents of some files."""
    torch.manual_seed(SEED)
    torch.set_num_threads(1)  # two wait for each other wherever something else runs
    model, batches = Model(), Batches(joined, random.Random(SEED))
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.01)
    rates = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda at: min(1, (at + 1) / WARMING) * (0.5 + 0.5 * math.cos(math.pi * at / steps))
    )
    losses = []
    for at in range(1, steps + 1):
        texts, places = batches.draw()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            vectors = model(texts)
        loss = loss_of(vectors, places)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        rates.step()
        losses.append(loss.item())
        if at % TOLD == 0:
            print(f"step {at} of {steps}: {np.mean(losses[-TOLD:]):.3f}", flush=True)
    return model.learned()


def encoded(joined: list[str], by: Path) -> dict[str, np.ndarray]:
    """Return the vectors of documents, and of their titles alone, by what an encoder has learned."""
    encoder = E5(learned=by)
    rows = [row for one in joined for row in _rows(one)]
    texts = {passage(row["title"], text) for row in rows for text in {row["text"], ""}}
    return {key_of(text): np.frombuffer(pack(encoder.vector(text)), "<f4") for text in sorted(texts)}


def evened(joined: list[str], known: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the matrix that evens vectors, and what is added then: means and spread of all stay as they were."""
    held = [_placed(_rows(one), known) for one in joined]
    every = np.concatenate([vectors for vectors, _, _ in held])
    mean, within = every.mean(axis=0), sum(_within(*one) for one in held)
    within /= np.trace(within) / WIDTH
    spread, directions = np.linalg.eigh((1 - SHRINK) * within + SHRINK * np.eye(WIDTH))
    matrix = directions / np.sqrt(spread) @ directions.T
    moved = every - mean
    matrix *= np.linalg.norm(moved) / np.linalg.norm(moved @ matrix)
    parts = {"even.weight": matrix, "even.bias": mean - mean @ matrix}
    return {name: part.astype(np.float16) for name, part in parts.items()}


def _placed(rows: list, known: dict[str, np.ndarray]) -> tuple[np.ndarray, list[str], list[str | None]]:
    vectors = np.stack([known[key_of(passage(row["title"], row["text"]))] for row in rows])
    return vectors, [row["language"].split("-")[0] for row in rows], [row["incident"] for row in rows]


def _within(vectors: np.ndarray, languages: list[str], incidents: list[str | None]) -> np.ndarray:
    """Return how reports of one incident differ once their languages do not; large incidents weigh by their root."""
    centred = vectors - _means(vectors, languages)
    found = np.zeros((WIDTH, WIDTH))
    for incident in {*incidents} - {None}:
        own = centred[[one == incident for one in incidents]]
        if len(own) > 1:
            apart = own - own.mean(axis=0)
            found += apart.T @ apart / math.sqrt(len(own))
    return found


def _means(vectors: np.ndarray, languages: list[str]) -> np.ndarray:
    whole, means = vectors.mean(axis=0), np.empty_like(vectors)
    for language in {*languages}:
        own = [one == language for one in languages]
        means[own] = (vectors[own].sum(axis=0) + PRIOR * whole) / (sum(own) + PRIOR)
    return means


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("learn", "encode", "even"))
    parser.add_argument("paths", nargs="+", help="FILE, or FILE,FILE for documents that meet each other")
    parser.add_argument("--by", type=Path, help="what was learned, for encode")
    parser.add_argument("--vectors", type=Path, nargs="+", help="what encode wrote of the files, for even")
    parser.add_argument(
        "--to", type=Path, required=True, help="what is written; even adds to what learn wrote"
    )
    parser.add_argument("--steps", type=int, default=STEPS)
    chosen = parser.parse_args()
    needed = {"encode": chosen.by, "even": chosen.vectors}.get(chosen.what, True)
    if not needed:
        parser.error("encode needs --by: the file that learn wrote; even needs --vectors: what encode wrote")
    found = _found(chosen)
    np.savez_compressed(chosen.to, **found)
    print(f"{chosen.to}: {len(found)} arrays")


def _found(chosen: argparse.Namespace) -> dict[str, np.ndarray]:
    if chosen.what == "learn":
        return learn(chosen.paths, chosen.steps)
    if chosen.what == "encode":
        return encoded(chosen.paths, chosen.by)
    known = {key: vector for path in chosen.vectors for key, vector in np.load(path).items()}
    return dict(np.load(chosen.to)) | evened(chosen.paths, known)


if __name__ == "__main__":
    main()
