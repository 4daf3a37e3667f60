"""The dispatcher of many processes: procrastinate on PostgreSQL carries the tickets.

Each role of this process takes its own tickets. Two periodic tickets keep all in motion, given once for all
processes: `look` finds in SQL what is due, `recover` takes up what a dead process had begun.
"""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import procrastinate
import psycopg
import structlog
from procrastinate import exceptions
from procrastinate.jobs import Job, Status
from procrastinate.worker import Worker
from sqlalchemy.engine import URL

from monitor.adapters.dispatch.announce import job_of
from monitor.adapters.dispatch.duty import Duty, Rhythm
from monitor.adapters.dispatch.schema import SCHEMA
from monitor.adapters.silence import Lines, limits_of
from monitor.domain.errors import MonitorError
from monitor.domain.jumps import Clocks

log = structlog.get_logger("tickets")

EVERY = {"poll": 2, "read": 2, "archive": 2, "decide": 5}  # seconds between looks
FIRST = 100  # looks and recoveries go before all tickets
POOL = 4  # connections for tickets, beside one per role that listens
AFTER_TROUBLE = 3.0
LAST_WORDS = 2.0  # seconds that a worker may take to end once its connections are gone
TRIES = 3  # another like it may be given at the same moment
_GIVE_WAY = "DELETE FROM procrastinate_jobs WHERE status = 'todo' AND queueing_lock = %(lock)s"
# what passes; a pool that does not fill says psycopg.Error
TROUBLE = (exceptions.ProcrastinateException, psycopg.Error, OSError)


def _passes(error: Exception) -> bool:
    """Tell whether an error is no bug: one of ours, or the server that carries the tickets went away."""
    if isinstance(
        error, MonitorError | exceptions.AppNotOpen
    ):  # the second: it went while this was under way
        return True
    away = isinstance(error, exceptions.ConnectorException)
    return away and isinstance(error.__cause__, psycopg.OperationalError)


def _look_at(ended: asyncio.Task[None]) -> None:
    """Take note of how a worker ended that nobody waits for any more: it is no news."""
    if not ended.cancelled():
        ended.exception()


