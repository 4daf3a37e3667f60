"""What the roles share."""

from typing import Protocol


class Tickets(Protocol):
    """Where a role says that another has work."""

    def give(self, *roles: str) -> None:
        """Say that there may be work for these roles."""
        ...


class Stepwise:
    """A role with nothing under way between its steps."""

    async def land(self) -> bool:
        """There is nothing to wait for."""
        return False

    async def finish(self) -> None:
        """There is nothing to wait for."""
