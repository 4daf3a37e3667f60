"""The values of archiving: a capture on its way, what the archive answers, what becomes of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from monitor.domain.model import CaptureState

# ---------------------------------------------------------------- what is wanted or had


class Errand(StrEnum):
    """Why a capture is taken up."""

    SUBMIT = "submit"  # ask the archive to save the page
    POLL = "poll"  # ask how the saving goes
    LOOK_UP = "look-up"  # see in the archive's index whether it is there


@dataclass(frozen=True)
class Capture:
    """One archived state of a page, wanted or had.

    `sent_at` with state `wanted` means: it was sent and no certain answer came back, so it may exist.
    """

    id: int
    article_id: int
    url: str
    state: CaptureState
    host: str = ""
    reason: str = ""
    attempts: int = 0
    sent_at: datetime | None = None
    remote_id: str = ""  # the archive's own id of the request; its form is not promised
    archived_at: datetime | None = None  # the time in the capture's address
    archive_url: str = ""
    final_url: str = ""  # what was captured, after redirects
    looks: int = 0  # look-ups in the index since it was sent
    retakes: int = 0  # captures that proved to be no capture of the article
    answer: Mapping[str, Any] | None = None  # the archive's last answer as it came
    token: str = ""


# ---------------------------------------------------------------- what the archive answers


@dataclass(frozen=True)
class Accepted:
    """The archive took a page on."""

    remote_id: str
    message: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Refused:
    """The archive did not or could not capture; `code` is its own word without "error:", "" where it gave none."""

    code: str
    message: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Pending:
    """The archive is at it."""


@dataclass(frozen=True)
class Saved:
    """The archive says that it has captured the page."""

    at: datetime
    original_url: str  # after redirects
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Forgotten:
    """The archive no longer knows of the request; results are kept for an hour."""


Polled = Pending | Saved | Refused | Forgotten


@dataclass(frozen=True)
class Snapshot:
    """One line of the archive's index."""

    at: datetime
    original_url: str
    status: int | None  # None for a revisit: the same bytes as an earlier capture
    mimetype: str = ""
    digest: str = ""
    length: int = 0


@dataclass(frozen=True)
class Replay:
    """What the archive shows under a capture's address."""

    status: int
    at: datetime | None  # of the capture that is shown
    final_url: str
    body: bytes  # the beginning
    source: str = ""  # which archive file it came from
    wall: str = ""  # the name of a bot wall that was captured instead of the page


@dataclass(frozen=True)
class Account:
    """What an account may still do; None where the archive did not say."""

    available: int | None = None
    processing: int | None = None
    used_today: int | None = None
    daily_limit: int | None = None


# ---------------------------------------------------------------- what becomes of it


class Scope(StrEnum):
    """What a pause holds back."""

    SERVICE = "service"  # everything that is asked of the archive
    ACCOUNT = "account"  # submissions
    HOST = "host"  # submissions of one site


@dataclass(frozen=True)
class Pause:
    """A time in which something is not asked."""

    scope: Scope
    until: datetime
    reason: str
    host: str = ""


@dataclass(frozen=True)
class Step:
    """A capture's next state, when to look at it again (None: never), and what to leave alone meanwhile."""

    capture: Capture
    due_at: datetime | None
    pause: Pause | None = None
    answered: bool = True  # the archive itself is well


@dataclass(frozen=True)
class Change:
    """One capture that went from one state to another, for the log."""

    capture_id: int
    article_id: int
    url: str
    was: CaptureState
    state: CaptureState
    reason: str = ""
    archive_url: str = ""
