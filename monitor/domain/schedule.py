"""What a poll means for its source: how it is, and when it is asked again.

A source is never dropped. Trouble slows it (linearly, a day at most) and is shown as one word with its reason.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from monitor.domain.challenges import challenge_of
from monitor.domain.errors import MonitorError, Permanent, Transient
from monitor.domain.freshness import freshness_of, learn
from monitor.domain.model import Feed, Health, Kind, Response, Source, SourceState, Validators
from monitor.domain.moves import followed
from monitor.domain.validators import (
    NOT_MODIFIED,
    freshness_asked,
    is_unchanged,
    retry_after_of,
    validators_of,
)

__all__ = [
    "LONGEST",
    "Trouble",
    "after_poll",
    "classify",
    "disabled",
    "due_at",
    "is_due",
    "outcome_of",
    "retry_after_of",
    "switched_off",
    "unchanged",
]

NOT_LISTED = "not listed in sources.yaml"
LONGEST = timedelta(days=1)  # no source waits longer, whatever it says
HARD, SOFT, TEMPORARY = (
    1.0,
    0.5,
    0.25,
)  # what a failure counts; living feeds do answer 404 and 5xx for a while
_JITTER = 0.1  # share of an interval, against bursts
_STRETCH = 4  # a fixed interval gives way to the publisher's wish this many times over, not more
_FORGET_MOVE = 3.0  # failures after which a followed address is given up for the configured one

_REFUSED = frozenset({401, 402, 403, 407, 451})
_SOFT_STATUS = frozenset({404, 408, 421, 425, 429, *range(500, 600)})
_OK = range(200, 300)
_TEMPORARY_REASONS = frozenset({"dns", "rate-limited", "worker-died"})


@dataclass(frozen=True)
class Trouble:
    """Why a poll was no good, how much that counts, and what the server asks for."""

    reason: str
    weight: float
    health: Health = Health.FAILING
    retry_after: timedelta | None = None


def classify(answer: Response | MonitorError) -> Trouble | None:
    """Return what is wrong with an answer, None for one that brought a body or "not modified"."""
    if isinstance(answer, MonitorError):
        return _classify_error(answer)
    if answer.status == NOT_MODIFIED and not answer.body:
        return None  # nothing came that could be a wall
    if wall := challenge_of(answer):
        return Trouble(
            f"challenge: {wall}", HARD, Health.BLOCKED, retry_after_of(answer.headers, answer.fetched_at)
        )
    status = answer.status
    if status in _OK or status == NOT_MODIFIED:
        return None
    health = Health.BLOCKED if status in _REFUSED else Health.FAILING
    weight = SOFT if status in _SOFT_STATUS else HARD
    return Trouble(f"http-{status}", weight, health, retry_after_of(answer.headers, answer.fetched_at))


def _classify_error(error: MonitorError) -> Trouble:
    if isinstance(error, Transient):
        weight = TEMPORARY if error.reason in _TEMPORARY_REASONS else SOFT
        return Trouble(str(error), weight, retry_after=error.retry_after)
    refused = isinstance(error, Permanent) and error.reason in {"private-address", "refused-port"}
    return Trouble(str(error), HARD, Health.BLOCKED if refused else Health.FAILING)


def after_poll(
    source: Source,
    state: SourceState,
    *,
    answer: Response | MonitorError,
    feed: Feed | None = None,
    new: int = 0,
    now: datetime,
    jitter: float = 0.0,
) -> SourceState:
    """Return what is known of a source after a poll.

    `answer` is the first page's response or the error instead of it; `feed` what was parsed (None when nothing
    was: not modified, the same bytes, an error); `new` counts entries never seen; `jitter` is a random 0 … 1.
    """
    state = _at_this_address(source, state)
    trouble = classify(answer) or _trouble_with(feed, source, state)
    if trouble is None and isinstance(answer, Response):
        if _cannot_clear(state, answer):
            trouble = Trouble(state.reason, 0.0, state.status)
        else:
            return _after_success(source, state, answer, feed, new=new, now=now, jitter=jitter)
    return _after_trouble(
        source, state, trouble or Trouble("unknown", HARD), parsed=feed is not None, now=now, jitter=jitter
    )


def outcome_of(answer: Response | MonitorError, feed: Feed | None) -> str:
    """Name a poll's outcome for its record: a reason of trouble, not-modified, same-body, or what the parser said."""
    if trouble := classify(answer):
        return trouble.reason
    if feed is not None:
        return feed.outcome
    return "not-modified" if isinstance(answer, Response) and answer.status == NOT_MODIFIED else "same-body"


