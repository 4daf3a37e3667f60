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
