"""The daemon's life: start, run the roles until a signal, drain, stop."""

import asyncio
import contextlib
import os
import platform
import secrets
import signal
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from datetime import datetime
from typing import Any

import structlog

from monitor import __version__
from monitor.adapters.dispatch.duty import Rhythm
from monitor.adapters.dispatch.inline import Ticker, Tickets
from monitor.adapters.engine import Database, sqlite_version
from monitor.adapters.metrics_door import serve_metrics
from monitor.adapters.store.overview import Worker
from monitor.adapters.systemd import Notifier
from monitor.adapters.traces import Traces
from monitor.config import Configuration, Settings
from monitor.config.changes import Changes
from monitor.daemon import System, open_stores, owned
from monitor.dispatch import runs_of
from monitor.domain.errors import ConfigurationError, MonitorError, Permanent
from monitor.domain.model import Source
from monitor.line import Line, open_line
from monitor.ports import Clock
from monitor.tracing import follow_labels, tracing
from monitor.upkeep import upkeep, watch_network
from monitor.worker import Progress

log = structlog.get_logger("monitor")

PERIODS = {"poll": 1.0, "read": 5.0, "decide": 5.0, "archive": 1.0}  # seconds between tickets
BEAT = 5.0
PATIENCE = 30.0  # seconds that a beat may take
GOODBYE = 2.0  # seconds that it may take to say that we end
WAITING = "waiting for the database"
DRAIN = 25.0  # seconds that work under way may take after SIGTERM
SILENT = 8.0  # seconds without an answer after which a server is not waited for while we end
STUCK = 300.0  # seconds without a round of a role from which the watchdog is no longer fed