def due_at(state: SourceState, now: datetime) -> datetime:
    """Return when a source is to be polled: now, where that was never said or by a clock that was wrong."""
    at = state.next_poll_at
    if at is None:
        return now
    too_far = at > now + 2 * max(LONGEST, state.interval or LONGEST)  # its operator may want it once a week
    return now if too_far and not is_paused(state) else at


def is_paused(state: SourceState) -> bool:
    """Tell whether somebody paused a source by hand: switched off, but with a time, ages ahead."""
    return state.status is Health.DISABLED and state.next_poll_at is not None


def is_due(state: SourceState, now: datetime) -> bool:
    """Tell whether a source is to be polled."""
    return due_at(state, now) <= now


def is_unreachable(state: SourceState) -> bool:
    """Tell whether a source's host could not even be connected to."""
    return state.status is Health.FAILING and state.reason.startswith(("dns", "connection", "proxy"))


def is_edited(before: Source, after: Source) -> bool:
    """Tell whether what the operator wrote bears on what a poll brings; topics and pace do not."""
    return replace(before, topics=after.topics, every=after.every) != after


def asked_anew(state: SourceState, now: datetime) -> SourceState:
    """Return the state of a source that is to be polled at once, and as if it had not been read before."""
    return replace(state, validators=Validators(), next_poll_at=now)


def disabled(state: SourceState, reason: str, now: datetime) -> SourceState:
    """Return the state of a source that the operator has switched off."""
    return replace(state, **_shown(state, Health.DISABLED, reason, now), next_poll_at=None)


def switched_off(state: SourceState, reason: str | None, now: datetime) -> SourceState | None:
    """Return the state of a source that is polled no more, None where that is what is known already.

    `reason` is the operator's for a source that is listed as disabled, None for one that is not listed.
    """
    why = NOT_LISTED if reason is None else reason or "disabled in sources.yaml"
    known = state.status is Health.DISABLED and state.reason == why and state.next_poll_at is None
    return None if known else disabled(state, why, now)


def _at_this_address(source: Source, state: SourceState) -> SourceState:
    """Begin anew where the operator has written another address: validators of the old one would lie."""
    if state.url == source.url:
        return state
    if not state.url:
        return replace(state, url=source.url)
    return SourceState(
        source.name, state.status, state.reason, state.since, last_new_at=state.last_new_at, url=source.url
    )


def _cannot_clear(state: SourceState, answer: Response) -> bool:
    """Tell whether "not modified" says nothing about the trouble: what could not be read is still there."""
    if answer.status != NOT_MODIFIED:
        return False
    unasked = state.status in {Health.FAILING, Health.BLOCKED} and not (
        state.validators.etag or state.validators.last_modified
    )
    return unasked or state.status is Health.BROKEN_FORMAT


