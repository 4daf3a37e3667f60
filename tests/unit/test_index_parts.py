"""The parts of the index: numbers by hash, the way back from words to reports, features that travel as bytes."""

import numpy as np
import pytest

from monitor.adapters.index_features import features, packed, unpacked
from monitor.adapters.index_numbers import Numbers, Rarity
from monitor.adapters.index_postings import COMMON, Postings, heaviest
from monitor.adapters.index_rows import Finder, Ragged, Slim
from monitor.adapters.index_vectors import Coarse, Quantised


def hashes(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.uint32)


def test_numbers_stay_the_same_when_they_are_sorted_in():
    numbers, chance = Numbers(), np.random.default_rng(1)
    given = iter(range(1, 10**6))
    known: dict[int, int] = {}
    for _ in range(50):
        new = chance.integers(1, 3000, 100, dtype=np.uint32)
        for own, number in zip(
            new.tolist(), numbers.learn(new, lambda some: np.array([next(given) for _ in some])), strict=True
        ):
            assert known.setdefault(own, int(number)) == number
        numbers.settle()
    assert numbers.of(hashes(*known)).tolist() == list(known.values())
    assert numbers.of(hashes(0, 5000)).tolist() == [0, 0]


def test_rarity_falls_with_every_incident_that_has_a_word():
    rarity = Rarity()
    numbers = rarity.numbered(hashes(11, 12))
    rarity.learn(numbers)
    rarity.learn(numbers[:1])
    first, second = rarity.of(rarity.numbers.of(hashes(11, 12)))
    assert 0 < first < second < rarity.of(np.array([0]))[0] <= 1


def test_postings_find_rows_in_runs_and_among_the_newest():
    postings, chance, known = Postings(), np.random.default_rng(2), {}
    for row in range(300):
        own = np.unique(chance.integers(1, 200, 20, dtype=np.uint32))
        postings.learn(np.full(len(own), row), own)
        for number in own.tolist():
            known.setdefault(number, []).append(row)
        if row % 70 == 69:
            postings.settle()
    wanted = hashes(3, 500, 0, 77)
    ends = np.array([1, 4])
    rows, at = (np.concatenate(both) for both in zip(*postings.of(wanted, ends), strict=True))
    for place, number in enumerate(wanted.tolist()):
        assert sorted(rows[at == place].tolist()) == known.get(number, [])


def posted(postings, number):
    ((rows, _),) = postings.of(hashes(number), np.array([1]))
    return rows.tolist()


def test_what_very_many_reports_have_is_not_looked_up_by():
    postings = Postings()
    for row in range(COMMON + 1):
        assert len(posted(postings, 1)) == row
        postings.learn(np.array([row, row]), hashes(1, row + 2))
    postings.settle()
    assert (posted(postings, 1), posted(postings, 2)) == ([], [0])


def test_the_finder_names_what_ends_alike():
    low = hashes(0, 5, 5 + (1 << 16), 9, 0).astype(np.uint16).reshape(1, 5)
    where, which = Finder().like(low, hashes(9, 0, 5 + (1 << 16)))
    assert (where.tolist(), which.tolist()) == ([1, 2, 3], [2, 2, 0])


def test_the_finder_names_what_may_be_one_of_very_many():
    low = hashes(0, 5, 5 + (1 << 16), 9, 0, 7).astype(np.uint16).reshape(2, 3)
    assert Finder().maybe(low, hashes(0, 5, 9, *range(1000, 2000))).tolist() == [1, 2, 3]


def test_the_heaviest_rows_are_those_with_the_highest_sums():
    chance = np.random.default_rng(5)
    rows, weights = chance.integers(0, 40, 250), chance.random(250)
    assert heaviest(rows, weights, 7).tolist() == np.argsort(-np.bincount(rows, weights))[:7].tolist()
    assert heaviest(np.array([9, 2, 9, 4]), np.array([1.0, 2.0, 1.0, 1.0]), 9).tolist() == [2, 9, 4]
    assert heaviest(rows[:0], weights[:0], 7).tolist() == []


def test_ragged_rows_come_back_in_the_order_asked_for():
    ragged = Ragged(Slim())
    ragged.lay(hashes(1, 2, 3), np.array([3, 0]))
    ragged.lay(hashes(4), np.array([1]))
    values, at = ragged.of(np.array([2, 1, 0, 2], dtype=np.uint32))
    assert (values.tolist(), at.tolist()) == ([4, 1, 2, 3, 4], [0, 2, 2, 2, 3])
    ragged.keep(np.array([0, 2]))
    assert ragged.of(np.array([0, 1]))[0].tolist() == [1, 2, 3, 4]


def test_slim_numbers_grow_when_they_must():
    slim, numbers = Slim(2), [hashes(1, 70_000), hashes((1 << 24) - 1), hashes(1 << 24, (1 << 32) - 1)]
    for row in numbers:
        slim.append(row)
    assert slim.whole.tolist() == [1, 70_000, (1 << 24) - 1, 0, 1 << 24, (1 << 32) - 1]
    assert slim.of(np.array([2, 0])).tolist() == [[1 << 24, (1 << 32) - 1], [1, 70_000]]


@pytest.mark.parametrize(("kind", "off"), [(Quantised, 0.002), (Coarse, 0.006)])
def test_products_of_vectors_hardly_change(kind, off):
    held, rows = kind(384), np.random.default_rng(4).normal(size=(50, 384)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1)[:, None]
    held.extend(rows[:40])
    for row in rows[40:]:
        held.append(row)
    assert held.append(None) == len(rows)
    wanted, every = rows @ rows[7], np.arange(len(rows) + 1)
    assert np.abs(held.dots(every, rows[7])[:-1] - wanted).max() < off
    assert np.abs(held.of(every) @ rows[7] - held.dots(every, rows[7])).max() < 1e-6
    assert held.of(np.array([len(rows)]))[0].tolist() == [0.0] * 384


@pytest.mark.parametrize(
    "title",
    ["", "Aldermoor Pies of Leeds loses 1.9 million", "杭州警方通报「换脸」诈骗案", "\ud800\0 broken"],
)
def test_features_travel_as_bytes(title):
    found = features(title, f"{title} 'a cloned voice said so' in London on Monday" * bool(title))
    again = unpacked(packed(found))
    for name in ("terms", "weights", "titles", "keys", "sounds", "titled"):
        assert getattr(again, name).tolist() == getattr(found, name).tolist()
    assert (again.places, again.brief) == (found.places, found.brief)
    assert len(again.written) == len(found.keys) + len(found.sounds)


def test_features_in_another_form_are_not_believed():
    assert unpacked(b"") is None
    assert unpacked(b"\x00" + packed(features("A title", "A text"))[1:]) is None
