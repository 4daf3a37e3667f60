"""The documents that matching is learned from: whole, as titles alone, without an encoder, shuffled, and in part."""

import hashlib
import json
import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path

import numpy as np

from monitor.adapters.embed import passage
from monitor.domain.model import Read
from monitor.evaluate import reads_of, rows_of, vectors_of

JITTER = 6  # hours by which documents change places in each round
SHARE = 0.6  # of the documents, in those parts


def documents(path: Path) -> list:
    """Return the documents of a file of incidents, or of the articles of the replay."""
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    if "paragraphs" not in lines[0]:
        return rows_of(path)
    return [
        {
            **line,
            "id": line["key"],
            "title": line["headline"],
            "text": "\n".join(line["paragraphs"]),
            "published_at": datetime.fromisoformat(line["published_at"]).astimezone(UTC),
            "incident": None if line["relevance"] == "roundup" else line["incident"],
        }
        for line in lines
    ]


def worlds(paths: list[Path]) -> list[list]:
    """Return the documents by the years in which they were published: news that never met."""
    rows = sorted((row for path in paths for row in documents(path)), key=lambda row: row["published_at"])
    return [list(held) for _, held in groupby(rows, key=lambda row: row["published_at"].year)]


def overlaid(rows: list, weeks: float) -> list:
    """Return the documents as if all incidents had begun in the same few weeks: as dense as the news of the world."""
    begun: dict[str, datetime] = {}
    rows = sorted(rows, key=lambda row: row["published_at"])
    for row in rows:
        begun.setdefault(row["incident"] or row["id"], row["published_at"])
    span, first = timedelta(weeks=weeks), rows[0]["published_at"]
    shifts = {label: (moment - first) // span * span for label, moment in begun.items()}
    moved = [
        {**row, "published_at": row["published_at"] - shifts[row["incident"] or row["id"]]} for row in rows
    ]
    return sorted(moved, key=lambda row: row["published_at"])


def key_of(text: str) -> str:
    """Return the name under which the vector of a text is kept."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def prepared(rows: list, known: Mapping[str, np.ndarray]) -> tuple[list, list[Read]]:
    """Return documents and how they are read.

    Vectors that are not known are those of the encoder as it is.
    """
    keys = [key_of(passage(row["title"], row["text"])) for row in rows]
    missing = [row for row, key in zip(rows, keys, strict=True) if key not in known]
    found = iter(vectors_of(missing))
    return rows, reads_of(rows, [known[key].tobytes() if key in known else next(found) for key in keys])


def views(rows: list, known: Mapping[str, np.ndarray]) -> dict[str, tuple[list, list[Read]]]:
    """Return the documents as they are, as titles alone, and without an encoder."""
    whole = prepared(rows, known)
    without = [replace(read, reading=replace(read.reading, vector=None)) for read in whole[1]]
    return {
        "whole": whole,
        "titles": prepared([{**row, "text": ""} for row in rows], known),
        "words": (rows, without),
    }


def shuffled(rows: list, reads: list[Read], seed: int) -> tuple[list, list[Read]]:
    """Return the documents as they might have arrived: some hours earlier or later."""
    chance = random.Random(seed)
    moved = sorted(
        range(len(rows)), key=lambda at: reads[at].when.timestamp() + chance.uniform(-1, 1) * JITTER * 3600
    )
    return [rows[at] for at in moved], [reads[at] for at in moved]


def partial(rows: list, reads: list[Read], seed: int) -> tuple[list, list[Read]]:
    """Return a part of the documents, shuffled."""
    rows, reads = shuffled(rows, reads, seed)
    chance = random.Random(seed)
    kept = [at for at in range(len(rows)) if chance.random() < SHARE]
    return [rows[at] for at in kept], [reads[at] for at in kept]
