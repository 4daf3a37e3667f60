"""Average linkage: what brings two incidents of titles together, and what keeps them apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.linkage import LINKS, Average

AVERAGE = Average()


def links(**told: float) -> tuple[float, ...]:
    return tuple({"same_share": 1.0, "smaller": 5.0, **told}.get(name, 0.0) for name in LINKS)


def test_odds_are_even_at_the_limit():
    enough = AVERAGE.enough + AVERAGE.few / 5.0
    assert AVERAGE.probabilities([links(meaning_mean=enough)]) == [pytest.approx(0.5)]


@pytest.mark.parametrize(
    ("more", "less"),
    [
        ({"meaning_mean": 0.5}, {"meaning_mean": 0.4}),
        ({"words_mean": 0.5}, {"words_mean": 0.4}),
        ({"days_mean": 1.0}, {"days_mean": 2.0}),
        ({"smaller": 9.0}, {"smaller": 1.0}),
        ({"same_share": 0.0}, {"same_share": 1.0}),
    ],
)
def test_each_part_speaks_in_its_direction(more, less):
    likely, unlikely = AVERAGE.probabilities([links(**more), links(**less)])
    assert likely > unlikely


@given(st.lists(st.floats(-1e6, 1e6), min_size=len(LINKS), max_size=len(LINKS)), st.lists(st.floats(-9, 9)))
def test_whatever_is_measured_it_is_a_probability(values, before):
    (found,) = AVERAGE.probabilities([(*before, *values)])
    assert 0.0 <= found <= 1.0
