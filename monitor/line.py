"""One process's share of the work: the fetcher, the worker processes and the roles, built on an open system."""

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial

import structlog

from monitor.adapters.embed import RemoteEncoder
from monitor.adapters.heap import keep_small
from monitor.adapters.http import Http
from monitor.adapters.notify import Notifier
from monitor.adapters.pace_sql import SqlPace
from monitor.adapters.parsing import PoolParser
from monitor.adapters.pool import Pool
from monitor.adapters.pool_nursery import Nursery
from monitor.adapters.reading import Plan, warm_up
from monitor.adapters.robots import Robots
from monitor.adapters.store.keys import installation_key
from monitor.adapters.template_shelf import Shelf
from monitor.adapters.warc import WarcArchive
from monitor.adapters.wayback import Wayback
from monitor.adapters.websub import Following, Hubs
from monitor.adapters.workers import PoolReader
from monitor.daemon import System, targets_of
from monitor.deciding import deciding, memory_of
from monitor.domain.captures import Change, Pause
from monitor.domain.model import Article
from monitor.ports import Parser, Recorder
from monitor.roles import Archiving, Deciding, Polling, Reading, Tickets
from monitor.stages.archive import archive
from monitor.stages.poll import Seen, poll
from monitor.stages.read import Fate, Here, read
from monitor.upkeep import Watching, watching
from monitor.worker import Role

log = structlog.get_logger("monitor")

COLLECT_AFTER = (10_000, 20, 20)  # objects, young rounds, middle rounds


@dataclass(frozen=True)
class Line:
    """The roles of this process and what they share."""

    system: System
    polling: Polling
    reading: Reading
    deciding: Deciding
    archiving: Archiving
    watching: Watching
    kept: WarcArchive | None  # the local archive
    hubs: Hubs
    http: Http
    parser: PoolParser
    reader: PoolReader
    pool: Pool

    @property
    def roles(self) -> tuple[Role, ...]:
        """The stages, in the order of an article's way."""
        return (self.polling, self.reading, self.deciding, self.archiving)

    async def serve(self) -> None:
        """Serve the page and the API until cancelled."""
        from monitor.web.by_hand import SourcesByHand  # half a second, which no other part need wait for
        from monitor.web.server import serve

        system, polling = self.system, self.polling

        def changed() -> None:
            polling.forget()
            polling.tickets.give("poll")

        hand = SourcesByHand(
            system.watch,
            system.stores.polls,
            self.http,
            self.parser,
            system.clock,
            landed=polling.land,
            changed=changed,
        )
        await serve(system, hand, self.hubs)


@contextlib.asynccontextmanager
async def open_line(
    system: System,
    tickets: Tickets,
    went_on: Callable[[str], None] = lambda _role: None,
    nursery: Nursery | None = None,
) -> AsyncIterator[Line]:
    """Build the fetcher, the worker processes, the local archive and the roles; take them down with the block.

    `went_on` is told, by the role's name, that a long step goes on. Worker processes are forked from `nursery`, or
    from one that begins when they are first needed.
    """
    settings = system.settings
    keep_small()
    async with (
        _http(system) as http,
        Pool(
            settings.processes, initializer=partial(warm_up, encoder=settings.encodes), nursery=nursery
        ) as pool,
        local_archive(system) as recorder,
        Notifier(targets_of(settings, system.clock), system.clock) as notifier,
    ):
        _settle_memory()
        parser, reader = PoolParser(pool), _reader(system, pool, http)
        hubs = await _hubs(system, http)
        memory = memory_of(system)
        yield Line(
            system,
            polling=_polling(system, http, Following(parser, hubs), notifier, tickets),
            reading=_reading(system, http, reader, recorder, tickets),
            deciding=deciding(system, reader, tickets, memory, went_on),
            archiving=_archiving(system, http),
            watching=watching(system, http, reader),
            kept=recorder,
            hubs=hubs,
            http=http,
            parser=parser,
            reader=reader,
            pool=pool,
        )
        await asyncio.to_thread(memory.keep)


@contextlib.asynccontextmanager
async def open_reader(system: System) -> AsyncIterator[tuple[Http, PoolReader]]:
    """Build what reads a page by itself; nothing is asked of the database."""
    async with _http(system) as http, Pool(1, initializer=warm_up) as pool:
        yield http, PoolReader(pool, partial(plan_of, system), _remote(system, http))


