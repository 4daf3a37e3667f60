"""Measures matching and copies on labelled documents, through exactly the code that decides."""

import hashlib
import os
import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from monitor.adapters.embed import DIMENSIONS, MODEL, RUNTIME, encode, passage
from monitor.adapters.fingerprint import content_hash, sketch
from monitor.adapters.forests import together
from monitor.adapters.index import MemoryIndex
from monitor.adapters.index_features import features, packed
from monitor.domain.decide import judge_batch
from monitor.domain.errors import NotADocumentError
from monitor.domain.match import SHIPPED
from monitor.domain.measures import across, bcubed, pairwise
from monitor.domain.model import Document, Read, Reading, Verdict
from monitor.domain.text import writable_json
from monitor.stages.decide import BATCH

ENCODED = 50  # documents that are encoded between two words on the progress
Progress = Callable[[int, int], None]  # documents done, documents in all
Row = dict[str, Any]


Decided = list[tuple[Read, Verdict]]


def rows_of(path: Path) -> list[Row]:
    """Return the documents of a JSON Lines file in order of publication; raise NotADocumentError naming a bad line."""
    rows = []
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                rows.append(_row(line, f"{path}:{number}"))
    return sorted(rows, key=lambda row: row["published_at"])


def _row(line: bytes, where: str) -> Row:
    try:
        row = orjson.loads(writable_json(line.decode()))
        _check(row)
        moment = datetime.fromisoformat(row["published_at"])
        published = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        return {**row, "title": str(row["title"]), "text": str(row["text"] or ""), "published_at": published}
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise NotADocumentError(f"{where}: not a document: {error!r}") from error


def _check(row: Row) -> None:
    """Raise TypeError for a row whose optional fields have another shape."""
    for name in ("incident", "copy_group", "language", "publisher", "url"):
        if isinstance(row.get(name), dict | list):
            raise TypeError(f"{name} is no single value")
    if not isinstance(row.get("links") or [], list):
        raise TypeError("links is no list")


def reads_of(rows: Sequence[Row], vectors: Sequence[bytes] | None) -> list[Read]:
    """Return the documents as the decide stage takes them: with everything that reading works out."""
    return [_read(number, row, vectors[number] if vectors else b"") for number, row in enumerate(rows)]


def _read(number: int, row: Row, vector: bytes) -> Read:
    document = Document(
        row["title"],
        row["text"],
        language=row.get("language") or "",
        publisher=row.get("publisher") or "",
        published_at=row["published_at"],
        links=tuple(row.get("links") or ()),
    )
    compared = packed(features(document.title, document.text))
    imprint = content_hash(document.text), sketch(document.text)
    reading = Reading(document, *imprint, vector or None, MODEL, compared)
    return Read(
        number + 1, row.get("url") or f"urn:document:{number}", "evaluate", row["published_at"], reading
    )


def _cache() -> Path:
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return home / "incident-monitor" / "vectors"


def _silent(done: int, total: int) -> None:
    """Say nothing about the progress."""


def vectors_of(rows: Sequence[Row], progress: Progress = _silent, cache: Path | None = None) -> list[bytes]:
    """Return a vector for every document; those that were encoded before come from the cache of this machine."""
    texts = [passage(row["title"], row["text"]) for row in rows]
    keys = [
        hashlib.sha256(f"{MODEL}\n{RUNTIME}\n{text}".encode("utf-8", "replace")).hexdigest() for text in texts
    ]
    folder = cache or _cache()
    folder.mkdir(parents=True, exist_ok=True)
    held = _held(folder)
    missing = [at for at, key in enumerate(keys) if key not in held]
    for start in range(0, len(missing), ENCODED):
        part = missing[start : start + ENCODED]
        encoded = encode([texts[at] for at in part], threads=os.cpu_count() or 1)
        held |= {keys[at]: vector for at, vector in zip(part, encoded, strict=True)}
        progress(start + len(part), len(missing))
        _hold(folder, {keys[at]: held[keys[at]] for at in part})
    return [held[key] for key in keys]


def _held(folder: Path) -> dict[str, bytes]:
    """Return the cached vectors: one file, a key of 32 bytes and a vector after each other."""
    file, size = folder / "vectors.bin", 32 + 4 * DIMENSIONS
    data = file.read_bytes() if file.exists() else b""
    starts = range(0, len(data) - size + 1, size)
    return {data[at : at + 32].hex(): data[at + 32 : at + size] for at in starts}


def _hold(folder: Path, vectors: dict[str, bytes]) -> None:
    with (folder / "vectors.bin").open("ab") as file:
        file.writelines(bytes.fromhex(key) + vector for key, vector in vectors.items() if vector)