class Service:
    """One process of the daemon with the roles it was given."""

    def __init__(
        self,
        settings: Settings,
        configuration: Configuration,
        roles: Sequence[str],
        *,
        rhythm: Rhythm = Rhythm(),  # noqa: B008 - frozen
        clock: Clock | None = None,
    ) -> None:
        """`rhythm` and `clock` are for those who cannot wait as long as life takes."""
        self._settings, self._configuration, self._roles = settings, configuration, tuple(roles)
        self._rhythm, self._clock = rhythm, clock
        self._changes = Changes(settings.SOURCES)  # an edit while we start is one too
        self._stop, self._tickets = asyncio.Event(), Tickets()
        self._reread = asyncio.Event()
        self._notifier, self._progress = Notifier(), Progress()
        self._id = secrets.token_hex(4)
        self._started: datetime | None = None
        self._broke: MonitorError | None = None
        self._traces: Traces | None = None

    async def run(self) -> None:
        """Run until SIGTERM or SIGINT; SIGHUP, or a change of the file, reads sources.yaml anew."""
        async with self._open() as line:
            self._listen_to_signals()
            ticker = Ticker(self._tickets, {role: PERIODS[role] for role in self._roles if role in PERIODS})
            ticker.start()
            stages, beside = self._stage_tasks(line), self._other_tasks(line)
            self._say_ready()
            await _first_of(self._stop.wait(), [*stages, *beside])
            ticker.stop()
            await self._drain(line.system.stores.database, stages, beside)
            await self._say_goodbye(line)
        log.info("daemon.stopped")
        if self._broke:
            raise self._broke

    @contextlib.asynccontextmanager
    async def _open(self) -> AsyncIterator[Line]:
        async with contextlib.AsyncExitStack() as stack:
            stack.enter_context(owned(self._settings))
            system = await stack.enter_async_context(
                open_stores(self._settings, self._configuration, clock=self._clock)
            )
            if (
                system.stores.database.is_sqlite
            ):  # we are alone: what is leased was leased by a process that died
                await system.stores.articles.release_leases()
            line = await stack.enter_async_context(open_line(system, self._tickets, self._progress.note))
            self._traces = await stack.enter_async_context(tracing(line))
            yield line

    def _stage_tasks(self, line: Line) -> list[asyncio.Task[None]]:
        runs = runs_of(
            line,
            self._roles,
            tickets=self._tickets,
            stop=self._stop,
            progress=self._progress,
            rhythm=self._rhythm,
        )
        return [asyncio.create_task(one) for one in runs]

    def _other_tasks(self, line: Line) -> list[asyncio.Task[None]]:
        work: list[Coroutine[Any, Any, None]] = [self._beat(line), self._watch_file(line)]
        if "web" in self._roles:
            work.append(line.serve())
        if self._settings.METRICS_LISTEN:
            work.append(serve_metrics(self._settings.METRICS_LISTEN, line.system.metrics))
        if "decide" in self._roles:
            work.append(follow_labels(line, self._traces))
        if "poll" in self._roles:
            work.append(watch_network(lambda: line.polling.is_cut_off))
        work += upkeep(
            line.system, line.watching, line.kept, roles=self._roles, tickets=self._tickets, stop=self._stop
        )
        return [asyncio.create_task(one) for one in work]

    async def _drain(
        self, database: Database, stages: list[asyncio.Task[None]], beside: list[asyncio.Task[None]]
    ) -> None:
        """Let what is under way end, for a while; what is cut off then is taken up by its lease's end."""
        self._stop.set()
        self._tickets.give(*PERIODS)
        self._notifier.stopping()
        log.info("daemon.stopping", within_seconds=DRAIN)
        for task in beside:
            task.cancel()
        if stages:
            await _end_of(stages, database.silence(SILENT))
        for task in stages:
            task.cancel()
        for result in await asyncio.gather(*stages, *beside, return_exceptions=True):
            if isinstance(result, ConfigurationError):
                self._broke = result  # it says what to mend
            elif isinstance(result, Exception):
                log.error("daemon.task-broke", error=repr(result))
                self._broke = self._broke or Permanent(
                    "stopped", detail="a part of the daemon broke; see its log"
                )

    async def _say_goodbye(self, line: Line) -> None:
        """Give the decider's lock back and leave the list of processes; both end by themselves where nobody answers."""
        try:
            async with asyncio.timeout(GOODBYE):
                await line.system.stores.verdicts.let_go()
                await line.system.stores.overviews.leave(self._id)
        except (MonitorError, TimeoutError) as error:
            log.warning("beat.failed", reason=str(error) or f"no answer within {GOODBYE:g} seconds")
            line.system.stores.database.hang_up()  # it was waited for long enough

    def _listen_to_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, self._stop.set)
        loop.add_signal_handler(signal.SIGHUP, self._reread.set)

    async def _reload(self, line: Line) -> None:
        self._notifier.reloading()
        before = line.system.watch.configuration.sources
        try:
            configuration = await line.system.reload()
        except ConfigurationError as error:
            problems = [str(problem) for problem in error.problems]
            log.warning("sources.rejected", kept="the configuration before", problems=problems)
        else:
            await self._ask_anew(line, before)
            line.polling.forget()
            self._tickets.give("poll")
            log.info("sources.reloaded", sources=len(configuration.enabled), topics=len(configuration.topics))
        self._notifier.ready("running")
        await self._switch_off(line)

    async def _ask_anew(self, line: Line, before: Mapping[str, Source]) -> None:
        """Poll at once what was edited; where that cannot be noted, it is polled when it is due."""
        if "poll" in self._roles:
            with contextlib.suppress(MonitorError):
                await line.polling.ask_anew(before)

    async def _switch_off(self, line: Line) -> None:
        """Show what is no longer polled as such; where that fails, the next reload or start says it again."""
        if "poll" in self._roles:
            with contextlib.suppress(MonitorError):
                known = await line.system.stores.overviews.source_states()
                await line.polling.switch_off(known, line.system.watch.configuration.disabled)

    async def _watch_file(self, line: Line) -> None:
        """Reload on SIGHUP, and when the file has changed and then stands still for a round."""
        await self._switch_off(line)
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._reread.wait(), BEAT)
            if self._reread.is_set():
                self._reread.clear()
                self._changes.take()
                await self._reload(line)
            elif self._changes.settled():
                await self._reload(line)

    async def _beat(self, line: Line) -> None:
        """Say that we live, measure how late the loop is, and feed the watchdog while every role comes round."""
        loop, system = asyncio.get_running_loop(), line.system
        while True:
            before = loop.time()
            await asyncio.sleep(BEAT)
            system.metrics.loop_lag.set(max(0.0, loop.time() - before - BEAT))
            system.metrics.count_replacements(line.pool.replaced)
            status = await self._say_alive(system)
            if status and self._progress.oldest() < STUCK:
                self._notifier.alive(status)

    async def _say_alive(self, system: System) -> str:
        """Write down that we live; return how we are for the watchdog, "" where only a new start helps.

        A database that is away, or full, is none of our faults: a new start would not bring it back.
        """
        database, is_stuck = system.stores.database, False
        try:
            async with asyncio.timeout(PATIENCE):
                await system.stores.overviews.beat(self._worker(system))
        except MonitorError as error:
            system.writes = str(error)[:200]
        except TimeoutError:
            system.writes = f"no answer within {PATIENCE:g} seconds"
            is_stuck = database.is_sqlite  # a server far away may be mended, a file that hangs is ours
        else:
            system.writes = "ok"
            return "running"
        log.warning("beat.failed", reason=system.writes)
        return WAITING if database.alive and not is_stuck else ""

    def _worker(self, system: System) -> Worker:
        now = system.clock.now()
        self._started = self._started or now
        roles = ",".join(self._roles)
        return Worker(self._id, roles, platform.node(), os.getpid(), __version__, self._started, now)

    def _say_ready(self) -> None:
        self._notifier.ready("running")
        log.info(
            "daemon.ready",
            roles=self._roles,
            version=__version__,
            sqlite=".".join(map(str, sqlite_version())),
            sources=len(self._configuration.enabled),
            page=f"http://{self._settings.LISTEN}/" if "web" in self._roles else None,
        )
        if self._settings.ARCHIVE in {"wayback", "both"} and not self._settings.has_archive_keys:
            log.warning(
                "archive.no-keys", hint="set WAYBACK_ACCESS_KEY and WAYBACK_SECRET_KEY; captures wait"
            )


async def _end_of(stages: list[asyncio.Task[None]], silence: Coroutine[Any, Any, None]) -> None:
    """Wait for what is under way, no longer than allowed, nor once what it does cannot be written down any more."""
    ended, silent = asyncio.create_task(asyncio.wait(stages)), asyncio.create_task(silence)
    await asyncio.wait([ended, silent], timeout=DRAIN, return_when=asyncio.FIRST_COMPLETED)
    ended.cancel()
    silent.cancel()


async def _first_of(wait: Coroutine[Any, Any, Any], tasks: list[asyncio.Task[None]]) -> None:
    """Wait for the signal, or for a task that ended although it should run for ever."""
    waiting = asyncio.create_task(wait)
    await asyncio.wait([waiting, *tasks], return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
