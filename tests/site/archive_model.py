"""The values that Save Page Now deals in: limits, scripted rules, targets, jobs, and how its parameters read."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.site.answers import Answer, as_json, plain_error

ACCESS, SECRET = "demo-access", "demo-secret"
DEFAULT_WINDOW = 3600.0
WHOLE_CAPTURE = 120.0  # seconds after which a capture ends even when nobody polls
LATE_VISIBILITY = 12 * 3600.0

BY_STATUS = {
    400: "bad-request",
    401: "unauthorized",
    403: "no-access",
    404: "not-found",
    405: "method-not-allowed",
    410: "not-found",
    429: "too-many-requests",
    500: "internal-server-error",
    502: "bad-gateway",
    503: "service-unavailable",
    504: "gateway-timeout",
    509: "bandwidth-limit-exceeded",
    999: "blocked",
}


@dataclass(frozen=True)
class Limits:
    """What an account and a page may ask; seconds for times."""

    per_minute: int = 7
    concurrent: int = 3
    per_day: int = 30_000
    per_url: int = 5
    index_per_minute: int = 30
    index_lag: float = 60.0
    result_kept: float = 3600.0
    pending_polls: int = 2
    host_concurrent: int = 20
    host_pause: float = 15.0


@dataclass(frozen=True)
class Rule:
    """Scripted behaviour for the URLs that a regular expression finds.

    `submit` says what the client sees when it submits: "job", "error" (HTTP 200 without a job), "garbage" (HTTP 200
    that is no JSON), "drop" (a closed connection) or an HTTP status. `captured` makes the capture exist in spite of
    an error. `times` wears the rule out after so many submissions.
    """

    match: str
    submit: str | int = "job"
    error: str | None = None  # status_ext without its prefix
    message: str = ""
    pending: int | None = None
    original_url: str | None = None
    captured: bool = False
    delay: float = 0.0
    retry_after: int | None = None
    times: int | None = None


@dataclass(frozen=True)
class Target:
    """What the archive finds when it goes to a page; `error` says why it could not even get an answer."""

    url: str
    status: int = 200
    error: str | None = None
    digest: str = "3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ"
    length: int = 4096


@dataclass
class Job:
    """One capture under way or finished."""

    id: str
    url: str
    rule: Rule
    options: Mapping[str, str]
    submitted_at: datetime
    ready_at: datetime
    polls: int = 0
    touched_at: datetime | None = None  # when it finished or was last handed out again
    outcome: dict[str, Any] = field(default_factory=dict)


def refusal(code: str, message: str) -> Answer:
    """An error at submission: HTTP 200 and no job."""
    return as_json({"status": "error", "status_ext": f"error:{code}", "message": message})


def too_many(seconds: float) -> Answer:
    """HTTP 429 with its pause and an HTML body."""
    return plain_error(429, "Too Many Requests").with_headers(retry_after=str(int(seconds + 0.999)))


def on(value: str) -> bool:
    """Tell whether an option is switched on: only `1` and `on` do that."""
    return value in {"1", "on"}


def within(value: str) -> float:
    """Read `3d 5h 20m`, seconds, or the first of two such values; nothing readable means one hour."""
    first = value.partition(",")[0].strip()
    if first.isdigit():
        return float(first)
    parts = re.findall(r"(\d+)\s*([dhms])", first)
    seconds = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
    return float(sum(int(number) * seconds[unit] for number, unit in parts)) if parts else DEFAULT_WINDOW


def known(authorization: str) -> bool:
    """Tell whether these are the keys of the one account."""
    return authorization == f"LOW {ACCESS}:{SECRET}"


def fresh(job: Job, now: datetime, window: float) -> bool:
    """Tell whether a job stands for a capture that is recent enough."""
    failed = job.outcome.get("status") == "error"
    return not failed and (now - job.submitted_at).total_seconds() < window


def trouble(target: Target, *, archive_errors: bool) -> str | None:
    """Return the code that a capture of this target ends with, or None for a success."""
    if target.error or target.status < 400 or archive_errors:
        return target.error
    return BY_STATUS.get(target.status, "bad-request" if target.status < 500 else "internal-server-error")
