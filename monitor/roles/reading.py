"""Reading: found articles, few per host at once."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

import structlog

from monitor.adapters.metrics import Metrics
from monitor.adapters.store.articles import Articles
from monitor.domain.errors import MonitorError, Transient
from monitor.domain.model import Article, State
from monitor.ports import Clock
from monitor.roles.common import Tickets
from monitor.stages.read import Fate, Here
from monitor.worker import Flight

log = structlog.get_logger("monitor")

LEASE = timedelta(minutes=10)  # longer than any page may take
READS_AT_ONCE = 48
CLAIM_FROM = 12  # a lease for one article costs as much as for a handful
PER_HOST = 2  # pages of one host that are waited for at once: no more of them are fetched at once anyway
HOST_SECONDS = 60.0  # that one host is read before others have their turn
HOSTS_AT_ONCE = 64


@dataclass
class Reading:
    """Reads found articles, few per host at once."""

    read: Callable[[Article, Here], Awaitable[Fate]]
    store: Articles
    tickets: Tickets
    metrics: Metrics
    clock: Clock
    name: str = "read"
    at_once: int = HOSTS_AT_ONCE
    _flight: Flight = field(init=False)
    _asked: dict[int, str] = field(default_factory=dict)  # hosts of articles whose page is not here yet
    _hosts_lack: bool = False  # there is room for more than the hosts that are asked nothing have

    def __post_init__(self) -> None:
        self._flight = Flight(READS_AT_ONCE, landed=lambda: self.tickets.give("read", "decide"))

    async def step(self) -> int:
        """Lease and start as many articles as there is room for."""
        while self._flight.free < CLAIM_FROM:
            await self._flight.any_done()
        room = self._flight.free
        claimed = await self.store.claim_found(
            room, now=self.clock.now(), lease=LEASE, busy_hosts=list(self._asked.values())
        )
        self._hosts_lack = len(claimed) < room
        for article in claimed:
            self._asked[article.id] = article.host
            self._flight.start(article.id, self._one_or_back(article))
        return len(claimed)

    async def host(self, host: str, *, stop: Callable[[], bool], take_over: bool = False) -> None:
        """Read what is due of one host, for a while; with `take_over` also what a dead reader had leased.

        Raises Transient where what became of an article could not be written: its lease has yet to end.
        """
        until = time.monotonic() + HOST_SECONDS
        while not stop() and time.monotonic() < until:
            now = self.clock.now()
            claimed = await self.store.claim_host(host, PER_HOST, now=now, lease=LEASE, take_over=take_over)
            if not claimed:
                return
            try:
                settled = await asyncio.gather(*[self._guarded(article) for article in claimed])
            except asyncio.CancelledError:
                await asyncio.gather(*[self.store.give_back(one) for one in claimed], return_exceptions=True)
                raise
            if not all(settled):
                raise Transient("unsettled", detail=host)
            take_over = False

    async def land(self) -> bool:
        """Wait until an article under way is done, or there is room for more of its host; False where there is none."""
        busy = bool(self._flight.keys)
        await self._flight.any_done()
        return busy

    async def finish(self) -> None:
        """Wait for the articles under way; who has no more time for that gets them given back."""
        try:
            await self._flight.finish()
        except asyncio.CancelledError:
            await self._flight.cancel()
            raise

    async def _one_or_back(self, article: Article) -> None:
        try:
            await self._one(article)
        except asyncio.CancelledError:
            await self.store.give_back(article)
            raise

    async def _guarded(self, article: Article) -> bool:
        """Read one of several; trouble with it is its own. Tell whether its outcome is written."""
        try:
            await self._one(article)
        except MonitorError as error:
            log.warning("work.failed", key=str(article.id), reason=str(error))
            return False
        return True

    def _here(self, article: Article) -> None:
        """Note that nothing more is asked of the article's host; few hosts are asked for their next page at once."""
        if self._asked.pop(article.id, None) is not None and self._hosts_lack:
            self._flight.stir()
            self.tickets.give("read")

    async def _one(self, article: Article) -> None:
        started = time.monotonic()
        here = partial(self._here, article)
        try:
            fate = await self.read(article, here)
        finally:
            here()
        self.metrics.reads.labels(fate=fate.word).inc()
        if fate.reader:
            self.metrics.readers.labels(reader=fate.reader).inc()
        self.metrics.read_seconds.observe(time.monotonic() - started)
        known = {"article": article.id, "source": article.source, "url": article.url}
        if fate.word == "failed":
            self.metrics.articles.labels(state=State.FAILED.value).inc()
            log.warning("article.settled", state=State.FAILED.value, reason=fate.reason, **known)
        else:
            event = "article." + fate.word
            log.info(event, reason=fate.reason or None, reader=fate.reader or None, **known)
