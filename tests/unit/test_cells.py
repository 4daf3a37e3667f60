"""Nearness among many vectors: almost always the same as looking at all of them."""

import numpy as np

from monitor.adapters.embed import DIMENSIONS
from monitor.adapters.index_cells import FULL, PROBED, Cells
from monitor.adapters.index_vectors import Quantised

MOST = 10


def filled(count: int) -> tuple[np.ndarray, Cells]:
    chance = np.random.default_rng(3)
    topics = chance.normal(size=(40, DIMENSIONS))
    exact, held = [], Quantised(DIMENSIONS)
    cells = Cells(held)
    for number in range(count):
        vector = topics[number % 40] + chance.normal(size=DIMENSIONS)
        exact.append((vector / np.linalg.norm(vector)).astype(np.float32))
        cells.place(np.array([held.append(exact[-1])]))
    return np.array(exact), cells


def test_the_nearest_are_found_among_many():
    vectors, cells = filled(PROBED * FULL * 2)
    found = 0
    for row in range(0, len(vectors), 50):
        near = near_one(cells, vectors[row], 2 * MOST)
        assert near[0] == row
        best = set(np.argsort(-(vectors @ vectors[row]))[:MOST].tolist())
        found += len(best & set(near))
    assert found / (MOST * len(range(0, len(vectors), 50))) > 0.9


def test_nothing_is_lost_where_anchors_are_compared_roughly_first():
    vectors, cells = filled(FULL * 4)
    roughly = Cells(cells._vectors, many=1)
    for row in range(len(vectors)):
        roughly.place(np.array([row]))
    asked = vectors[::50]
    for one, other in zip(roughly.near(asked, MOST), cells.near(asked, MOST), strict=True):
        assert one.tolist() == other.tolist()


def test_what_is_placed_together_lies_where_it_would_lie_one_by_one():
    vectors, cells = filled(FULL * 6)
    together = Cells(cells._vectors)
    for first in range(0, len(vectors), 200):
        together.place(np.arange(first, min(first + 200, len(vectors))))
    assert together.cell_of.rows.tolist() == cells.cell_of.rows.tolist()


def test_what_is_looked_for_together_is_found_as_one_by_one():
    vectors, cells = filled(FULL * 6)
    for row, near in zip(range(0, 500, 50), cells.near(vectors[:500:50], MOST), strict=True):
        assert near.tolist() == near_one(cells, vectors[row], MOST)


def near_one(cells: Cells, vector: np.ndarray, most: int) -> list[int]:
    (near,) = cells.near(vector[None], most)
    return near.tolist()


def test_few_are_all_looked_at_and_what_is_gone_is_not_found():
    vectors, cells = filled(50)
    cells.drop(7)
    cells.drop(7)
    near = near_one(cells, vectors[7], 100)
    assert sorted(near) == [row for row in range(50) if row != 7]
    assert near[:5] == [row for row in np.argsort(-(vectors @ vectors[7])).tolist() if row != 7][:5]


def test_equal_vectors_do_not_split_for_ever():
    one = np.ones(DIMENSIONS, dtype=np.float32) / DIMENSIONS**0.5
    held = Quantised(DIMENSIONS)
    cells = Cells(held)
    for _ in range(2 * FULL + 20):
        cells.place(np.array([held.append(one)]))
    assert len(set(near_one(cells, one, 2 * FULL + 20))) == 2 * FULL + 20


def test_without_any_vector_nothing_is_near():
    assert near_one(Cells(Quantised(DIMENSIONS)), np.ones(DIMENSIONS, dtype=np.float32), MOST) == []


def test_a_kept_vector_is_as_good_as_the_given_one():
    vectors, _ = filled(20)
    held = Quantised(DIMENSIONS)
    for vector in vectors:
        held.append(vector)
    held.append(None)
    rows = np.arange(20)
    assert np.abs(held.dots(rows, vectors[0]) - vectors @ vectors[0]).max() < 0.003
    assert held.dots(np.array([20]), vectors[0]) == 0.0
