"""A host is read to its end, whatever the database does in between."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from monitor.adapters.metrics import Metrics
from monitor.dispatch import TRIES, persistently
from monitor.domain.errors import Transient
from monitor.domain.model import Article, Entry
from monitor.roles.reading import Reading
from monitor.stages.read import Fate, Here
from tests.fakes import NOON, FakeClock


@dataclass
class Leases:
    """Articles of one host; what was claimed stays claimed until it is settled or taken over."""

    waiting: list[Article]
    leased: list[Article] = field(default_factory=list)
    busy: list[str] = field(default_factory=list)  # hosts that were not asked of at the last claim

    async def claim_host(
        self, host: str, limit: int, *, now, lease: timedelta, take_over: bool
    ) -> list[Article]:
        free = [*self.leased, *self.waiting] if take_over else self.waiting
        claimed = free[:limit]
        self.waiting = [one for one in self.waiting if one not in claimed]
        self.leased = [*(one for one in self.leased if one not in claimed), *claimed]
        return claimed

    async def claim_found(self, limit: int, *, now, lease: timedelta, busy_hosts) -> list[Article]:
        self.busy = list(busy_hosts)
        return await self.claim_host("a.example", limit, now=now, lease=lease, take_over=False)

    async def give_back(self, article: Article) -> bool:
        self.leased.remove(article)
        self.waiting.append(article)
        return True


class Nobody:
    """Wants no tickets."""

    def give(self, *_roles: str) -> None:
        pass


@dataclass
class Away:
    """A reader whose first outcomes cannot be written."""

    leases: Leases
    trouble: int

    async def __call__(self, article: Article, here: Here) -> Fate:
        if self.trouble:
            self.trouble -= 1
            raise Transient("database", detail="away")
        self.leases.leased.remove(article)
        return Fate("read")


def reading(articles: int, trouble: int) -> tuple[Reading, Leases]:
    leases = Leases(
        [Article(n, f"https://a.example/{n}", "a", Entry(""), NOON) for n in range(1, articles + 1)]
    )
    role = Reading(Away(leases, trouble), leases, Nobody(), Metrics(), FakeClock(NOON))
    return role, leases


async def test_what_could_not_be_written_is_taken_up_at_once() -> None:
    role, leases = reading(5, trouble=3)
    asked = []

    async def once(take_over: bool) -> None:
        asked.append(take_over)
        await role.host("a.example", stop=lambda: False, take_over=take_over)

    await persistently(once, False, asyncio.Event(), pause=0)
    assert (leases.waiting, leases.leased) == ([], [])
    assert asked[:2] == [False, True]


async def test_trouble_with_writing_is_said() -> None:
    role, leases = reading(2, trouble=1)
    with pytest.raises(Transient, match="unsettled"):
        await role.host("a.example", stop=lambda: False)
    assert len(leases.leased) == 1


async def test_a_database_that_stays_away_is_not_asked_for_ever() -> None:
    asked = []

    async def once(take_over: bool) -> None:
        asked.append(take_over)
        raise Transient("database")

    await persistently(once, False, asyncio.Event(), pause=0)
    assert asked == [False, *[True] * (TRIES - 1)]


async def test_stopping_ends_it() -> None:
    stop, asked = asyncio.Event(), []

    async def once(take_over: bool) -> None:
        asked.append(take_over)
        stop.set()
        raise Transient("database")

    await persistently(once, False, stop, pause=60)
    assert asked == [False]


async def test_who_has_no_more_time_gives_back_what_is_under_way() -> None:
    role, leases = reading(3, trouble=0)
    under_way = asyncio.Event()

    async def hangs(_article: Article, _here: Here) -> Fate:
        under_way.set()
        await asyncio.Event().wait()
        raise AssertionError

    role.read = hangs
    assert await role.step() == 3
    await under_way.wait()
    finishing = asyncio.create_task(role.finish())
    await asyncio.sleep(0)
    finishing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await finishing
    assert (len(leases.waiting), leases.leased) == (3, [])


async def test_a_host_is_asked_for_more_once_its_pages_are_here() -> None:
    role, leases = reading(2, trouble=0)
    came: list[Here] = []
    read = asyncio.Event()

    async def fetched(_article: Article, here: Here) -> Fate:
        came.append(here)
        await read.wait()
        return Fate("read")

    role.read = fetched
    await role.step()
    await asyncio.sleep(0)
    busy = []
    for here in came:
        await role.step()
        busy.append(len(leases.busy))
        here()
    await role.step()
    assert [*busy, len(leases.busy)] == [2, 1, 0]
    read.set()
    await role.finish()


async def test_where_few_hosts_have_pages_they_are_asked_for_the_next_before_the_last_is_read() -> None:
    role, _ = reading(2, trouble=0)
    read = asyncio.Event()

    async def fetched(_article: Article, here: Here) -> Fate:
        here()
        await read.wait()
        return Fate("read")

    role.read = fetched
    await role.step()
    assert await role.land()
    read.set()
    await role.finish()
