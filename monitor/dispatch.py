"""Which dispatcher carries the work of this process: the embedded one on SQLite, procrastinate on PostgreSQL."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from datetime import timedelta
from typing import Any

import structlog

from monitor.adapters.dispatch.duty import Duty, Rhythm
from monitor.adapters.dispatch.inline import Tickets
from monitor.domain.errors import Transient
from monitor.domain.tickets import BACKFILL, FRESH, STILL_NEWS, Backlog, Ticket
from monitor.line import Line
from monitor.worker import Progress, drain, keep_running

LINGER = {"read": 0.1, "decide": 0.2}  # seconds: a step for one article costs nearly as much as for twenty
TRIES = 10  # of a host while the database is away; after them its leases end by themselves
AFTER_TROUBLE = 2.0  # seconds
HOSTS_AT_ONCE = 500  # read tickets given at one look

log = structlog.get_logger("tickets")


def runs_of(
    line: Line,
    roles: Sequence[str],
    *,
    tickets: Tickets,
    stop: asyncio.Event,
    progress: Progress,
    rhythm: Rhythm = Rhythm(),  # noqa: B008 - frozen
) -> list[Coroutine[Any, Any, None]]:
    """Return what has to run, until told to stop, for the roles of this process."""
    chosen = [role for role in line.roles if role.name in roles]
    database = line.system.stores.database
    line.system.stores.verdicts.lasts = timedelta(seconds=rhythm.stalled)
    if database.is_sqlite:
        return [
            keep_running(role, tickets, stop=stop, progress=progress, linger=LINGER.get(role.name, 0.0))
            for role in chosen
        ]
    from monitor.adapters.dispatch.procrastinate import Dispatcher

    dispatcher = Dispatcher(database.url, _duties(line, stop), stop, progress.note, rhythm)
    return [dispatcher.run(role.name) for role in chosen]


def _duties(line: Line, stop: asyncio.Event) -> Mapping[str, Duty]:
    return {
        "poll": _polling(line),
        "read": _reading(line, stop),
        "decide": _deciding(line),
        "archive": _archiving(line),
    }


def _polling(line: Line) -> Duty:
    polling = line.polling

    async def work(source: str, _begun: bool) -> None:
        await polling.one_if_due(source)

    async def look() -> list[Ticket]:
        backlog = await line.system.stores.articles.backlog()
        return [Ticket("poll", name) for name in await polling.due()] if backlog.may_poll else []

    return Duty(work, look, at_once=polling.at_once)


def _reading(line: Line, stop: asyncio.Event) -> Duty:
    reading, articles, clock = line.reading, line.system.stores.articles, line.system.clock

    async def work(host: str, begun: bool) -> None:
        async def once(take_over: bool) -> None:
            backlog = await articles.backlog()
            if take_over or backlog.may_read:
                await reading.host(host, stop=stop.is_set, take_over=take_over)

        await persistently(once, begun, stop)

    async def look() -> list[Ticket]:
        backlog: Backlog = await articles.backlog()
        if not backlog.may_read:
            return []
        now = clock.now()
        hosts = await articles.hosts_due(HOSTS_AT_ONCE, now=now)
        return [
            Ticket("read", host, FRESH if found_at > now - STILL_NEWS else BACKFILL)
            for host, found_at in hosts.items()
        ]

    return Duty(work, look, at_once=reading.at_once)


async def persistently(
    read: Callable[[bool], Awaitable[None]], begun: bool, stop: asyncio.Event, *, pause: float = AFTER_TROUBLE
) -> None:
    """Read, and after trouble take up what was leased before it, that nothing waits for its lease's end."""
    for _ in range(TRIES):
        try:
            return await read(begun)
        except Transient as error:
            log.warning("step.failed", role="read", reason=str(error))
        begun = True
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause)
            return None
    return None


def _deciding(line: Line) -> Duty:
    """Decide while the lock is ours; otherwise stand by and ask for it every few seconds."""
    verdicts, one_at_a_time = line.system.stores.verdicts, asyncio.Lock()

    async def settle_all() -> bool:
        async with one_at_a_time:
            await drain(line.deciding)
            return verdicts.holds

    async def work(_key: str, _begun: bool) -> None:
        await settle_all()

    return Duty(work, _always("decide"), ready=settle_all)


def _archiving(line: Line) -> Duty:
    async def work(_key: str, _begun: bool) -> None:
        await drain(line.archiving)

    return Duty(work, _always("archive"))


def _always(role: str) -> Callable[[], Coroutine[Any, Any, list[Ticket]]]:
    async def look() -> list[Ticket]:
        return [Ticket(role)]

    return look
