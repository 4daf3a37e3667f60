"""Tuning: probabilities move towards what people said, and only as far as they said it often."""

from monitor.domain.tune import Calibration, Told, fitted, measured


def decisions(count: int, log_odds: float, right: bool) -> list[Told]:
    return [Told(number, log_odds + 0.01 * (number % 7), right) for number in range(count)]


def test_without_corrections_nothing_moves():
    assert fitted([]) == Calibration()


def test_joins_that_people_take_back_make_joins_rarer():
    told = decisions(90, 0.8, right=False) + decisions(30, 3.0, right=True)
    before, after = measured(told, Calibration()), measured(told, fitted(told))
    assert after.agreed > before.agreed
    assert after.log_loss < before.log_loss
    assert before.decisions == 40


def test_a_few_corrections_move_little():
    moved = fitted(decisions(3, 0.8, right=False))
    assert abs(moved.offset) < 0.5
    assert 0.5 < moved.slope < 1.5


def test_what_is_held_out_teaches_nothing():
    only_held = [Told(3 * number, 0.8, right=False) for number in range(50)]
    assert fitted(only_held) == Calibration()
