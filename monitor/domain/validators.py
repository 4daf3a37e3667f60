"""What an answer's headers say about asking again: validators, freshness, Retry-After."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from monitor.domain.model import Response, Validators

NOT_MODIFIED = 304
_OK = 200
_CAP = timedelta(days=1)
_MAX_AGE = re.compile(r"(?:^|[,\s])(?:s-maxage|max-age)\s*=\s*\"?(\d{1,9})", re.IGNORECASE)


def validators_of(answer: Response, before: Validators) -> Validators:
    """Return what to ask "changed since?" with next time, after a page that was read well.

    A page that was cut gets none: "not modified" would hide for ever what was not read.
    """
    etag, modified = answer.headers.get("etag", ""), answer.headers.get("last-modified", "")
    if answer.status == NOT_MODIFIED:
        same = etag in {"", before.etag} and modified in {"", before.last_modified}
        return (
            before
            if same
            else Validators(etag or before.etag, modified or before.last_modified, before.body_hash)
        )
    if answer.truncated or answer.status != _OK:
        return Validators()
    return Validators(etag, modified, answer.body_hash)


def is_unchanged(answer: Response, before: Validators) -> bool:
    """Tell whether an answer holds the very bytes that were read well before."""
    if answer.status == NOT_MODIFIED:
        return True
    return bool(before.body_hash) and not answer.truncated and answer.body_hash == before.body_hash


def retry_after_of(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """Return how long a server asks us to stay away (seconds or an HTTP date), a day at most, None where it does not."""
    raw = headers.get("retry-after", "").strip()
    if not raw:
        return None
    seconds = re.fullmatch(r"(\d{1,12})(?:\.\d+)?", raw)
    asked = timedelta(seconds=min(int(seconds[1]), 10**8)) if seconds else _until(raw, now)
    return None if asked is None else max(timedelta(), min(asked, _CAP))


def freshness_asked(headers: Mapping[str, str], now: datetime) -> timedelta:
    """Return how long an answer stays fresh by Cache-Control or Expires, a day at most."""
    control = headers.get("cache-control", "").lower()
    if "no-cache" in control or "no-store" in control:
        return timedelta()
    if ages := _MAX_AGE.findall(control):
        held = re.fullmatch(r"\d{1,9}", headers.get("age", "").strip())
        lasting = timedelta(seconds=max(map(int, ages)) - (int(held[0]) if held else 0))
    else:
        lasting = _until(headers.get("expires", ""), now) or timedelta()
    return max(timedelta(), min(lasting, _CAP))


def _until(raw: str, now: datetime) -> timedelta | None:
    if not raw:
        return None
    try:
        moment = parsedate_to_datetime(raw)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now
    except OverflowError:
        return None