def decided(
    reads: Sequence[Read], progress: Progress = _silent, batch: int | None = None
) -> tuple[Decided, list[float]]:
    """Return the verdicts in the order of the documents, and the seconds that each document took in its batch."""
    index, decisions = MemoryIndex(), together(SHIPPED)
    pairs: Decided = []
    seconds: list[float] = []
    size = batch or BATCH
    for start in range(0, len(reads), size):
        part = reads[start : start + size]
        begun = time.perf_counter()
        pairs += judge_batch(part, topics=(), index=index, screening=False, decisions=decisions)
        seconds += [(time.perf_counter() - begun) / len(part)] * len(part)
        progress(start + len(part), len(reads))
    return sorted(pairs, key=lambda pair: pair[0].article_id), seconds


def groups_of(pairs: Decided) -> list[str]:
    """Return the incident of every document after all merges; a document without one is a group of its own."""
    becomes: dict[int, int] = {}
    for _, verdict in pairs:
        becomes |= {merge.gone: merge.kept for merge in verdict.merges}
    return [_group(read, verdict, becomes) for read, verdict in pairs]


def _group(read: Read, verdict: Verdict, becomes: dict[int, int]) -> str:
    incident = verdict.incident_id
    if incident is None:
        return f"alone {read.article_id}"
    while incident in becomes:
        incident = becomes[incident]
    return f"incident {incident}"


def evaluate_matching(
    path: Path, progress: Progress | None = None, *, batch: int | None = None, shuffles: int = 0
) -> dict[str, Any]:
    """Return how well the documents of a file were put with their incidents; documents without one cost precision.

    Told to, it also decides them in other orders of arrival within each day, and returns what that makes of BCubed F1.
    """
    rows = rows_of(Path(path))
    reads = reads_of(rows, vectors_of(rows, progress or _silent))
    pairs, seconds = decided(reads, progress or _silent, batch)
    truth, found = [row.get("incident") for row in rows], groups_of(pairs)
    labelled = {group for label, group in zip(truth, found, strict=True) if label is not None}
    return {
        "articles": len(rows),
        "incidents": len({label for label in truth if label is not None}),
        "predicted_incidents": len(labelled),
        "bcubed": bcubed(truth, found).as_data(),
        "pairwise": pairwise(truth, found).as_data(),
        "cross_lingual": across(truth, found, [_language(row) for row in rows]).as_data(),
        **_speed(seconds),
        **({"shuffled": _shuffled(reads, truth, batch, shuffles)} if shuffles else {}),
    }


def _shuffled(reads: Sequence[Read], truth: Sequence[Any], batch: int | None, count: int) -> list[float]:
    """Return BCubed F1 for some orders of arrival that differ within each day."""
    scores = []
    for seed in range(count):
        chance = random.Random(seed)  # noqa: S311 - no secret
        order = sorted(range(len(reads)), key=lambda at: (reads[at].when.date(), chance.random()))
        pairs, _ = decided([reads[at] for at in order], batch=batch)
        scores.append(bcubed(truth, groups_of(pairs)).as_data()["f1"])
    return scores


def _language(row: Row) -> str:
    return str(row.get("language") or "").split("-")[0]


def _speed(seconds: Sequence[float]) -> dict[str, float]:
    if not seconds:
        return {"articles_per_second": 0.0, "p99_ms": 0.0}
    slow = float(np.quantile(seconds, 0.99)) * 1000.0
    return {"articles_per_second": round(len(seconds) / max(sum(seconds), 1e-9), 1), "p99_ms": round(slow, 3)}


def evaluate_copies(path: Path, progress: Progress | None = None) -> dict[str, Any]:
    """Return how well the documents of a file were put with their copies (`copy_group`; null has none)."""
    rows = rows_of(Path(path))
    pairs, seconds = decided(reads_of(rows, None), progress or _silent)
    truth = [row.get("copy_group") or f"alone {number}" for number, row in enumerate(rows)]
    found = [verdict.copy.original_id if verdict.copy else read.article_id for read, verdict in pairs]
    score = pairwise(truth, found)
    return {
        "articles": len(rows),
        "copy_groups": len({row["copy_group"] for row in rows if row.get("copy_group")}),
        **score.as_data(),
        "by_kind": _by_kind(rows, truth, found),
        "documents_per_second": _speed(seconds)["articles_per_second"],
    }


def _by_kind(rows: Sequence[Row], truth: Sequence[str], found: Sequence[int]) -> dict[str, float]:
    """Return, for each `kind` of document, the share that was put where the first of its group is, or nowhere."""
    firsts: dict[str, int] = {}
    for group, place in zip(truth, found, strict=True):
        firsts.setdefault(group, place)
    crowd = Counter(found)
    right: dict[str, list[bool]] = defaultdict(list)
    for row, group, place in zip(rows, truth, found, strict=True):
        alone = group.startswith("alone ")
        right[str(row.get("kind") or "")].append(crowd[place] == 1 if alone else place == firsts[group])
    return {kind: round(sum(ok) / len(ok), 4) for kind, ok in sorted(right.items()) if kind}
