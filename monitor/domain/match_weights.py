"""The weights of the matching decision, made by benchmarks/train_match.py."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Weights:
    """A logistic decision: one weight for every measure of domain/match.py, and the probability that joins."""

    values: tuple[float, ...]
    bias: float
    threshold: float


WITHIN = Weights((6.0, 3.0, 2.0, 3.0, 2.0, 3.0, 2.0, 1.5, 2.0, 4.0, -2.0, 0.0, 2.0, 2.0), -5.5, 0.5)
ACROSS = Weights((4.0, 2.0, 1.0, 6.0, 3.0, 4.0, 4.0, 3.0, 2.0, 4.0, -2.0, 0.0, 2.0, 3.0), -8.0, 0.5)
