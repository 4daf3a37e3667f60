"""How often one client may ask: a bucket that fills at a steady rate and holds a burst."""

from dataclasses import dataclass, field
from datetime import datetime

MOST_CLIENTS = 10_000


@dataclass
class Rate:
    """Buckets by client; `take` says how many seconds to wait, 0 for none."""

    per_second: float = 300.0
    burst: float = 1000.0
    _buckets: dict[str, tuple[float, datetime]] = field(default_factory=dict)

    def take(self, client: str, now: datetime) -> float:
        """Take one token from a client's bucket."""
        level, since = self._buckets.get(client, (self.burst, now))
        level = min(self.burst, level + max(0.0, (now - since).total_seconds()) * self.per_second)
        allowed = level >= 1
        if len(self._buckets) >= MOST_CLIENTS and client not in self._buckets:
            self._buckets.clear()
        self._buckets[client] = (level - 1 if allowed else level, now)
        return 0.0 if allowed else (1 - level) / self.per_second
