"""Whether a source that answers also lives: its silence against its own rhythm and what the operator expects."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from monitor.domain.model import Entry, Feed, Health, Source, SourceState

_MEMORY = 0.3  # weight of the newest observation in the learned rhythm
_SHORTEST_GAP = timedelta(minutes=1)
_RECENT = 20  # entries whose dates tell a rhythm at first sight
_FEWEST = 3
_TRUSTED = timedelta(days=2)  # dates this old or younger may merely lie in a wrong zone
_QUIET_GAPS, _QUIET_LEAST, _QUIET_MOST, _QUIET_UNKNOWN = (
    6,
    timedelta(days=1),
    timedelta(days=180),
    timedelta(days=7),
)
_STALE_GAPS, _STALE_LEAST, _STALE_MOST = 20, timedelta(days=30), timedelta(days=365)
_STALE_EXPECTED = 4  # times the silence that the operator expects at most


def learn(state: SourceState, feed: Feed | None, *, new: int, now: datetime) -> SourceState:
    """Learn the rhythm and the moment of the last news from a poll that brought `new` unseen entries."""
    if feed is None:
        return state
    if not new:
        return _by_their_dates(state, feed, now)
    newest = max((entry.published_at for entry in feed.entries if entry.published_at), default=None)
    last = _moment_of_news(state, newest, now)
    if state.last_new_at is not None and last <= state.last_new_at:
        return state  # old entries came back: no news, and no rhythm
    return replace(state, last_new_at=last, gap=_gap(state, feed.entries, new, now))


def _by_their_dates(state: SourceState, feed: Feed, now: datetime) -> SourceState:
    """Learn from entries that are known already, as of a source that was renamed or always comes second.

    Dates that are all one tell when the page was made, and nothing of its entries.
    """
    dates = {at for entry in feed.entries if (at := entry.published_at) and at <= now}
    if len(dates) < _FEWEST or (state.last_new_at and max(dates) <= state.last_new_at):
        return state
    return replace(state, last_new_at=max(dates), gap=state.gap or _dated_gap(feed.entries))


def _moment_of_news(state: SourceState, newest: datetime | None, now: datetime) -> datetime:
    """Return when there was last news: now, unless the entries' own dates show that they are old.

    A feed that froze years ago brings "new" entries at its first poll, and old ones when it reshuffles.
    """
    fresh = newest is None or (state.last_new_at is not None and now - newest <= _TRUSTED)
    moment = now if fresh or newest is None else min(newest, now)
    return max(moment, state.last_new_at) if state.last_new_at else moment


def _gap(state: SourceState, entries: Sequence[Entry], new: int, now: datetime) -> timedelta | None:
    """Return the mean time between entries: from their dates at first, then from what polls bring."""
    if state.last_new_at is None:
        return _dated_gap(entries)
    observed = max((now - state.last_new_at) / new, _SHORTEST_GAP)
    if state.gap is None:
        return _dated_gap(entries) or observed
    return state.gap * (1 - _MEMORY) + observed * _MEMORY


def _dated_gap(entries: Sequence[Entry]) -> timedelta | None:
    dates = sorted((entry.published_at for entry in entries if entry.published_at), reverse=True)[:_RECENT]
    if len(dates) < _FEWEST:
        return None
    return max((dates[0] - dates[-1]) / (len(dates) - 1), _SHORTEST_GAP)


def freshness_of(source: Source, state: SourceState, now: datetime) -> tuple[Health, str]:
    """Return how a source is that answers well: ok, quiet, stale or moved, with the reason."""
    if state.last_new_at is None:
        return _without_news(state, now)
    silence = now - state.last_new_at
    quiet, stale = _limits(source, state)
    if silence > quiet:
        usual = f"; usually one in {span(state.gap)}" if state.gap else ""
        word = Health.STALE if silence > stale else Health.QUIET
        return word, f"nothing new for {span(silence)}{usual}"
    if state.url_in_force:
        return Health.MOVED, f"answers at {state.url_in_force}"
    return Health.OK, ""


def _without_news(state: SourceState, now: datetime) -> tuple[Health, str]:
    """Return how a source is that never brought anything: one that never held an entry is not waited for for ever."""
    if state.entries_seen:
        return Health.QUIET, "no entry yet that was not known"
    waited = now - state.since if state.status is Health.QUIET and state.since else timedelta()
    is_stale = state.status is Health.STALE or waited > _STALE_LEAST
    return Health.STALE if is_stale else Health.QUIET, "no entry yet"


def _limits(source: Source, state: SourceState) -> tuple[timedelta, timedelta]:
    gap, expected = state.gap, source.expect.max_silence
    quiet = min(max(gap * _QUIET_GAPS, _QUIET_LEAST), _QUIET_MOST) if gap else _QUIET_UNKNOWN
    stale = min(max(gap * _STALE_GAPS, _STALE_LEAST), _STALE_MOST) if gap else _STALE_LEAST
    if expected is not None:
        quiet, stale = expected, max(expected * _STALE_EXPECTED, min(stale, _STALE_LEAST))
    return quiet, max(quiet, stale)


def span(length: timedelta) -> str:
    """Write a length of time as a person would."""
    for unit, name in ((timedelta(days=1), "d"), (timedelta(hours=1), "h"), (timedelta(minutes=1), "min")):
        if length >= 2 * unit:
            return f"{length / unit:.0f} {name}"
    return f"{length.total_seconds():.0f} s"
