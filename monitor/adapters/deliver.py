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
    """Sends what is due, to each receiver a few at a time; one that hangs keeps nobody else waiting."""

    def __init__(
        self, store: Webhooks, clock: Clock, *, allow_networks: Sequence[str] = (), user_agent: str = ""
    ) -> None:
        self._store, self._clock = store, clock
        self._policy, self._agent = AddressPolicy(allow_networks), user_agent
        self._under_way: dict[int, asyncio.Task[None]] = {}  # by webhook

    async def step(self) -> int:
        """Write down what happened, begin to send what is due; return how much was written down or begun.

        Raises what a receiver's turn ran into since the last step: who asks again at once would do so for ever.
        """
        noted = await self._store.note(now=self._clock.now())
        waiting = await self._store.waited_for(now=self._clock.now())
        self._look_back()
        begun = [webhook for webhook in waiting if webhook not in self._under_way]
        for webhook in begun:
            self._under_way[webhook] = asyncio.create_task(self._serve(webhook))
        return noted + len(begun)

    def _look_back(self) -> None:
        """Forget the turns that ended; raise what one of them ran into."""
        ended = [webhook for webhook, task in self._under_way.items() if task.done()]
        for task in [self._under_way.pop(webhook) for webhook in ended]:
            task.result()

    async def all_sent(self) -> None:
        """Wait for what is under way."""
        if self._under_way:
            await asyncio.wait(self._under_way.values())

    async def close(self) -> None:
        """Break off what is under way; it is sent again when its minute is over."""
        for task in self._under_way.values():
            task.cancel()
        await asyncio.gather(*self._under_way.values(), return_exceptions=True)

    async def _serve(self, webhook: int) -> None:
        """Send one receiver all that is due; how long it takes is nobody else's affair."""
        async with self._session() as session:
            while parcels := await self._store.due(now=self._clock.now(), webhook=webhook):
                await asyncio.gather(*(self._send(session, parcel) for parcel in parcels))

    def _session(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            resolver=CheckedResolver(self._policy), socket_factory=self._policy.open_socket, force_close=True
        )
        return aiohttp.ClientSession(connector=connector, timeout=SECONDS, trust_env=False)

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
