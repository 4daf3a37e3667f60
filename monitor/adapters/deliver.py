"""Sends notices to webhooks: signed, without following redirects, and never into a private network unasked."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

import aiohttp
import structlog

from monitor.adapters.addresses import AddressPolicy, CheckedResolver
from monitor.adapters.store.webhooks import Parcel, Webhooks
from monitor.adapters.webhook import key_of, signed
from monitor.domain.errors import MonitorError
from monitor.ports import Clock

log = structlog.get_logger("monitor")

SECONDS = aiohttp.ClientTimeout(total=15)


class Deliverer:
    """Sends what is due, a few at a time."""

    def __init__(
        self, store: Webhooks, clock: Clock, *, allow_networks: Sequence[str] = (), user_agent: str = ""
    ) -> None:
        self._store, self._clock = store, clock
        self._policy, self._agent = AddressPolicy(allow_networks), user_agent

    async def step(self) -> int:
        """Write down what happened, send what is due; return how much was done."""
        noted = await self._store.note(now=self._clock.now())
        parcels = await self._store.due(now=self._clock.now())
        if parcels:
            connector = aiohttp.TCPConnector(
                resolver=CheckedResolver(self._policy),
                socket_factory=self._policy.open_socket,
                force_close=True,
            )
            async with aiohttp.ClientSession(
                connector=connector, timeout=SECONDS, trust_env=False
            ) as session:
                await asyncio.gather(*(self._send(session, parcel) for parcel in parcels))
        return noted + len(parcels)

    async def _send(self, session: aiohttp.ClientSession, parcel: Parcel) -> None:
        status, reason, now = None, "", self._clock.now()
        try:
            self._policy.check_literal(urlsplit(parcel.url).hostname or "")
            headers = _headers(parcel, now, self._agent)
            async with session.post(
                parcel.url, data=parcel.body, headers=headers, allow_redirects=False
            ) as response:
                status, reason = response.status, response.reason or ""
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError, MonitorError) as error:
            reason = f"{type(error).__name__}: {error}"
        await self._store.settle(parcel.delivery, status, reason, now=now)
        log.info("webhook.sent", delivery=parcel.delivery.id, kind=parcel.delivery.kind, status=status)


def _headers(parcel: Parcel, now: datetime, agent: str) -> dict[str, str]:
    identity = f"msg_{parcel.delivery.id}"
    headers = {"Content-Type": "application/json", "User-Agent": agent}
    return headers | signed(identity, now, parcel.body, key_of(parcel.secret))
