"""Sends alerts to an address of the operator's, signed so that the receiver can tell that they are ours.

The form is that of Standard Webhooks (https://www.standardwebhooks.com): three headers, HMAC-SHA256 over
`id.timestamp.body`; libraries of many languages check it.
"""

import base64
import hashlib
import hmac
import ipaddress
import ssl
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import orjson

from monitor.adapters.notify import Message
from monitor.domain.alerts import Alert
from monitor.domain.errors import ConfigurationError, MonitorError, Permanent, Problem, Transient
from monitor.domain.validators import retry_after_of
from monitor.ports import Clock

SECONDS = 15.0  # for one try
_KEY_PREFIX = "whsec_"
_MAY_PASS = frozenset({408, 409, 425, 429, *range(500, 600)})


class Webhook:
    """Implements notify.Target over HTTP; redirects are not followed, for a signed message goes to one address."""

    name = "webhook"

    def __init__(
        self,
        url: str,
        *,
        secret: str = "",
        user_agent: str = "",
        proxy: str = "",
        ca_file: Path | None = None,
        clock: Clock,
    ) -> None:
        """Raise ConfigurationError for a secret that is none."""
        self._url, self._key = url, key_of(secret)
        self._user_agent, self._clock = user_agent, clock
        self._proxy = "" if _is_here(url) else proxy
        self._ca_file = ca_file

    async def send(self, message: Message) -> None:
        """Deliver; raise Transient where another try may help, Permanent where none will."""
        body = body_of(message)
        now = self._clock.now()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": self._user_agent,
            **signed(message.id, now, body, self._key),
        }
        try:
            async with (
                self._session() as session,
                session.post(
                    self._url, data=body, headers=headers, allow_redirects=False, proxy=self._proxy or None
                ) as answer,
            ):
                trouble = _trouble(answer.status, dict(answer.headers), now)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            raise Transient("unreachable", detail=type(error).__name__) from error
        if trouble:
            raise trouble

    def _session(self) -> aiohttp.ClientSession:
        tls = ssl.create_default_context()
        if self._ca_file:
            tls.load_verify_locations(cafile=str(self._ca_file))
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=tls),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=SECONDS),
        )


def body_of(message: Message) -> bytes:
    """Return a message as JSON; fields are only ever added."""
    return orjson.dumps(
        {
            "type": "source.health",
            "timestamp": _time(message.at),
            "data": {"alerts": [_alert(alert) for alert in message.alerts]},
        }
    )


def _alert(alert: Alert) -> dict[str, Any]:
    return {
        "source": alert.source,
        "url": alert.url,
        "was": alert.was.value,
        "status": alert.status.value,
        "reason": alert.reason,
        "since": _time(alert.since),
        "at": _time(alert.at),
        "last_new_at": _time(alert.last_new_at),
    }


def signed(identity: str, now: datetime, body: bytes, key: bytes) -> dict[str, str]:
    """Return the headers that say who sent a body and when; without a key there is no signature."""
    moment = str(int(now.timestamp()))
    headers = {"webhook-id": identity, "webhook-timestamp": moment}
    if key:
        digest = hmac.new(key, f"{identity}.{moment}.".encode() + body, hashlib.sha256).digest()
        headers["webhook-signature"] = f"v1,{base64.b64encode(digest).decode()}"
    return headers


def key_of(secret: str) -> bytes:
    """Return the key that a secret stands for: base64 behind `whsec_`, else its own bytes."""
    if not secret.startswith(_KEY_PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(_KEY_PREFIX), validate=True)
    except ValueError:
        raise ConfigurationError([Problem("WEBHOOK_SECRET", "is no base64 behind whsec_")]) from None


def _trouble(status: int, headers: dict[str, str], now: datetime) -> MonitorError | None:
    if status in range(200, 300):
        return None
    if status in _MAY_PASS:
        named = {name.lower(): value for name, value in headers.items()}
        return Transient(f"http-{status}", retry_after=retry_after_of(named, now))
    return Permanent(f"http-{status}")


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None


def _is_here(url: str) -> bool:
    """Tell whether an address leads to this machine, where no proxy can help."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
