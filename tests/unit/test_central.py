"""The text that says best what all say."""

from collections import Counter

from monitor.domain.central import most_central, nearest, resemblance


def test_resemblance_is_one_for_the_same_and_nothing_for_strangers() -> None:
    one, other = Counter(["a", "a", "b"]), Counter(["c"])
    assert round(resemblance(one, one), 6) == 1.0
    assert resemblance(one, other) == resemblance(one, Counter()) == 0.0


def test_the_one_in_the_middle_is_central_and_the_first_of_equals() -> None:
    assert most_central([[1, 0.6, 0.1], [0.6, 1, 0.6], [0.1, 0.6, 1]]) == 1
    assert most_central([[1, 0.5], [0.5, 1]]) == 0
    assert most_central([[1.0]]) == 0


def test_the_nearest_come_first_and_the_far_not_at_all() -> None:
    assert nearest([0.2, 0.9, 0.5, 0.9], 3, 0.4) == [1, 3, 2]
    assert nearest([], 3, 0.4) == []