def _trouble_with(feed: Feed | None, source: Source, state: SourceState) -> Trouble | None:
    """Return what is wrong with what was parsed."""
    if feed is None:
        return None
    found = len(feed.entries) + sum(feed.rejected.values())
    if feed.outcome == "challenge":
        return Trouble(f"challenge: {feed.detail or 'page'}", HARD, Health.BLOCKED)
    if feed.outcome not in {"feed", "no-items"}:
        return Trouble(_joined(feed.outcome, feed.detail), SOFT, Health.BROKEN_FORMAT)
    if feed.outcome == "no-items" and (
        found or state.entries_seen or source.kind in {Kind.LISTING, Kind.JSON}
    ):
        lost = ", ".join(f"{count} {reason}" for reason, count in feed.rejected.items())
        return Trouble(_joined("no entries found", feed.detail or lost), SOFT, Health.BROKEN_FORMAT)
    if found < source.expect.min_items and not feed.more:
        return Trouble(
            f"{found} entries, expected at least {source.expect.min_items}", SOFT, Health.BROKEN_FORMAT
        )
    return None


def _joined(word: str, detail: str) -> str:
    return f"{word}: {detail}" if detail else word


def _after_trouble(
    source: Source, state: SourceState, trouble: Trouble, *, parsed: bool, now: datetime, jitter: float
) -> SourceState:
    failures = state.failures + trouble.weight
    delay = min(
        source.every.least * (1 + failures) * (1 + _JITTER * jitter), max(LONGEST, source.every.least)
    )
    delay = max(delay, min(trouble.retry_after or timedelta(), LONGEST))
    changes: dict[str, Any] = {
        **_shown(state, trouble.health, trouble.reason, now),
        "failures": failures,
        "last_polled_at": now,
        "next_poll_at": now + delay,
        "interval": delay,
    }
    if parsed or trouble.health is Health.BLOCKED:
        changes["validators"] = SourceState(
            state.name
        ).validators  # ask for the whole page until it can be read
    if failures >= _FORGET_MOVE:
        changes |= {"url_in_force": "", "moved_to": "", "moved_times": 0, "moved_since": None}
    return replace(state, **changes)


def _after_success(
    source: Source,
    state: SourceState,
    answer: Response,
    feed: Feed | None,
    *,
    new: int,
    now: datetime,
    jitter: float,
) -> SourceState:
    state = learn(followed(state, answer, feed, now), feed, new=new, now=now)
    interval = _interval(source, state, _wish(answer, feed), now)
    seen = len(feed.entries) + sum(feed.rejected.values()) if feed else 0
    state = replace(state, entries_seen=max(state.entries_seen, seen))
    health, reason = freshness_of(source, state, now)
    return replace(
        state,
        **_shown(state, health, reason, now),
        last_polled_at=now,
        next_poll_at=now + interval * (1 + _JITTER * jitter),
        interval=interval,
        failures=0.0,
        # An index may stay the same while its parts change: it is always asked for as a whole.
        validators=Validators() if feed and feed.more else validators_of(answer, state.validators),
    )


def _wish(answer: Response, feed: Feed | None) -> timedelta:
    """Return how long the publisher asks to be left alone."""
    by_feed = feed.ttl if feed and feed.ttl else timedelta()
    return max(by_feed, freshness_asked(answer.headers, answer.fetched_at))


def _interval(source: Source, state: SourceState, wish: timedelta, now: datetime) -> timedelta:
    """Return the interval in force: the operator's, or the source's rhythm within the operator's limits."""
    least, most = source.every.least, source.every.most
    own = least
    if source.every.adaptive and state.gap is not None:
        silence = now - (state.last_new_at or now)
        own = min(max(least, state.gap / 2, silence / 8), most)
    return min(max(own, wish), max(most, own) if source.every.adaptive else least * _STRETCH)


def _shown(state: SourceState, health: Health, reason: str, now: datetime) -> dict[str, Any]:
    """Return what people see of a source's health; the day on which it began stays while the word does."""
    since = state.since if state.status is health and state.since else now
    return {"status": health, "reason": reason, "since": since}


def unchanged(source: Source, state: SourceState, answer: Response) -> bool:
    """Tell whether an answer brings nothing that was not parsed before, so that parsing can be spared."""
    return state.url in {"", source.url} and is_unchanged(answer, state.validators)
