"""Whether the clock on the wall jumped: it went another way than a clock that only counts seconds."""

from dataclasses import dataclass

MOST = 30.0  # seconds that the two may part: what a correction by little steps never comes to


@dataclass(frozen=True)
class Clocks:
    """What both clocks said at one moment, in seconds."""

    wall: float
    counted: float

    def jump(self, now: "Clocks") -> float:
        """Return by how many seconds the clock jumped since then, back below zero; 0 where it did not."""
        apart = (now.wall - self.wall) - (now.counted - self.counted)
        return apart if abs(apart) > MOST else 0.0