@dataclass
class Dispatcher:
    """Takes tickets for the roles of this process until told to stop."""

    url: URL
    duties: Mapping[str, Duty]
    stop: asyncio.Event
    progress: Callable[[str], None] = lambda _: None
    rhythm: Rhythm = field(default_factory=Rhythm)
    wall: Callable[[], float] = time.time  # which the engine goes by as well
    _busy: Counter[str] = field(default_factory=Counter)
    _lines: Lines = field(default_factory=Lines)

    async def run(self, role: str) -> None:
        """Take this role's tickets; a database that is away is waited for."""
        while not self.stop.is_set():
            if await self._is_ready(role):
                try:
                    async with self._open(role) as app:
                        await self._take(self._worker(app, role), role)
                except TROUBLE as error:
                    log.warning("tickets.failed", role=role, reason=str(error.__cause__ or error)[:200])
            await self._pause(AFTER_TROUBLE)

    def _open(self, role: str) -> Any:
        """Return an app with the tasks of one role; `async with` opens its connections."""
        connector = procrastinate.PsycopgConnector(
            conninfo=self.url.set(drivername="postgresql").render_as_string(hide_password=False),
            kwargs={"options": f"-c search_path={SCHEMA}", **limits_of(self.url)},
            configure=self._lines.note,
            min_size=1,
            max_size=POOL,
        )
        app = procrastinate.App(connector=connector)
        self._add_tasks(app, role)
        return app.open_async()

    def _worker(self, app: procrastinate.App, role: str) -> Worker:
        return Worker(
            app,
            queues=[role],
            name=role,
            concurrency=self.duties[role].at_once + 1,  # one place for looks
            fetch_job_polling_interval=float(EVERY[role]),
            shutdown_graceful_timeout=self.rhythm.drain,
            delete_jobs="always",  # a ticket is no record
            install_signal_handlers=False,
            update_heartbeat_interval=self.rhythm.heartbeat,
            stalled_worker_timeout=self.rhythm.stalled,
        )

    async def _take(self, worker: Worker, role: str) -> None:
        """Run the worker until we stop, it breaks, the role is no longer ready, or the clock jumped."""
        running = asyncio.create_task(worker.run())  # type: ignore[no-untyped-call]
        over = asyncio.create_task(self._until_over(role))
        try:
            await asyncio.wait([running, over], return_when=asyncio.FIRST_COMPLETED)
            worker.stop()  # type: ignore[no-untyped-call]
            await asyncio.wait([running])
        except asyncio.CancelledError:  # our time is over, and the worker may wait for a silent server
            running.add_done_callback(_look_at)
            self._lines.hang_up()
            running.cancel()
            await asyncio.wait([running], timeout=LAST_WORDS)  # it needs its connections until it has ended
            raise
        finally:
            running.cancel()
            over.cancel()
        running.result()

    async def _until_over(self, role: str) -> None:
        began = self._clocks()
        while not self.stop.is_set():
            await self._pause(self.rhythm.ready_every)
            if self._has_jumped(role, began) or not await self._is_ready(role):
                return

    def _clocks(self) -> Clocks:
        return Clocks(self.wall(), time.monotonic())

    def _has_jumped(self, role: str, began: Clocks) -> bool:
        """Tell whether a worker has to be begun anew: it would look no more until the time of its last look is back.

        After a jump ahead, as when the machine slept, it would make up for every look one by one.
        """
        seconds = round(began.jump(self._clocks()))
        if seconds:
            log.warning("tickets.clock-jumped", role=role, seconds=seconds)
        return bool(seconds)

    async def _is_ready(self, role: str) -> bool:
        ready = self.duties[role].ready
        try:
            return ready is None or await ready()
        except MonitorError as error:
            log.warning("step.failed", role=role, reason=str(error))
            return False
        finally:
            if not self._busy[role]:  # with tickets in work, their ends are the progress
                self.progress(role)

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.stop.wait(), seconds)

    def _add_tasks(self, app: procrastinate.App, role: str) -> None:
        duty = self.duties[role]

        @app.task(name=role, queue=role, pass_context=True)
        async def work(context: procrastinate.JobContext, key: str) -> None:
            await self._safely(role, duty.work(key, context.job.attempts > 0))

        @app.periodic(cron=f"* * * * * */{EVERY[role]}")
        @app.task(name=f"look-{role}", queue=role, queueing_lock=f"look-{role}", priority=FIRST)
        async def look(timestamp: int) -> None:  # noqa: ARG001 - the engine passes it
            await self._safely(role, self._look(app, duty))

        @app.periodic(cron=f"* * * * * */{self.rhythm.recover_every}")
        @app.task(name="recover-" + role, queue=role, queueing_lock="recover-" + role, priority=FIRST)
        async def recover(timestamp: int) -> None:  # noqa: ARG001 - the engine passes it
            await self._safely(role, self._recover(app, role))

    async def _safely(self, role: str, work: Awaitable[None]) -> None:
        """Let no ticket fail: what it was about is still due, and the next look finds it."""
        self._busy[role] += 1
        try:
            await work
        except Exception as error:
            if _passes(error):
                log.warning("step.failed", role=role, reason=str(error.__cause__ or error)[:200])
            else:
                log.exception("step.broke", role=role)
        finally:
            self._busy[role] -= 1
            self.progress(role)

    async def _look(self, app: procrastinate.App, duty: Duty) -> None:
        """Give the tickets that are due and neither wait nor are worked on."""
        tickets = {ticket.lock: ticket for ticket in await duty.look()}
        if not tickets:
            return
        rows = await app.connector.execute_query_all_async(
            "SELECT lock FROM procrastinate_jobs WHERE status IN ('todo', 'doing') AND lock = ANY(%(locks)s)",
            locks=list(tickets),
        )
        known = {row["lock"] for row in rows}
        jobs = [job_of(ticket) for lock, ticket in sorted(tickets.items()) if lock not in known]
        if jobs:
            with contextlib.suppress(exceptions.UniqueViolation, exceptions.AlreadyEnqueued):
                await app.job_manager.batch_defer_jobs_async(
                    jobs
                )  # given by another meanwhile: looked at again

    async def _recover(self, app: procrastinate.App, role: str) -> None:
        """Give what a silent process had begun to another one."""
        stalled = await app.job_manager.get_stalled_jobs(
            queue=role, seconds_since_heartbeat=self.rhythm.stalled
        )
        for job in stalled:
            log.warning("tickets.recovered", role=role, ticket=job.lock)
            await self._give_again(app, job)

    @staticmethod
    async def _give_again(app: procrastinate.App, job: Job) -> None:
        """Let a dead process's ticket go before one like it: only it says that something was begun."""
        for _ in range(TRIES):
            try:
                await app.job_manager.retry_job(job)
            except (exceptions.UniqueViolation, exceptions.AlreadyEnqueued):
                await app.connector.execute_query_async(_GIVE_WAY, lock=job.queueing_lock)
            except exceptions.ConnectorException as error:
                if not isinstance(error.__cause__, psycopg.errors.RaiseException):
                    raise
                return  # it ended while we looked, which must not hold up the others
            else:
                return
        await app.job_manager.finish_job(job, status=Status.FAILED, delete_job=True)
