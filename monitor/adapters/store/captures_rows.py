"""Between rows of `captures` and the frozen value."""

from typing import Any

from monitor.domain.captures import Capture
from monitor.domain.model import CaptureState

_PLAIN = (
    "url",
    "reason",
    "attempts",
    "sent_at",
    "remote_id",
    "archived_at",
    "archive_url",
    "final_url",
    "looks",
    "retakes",
)


def capture_of(row: Any) -> Capture:
    """Restore a capture from a row of captures ⨝ articles.host."""
    return Capture(
        id=row.id,
        article_id=row.article_id,
        state=CaptureState(row.state),
        host=row.host,
        answer=row.answer,
        token=row.lease_token,
        **{name: getattr(row, name) for name in _PLAIN},
    )


def capture_row(capture: Capture) -> dict[str, Any]:
    """Return what a step may change of a row."""
    changed = {name: getattr(capture, name) for name in _PLAIN if name != "url"}
    answer = dict(capture.answer) if capture.answer is not None else None
    return {**changed, "state": capture.state.value, "answer": answer}
