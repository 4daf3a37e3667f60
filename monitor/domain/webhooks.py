"""Notices to webhooks: what is told, how it is signed, when it is tried again.

Signed as Standard Webhooks says (standardwebhooks.com): HMAC-SHA256 over `id.timestamp.body`, base64, `v1,` before it.
"""

import base64
import hashlib
import hmac
from datetime import datetime, timedelta

KINDS = ("incident.new", "article.queued", "label.given", "incident.changed")
WAITS = tuple(timedelta(seconds=seconds) for seconds in (30, 120, 600, 3600, 6 * 3600, 24 * 3600, 48 * 3600))
MOST_TRIES = len(WAITS) + 1


def signature(secret: str, identity: str, at: datetime, body: bytes) -> str:
    """Return the value of the header `webhook-signature`."""
    signed = b"%s.%d.%s" % (identity.encode(), int(at.timestamp()), body)
    mac = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(mac).decode()}"


def next_try(attempts: int, now: datetime) -> datetime | None:
    """Return when to try again after so many attempts, None where it is given up."""
    return now + WAITS[attempts - 1] if attempts < MOST_TRIES else None
