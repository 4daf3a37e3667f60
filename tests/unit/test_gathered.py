"""Calls that come together share one piece of work; each caller gets its own result, and its own trouble."""

import asyncio

import pytest

from monitor.adapters.store.gathered import Gathered
from monitor.domain.errors import Transient
from tests.fakes import bounded


class Work:
    """Doubles numbers; refuses what it is told to."""

    def __init__(self, refused=(), away=False):
        self.calls, self.refused, self.away = [], refused, away
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, numbers):
        self.calls.append(list(numbers))
        await self.gate.wait()
        if self.away:
            raise Transient("database")
        if bad := [number for number in numbers if number in self.refused]:
            raise ValueError(bad)
        return [2 * number for number in numbers]


async def test_what_waits_goes_together():
    work = Work()
    work.gate.clear()
    double = Gathered(work, most=3)
    asked = [asyncio.create_task(double(number)) for number in range(8)]
    await asyncio.sleep(0)
    work.gate.set()
    assert await bounded(asyncio.gather(*asked)) == [2 * number for number in range(8)]
    assert [number for call in work.calls for number in call] == list(range(8))
    assert max(map(len, work.calls)) == 3


async def test_one_bad_value_is_its_own_trouble():
    double = Gathered(Work(refused={2}), most=9)
    results = await bounded(asyncio.gather(*map(double, range(5)), return_exceptions=True))
    assert isinstance(results[2], ValueError)
    assert results[:2] + results[3:] == [0, 2, 6, 8]


async def test_a_database_that_is_away_is_asked_once():
    work = Work(away=True)
    double = Gathered(work, most=9)
    results = await bounded(asyncio.gather(*map(double, range(5)), return_exceptions=True))
    assert all(isinstance(result, Transient) for result in results)
    assert len(work.calls) == 1
    work.away = False
    assert await bounded(double(4)) == 8


async def test_a_caller_that_leaves_takes_nobody_along():
    work = Work()
    work.gate.clear()
    double = Gathered(work, most=9)
    first, second = (asyncio.create_task(double(number)) for number in (1, 2))
    await asyncio.sleep(0)
    first.cancel()
    work.gate.set()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert await bounded(second) == 4


async def test_as_many_calls_as_allowed_are_under_way():
    work = Work()
    work.gate.clear()
    double = Gathered(work, most=2, at_once=2)
    asked = [asyncio.create_task(double(number)) for number in range(7)]
    for _ in range(3):
        await asyncio.sleep(0)
    assert len(work.calls) == 2
    work.gate.set()
    assert await bounded(asyncio.gather(*asked)) == [2 * number for number in range(7)]
    assert await bounded(double(9)) == 18  # who comes later is served as well


async def test_a_stream_of_calls_waits_for_company_and_the_first_after_quiet_does_not():
    work, pauses = Work(), []
    company = asyncio.Event()

    async def pause(seconds):
        pauses.append(seconds)
        await company.wait()

    double = Gathered(work, most=9, apart=60.0, pause=pause)
    assert await bounded(double(1)) == 2
    assert pauses == []
    asked = [asyncio.create_task(double(number)) for number in (2, 3)]
    await asyncio.sleep(0)
    asked.append(asyncio.create_task(double(4)))
    await asyncio.sleep(0)
    company.set()
    assert await bounded(asyncio.gather(*asked)) == [4, 6, 8]
    assert work.calls == [[1], [2, 3, 4]]
    assert len(pauses) == 1
