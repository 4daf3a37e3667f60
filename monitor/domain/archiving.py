"""What becomes of a capture: `wanted → submitted → captured → verified | lost`.

Every function takes a capture and what the archive said of it, and returns its next step. An answer that leaves
open whether the page was taken never leads to a second submission before the index was asked.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from monitor.domain.archive_codes import Action, action_of, pause_named_in
from monitor.domain.captures import (
    Accepted,
    Capture,
    Change,
    Errand,
    Forgotten,
    Pause,
    Pending,
    Polled,
    Refused,
    Saved,
    Scope,
    Step,
)
from monitor.domain.errors import MonitorError, Permanent, Transient
from monitor.domain.model import CaptureState

FIRST_RETRY = timedelta(minutes=5)
LONGEST_RETRY = timedelta(
    hours=12
)  # so that at most five tries fall on one day, which is all that a page may have
HOURS_RETRY = timedelta(hours=4)
LATE_RETRY = timedelta(hours=24)
FEW_RETRY = timedelta(hours=2)
MOST_TRIES = {Action.RETRY: 6, Action.RETRY_IN_HOURS: 6, Action.LATE_RETRY: 2, Action.FEW: 3, Action.FINAL: 1}

FIRST_POLL = timedelta(seconds=5)
LONGEST_POLL = timedelta(minutes=1)
OVERDUE = timedelta(
    minutes=30
)  # a capture takes two minutes at most; the archive forgets results after an hour
DOUBT = timedelta(minutes=10)  # until the index is asked about a submission without a certain answer
LOOKS = (timedelta(minutes=15), timedelta(hours=2), timedelta(hours=13), timedelta(hours=36))
MOST_RETAKES = 1
RETAKE_AFTER = timedelta(hours=6)
RECENT = timedelta(days=1)  # a capture by anyone since then counts as ours
RETAKE_WITHIN = timedelta(minutes=10)  # the bad capture itself must not count
ACCOUNT_PAUSE = timedelta(seconds=60)
HOST_PAUSE = timedelta(minutes=5)
KEYS_PAUSE = timedelta(hours=1)
TROUBLE_PAUSE = timedelta(minutes=1)
NEVER_TAKEN = frozenset({"http-429", "rate-limited", "dns", "tls", "proxy", "closed"})
LIST_KEPT = 20  # resources and links that are kept of an answer; a page has hundreds


def within(capture: Capture) -> timedelta:
    """Return how old an existing capture may be to be as good as a new one."""
    return RETAKE_WITHIN if capture.retakes else RECENT


def after_submit(capture: Capture, answer: Accepted | Refused, now: datetime) -> Step:
    """Decide what follows the answer to a submission."""
    if isinstance(answer, Refused):
        return _refused(capture, answer, now)
    accepted = replace(
        capture,
        state=CaptureState.SUBMITTED,
        remote_id=answer.remote_id,
        reason="",
        looks=0,
        answer=trimmed(answer.raw),
    )
    return Step(accepted, now + FIRST_POLL)


def after_poll(capture: Capture, answer: Polled, now: datetime, *, base_url: str) -> Step:
    """Decide what follows the archive's word on a submission; `base_url` is the archive's."""
    match answer:
        case Saved():
            return _saved(capture, answer, now, base_url)
        case Refused():
            return _refused(capture, answer, now)
        case Forgotten():
            return _doubtful(capture, "result-lost", now)
        case Pending():
            waited = now - (capture.sent_at or now)
            if waited > OVERDUE:
                return _doubtful(capture, "overdue", now)
            return Step(capture, now + min(max(waited / 4, FIRST_POLL), LONGEST_POLL))


def after_trouble(capture: Capture, errand: Errand, error: MonitorError, now: datetime) -> Step:
    """Decide what follows an errand that got no answer of the archive's own.

    A submission that was told to come later, or never left, was surely not taken; any other may have been.
    """
    pause = trouble_pause(error, now)
    if errand is not Errand.SUBMIT:
        return Step(capture, pause.until, pause, answered=False)
    if pause.reason in NEVER_TAKEN or isinstance(error, Permanent):
        return Step(unsent(capture, pause.reason), now, pause, answered=False)
    return replace(_doubtful(capture, pause.reason, now), pause=pause, answered=False)


def trouble_pause(error: MonitorError, now: datetime) -> Pause:
    """Return how long to leave the archive alone; refused keys only keep us from submitting."""
    reason = error.reason if isinstance(error, Transient | Permanent) else str(error)
    if reason == "bad-keys":
        return Pause(Scope.ACCOUNT, now + KEYS_PAUSE, reason)
    asked = error.retry_after if isinstance(error, Transient) else None
    return Pause(Scope.SERVICE, now + max(asked or TROUBLE_PAUSE, TROUBLE_PAUSE), reason)


def given_back(capture: Capture, errand: Errand, now: datetime) -> Step:
    """Give back a capture that was taken up for an errand and left untouched."""
    return Step(unsent(capture, capture.reason) if errand is Errand.SUBMIT else capture, now, answered=False)


def unsent(capture: Capture, reason: str) -> Capture:
    """Return a capture that is certainly not at the archive."""
    return replace(
        capture, state=CaptureState.WANTED, sent_at=None, remote_id="", looks=0, reason=reason[:300]
    )


def lost(capture: Capture, reason: str) -> Step:
    """Give a capture up; the local archive is the evidence."""
    gone = replace(capture, state=CaptureState.LOST, remote_id="", reason=reason[:300])
    return Step(gone, None)


def tried(capture: Capture, reason: str, action: Action, now: datetime) -> Step:
    """Count an attempt that failed: again later, or lost."""
    attempts = capture.attempts + 1
    counted = replace(capture, attempts=attempts)
    if attempts >= MOST_TRIES[action]:
        return lost(counted, reason)
    waits = {
        Action.RETRY_IN_HOURS: HOURS_RETRY,
        Action.LATE_RETRY: LATE_RETRY,
        Action.FEW: FEW_RETRY * attempts,
    }
    wait = waits.get(action, min(FIRST_RETRY * 4 ** (attempts - 1), LONGEST_RETRY))
    return Step(unsent(counted, reason), now + wait)


def next_day(now: datetime) -> datetime:
    """Return the moment at which the archive counts anew."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(days=1, minutes=1)


