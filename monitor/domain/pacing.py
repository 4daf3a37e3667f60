"""How fast the archive may be asked: one pace and one circuit breaker for the whole installation.

Submissions, polls and look-ups each keep an even pace (a generic cell rate: `ready_at` moves on by one interval
per request). A refusal closes everything for a pause that doubles; then one harmless request probes first.
The functions are pure, the store keeps the value in one row.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from monitor.domain.archiving import next_day
from monitor.domain.captures import Account, Errand

MINUTE = timedelta(seconds=60.5)  # the archive counts over 60 s; the rest is for the network's jitter
PER_MINUTE = 7
CONCURRENT = 3
DAILY = 30_000
POLL_EVERY = timedelta(seconds=5)
LOOK_EVERY = timedelta(seconds=2.6)  # 23 a minute; the index refuses more than 30
BEHIND = {Errand.SUBMIT: 1, Errand.POLL: 0, Errand.LOOK_UP: 2}  # requests that may catch up at once
RESERVE = 0.2  # of a day's captures is kept for originals; it melts towards midnight
RESERVE_MELTS = timedelta(minutes=10)  # until it is worth looking whether copies may be sent again
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
LONGEST_ASKED = timedelta(days=1)
SLOWEST = 16.0
HASTEN = 0.99  # per accepted submission: what one refusal slowed is undone after some forty
PROBE_TIME = timedelta(minutes=1)
ACCOUNT_EVERY = timedelta(minutes=10)


@dataclass(frozen=True)
class Pace:
    """What is known of the archive's patience."""

    submit_ready_at: datetime | None = None
    poll_ready_at: datetime | None = None
    look_ready_at: datetime | None = None
    sent: tuple[datetime, ...] = ()  # submissions of the last minute
    slow: float = 1.0  # how many times the usual interval lies between submissions; refusals raise it
    closed_until: datetime | None = None  # nothing at all is asked
    failures: int = 0
    suspect: bool = False  # after a pause: probe before anything else
    reason: str = ""
    account_closed_until: datetime | None = None  # nothing is submitted
    account_reason: str = ""
    account_at: datetime | None = None  # when the account was last asked for
    day: str = ""
    used: int = 0  # captures of that day
    daily_limit: int = DAILY
    concurrent: int = CONCURRENT


@dataclass(frozen=True)
class Grant:
    """How many requests may start now; with none, when to ask again and why."""

    count: int
    again_at: datetime | None = None
    reason: str = ""
    only_originals: bool = False


class Duty(StrEnum):
    """What has to be asked before the captures."""

    PROBE = "probe"
    ACCOUNT = "account"


def duty(pace: Pace, now: datetime) -> Duty | None:
    """Return what to ask of the archive first."""
    pace = sane(pace, now)
    if _closed(pace.closed_until, now):
        return None
    if pace.suspect:
        return Duty.PROBE
    if _closed(pace.account_closed_until, now):
        return None
    due = pace.account_at is None or now - pace.account_at >= ACCOUNT_EVERY
    return Duty.ACCOUNT if due else None


def began(pace: Pace, what: Duty, now: datetime) -> Pace:
    """Note that a duty is under way, so that no other process does it too."""
    pace = sane(pace, now)
    if what is Duty.PROBE:
        return replace(pace, closed_until=now + PROBE_TIME, reason="probing")
    return replace(pace, account_at=now)


def probed(pace: Pace) -> Pace:
    """Open again after a probe that was answered; the count of failures stays until real work is answered."""
    return replace(pace, suspect=False, closed_until=None, reason="")


def grant(pace: Pace, errand: Errand, now: datetime, *, in_flight: int = 0) -> Grant:
    """Return how many requests of an errand may start now; `in_flight` counts captures at the archive."""
    pace = sane(pace, now)
    if _closed(pace.closed_until, now):
        return Grant(0, pace.closed_until, pace.reason)
    if pace.suspect:
        return Grant(0, now, "probe first")
    if errand is not Errand.SUBMIT:
        return _paced(pace, errand, now)
    if _closed(pace.account_closed_until, now):
        return Grant(0, pace.account_closed_until, pace.account_reason)
    return _submissions(pace, now, in_flight)


def spent(pace: Pace, errand: Errand, count: int, now: datetime) -> Pace:
    """Note requests that start now."""
    if not count:
        return pace
    pace = sane(pace, now)
    ready_at = max(_ready_at(pace, errand) or now, now - _interval(pace, errand) * BEHIND[errand])
    moved = ready_at + _interval(pace, errand) * count
    if errand is Errand.POLL:
        return replace(pace, poll_ready_at=moved)
    if errand is Errand.LOOK_UP:
        return replace(pace, look_ready_at=moved)
    today = _today(pace, now)
    recent = (*_recent(today, now), *[now] * count)
    return replace(today, submit_ready_at=moved, sent=recent, used=today.used + count)


