"""Nearness among many vectors: almost always the same as looking at all of them."""

import numpy as np

from monitor.adapters.embed import DIMENSIONS
from monitor.adapters.index_cells import FULL, PROBED, Cells
from monitor.adapters.index_rows import Column


def filled(count: int) -> tuple[Column, Cells]:
    chance = np.random.default_rng(3)
    topics = chance.normal(size=(40, DIMENSIONS))
    vectors = Column(DIMENSIONS, np.float32)
    cells = Cells(vectors)
    for number in range(count):
        vector = topics[number % 40] + chance.normal(size=DIMENSIONS)
        cells.place(vectors.append((vector / np.linalg.norm(vector)).astype(np.float32)))
    return vectors, cells


def test_the_nearest_are_found_among_many():
    vectors, cells = filled(PROBED * FULL * 2)
    found = 0
    for row in range(0, len(vectors), 50):
        vector = vectors.rows[row]
        rows, cosines = cells.near(vector)
        assert len(rows) < len(vectors)
        assert np.allclose(cosines, vectors.rows[rows] @ vector)
        best = set(np.argsort(-(vectors.rows @ vector))[:10].tolist())
        found += len(best & set(rows.tolist()))
    assert found / (10 * len(range(0, len(vectors), 50))) > 0.9


def test_few_are_all_looked_at_and_what_is_gone_is_not_found():
    vectors, cells = filled(50)
    cells.drop(7)
    cells.drop(7)
    rows, _ = cells.near(vectors.rows[7])
    assert rows.tolist() == [row for row in range(50) if row != 7]


def test_equal_vectors_do_not_split_for_ever():
    vectors, one = Column(DIMENSIONS, np.float32), np.ones(DIMENSIONS, dtype=np.float32) / DIMENSIONS**0.5
    cells = Cells(vectors)
    for _ in range(FULL + 20):
        cells.place(vectors.append(one))
    assert len(cells.near(one)[0]) == FULL + 20


def test_without_any_vector_nothing_is_near():
    assert len(Cells(Column(DIMENSIONS, np.float32)).near(np.ones(DIMENSIONS, dtype=np.float32))[0]) == 0
