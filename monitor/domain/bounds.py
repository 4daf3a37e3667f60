"""What people said that no merge by itself may cross."""

from dataclasses import dataclass


def pair(one: int, other: int) -> tuple[int, int]:
    """Return two incidents in one order."""
    return (one, other) if one < other else (other, one)


@dataclass(frozen=True)
class Bounds:
    """Incidents that a person confirmed, and pairs of incidents that a person told apart."""

    confirmed: frozenset[int] = frozenset()
    apart: frozenset[tuple[int, int]] = frozenset()  # the lower number first

    def allows(self, one: int, other: int) -> bool:
        """Tell whether two incidents may become one without a person."""
        return not {one, other} & self.confirmed and pair(one, other) not in self.apart

    def merged(self, kept: int, gone: int) -> "Bounds":
        """Return the bounds after a merge: what was apart from `gone` is apart from `kept`."""
        if not any(gone in two for two in self.apart):
            return self
        names = {gone: kept}
        moved = (pair(names.get(one, one), names.get(other, other)) for one, other in self.apart)
        return Bounds(self.confirmed, frozenset(two for two in moved if two[0] != two[1]))