def refused(pace: Pace, until: datetime, reason: str, now: datetime) -> Pace:
    """Close everything: at least until then, longer with each failure in a row."""
    doubled = min(FIRST_PAUSE * 2 ** min(pace.failures, 10), LONGEST_PAUSE)
    closed = min(max(until, now + doubled), now + LONGEST_ASKED)
    known = sane(pace, now).closed_until
    slow = min(pace.slow * 1.5, SLOWEST) if reason == "http-429" else pace.slow
    return replace(
        pace,
        closed_until=max(closed, known or closed),
        failures=pace.failures + 1,
        suspect=True,
        reason=reason,
        slow=slow,
    )


def answered(pace: Pace, *, submitted: bool) -> Pace:
    """Note that the archive is well; an answer that was under way when it closed does not open it."""
    if pace.suspect:
        return pace
    return replace(pace, failures=0, slow=max(1.0, pace.slow * HASTEN) if submitted else pace.slow)


def account_paused(pace: Pace, until: datetime, reason: str) -> Pace:
    """Submit nothing until then, and ask for the account anew."""
    later = max(until, pace.account_closed_until or until)
    return replace(pace, account_closed_until=later, account_reason=reason, account_at=None)


def account_noted(pace: Pace, account: Account, now: datetime) -> Pace:
    """Take over what the account may do."""
    both = None not in {account.available, account.processing}
    concurrent = (account.available or 0) + (account.processing or 0) if both else pace.concurrent
    return replace(
        _today(pace, now),
        concurrent=max(1, concurrent),
        used=_today(pace, now).used if account.used_today is None else account.used_today,
        daily_limit=account.daily_limit or pace.daily_limit,
        account_at=now,
    )


def sane(pace: Pace, now: datetime) -> Pace:
    """Return the pace without times so far ahead that only a jump of the clock can have put them there."""

    def near(moment: datetime | None, most: timedelta) -> datetime | None:
        return None if moment is None or moment > now + most else moment

    return replace(
        pace,
        submit_ready_at=near(pace.submit_ready_at, _interval(pace, Errand.SUBMIT) * 2),
        poll_ready_at=near(pace.poll_ready_at, POLL_EVERY * 2),
        look_ready_at=near(pace.look_ready_at, LOOK_EVERY * 20),
        sent=tuple(min(moment, now) for moment in pace.sent if moment <= now + MINUTE),
        closed_until=near(pace.closed_until, LONGEST_ASKED),
        account_closed_until=near(pace.account_closed_until, LONGEST_ASKED + timedelta(minutes=1)),
        account_at=near(pace.account_at, timedelta()),
    )


def left_today(pace: Pace, now: datetime) -> int:
    """Return how many captures the day still allows."""
    today = _today(pace, now)
    return max(0, today.daily_limit - today.used)


def _submissions(pace: Pace, now: datetime, in_flight: int) -> Grant:
    left = left_today(pace, now)
    if left <= 0:
        return Grant(0, next_day(now), "daily-limit")
    recent = _recent(pace, now)
    if len(recent) >= PER_MINUTE:
        return Grant(0, recent[-PER_MINUTE] + MINUTE, "pace")
    paced = _paced(pace, Errand.SUBMIT, now)
    free = pace.concurrent - in_flight
    if paced.count and free <= 0:
        return Grant(0, now + POLL_EVERY, "busy")
    count = min(paced.count, free, left, PER_MINUTE - len(recent))
    return replace(paced, count=max(0, count), only_originals=left <= _reserve(pace, now))


def _reserve(pace: Pace, now: datetime) -> float:
    """Return how many of the day's captures only originals may use; what nobody needed is free by midnight."""
    rest = (next_day(now) - now) / timedelta(days=1)
    return pace.daily_limit * RESERVE * min(rest, 1.0)


def _paced(pace: Pace, errand: Errand, now: datetime) -> Grant:
    interval = _interval(pace, errand)
    ready_at = _ready_at(pace, errand) or now
    if ready_at > now:
        return Grant(0, ready_at, "pace")
    return Grant(1 + min(BEHIND[errand], int((now - ready_at) / interval)))


def _interval(pace: Pace, errand: Errand) -> timedelta:
    if errand is Errand.SUBMIT:
        return MINUTE / PER_MINUTE * pace.slow
    return POLL_EVERY if errand is Errand.POLL else LOOK_EVERY


def _ready_at(pace: Pace, errand: Errand) -> datetime | None:
    if errand is Errand.SUBMIT:
        return pace.submit_ready_at
    return pace.poll_ready_at if errand is Errand.POLL else pace.look_ready_at


def _recent(pace: Pace, now: datetime) -> tuple[datetime, ...]:
    return tuple(moment for moment in pace.sent if moment > now - MINUTE)


def _today(pace: Pace, now: datetime) -> Pace:
    day = f"{now:%Y-%m-%d}"
    return pace if pace.day == day else replace(pace, day=day, used=0)


def _closed(until: datetime | None, now: datetime) -> bool:
    return until is not None and until > now