def change_of(before: Capture, after: Capture) -> Change | None:
    """Return what to log: nothing where the state is the same."""
    if before.state is after.state:
        return None
    return Change(
        after.id, after.article_id, after.url, before.state, after.state, after.reason, after.archive_url
    )


def trimmed(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return an answer as it came, but for long lists, which are cut and counted."""
    kept: dict[str, Any] = {}
    for name, value in raw.items():
        if isinstance(value, list | dict) and len(value) > LIST_KEPT:
            first = list(value)[:LIST_KEPT]
            kept[name] = first if isinstance(value, list) else {key: value[key] for key in first}
            kept[f"{name}_count"] = len(value)
        elif name != "screenshot":
            kept[name] = value
    return kept


def _saved(capture: Capture, answer: Saved, now: datetime, base_url: str) -> Step:
    saved = replace(
        capture,
        state=CaptureState.CAPTURED,
        remote_id="",
        reason="",
        looks=0,
        archived_at=answer.at,
        final_url=answer.original_url or capture.url,
        archive_url=address(base_url, answer.at, answer.original_url or capture.url),
        answer=trimmed(answer.raw),
    )
    return Step(saved, now + LOOKS[0])


def address(base_url: str, at: datetime, url: str) -> str:
    """Return the address at which the archive shows a capture."""
    return f"{base_url.rstrip('/')}/web/{at:%Y%m%d%H%M%S}/{url}"


def _doubtful(capture: Capture, reason: str, now: datetime) -> Step:
    """Ask the index before anything is sent again: the capture may exist."""
    unsure = replace(capture, state=CaptureState.WANTED, remote_id="", reason=f"unsure: {reason}", looks=0)
    return Step(unsure, now + DOUBT)


def _refused(capture: Capture, answer: Refused, now: datetime) -> Step:
    """Follow the archive's own word for what went wrong."""
    code, action = action_of(answer.code, answer.message)
    noted = replace(capture, answer=trimmed(answer.raw))
    match action:
        case Action.LOOK_UP:
            return _doubtful(noted, code, now)
        case Action.PAUSE_ACCOUNT:
            return Step(unsent(noted, code), now, Pause(Scope.ACCOUNT, now + ACCOUNT_PAUSE, code))
        case Action.PAUSE_DAY:
            return Step(unsent(noted, code), now, Pause(Scope.ACCOUNT, next_day(now), code))
        case Action.PAUSE_HOST:
            until = now + max(pause_named_in(answer.message), HOST_PAUSE)
            return Step(unsent(noted, code), now, Pause(Scope.HOST, until, code, capture.host))
        case Action.PAUSE_HOST_DAY:
            return Step(unsent(noted, code), now, Pause(Scope.HOST, next_day(now), code, capture.host))
        case _:
            return tried(noted, code, action, now)
