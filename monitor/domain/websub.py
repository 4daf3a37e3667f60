"""WebSub: a hub tells us that a feed changed, so that it need not be asked.

A push is only a hint to poll now; its content is not read, for a poll brings the same with every check that it has.
So nothing has to be stored: token and secret of a source follow from the installation's key.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode

LEASE = timedelta(days=10)
RENEW_AFTER = timedelta(days=5)
_METHODS = {
    "sha1": hashlib.sha1,
    "sha256": hashlib.sha256,
    "sha384": hashlib.sha384,
    "sha512": hashlib.sha512,
}


@dataclass(frozen=True)
class Subscription:
    """What we ask a hub for, on behalf of one source."""

    source: str
    hub: str
    topic: str
    callback: str
    secret: str

    def form(self) -> bytes:
        """Return the body of the request to the hub."""
        fields = {
            "hub.mode": "subscribe",
            "hub.topic": self.topic,
            "hub.callback": self.callback,
            "hub.secret": self.secret,
            "hub.lease_seconds": str(int(LEASE.total_seconds())),
        }
        return urlencode(fields).encode()


def subscription_for(source: str, *, hub: str, topic: str, public_url: str, key: str) -> Subscription:
    """Return the subscription of a source; the callback holds a token that nobody can guess."""
    callback = (
        f"{public_url.rstrip('/')}/websub/{quote(source, safe='')}/{_derived(key, 'callback', source)[:32]}"
    )
    return Subscription(source, hub, topic, callback, _derived(key, "secret", source))


def is_callback(source: str, token: str, key: str) -> bool:
    """Tell whether a callback's token is that of the source."""
    return hmac.compare_digest(token.encode(), _derived(key, "callback", source)[:32].encode())


def answer_to(query: Mapping[str, str], topics: frozenset[str]) -> str | None:
    """Return the challenge with which to confirm what we asked for, None for what we did not."""
    asked = query.get("hub.mode") == "subscribe" and query.get("hub.topic", "") in topics
    return query.get("hub.challenge") or None if asked else None


def is_signed(body: bytes, header: str, source: str, key: str) -> bool:
    """Tell whether a push was signed with the source's secret (X-Hub-Signature: method=hex)."""
    method, _, given = header.strip().partition("=")
    if method.lower() not in _METHODS:
        return False
    secret = _derived(key, "secret", source).encode()
    expected = hmac.new(secret, body, _METHODS[method.lower()]).hexdigest()
    return hmac.compare_digest(expected.encode(), given.strip().lower().encode())


def is_due(asked_at: datetime | None, now: datetime) -> bool:
    """Tell whether a subscription is to be asked for, or renewed."""
    return asked_at is None or now - asked_at >= RENEW_AFTER


def _derived(key: str, purpose: str, source: str) -> str:
    return hmac.new(key.encode(), f"websub/{purpose}/{source}".encode(), hashlib.sha256).hexdigest()
