"""Turns on hosts: how many at once, how far apart, and the rest that servers ask for."""

import asyncio

import pytest

from monitor.adapters.pace import LONGEST_WAIT, InProcessPace
from monitor.domain.errors import Transient


class Time:
    """A clock that moves only when somebody sleeps."""

    def __init__(self):
        self.now = 100.0
        self.slept = []

    def __call__(self):
        return self.now

    async def sleep(self, seconds):
        self.slept.append(seconds)


def pace(time, interval=5.0, concurrency=2):
    return InProcessPace(interval, concurrency, clock=time, sleep=time.sleep)


async def test_starts_on_one_host_are_spaced():
    time = Time()
    turns = pace(time)
    for host in ("a", "a", "b", "a"):
        async with turns.turn(host):
            pass
    assert time.slept == [5.0, 10.0]


async def test_a_redirect_on_the_same_host_does_not_wait_again():
    time = Time()
    turns = pace(time)
    async with turns.turn("a"):
        pass
    async with turns.turn("a", spaced=False):
        pass
    assert time.slept == []


async def test_a_host_gets_so_many_at_once_and_no_more():
    turns, running, most = pace(Time(), 0.0, 2), 0, 0
    gate, full = asyncio.Event(), asyncio.Event()

    async def fetch():
        nonlocal running, most
        async with turns.turn("a"):
            running += 1
            most = max(most, running)
            if running == 2:
                full.set()
            await gate.wait()
            running -= 1

    tasks = [asyncio.create_task(fetch()) for _ in range(5)]
    await full.wait()
    gate.set()
    await asyncio.gather(*tasks)
    assert most == 2


async def test_a_long_line_is_refused():
    time = Time()
    turns = pace(time, LONGEST_WAIT)
    async with turns.turn("a"):
        pass
    async with turns.turn("a"):
        pass
    with pytest.raises(Transient, match="host-busy"):
        async with turns.turn("a"):
            pass


async def test_a_place_is_given_back_after_trouble():
    turns = pace(Time(), 0.0, 1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            async with turns.turn("a"):
                raise ZeroDivisionError


async def test_hosts_that_rest_are_forgotten_when_there_are_many():
    time = Time()
    turns = pace(time)
    for number in range(10_050):
        async with turns.turn(f"host-{number}"):
            time.now += 1
    assert len(turns._hosts) <= 10_001


async def test_holds_end():
    time = Time()
    turns = pace(time)
    await turns.hold("host:a", 60)
    await turns.hold("host:a", 10)  # the longer wish counts
    assert await turns.held(["url:x", "host:a"]) == 60
    assert await turns.held(["host:b"]) <= 0
    time.now += 60
    assert await turns.held(["host:a"]) <= 0
    await turns.hold("host:c", 10**9)
    assert await turns.held(["host:c"]) == 86_400
