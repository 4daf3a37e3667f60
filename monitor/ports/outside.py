"""The world outside: clock, web, worker processes, archive."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from monitor.domain.captures import (
    Accepted,
    Account,
    Polled,
    Refused,
    Replay,
    Snapshot,
)
from monitor.domain.model import (
    Entry,
    Feed,
    Hints,
    Page,
    Reading,
    Request,
    Response,
    Source,
)


class Clock(Protocol):
    """Tells the time; tests bring their own."""

    def now(self) -> datetime:
        """Return the present moment, aware UTC."""
        ...


class Fetcher(Protocol):
    """Asks the web, politely and safely."""

    async def fetch(self, request: Request) -> Response:
        """Return the answer whatever its status; raise Transient or Permanent where there is none."""
        ...


class Robots(Protocol):
    """Knows what a site asks robots not to read."""

    async def allowed(self, url: str) -> bool:
        """Tell whether the site's robots.txt lets us read this address."""
        ...


class Parser(Protocol):
    """Turns the page of a source into entries, in a worker process."""

    async def parse(self, source: Source, response: Response, now: datetime) -> Feed:
        """Return the entries, or an outcome that says why there are none; raise Transient when the worker died."""
        ...


class Reader(Protocol):
    """Turns an article's page into a document, in a worker process."""

    async def read(self, page: Page, hints: Hints) -> Reading:
        """Return the reading; raise Permanent for a page without an article, Transient when the worker died."""
        ...

    async def read_entry(self, entry: Entry, hints: Hints) -> Reading:
        """Return the reading of an entry that carries the whole text itself."""
        ...


class Wayback(Protocol):
    """The archive's own doors; raises Transient or Permanent where there is no answer of its own."""

    @property
    def has_keys(self) -> bool:
        """Whether anything can be submitted."""
        ...

    @property
    def base_url(self) -> str:
        """The archive's address."""
        ...

    async def submit(self, url: str, *, within: timedelta) -> Accepted | Refused:
        """Ask for a capture, unless there is one younger than `within`."""
        ...

    async def poll(self, remote_ids: Sequence[str]) -> dict[str, Polled]:
        """Return how these requests stand."""
        ...

    async def look_up(self, url: str, *, since: datetime) -> list[Snapshot]:
        """Return what the index has of a page since then."""
        ...

    async def replay(self, snapshot: Snapshot) -> Replay:
        """Return what the archive shows for a line of its index."""
        ...

    async def account(self) -> Account:
        """Return what the account may do."""
        ...

    async def probe(self) -> None:
        """Return when the service is well enough to be asked; raise Transient when it is not."""
        ...


class Recorder(Protocol):
    """Keeps fetched pages in the local archive."""

    async def record(self, response: Response) -> str:
        """Keep a page with its request as they went over the wire; return the record's reference."""
        ...
