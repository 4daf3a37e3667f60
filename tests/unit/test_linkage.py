"""Average linkage: what brings two incidents of titles together, and what keeps them apart."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.linkage import LINKS, Average

AVERAGE = Average()


def row(reports: tuple[int, int] = (5, 5), **told: float) -> tuple[float, ...]:
    """Return a row as `merge_measures` tells it: what a join asks for, how large both are, the links."""
    found = tuple({"same_share": 1.0, **told}.get(name, 0.0) for name in LINKS)
    return 0.5, 0.5, *map(math.log1p, reports), *found


def test_odds_are_even_at_the_limit():
    enough = AVERAGE.enough - (AVERAGE.smaller + AVERAGE.larger) * math.log(5)
    assert AVERAGE.probabilities([row(meaning_mean=enough)]) == [pytest.approx(0.5)]


@pytest.mark.parametrize(
    ("more", "less"),
    [
        (row(meaning_mean=0.5), row(meaning_mean=0.4)),
        (row(words_mean=0.5), row(words_mean=0.4)),
        (row(days_mean=1.0), row(days_mean=2.0)),
        (row((9, 9)), row((1, 9))),
        (row((5, 500)), row((5, 50))),
        (row(same_share=0.0), row(same_share=1.0)),
    ],
)
def test_each_part_speaks_in_its_direction(more, less):
    likely, unlikely = AVERAGE.probabilities([more, less])
    assert likely > unlikely


def test_it_makes_no_difference_which_of_both_is_the_larger_one():
    assert AVERAGE.probabilities([row((2, 300))]) == AVERAGE.probabilities([row((300, 2))])


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=len(LINKS), max_size=len(LINKS)),
    st.lists(st.floats(-1e6, 1e6), min_size=2),
)
def test_whatever_is_measured_it_is_a_probability(values, before):
    (found,) = AVERAGE.probabilities([(*before, *values)])
    assert 0.0 <= found <= 1.0
