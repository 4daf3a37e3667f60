"""What each of the archive's error codes asks of us.

The codes and their meanings are those of Save Page Now 2's public document; the list there is not complete.
"""

import re
from datetime import timedelta
from enum import StrEnum


class Action(StrEnum):
    """What to do about an error."""

    RETRY = "retry"  # trouble that passes: again with growing pauses
    RETRY_IN_HOURS = "retry-in-hours"
    PAUSE_ACCOUNT = "pause-account"  # too many captures at once; no attempt is counted
    PAUSE_HOST = "pause-host"  # the site throttles the archive; no attempt is counted
    PAUSE_HOST_DAY = "pause-host-day"
    PAUSE_DAY = "pause-day"  # the day's allowance is used up; no attempt is counted
    LOOK_UP = "look-up"  # it was captured often today: one of those captures is ours too
    LATE_RETRY = "late-retry"  # the archive cannot see the page: once more a day later
    FEW = "few"  # an unknown code: few tries, so as not to hammer a charity
    FINAL = "final"  # no later try will be better


_BY_ACTION = {
    Action.RETRY: (
        "bad-gateway",
        "gateway-timeout",
        "service-unavailable",
        "internal-server-error",
        "job-failed",
        "celery",
        "no-browsers-available",
        "capture-location-error",
        "proxy-error",
        "cannot-fetch",
        "browsing-timeout",
        "read-timeout",
        "soft-time-limit-exceeded",
        "protocol-error",
        "invalid-server-response",
        "no-captures",
    ),
    Action.RETRY_IN_HOURS: ("bandwidth-limit-exceeded",),
    Action.PAUSE_ACCOUNT: ("user-session-limit",),
    Action.PAUSE_HOST: ("too-many-requests",),
    Action.PAUSE_HOST_DAY: ("max-daily-bandwidth-host",),
    Action.PAUSE_DAY: ("max-daily-bandwidth", "max-daily-bandwidth-from-ip"),
    Action.LOOK_UP: ("too-many-daily-captures",),
    Action.LATE_RETRY: (
        "not-found",
        "no-access",
        "blocked",
        "unauthorized",
        "invalid-host-resolution",
        "too-many-redirects",
    ),
    Action.FINAL: (
        "invalid-url-syntax",
        "bad-request",
        "blocked-url",
        "blocked-client-ip",
        "filesize-limit",
        "ftp-access-denied",
        "method-not-allowed",
        "not-implemented",
        "http-version-not-supported",
        "network-authentication-required",
    ),
}
ACTIONS = {code: action for action, codes in _BY_ACTION.items() for code in codes}

# The archive sometimes gives a sentence and no code; these words have been stable for years.
_BY_MESSAGE = (
    (r"cannot make more than [\d,]+ captures per day", "max-daily-captures", Action.PAUSE_DAY),
    (r"already reached the limit", "user-session-limit", Action.PAUSE_ACCOUNT),
    (r"(crawling|capturing) (of )?this host is paused", "too-many-requests", Action.PAUSE_HOST),
    (r"already (been )?captured \d+ times today", "too-many-daily-captures", Action.LOOK_UP),
    (r"same snapshot had been made", "same-snapshot", Action.LOOK_UP),
    (r"cannot start capture", "cannot-start", Action.RETRY),
)

_LONGEST_NAMED_PAUSE = 86_400


def action_of(code: str, message: str = "") -> tuple[str, Action]:
    """Return the code to note and what to do; where there is no code the message decides."""
    if code in ACTIONS:
        return code, ACTIONS[code]
    for pattern, name, action in _BY_MESSAGE:
        if re.search(pattern, message[:500], re.IGNORECASE):
            return code or name, action
    return code[:100] or "unknown", Action.FEW


def pause_named_in(message: str) -> timedelta:
    """Return the pause that a message names ("paused for 15 seconds"), zero where it names none."""
    found = re.search(r"for (\d{1,9}) (second|minute|hour)", message[:500])
    if not found:
        return timedelta()
    seconds = int(found[1]) * {"second": 1, "minute": 60, "hour": 3600}[found[2]]
    return timedelta(seconds=min(seconds, _LONGEST_NAMED_PAUSE))
