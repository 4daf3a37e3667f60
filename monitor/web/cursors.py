"""Cursors: opaque words for "go on after this"; they hold ids, which never change, so paging neither skips nor repeats."""

import base64
import binascii
from typing import Annotated

from fastapi import Query

from monitor.web.problems import Refusal

Cursor = Annotated[str, Query(max_length=200, description="`next` of the page before")]
Limit = Annotated[int, Query(ge=1, le=500, description="most rows of the page")]


def encode(*parts: object) -> str:
    """Return a cursor that holds these values."""
    return base64.urlsafe_b64encode("|".join(map(str, parts)).encode()).decode().rstrip("=")


def decode(cursor: str, parts: int = 1) -> tuple[int, ...] | None:
    """Return the numbers in a cursor, None for the empty one; refuse one that we did not make."""
    if not cursor:
        return None
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
        numbers = tuple(int(part) for part in text.split("|"))
    except (ValueError, binascii.Error):
        numbers = ()
    if len(numbers) != parts or any(abs(number) > 2**62 for number in numbers):
        raise Refusal(422, "invalid-cursor", "this cursor is not ours; begin again without one")
    return numbers