def _settle_memory() -> None:
    """Let the garbage collector pass over what stays; its full rounds would hold up the event loop for 0.2 seconds."""
    gc.freeze()  # what is imported leaves next to no garbage, and to look for it takes a tenth of a second
    gc.set_threshold(*COLLECT_AFTER)


@contextlib.asynccontextmanager
async def local_archive(system: System) -> AsyncIterator[WarcArchive | None]:
    """Open the local archive in DATA_DIR where ARCHIVE asks for one, finish what a dead process left, and close it."""
    if system.settings.ARCHIVE not in {"warc", "both"}:
        yield None
        return
    kept = WarcArchive(system.settings.DATA_DIR / "warc")
    try:
        for path in await kept.recover():
            log.info("warc.recovered", file=path.name)
        yield kept
    finally:
        await kept.close()


def _http(system: System) -> Http:
    settings = system.settings
    return Http(
        user_agent=settings.USER_AGENT,
        proxy=settings.PROXY,
        ca_file=settings.CA_FILE,
        allow_networks=settings.ALLOW_NETWORKS,
        host_interval=settings.HOST_INTERVAL,
        host_concurrency=settings.HOST_CONCURRENCY,
        concurrency=settings.FETCH_CONCURRENCY,
        pace=_pace(system),
    )


def _pace(system: System) -> SqlPace | None:
    """On PostgreSQL all processes are polite together; None: this one is alone."""
    database, settings = system.stores.database, system.settings
    return (
        None if database.is_sqlite else SqlPace(database, settings.HOST_INTERVAL, settings.HOST_CONCURRENCY)
    )


def _remote(system: System, http: Http) -> RemoteEncoder | None:
    settings = system.settings
    if not settings.EMBEDDINGS.startswith("http"):
        return None
    return RemoteEncoder(http, settings.EMBEDDINGS, key=settings.EMBEDDINGS_KEY.get_secret_value())


def _reader(system: System, pool: Pool, http: Http) -> PoolReader:
    shelf = Shelf(system.stores.templates, system.clock)
    return PoolReader(pool, partial(plan_of, system), _remote(system, http), shelf)


def plan_of(system: System) -> Plan:
    """Return what worker processes do beside reading, by the configuration in force."""
    publishers = tuple(system.watch.configuration.publishers.items())
    return Plan(system.watch.topics(), system.settings.encodes, publishers)


async def _hubs(system: System, http: Http) -> Hubs:
    """Without a public address no hub could reach us, and none is asked."""
    key = await installation_key(system.stores.database)
    return Hubs(http, public_url=system.settings.PUBLIC_URL, key=key, clock=system.clock)


def _polling(system: System, http: Http, parser: Parser, notifier: Notifier, tickets: Tickets) -> Polling:
    ports = {"fetcher": http, "parser": parser, "store": system.stores.polls, "clock": system.clock}
    ports["watch"] = system.stores.watches
    stage = partial(poll, **ports, seen=Seen())  # type: ignore[arg-type]
    seen = (system.stores.polls, tickets, system.metrics, system.clock)
    return Polling(system.watch.sources, stage, *seen, noted=notifier.note)


def _reading(
    system: System, http: Http, reader: PoolReader, recorder: Recorder | None, tickets: Tickets
) -> Reading:
    robots = Robots(http, user_agent=system.settings.USER_AGENT, clock=system.clock)

    async def stage(article: Article, here: Here) -> Fate:
        return await read(
            article,
            system.watch.source(article.source),
            fetcher=http,
            robots=robots,
            reader=reader,
            store=system.stores.articles,
            clock=system.clock,
            recorder=recorder,
            here=here,
        )

    return Reading(stage, system.stores.articles, tickets, system.metrics, system.clock)


def _archiving(system: System, http: Http) -> Archiving:
    settings = system.settings
    wayback = Wayback(
        http,
        base_url=settings.WAYBACK_URL,
        access_key=settings.WAYBACK_ACCESS_KEY.get_secret_value(),
        secret_key=settings.WAYBACK_SECRET_KEY.get_secret_value(),
    )

    async def stage() -> list[Change | Pause]:
        if settings.ARCHIVE not in {"wayback", "both"}:
            return []
        return await archive(store=system.stores.captures, wayback=wayback, clock=system.clock)

    return Archiving(stage, system.metrics)
