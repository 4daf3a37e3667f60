"""What it takes to look at sources without a database: a fetcher, one worker process, a clock."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from monitor.adapters.clock import SystemClock
from monitor.adapters.http import Http
from monitor.adapters.parsing import PoolParser
from monitor.adapters.pool import Pool
from monitor.commands.common import progress
from monitor.config import Settings
from monitor.domain.model import Source, SourceState
from monitor.domain.trials import Trial, trial_of
from monitor.ports import Clock
from monitor.stages.poll import Answer, ask

LONGEST_SPACING = 1.0  # seconds between fetches on one host while a person waits
AT_ONCE = 32


class Nothing:
    """A store that knows no article, so that every entry is shown."""

    async def unseen(self, source: str, url_keys: Sequence[str]) -> frozenset[str]:  # noqa: ARG002 - part of the port
        """Return all of them."""
        return frozenset(url_keys)


@dataclass(frozen=True)
class Eyes:
    """Looks at sources and stores nothing."""

    http: Http
    pool: Pool
    parser: PoolParser
    clock: Clock

    async def ask(self, source: Source) -> Answer:
        """Poll a source as if it had never been polled."""
        store: Any = Nothing()
        return await ask(
            source,
            SourceState(source.name),
            fetcher=self.http,
            parser=self.parser,
            store=store,
            clock=self.clock,
        )

    async def try_all(self, sources: Sequence[Source]) -> list[Trial]:
        """Look at many sources, some at once, with a bar for whoever waits."""
        places = asyncio.Semaphore(AT_ONCE)
        with progress() as bar:
            task = bar.add_task("looking", total=len(sources))

            async def one(source: Source) -> Trial:
                async with places:
                    answer = await self.ask(source)
                bar.advance(task)
                return trial_of(answer.first, answer.feed)

            return await asyncio.gather(*map(one, sources))


@contextlib.asynccontextmanager
async def open_eyes(settings: Settings) -> AsyncIterator[Eyes]:
    """Build a fetcher and a worker process for a command that looks at sources."""
    http = Http(
        user_agent=settings.USER_AGENT,
        proxy=settings.PROXY,
        ca_file=settings.CA_FILE,
        allow_networks=settings.ALLOW_NETWORKS,
        host_interval=min(settings.HOST_INTERVAL, LONGEST_SPACING),
        host_concurrency=settings.HOST_CONCURRENCY,
        concurrency=settings.FETCH_CONCURRENCY,
    )
    async with http, Pool(1) as pool:
        yield Eyes(http, pool, PoolParser(pool), SystemClock())
