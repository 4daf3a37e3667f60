"""Whether the archive really holds a capture, and whether it shows the article."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import SplitResult, urlsplit

from monitor.domain.archive_codes import Action
from monitor.domain.archiving import (
    LOOKS,
    MOST_RETAKES,
    RETAKE_AFTER,
    address,
    lost,
    tried,
    unsent,
    within,
)
from monitor.domain.captures import Capture, Replay, Snapshot, Step
from monitor.domain.model import CaptureState

EMPTY_DIGEST = "3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ"  # SHA-1 of no bytes at all
OK = 200
LATE = timedelta(hours=1)  # a snapshot so much older than ours is another capture

_LOGIN_PATH = re.compile(r"(?i)(^|/)(log[-_]?in|sign[-_]?in|sso|passport|auth|authorize)(\.\w{2,5})?(/|$)")
_LOGIN_HOST = re.compile(r"(?i)^(login|signin|sso|passport|accounts?|auth)\.")
_LOGIN_TITLE = re.compile(
    r"(?is)<title[^>]*>\s*(log ?in|sign ?in|登录|登入|登錄|ログイン|로그인|anmelden|connexion|iniciar sesi|вход)"
)
_PASSWORD = re.compile(rb"(?i)<input[^>]{1,300}type=[\"']?password")
_SHORT_PAGE = 20_000  # bytes; real articles carry a hidden log-in form too


def look_from(capture: Capture) -> datetime:
    """Return from when on a snapshot counts as this capture."""
    if capture.archived_at is not None:
        return capture.archived_at - timedelta(seconds=1)
    sent_at = capture.sent_at
    assert sent_at is not None, "only what was sent is looked up"  # noqa: S101 - the store promises it
    return sent_at - within(capture)


def found_in(capture: Capture, snapshots: Sequence[Snapshot]) -> Snapshot | None:
    """Return the snapshot that is this capture: the very one, else the latest good one of the page."""
    very = [one for one in snapshots if one.at == capture.archived_at]
    good = [one for one in snapshots if one.status in {OK, None}]
    return very[0] if very else max(good, key=lambda one: one.at, default=None)


def after_missing(capture: Capture, now: datetime) -> Step:
    """Decide what follows a look-up that found nothing: look again later, else send it again."""
    looked = replace(capture, looks=capture.looks + 1)
    if capture.state is CaptureState.CAPTURED:
        if looked.looks < len(LOOKS):
            since = capture.sent_at or now
            return Step(looked, max(since + LOOKS[looked.looks], now + LOOKS[0]))
        return _retake(looked, "not-in-index", now)
    if capture.reason.removeprefix("unsure: ") in {"too-many-daily-captures", "same-snapshot"}:
        if looked.looks < len(LOOKS) - 1:
            return Step(looked, now + LOOKS[looked.looks])
        return tried(looked, "too-many-daily-captures", Action.LATE_RETRY, now)
    return Step(unsent(capture, capture.reason), now)


def fault_of_snapshot(snapshot: Snapshot) -> str:
    """Name what the index line shows to be wrong, "" for nothing."""
    if snapshot.status not in {OK, None}:
        return f"captured-http-{snapshot.status}"
    return "empty" if snapshot.digest == EMPTY_DIGEST else ""


def fault_of_replay(capture: Capture, snapshot: Snapshot, replay: Replay) -> str:
    """Name what the replayed capture shows to be wrong: it is older, empty, a log-in page, a wall or a front page."""
    if replay.at is not None and replay.at < snapshot.at - LATE:
        return "older-redirect"
    if replay.status != OK:
        return f"not-shown-{replay.status}"
    if not replay.body.strip():
        return "empty"
    if replay.wall:
        return f"wall-{replay.wall}"
    return "login-page" if _login_page(replay.body) else _fault_of_address(capture.url, snapshot.original_url)


def _fault_of_address(asked_url: str, captured_url: str) -> str:
    """Name what a redirect shows to be wrong: it led to a log-in or to the front page."""
    asked, captured = urlsplit(asked_url), urlsplit(captured_url)
    if _leads_to_login(captured) and not _leads_to_login(asked):
        return "login-page"
    deep = asked.path.strip("/") or asked.query
    return "front-page" if deep and not captured.path.strip("/") and not captured.query else ""


def _leads_to_login(parts: SplitResult) -> bool:
    return bool(_LOGIN_PATH.search(parts.path) or _LOGIN_HOST.search(parts.netloc))


def after_replay(capture: Capture, snapshot: Snapshot, fault: str, now: datetime, *, base_url: str) -> Step:
    """Decide what follows the look at a capture: verified, or a second try."""
    seen = replace(
        capture,
        archived_at=snapshot.at,
        archive_url=address(base_url, snapshot.at, snapshot.original_url),
        final_url=snapshot.original_url,
    )
    if not fault:
        proven = replace(seen, state=CaptureState.VERIFIED, reason="", remote_id="")
        return Step(proven, None)
    if fault.startswith(("older-redirect", "not-shown")) and capture.looks + 1 < len(LOOKS):
        return after_missing(capture, now)
    return _retake(seen, fault, now)


def _login_page(body: bytes) -> bool:
    if _LOGIN_TITLE.search(body[:4_000].decode("utf-8", "replace")):
        return True
    return len(body) < _SHORT_PAGE and _PASSWORD.search(body) is not None


def _retake(capture: Capture, reason: str, now: datetime) -> Step:
    """Try a second time; a second bad capture is lost, and its address is not shown to anyone."""
    worthless = replace(capture, archived_at=None, archive_url="", retakes=capture.retakes + 1)
    if worthless.retakes > MOST_RETAKES:
        return lost(worthless, reason)
    return Step(unsent(worthless, reason), now + RETAKE_AFTER)
