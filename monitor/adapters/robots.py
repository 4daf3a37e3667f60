"""What sites ask robots not to read: robots.txt, remembered per site."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from protego import Protego

from monitor.adapters.decode import decode
from monitor.domain.challenges import challenge_of
from monitor.domain.errors import Permanent, Transient
from monitor.domain.model import Request
from monitor.ports import Clock, Fetcher

LARGEST = 500 * 1024  # bytes that RFC 9309 asks a robot to read at least; nobody has to read more
SHORT = 4096  # characters that are parsed at once: less than a millisecond
KEPT = timedelta(days=1)
KEPT_AFTER_TROUBLE = timedelta(minutes=30)
_MANY = 10_000  # sites remembered
_OK = range(200, 300)
_NONE_THERE = range(400, 500)
_RATE_LIMITED = 429


@dataclass(frozen=True)
class _Rules:
    """The rules of one site; None allows everything."""

    rules: Protego | None
    until: datetime


class Robots:
    """Fetches and remembers robots.txt; the pages of a site wait for one fetch of it."""

    def __init__(self, fetcher: Fetcher, *, user_agent: str, clock: Clock) -> None:
        self._fetcher, self._user_agent, self._clock = fetcher, user_agent, clock
        self._known: OrderedDict[str, _Rules] = OrderedDict()
        self._asking: dict[str, asyncio.Task[_Rules]] = {}

    async def allowed(self, url: str) -> bool:
        """Tell whether the site's robots.txt lets us read this address."""
        rules = (await self._rules_of(url)).rules
        return rules is None or bool(rules.can_fetch(url, self._user_agent))

    async def sitemaps(self, url: str) -> list[str]:
        """Return the sitemaps that the site's robots.txt names."""
        rules = (await self._rules_of(url)).rules
        return [] if rules is None else [str(address) for address in rules.sitemaps]

    async def _rules_of(self, url: str) -> _Rules:
        parts = urlsplit(url)
        site = f"{parts.scheme}://{parts.netloc}"
        known = self._known.get(site)
        if known and known.until > self._clock.now():
            self._known.move_to_end(site)
            return known
        if site not in self._asking:
            self._asking[site] = asyncio.create_task(self._ask(site))
            self._asking[site].add_done_callback(lambda _: self._asking.pop(site, None))
        return await asyncio.shield(self._asking[site])

    async def _ask(self, site: str) -> _Rules:
        rules, kept = await self._fetched(site)
        answer = _Rules(rules, self._clock.now() + kept)
        self._known[site] = answer
        if len(self._known) > _MANY:
            self._known.popitem(last=False)
        return answer

    async def _fetched(self, site: str) -> tuple[Protego | None, timedelta]:
        """Return the rules and how long they count.

        A site in trouble (5xx, no answer, a wall) has not said no. RFC 9309 would have us read nothing there;
        the page itself will not answer either, and a robots.txt that is broken for years must not end a source:
        so it is allowed, and asked again soon.
        """
        try:
            response = await self._fetcher.fetch(
                Request(f"{site}/robots.txt", max_bytes=LARGEST, accept="text/plain,*/*;q=0.5")
            )
        except Permanent:
            return None, KEPT
        except Transient:
            return None, KEPT_AFTER_TROUBLE
        if response.status in _NONE_THERE and response.status != _RATE_LIMITED:
            return None, KEPT
        if response.status not in _OK or challenge_of(response):
            return None, KEPT_AFTER_TROUBLE
        text = decode(response.body, content_type=response.headers.get("content-type", ""))
        if len(text) <= SHORT:
            return Protego.parse(text), KEPT
        return await asyncio.to_thread(Protego.parse, text), KEPT
