"""The weights of the matching decision, made by benchmarks/train_match.py."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Weights:
    """A logistic decision: one weight for every measure of domain/match.py, and the probability that joins."""

    values: tuple[float, ...]
    bias: float
    threshold: float


WITHIN = Weights(
    (4.012, 2.273, 3.496, 2.006, 1.669, 2.724, 5.174, 3.480, 1.104, 3.000, -1.411, -0.104, 1.017, 1.527),
    -8.674,
    0.37,
)
ACROSS = Weights(
    (0.421, 0.460, 0.391, 1.587, 1.414, 1.248, 3.617, 4.993, 0.114, 3.000, -3.472, 0.090, 0.106, 0.869),
    -4.867,
    0.37,
)
