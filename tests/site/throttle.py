"""A limit per minute as a public archive keeps it: first a pause, then a lock-out that doubles."""

from collections import deque

from tests.site.clock import Clock

WINDOW = 60.0
GRACE = 5.0  # seconds in which requests that were already under way are forgiven


class Throttle:
    """Counts the requests of the last minute and remembers who does not pause when told to."""

    def __init__(self, clock: Clock, per_minute: int, *, pause: float = 60.0, ban: float = 3600.0) -> None:
        self._clock = clock
        self._per_minute = per_minute
        self._pause = pause
        self._ban = ban
        self._admitted: deque[float] = deque()
        self._refused_since = 0.0
        self._closed_until = 0.0
        self._banned_until = 0.0

    @property
    def banned(self) -> bool:
        """Whether connections are refused now."""
        return self._clock.now().timestamp() < self._banned_until

    def admit(self) -> float:
        """Return 0 for a request that may pass, else the seconds that the client must wait."""
        now = self._clock.now().timestamp()
        if now < self._closed_until:
            return self._insist(now)
        while self._admitted and self._admitted[0] <= now - WINDOW:
            self._admitted.popleft()
        if len(self._admitted) < self._per_minute:
            self._admitted.append(now)
            return 0.0
        self._refused_since = now
        self._closed_until = now + self._pause
        return self._pause

    def _insist(self, now: float) -> float:
        """Judge a request inside the pause: it starts the pause anew, and after a minute it brings a ban."""
        ignored_for = now - self._refused_since
        if ignored_for > WINDOW:
            self._banned_until = self._closed_until = now + self._ban
            self._ban *= 2
        elif ignored_for > GRACE:
            self._closed_until = now + self._pause
        return self._closed_until - now
