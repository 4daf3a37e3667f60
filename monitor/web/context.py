"""What the pages and the API need of the daemon; the daemon's own system fits."""

from collections.abc import Mapping
from typing import Protocol

from monitor.adapters.metrics import Metrics
from monitor.adapters.store.stores import Stores
from monitor.config.settings import Settings
from monitor.domain.model import Feed, Source, Topic
from monitor.ports import Clock


class Watch(Protocol):
    """What is watched now."""

    def sources(self) -> list[Source]:
        """Return the sources that are polled."""
        ...

    def source(self, name: str) -> Source:
        """Return a source by name."""
        ...

    def topics(self) -> tuple[Topic, ...]:
        """Return every topic."""
        ...


class Context(Protocol):
    """What the web part is given."""

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        ...

    @property
    def watch(self) -> Watch:
        """What is watched now."""
        ...

    @property
    def stores(self) -> Stores:
        """The doors to the database."""
        ...

    @property
    def clock(self) -> Clock:
        """The time."""
        ...

    @property
    def metrics(self) -> Metrics:
        """The counters of this process."""
        ...

    @property
    def decider(self) -> str:
        """How far this process's decider is, "" where it does not decide."""
        ...

    @property
    def writes(self) -> str:
        """What came of the last beat of this process, "ok" where it was written."""
        ...


class Pushes(Protocol):
    """What hubs may tell us of."""

    def knows(self, source: str, token: str) -> bool:
        """Tell whether a callback's token is that of a source."""
        ...

    def confirmed(self, source: str, query: Mapping[str, str]) -> str | None:
        """Return the challenge that confirms what we asked for, None for what we did not."""
        ...

    def believes(self, source: str, body: bytes, signature: str) -> bool:
        """Tell whether a push was signed with the source's secret."""
        ...


class SourceActions(Protocol):
    """What may be done to sources from the pages."""

    async def test(self, name: str) -> Feed:
        """Poll a source without storing anything; raise Transient or Permanent where it does not answer."""
        ...

    async def pause(self, name: str, *, paused: bool) -> None:
        """Stop polling a source, or go on with it."""
        ...

    async def poll_now(self, name: str) -> None:
        """Poll a source at the next opportunity, whatever its due time."""
        ...
