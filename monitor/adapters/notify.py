"""Tells people of changes: the log always, a signed webhook and any Apprise target where they are set."""

import asyncio
import hashlib
import hmac
import importlib
import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import aiohttp
import structlog

from monitor.domain.alerts import Alert
from monitor.domain.errors import ConfigurationError, Problem

log = structlog.get_logger("monitor")

SIGNATURE, TIMESTAMP = "X-Monitor-Signature", "X-Monitor-Timestamp"
TRIES = 3
_TIMEOUT = aiohttp.ClientTimeout(total=15)
_PAUSE = 2.0  # seconds before a second try; doubled before a third


class Notify:
    """Sends alerts; trouble with a receiver is logged and never stops a poll.

    The webhook may stand in a private network: it is the operator's own word, not the web's.
    """

    def __init__(
        self, *, webhook: str = "", secret: str = "", targets: Iterable[str] = (), pause: float = _PAUSE
    ) -> None:
        self._webhook, self._secret, self._pause = webhook, secret, pause
        self._apprise = _apprise_with(tuple(targets))

    async def send(self, alert: Alert) -> None:
        """Tell of one alert by every way that is set."""
        log.warning(
            "source.changed",
            source=alert.source,
            status=alert.status.value,
            before=alert.before.value,
            reason=alert.reason or None,
        )
        if self._webhook and not await self._posted(alert):
            log.error("alert.undelivered", source=alert.source, way="webhook")
        if self._apprise is not None and not await asyncio.to_thread(
            self._apprise.notify, title=alert.source, body=alert.text
        ):
            log.error("alert.undelivered", source=alert.source, way="apprise")

    async def _posted(self, alert: Alert) -> bool:
        body = body_of(alert)
        stamp = str(int(alert.at.timestamp()))
        headers = {"Content-Type": "application/json", TIMESTAMP: stamp}
        if self._secret:
            headers[SIGNATURE] = signature_of(self._secret, stamp, body)
        async with aiohttp.ClientSession(timeout=_TIMEOUT, trust_env=False) as session:
            for attempt in range(TRIES):
                if await _accepted(session, self._webhook, body, headers):
                    return True
                if attempt < TRIES - 1:
                    await asyncio.sleep(self._pause * 2**attempt)
        return False


async def _accepted(session: aiohttp.ClientSession, url: str, body: bytes, headers: dict[str, str]) -> bool:
    try:
        async with session.post(url, data=body, headers=headers, allow_redirects=False) as answer:
            return answer.ok and answer.status < 300  # noqa: PLR2004 - HTTP's own number
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
        return False


def body_of(alert: Alert) -> bytes:
    """Return an alert as the JSON that a webhook gets."""
    return json.dumps(
        asdict(alert) | {"at": alert.at.isoformat(), "text": alert.text}, ensure_ascii=False
    ).encode()


def signature_of(secret: str, stamp: str, body: bytes) -> str:
    """Return `sha256=` and the HMAC of "timestamp.body"; the receiver computes the same and compares."""
    return "sha256=" + hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _apprise_with(targets: tuple[str, ...]) -> Any:
    """Return Apprise with its targets; it is installed by whoever wants it."""
    if not targets:
        return None
    try:
        apprise = importlib.import_module("apprise")
    except ImportError as error:
        raise ConfigurationError(
            [Problem("alerts", "Apprise targets need the apprise package", "pip install apprise")]
        ) from error
    known = apprise.Apprise()
    for target in targets:
        if not known.add(target):
            raise ConfigurationError(
                [Problem("alerts", "no Apprise target", target.partition("://")[0] + "://…")]
            )
    return known
