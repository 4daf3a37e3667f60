"""What a role of this process does for tickets, whatever engine carries them."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from monitor.domain.tickets import Ticket


@dataclass(frozen=True)
class Duty:
    """What a role does for its tickets.

    `work` takes a ticket's key and whether a dead process had begun it; `look` returns the tickets that are due;
    tickets are taken only while `ready` says so, which is asked every few seconds.
    """

    work: Callable[[str, bool], Awaitable[None]]
    look: Callable[[], Awaitable[Sequence[Ticket]]]
    ready: Callable[[], Awaitable[bool]] | None = None
    at_once: int = 1


@dataclass(frozen=True)
class Rhythm:
    """How soon a silent process is given up, in seconds; tests shorten it."""

    heartbeat: float = 10.0
    stalled: float = 30.0  # the decider's lock lasts as long
    drain: float = 20.0
    recover_every: int = 10  # between two looks for tickets of the silent

    @property
    def ready_every(self) -> float:
        """Seconds between two questions whether a role is ready, well within the decider's lock."""
        return self.stalled / 4
