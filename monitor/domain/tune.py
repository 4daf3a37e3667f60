"""Tuning: how the matcher's probabilities are bent to what people said of its decisions."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

STEPS = 50
FAITH = 8.0  # how many decisions the shipped probabilities count as
LEAST = 30  # decisions below which nothing is learned


@dataclass(frozen=True)
class Calibration:
    """The log-odds of a match, stretched and moved; as shipped they stay as they are."""

    slope: float = 1.0
    offset: float = 0.0

    def bent(self, log_odds: float) -> float:
        """Return log-odds as they are believed here."""
        return self.slope * log_odds + self.offset


AS_SHIPPED = Calibration()


@dataclass(frozen=True)
class Told:
    """One decision that a person confirmed or corrected."""

    article_id: int
    log_odds: float  # that the article belongs to the incident, as the matcher saw it
    right: bool  # whether it does
    threshold: float = 0.5

    @property
    def held_out(self) -> bool:
        """Whether this decision only measures: every third article."""
        return self.article_id % 3 == 0


@dataclass(frozen=True)
class Fit:
    """How well a calibration agrees with people, on decisions that it did not learn from."""

    decisions: int
    agreed: float  # share of decisions that fall as people said
    log_loss: float


def probability(log_odds: float) -> float:
    """Return log-odds as a probability."""
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, log_odds))))


def fitted(told: Sequence[Told]) -> Calibration:
    """Return the calibration that agrees best with the decisions that are not held out, close to the shipped one."""
    rows = [one for one in told if not one.held_out]
    now = Calibration()
    for _ in range(STEPS):
        now = _stepped(rows, now)
    return Calibration(round(max(0.2, now.slope), 4), round(now.offset, 4))


def _stepped(rows: Sequence[Told], now: Calibration) -> Calibration:
    """Return the calibration after one step of Newton's method."""
    g0, g1 = FAITH * now.offset, FAITH * (now.slope - 1.0)
    h00, h01, h11 = FAITH, 0.0, FAITH
    for one in rows:
        p = probability(now.bent(one.log_odds))
        off, weight = p - one.right, p * (1.0 - p)
        g0, g1 = g0 + off, g1 + off * one.log_odds
        h00, h01, h11 = h00 + weight, h01 + weight * one.log_odds, h11 + weight * one.log_odds**2
    size = h00 * h11 - h01 * h01
    return Calibration(now.slope - (h00 * g1 - h01 * g0) / size, now.offset - (h11 * g0 - h01 * g1) / size)


def measured(told: Sequence[Told], calibration: Calibration) -> Fit:
    """Return how well a calibration agrees with the decisions that are held out."""
    rows = [(probability(calibration.bent(one.log_odds)), one) for one in told if one.held_out]
    if not rows:
        return Fit(0, 0.0, 0.0)
    agreed = sum((p >= one.threshold) == one.right for p, one in rows) / len(rows)
    loss = -sum(math.log(max(1e-9, p if one.right else 1.0 - p)) for p, one in rows) / len(rows)
    return Fit(len(rows), round(agreed, 4), round(loss, 4))
