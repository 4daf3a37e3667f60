"""Which change of a source's health people are told of: real changes, once, and not every hiccup."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.domain.freshness import span
from monitor.domain.model import Health, Source, SourceState

PROVEN = 1.0  # failures from which trouble is told: one hard failure, two soft ones, four of DNS
LONGEST_REASON = 200
_TROUBLE = frozenset({Health.FAILING, Health.BLOCKED, Health.BROKEN_FORMAT})
IN_TROUBLE = _TROUBLE | {Health.STALE, Health.MOVED}  # what somebody should look at
_SHOWN = 10  # alerts that one text names


@dataclass(frozen=True)
class Alert:
    """One change of a source's health; `status` is `ok` where it is well again."""

    source: str
    url: str
    was: Health
    status: Health
    reason: str
    since: datetime | None
    at: datetime
    last_new_at: datetime | None = None

    @property
    def recovered(self) -> bool:
        """Whether the source is well again."""
        return self.status is Health.OK


def standing(source: Source, state: SourceState) -> Health | None:
    """Return what people should know of a source: its trouble, `ok` for none, None while that cannot be said.

    Silence is trouble where the operator has said how long it may last; else only from `stale` on.
    """
    if state.status in _TROUBLE:
        return state.status if state.failures >= PROVEN else None
    if state.status is Health.QUIET:
        if source.expect.max_silence:
            return Health.QUIET
        return (
            Health.OK if state.entries_seen or state.last_new_at else None
        )  # a feed without entries is not well
    return state.status if state.status in {Health.OK, Health.STALE, Health.MOVED} else None


def alert_for(source: Source, told: Health | None, state: SourceState, now: datetime) -> Alert | None:
    """Return what to tell now, None for nothing; `told` is what was known last (None: nothing yet)."""
    word = standing(source, state)
    if word is None or word is told or (told is None and word is Health.OK):
        return None
    return Alert(
        source=source.name,
        url=source.url,
        was=told or Health.NEW,
        status=word,
        reason="" if word is Health.OK else _in_line(state.reason),
        since=state.since,
        at=now,
        last_new_at=state.last_new_at,
    )


def _in_line(text: str) -> str:
    """Return a text, part of which a stranger wrote, as one short line."""
    return "".join(letter for letter in " ".join(text.split()) if letter.isprintable())[:LONGEST_REASON]


def as_text(alerts: Sequence[Alert]) -> tuple[str, str]:
    """Return a title and a body for people; an @ in it calls nobody."""
    (first, *more) = alerts
    title = f"{first.source}: {first.status.value}" + (f" and {len(more)} more" if more else "")
    lines = [_line(alert) for alert in alerts[:_SHOWN]]
    if len(alerts) > _SHOWN:
        lines.append(f"… and {len(alerts) - _SHOWN} more: monitor status")
    return title, "\n".join(lines).replace("@", "@\u200b")


def _line(alert: Alert) -> str:
    change = f"{alert.source}: {alert.was.value} → {alert.status.value}"
    last = f"; last news {span(alert.at - alert.last_new_at)} ago" if alert.last_new_at else ""
    if alert.recovered:
        return f"{change}  {alert.url}"
    return f"{change}: {alert.reason or 'no reason known'}{last}  {alert.url}"
