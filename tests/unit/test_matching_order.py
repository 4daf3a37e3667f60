"""Order does not decide: shuffled arrival within a day, and a restart in the middle, on incidents nobody tuned on."""

import random
from pathlib import Path

import pytest

from monitor.adapters.index import MemoryIndex
from monitor.domain.bounds import Bounds
from monitor.domain.decide import judge_batch
from monitor.domain.measures import bcubed
from monitor.evaluate import decided, evaluate_matching, groups_of, reads_of, rows_of

DATA = Path(__file__).parents[1] / "data" / "incidents" / "test.jsonl"
BATCH = 50  # smaller than the daemon's, so that there is more than one


@pytest.fixture(scope="module")
def rows():
    return rows_of(DATA)[:220]


def worth(rows):
    """BCubed F1 without an encoder: words alone, so that nothing needs to be encoded here."""
    pairs, _ = decided(reads_of(rows, None))
    return bcubed([row["incident"] for row in rows], groups_of(pairs)).f1


def test_shuffled_arrival_within_a_day_changes_less_than_a_hundredth(rows):
    chance = random.Random(5)
    shuffled = sorted(rows, key=lambda row: (row["published_at"].date(), chance.random()))
    assert abs(worth(shuffled) - worth(rows)) < 0.01


def test_the_command_tells_what_other_orders_come_to(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    some = tmp_path / "some.jsonl"
    some.write_bytes(b"".join(DATA.read_bytes().splitlines(keepends=True)[:12]))
    told, plain = evaluate_matching(some, batch=5, shuffles=2), evaluate_matching(some)
    assert len(told["shuffled"]) == 2 and all(0.0 < score <= 1.0 for score in told["shuffled"])
    assert "shuffled" not in plain


def test_a_restart_in_the_middle_changes_nothing(rows):
    reads = reads_of(rows, None)
    whole = _decided(reads, restart=False)
    assert _decided(reads, restart=True) == whole
    assert any(verdict.merges for _, verdict in whole)


def _decided(reads, *, restart):
    index, pairs = MemoryIndex(), []
    for start in range(0, len(reads), BATCH):
        if restart and start:
            index = MemoryIndex()
            index.load(pairs, 1 + max(v.incident_id or 0 for _, v in pairs), Bounds())
            for read, verdict in pairs:  # as the imprints that the store keeps
                index.copies.learn(read, verdict)
        pairs += judge_batch(reads[start : start + BATCH], topics=(), index=index, screening=False)
    return pairs
