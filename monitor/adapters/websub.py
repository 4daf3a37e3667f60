"""Asks hubs to tell us of changes; which sources were asked for is remembered in the process and asked anew after it."""

from collections.abc import Mapping
from datetime import datetime

import structlog

from monitor.domain.errors import MonitorError
from monitor.domain.model import Feed, Request, Response, Source
from monitor.domain.websub import answer_to, is_callback, is_due, is_signed, subscription_for
from monitor.ports import Clock, Fetcher, Parser

log = structlog.get_logger("monitor")

_ACCEPTED = range(200, 300)


class Hubs:
    """Keeps the subscriptions of an installation that has a public address."""

    def __init__(self, fetcher: Fetcher, *, public_url: str, key: str, clock: Clock) -> None:
        self._fetcher, self._public_url, self._key, self._clock = fetcher, public_url, key, clock
        self._asked: dict[str, datetime] = {}
        self._topics: dict[str, str] = {}

    async def follow(self, source: Source, feed: Feed) -> bool:
        """Subscribe to a feed that names a hub, where it is time to; tell whether the hub took it."""
        now = self._clock.now()
        if not feed.hub or not self._public_url or not is_due(self._asked.get(source.name), now):
            return False
        topic = feed.self_url or source.url
        wanted = subscription_for(
            source.name, hub=feed.hub, topic=topic, public_url=self._public_url, key=self._key
        )
        self._asked[source.name], self._topics[source.name] = now, topic
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        try:
            answer = await self._fetcher.fetch(
                Request(wanted.hub, method="POST", headers=headers, body=wanted.form(), max_bytes=10_000)
            )
        except MonitorError as error:
            log.info("websub.refused", source=source.name, reason=str(error))
            return False
        log.info("websub.asked", source=source.name, status=answer.status)
        return answer.status in _ACCEPTED

    def knows(self, source: str, token: str) -> bool:
        """Tell whether a callback's token is that of a source."""
        return is_callback(source, token, self._key)

    def confirmed(self, source: str, query: Mapping[str, str]) -> str | None:
        """Return the challenge that confirms what we asked for, None for what we did not."""
        return answer_to(query, self.topics_of(source))

    def believes(self, source: str, body: bytes, signature: str) -> bool:
        """Tell whether a push was signed with the source's secret."""
        return is_signed(body, signature, source, self._key)

    def topics_of(self, source: str) -> frozenset[str]:
        """Return the topics that were asked for on behalf of a source; only these are confirmed to a hub."""
        return frozenset({self._topics[source]} if source in self._topics else ())


class Following:
    """A Parser that also subscribes to feeds that name a hub."""

    def __init__(self, parser: Parser, hubs: Hubs) -> None:
        self._parser, self._hubs = parser, hubs

    async def parse(self, source: Source, response: Response, now: datetime) -> Feed:
        """Return the entries; a hub that does not answer costs them nothing but time."""
        feed = await self._parser.parse(source, response, now)
        await self._hubs.follow(source, feed)
        return feed
