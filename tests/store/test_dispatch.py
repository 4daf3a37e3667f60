"""Tickets on a real PostgreSQL: given with their transaction, worked on once, taken up when a process dies."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field

import psycopg
import pytest
import sqlalchemy as sa
import structlog
from procrastinate.exceptions import ConnectorException
from psycopg_pool import PoolTimeout
from sqlalchemy.engine import make_url

from monitor.adapters.dispatch.announce import announce
from monitor.adapters.dispatch.duty import Duty
from monitor.adapters.dispatch.procrastinate import Dispatcher, Rhythm
from monitor.adapters.dispatch.schema import SCHEMA, make
from monitor.adapters.engine import Database
from monitor.domain.errors import Transient
from monitor.domain.tickets import BACKFILL, FRESH, Ticket
from tests.fakes import NOON, bounded
from tests.postgres import Server
from tests.store.rows import LEASE, add_found, add_read, queued, reading, settle, stores_on

Open = Callable[[str], Database]
QUICK = Rhythm(heartbeat=0.2, stalled=1.0, drain=2.0, recover_every=1)


@pytest.fixture
def database(migrated_postgres_url: str, open_database: Open) -> Database:
    opened = open_database(migrated_postgres_url)
    opened.announce = announce
    return opened


async def waiting(database: Database) -> list[tuple[str, int]]:
    query = sa.text(
        f"SELECT queueing_lock, priority FROM {SCHEMA}.procrastinate_jobs WHERE status = 'todo' ORDER BY 1"
    )
    rows = await database.read(lambda c: c.execute(query).all())
    return [(row[0], row[1]) for row in rows]


# ---------------------------------------------------------------- given with their transaction


async def test_a_poll_gives_a_ticket_per_host_with_news_first(database: Database) -> None:
    await add_found(stores_on(database), ["a.example", "b.example", "a.example"])
    assert await waiting(database) == [("read:a.example", FRESH), ("read:b.example", FRESH)]


async def test_nothing_new_gives_no_ticket(database: Database) -> None:
    await add_found(stores_on(database), ["a.example"])
    await database.write(lambda c: c.execute(sa.text(f"TRUNCATE {SCHEMA}.procrastinate_jobs CASCADE")))
    await add_found(stores_on(database), ["a.example"])
    assert await waiting(database) == []


async def test_each_stage_gives_the_next_its_ticket(database: Database) -> None:
    stores = stores_on(database)
    reads = await add_read(stores, 3)
    assert ("decide:", 10) in await waiting(database)
    await settle(stores, *[queued(read, read.article_id) for read in reads])
    assert ("archive:", 10) in await waiting(database)


async def test_a_retry_is_caught_up_on_after_the_news(database: Database) -> None:
    stores = stores_on(database)
    await add_found(stores, ["a.example"])
    [article] = await stores.articles.claim_host("a.example", 5, now=NOON, lease=LEASE)
    await stores.articles.fail(article, "gone", now=NOON)
    await database.write(lambda c: c.execute(sa.text(f"TRUNCATE {SCHEMA}.procrastinate_jobs CASCADE")))
    await stores.articles.retry(None, now=NOON)
    assert await waiting(database) == [("read:a.example", BACKFILL)]


async def test_a_transaction_that_fails_takes_its_tickets_with_it(database: Database) -> None:
    def work(connection: sa.Connection) -> None:
        announce(connection, Ticket("decide"))
        raise Transient("some-trouble")

    with pytest.raises(Transient):
        await database.write(work)
    assert await waiting(database) == []


async def test_many_that_give_the_same_at_once_give_it_once_and_none_fails(database: Database) -> None:
    tickets = [Ticket("read", f"host{number}.example") for number in range(20)]
    orders = [tickets, tickets[::-1], tickets[5:], tickets[:15]] * 4
    await bounded(
        asyncio.gather(*[database.write(lambda c, some=some: announce(c, *some)) for some in orders]),
        30,  # type: ignore[misc]
    )
    assert len(await waiting(database)) == 20


def test_the_tables_of_the_engine_are_made_once(database: Database) -> None:
    assert not make(database.engine)


# ---------------------------------------------------------------- worked on


@dataclass
class Worked:
    """Duties that note what they were asked, and wait where told to."""

    tickets: Sequence[Ticket] = ()
    wait: asyncio.Event | None = None
    is_ready: bool = True
    places: int = 4
    done: list[tuple[str, bool]] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    came: asyncio.Event = field(default_factory=asyncio.Event)

    async def work(self, key: str, begun: bool) -> None:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            self.came.set()
            if self.wait:
                await self.wait.wait()
            self.done.append((key, begun))
        finally:
            self.at_once -= 1

    async def look(self) -> Sequence[Ticket]:
        return self.tickets

    async def ready(self) -> bool:
        return self.is_ready

    @property
    def duty(self) -> Duty:
        return Duty(self.work, self.look, ready=self.ready, at_once=self.places)


@dataclass
class Fleet:
    """Dispatchers in one process, as if each were a process of its own."""

    url: str
    running: dict[asyncio.Task[None], asyncio.Event] = field(default_factory=dict)

    def start(self, worked: Worked, rhythm: Rhythm = QUICK) -> asyncio.Task[None]:
        stop = asyncio.Event()
        dispatcher = Dispatcher(make_url(self.url), {"read": worked.duty}, stop, rhythm=rhythm)
        task = asyncio.create_task(dispatcher.run("read"))
        self.running[task] = stop
        return task

    async def stop(self) -> None:
        for stop in self.running.values():
            stop.set()
        await bounded(asyncio.gather(*self.running, return_exceptions=True), 20)


@pytest.fixture
async def fleet(migrated_postgres_url: str) -> AsyncIterator[Fleet]:
    made = Fleet(migrated_postgres_url)
    yield made
    await made.stop()


async def until(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.02)  # another process's doing: nothing to wait on


async def test_every_ticket_is_worked_on_once_by_one_of_several(database: Database, fleet: Fleet) -> None:
    workers = [Worked() for _ in range(3)]
    for worked in workers:
        fleet.start(worked)
    tickets = [Ticket("read", f"h{number}.example") for number in range(40)]
    await database.write(lambda c: announce(c, *tickets))
    await until(lambda: sum(len(worked.done) for worked in workers) >= 40)
    done = sorted(key for worked in workers for key, _ in worked.done)
    assert done == sorted(ticket.key for ticket in tickets)
    await fleet.stop()
    count = sa.text(f"SELECT count(*) FROM {SCHEMA}.procrastinate_jobs WHERE task_name = 'read'")
    assert await database.read(lambda c: c.execute(count).scalar()) == 0  # a ticket is no record


async def test_no_two_work_on_one_host(database: Database, fleet: Fleet) -> None:
    gate = asyncio.Event()
    first, second = Worked(wait=gate), Worked(wait=gate)
    fleet.start(first)
    fleet.start(second)
    await database.write(lambda c: announce(c, Ticket("read", "a.example")))
    await until(lambda: first.came.is_set() or second.came.is_set())
    await database.write(
        lambda c: announce(c, Ticket("read", "a.example"))
    )  # waits: the first is being worked on
    assert len(await waiting(database)) >= 1
    assert first.at_once + second.at_once == 1
    gate.set()
    await until(lambda: len(first.done) + len(second.done) == 2)


async def test_what_sql_says_is_due_is_found_without_being_announced(fleet: Fleet) -> None:
    worked = Worked(tickets=[Ticket("read", "a.example")])
    fleet.start(worked)
    await until(lambda: bool(worked.done))
    assert worked.done[0] == ("a.example", False)


async def test_the_ticket_of_a_dead_process_is_taken_up_and_said_to_be_begun(
    database: Database, fleet: Fleet
) -> None:
    """Its heart stops, as with kill -9 or a cut cable; its task hangs for ever."""
    dead = Worked(
        wait=asyncio.Event(), places=0
    )  # what hangs takes its last place: it recovers nothing itself
    task = fleet.start(dead, Rhythm(heartbeat=3600.0, stalled=1.0, drain=0.1))
    await database.write(lambda c: announce(c, Ticket("read", "a.example")))
    await until(dead.came.is_set)
    alive = Worked()
    fleet.start(alive)
    await until(lambda: bool(alive.done), 40)
    assert alive.done == [("a.example", True)]
    fleet.running[task].set()


async def test_the_ticket_of_a_dead_process_goes_before_one_like_it(database: Database, fleet: Fleet) -> None:
    """A poll gave another for the same host meanwhile, which knows nothing of what the dead one had leased."""
    dead = Worked(
        wait=asyncio.Event(), places=0
    )  # one that still asks for tickets is told that it was given up
    task = fleet.start(dead, Rhythm(heartbeat=3600.0, stalled=1.0, drain=0.1))
    await database.write(lambda c: announce(c, Ticket("read", "a.example")))
    await until(dead.came.is_set)
    await database.write(lambda c: announce(c, Ticket("read", "a.example")))
    alive = Worked()
    fleet.start(alive)
    await until(lambda: bool(alive.done), 40)
    assert alive.done == [("a.example", True)]
    fleet.running[task].set()


async def test_a_bug_in_a_duty_costs_its_ticket_and_nothing_else(database: Database, fleet: Fleet) -> None:
    class Broken(Worked):
        async def work(self, key: str, begun: bool) -> None:
            if key == "bad.example":
                raise RuntimeError("a bug")
            await super().work(key, begun)

    worked = Broken()
    fleet.start(worked)
    await database.write(lambda c: announce(c, Ticket("read", "bad.example"), Ticket("read", "good.example")))
    await until(lambda: bool(worked.done))
    assert worked.done == [("good.example", False)]


@pytest.mark.parametrize(
    ("cause", "event"),
    [(psycopg.OperationalError("closed"), "step.failed"), (psycopg.ProgrammingError("no"), "step.broke")],
)
async def test_a_server_that_goes_away_is_no_bug(
    database: Database, fleet: Fleet, cause: psycopg.Error, event: str
) -> None:
    class Away(Worked):
        async def work(self, key: str, begun: bool) -> None:
            self.done.append((key, begun))
            raise ConnectorException from cause

    worked = Away()
    with structlog.testing.capture_logs() as logs:
        fleet.start(worked)
        await database.write(lambda c: announce(c, Ticket("read", "some.example")))
        await until(lambda: bool(worked.done))
        await until(lambda: any(one["event"].startswith("step.") for one in logs))
    assert {one["event"] for one in logs if one["event"].startswith("step.")} == {event}


async def test_who_is_not_ready_takes_no_tickets(database: Database, fleet: Fleet) -> None:
    standby, active = Worked(is_ready=False), Worked()
    fleet.start(standby)
    fleet.start(active)
    tickets = [Ticket("read", f"h{number}.example") for number in range(10)]
    await database.write(lambda c: announce(c, *tickets))
    await until(lambda: len(active.done) == 10)
    assert standby.done == []


async def test_a_server_that_restarts_is_waited_for(
    postgres: Server, database: Database, fleet: Fleet
) -> None:
    worked = Worked()
    fleet.start(worked)
    await database.write(lambda c: announce(c, Ticket("read", "before.example")))
    await until(lambda: bool(worked.done))
    await asyncio.to_thread(postgres.stop, "immediate")
    await asyncio.to_thread(postgres.start)
    tickets = [Ticket("read", "after.example")]
    worked.tickets = tickets
    await until(lambda: ("after.example", False) in worked.done, 60)


async def test_stopping_lets_work_end_for_a_while(database: Database, fleet: Fleet) -> None:
    gate = asyncio.Event()
    worked = Worked(wait=gate)
    task = fleet.start(worked)
    await database.write(lambda c: announce(c, Ticket("read", "a.example")))
    await until(worked.came.is_set)
    fleet.running[task].set()
    gate.set()
    await bounded(task, 20)
    assert worked.done == [("a.example", False)]


# ---------------------------------------------------------------- what the duties ask of the stores


async def test_a_host_is_claimed_alone_and_taken_over_from_the_dead(database: Database) -> None:
    stores = stores_on(database)
    await add_found(stores, ["a.example", "b.example", "a.example"])
    first = await stores.articles.claim_host("a.example", 1, now=NOON, lease=LEASE)
    assert [one.host for one in first] == ["a.example"]
    rest = await stores.articles.claim_host("a.example", 9, now=NOON, lease=LEASE)
    assert len(rest) == 1
    assert await stores.articles.claim_host("a.example", 9, now=NOON, lease=LEASE) == []
    over = await stores.articles.claim_host("a.example", 9, now=NOON, lease=LEASE, take_over=True)
    assert len(over) == 2
    assert not await stores.articles.settle_reading(first[0], reading(1), now=NOON)  # the fence


async def test_hosts_that_are_due_and_how_much_waits(database: Database) -> None:
    stores = stores_on(database)
    await add_found(stores, ["a.example", "b.example", "a.example"])
    assert await stores.articles.hosts_due(9, now=NOON) == {"a.example": NOON, "b.example": NOON}
    await stores.articles.claim_host("b.example", 9, now=NOON, lease=LEASE)
    assert set(await stores.articles.hosts_due(9, now=NOON)) == {"a.example"}
    backlog = await stores.articles.backlog()
    assert (backlog.found, backlog.read) == (3, 0)


class CutOff(Dispatcher):
    """Its connections do not come up: the server refuses them until the pool gives up."""

    def _open(self, role: str):
        self.stop.set()  # one try is enough
        raise PoolTimeout("pool initialization incomplete after 30.0 sec")


async def test_a_process_outlives_being_cut_off_for_long() -> None:
    async def work(_key: str, _begun: bool) -> None: ...

    async def look() -> list[Ticket]:
        return []

    url = make_url("postgresql+psycopg://nobody@localhost/nothing")
    await bounded(CutOff(url, {"read": Duty(work, look)}, asyncio.Event()).run("read"))
