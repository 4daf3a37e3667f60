"""What one look at a source says before it is listed: whether it would bring entries, or is dead."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from monitor.domain.errors import MonitorError, Permanent
from monitor.domain.model import Feed, Response
from monitor.domain.schedule import classify

GONE = frozenset({404, 410})
_NO_FEED = frozenset({"html", "not-a-feed"})


class Look(StrEnum):
    """One word for what a look at a new source showed."""

    FINE = "fine"
    EMPTY = "empty"
    TROUBLE = "trouble"  # may pass: the source is listed, its health will tell
    DEAD = "dead"  # will not pass: the source is listed as disabled, with the reason


@dataclass(frozen=True)
class Trial:
    """What a source would bring now."""

    look: Look
    reason: str = ""
    entries: int = 0
    newest: datetime | None = None


def trial_of(answer: Response | MonitorError, feed: Feed | None) -> Trial:
    """Judge the first answer of a source and what was parsed of it (None where nothing was)."""
    if trouble := classify(answer):
        return Trial(Look.DEAD if _will_not_pass(answer) else Look.TROUBLE, trouble.reason)
    if feed is None:
        return Trial(Look.TROUBLE, "no answer")
    if feed.outcome in _NO_FEED:
        return Trial(Look.DEAD, f"{feed.outcome}: {feed.detail}" if feed.detail else feed.outcome)
    if feed.outcome == "no-items":
        return Trial(Look.EMPTY, feed.detail)
    if feed.outcome != "feed":
        return Trial(Look.TROUBLE, feed.outcome)
    newest = max((entry.published_at for entry in feed.entries if entry.published_at), default=None)
    return Trial(Look.FINE, "", len(feed.entries), newest)


def _will_not_pass(answer: Response | MonitorError) -> bool:
    """Tell whether asking later is in vain; a wall may open, and the operator may allow a private address."""
    if isinstance(answer, MonitorError):
        return isinstance(answer, Permanent) and answer.reason == "bad-url"
    return answer.status in GONE
