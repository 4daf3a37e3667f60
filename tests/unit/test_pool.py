"""Promises of the worker pool: one bad task costs one call, and nothing is left behind."""

import asyncio
import os
import select
import signal
import subprocess
import sys
import textwrap
from datetime import timedelta

import psutil
import pytest

from monitor.adapters.pool import Pool
from monitor.adapters.pool_nursery import Nursery
from monitor.domain.errors import Permanent, Transient
from tests.pool_tasks import (
    add,
    answer_unpicklable,
    descend,
    devour,
    die,
    echo,
    hang,
    initialize,
    note_process,
    noted_process,
    postpone,
    process_id,
    read_environment,
    refuse,
    stumble,
)


async def test_a_result_comes_back() -> None:
    async with Pool(1) as pool:
        assert await pool.run(add, 2, 3) == 5


async def test_large_bodies_travel_both_ways() -> None:
    body = os.urandom(9_000_000)
    async with Pool(1) as pool:
        assert await pool.run(echo, body) == body


async def test_the_initializer_runs_in_the_child_only() -> None:
    async with Pool(1, initializer=initialize) as pool:
        assert await pool.run(read_environment) == "ready"
    assert "POOL_TEST" not in os.environ


async def test_our_errors_travel_whole() -> None:
    async with Pool(1) as pool:
        with pytest.raises(Permanent) as permanent:
            await pool.run(refuse)
        with pytest.raises(Transient) as transient:
            await pool.run(postpone)
    assert (permanent.value.reason, permanent.value.detail) == ("no-article", "a gallery")
    assert transient.value.retry_after == timedelta(seconds=7)


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (stumble, "reader-error"),
        (answer_unpicklable, "reader-error"),
        (devour, "too-complex"),
        (descend, "too-complex"),
    ],
)
async def test_other_errors_become_permanent_and_keep_the_child(function, reason) -> None:
    async with Pool(1) as pool:
        before = await pool.run(process_id)
        with pytest.raises(Permanent) as caught:
            await pool.run(function)
        assert caught.value.reason == reason
        assert await pool.run(process_id) == before


async def test_a_hung_child_is_killed_and_replaced() -> None:
    async with Pool(1) as pool:
        before = await pool.run(process_id)
        with pytest.raises(Transient, match="worker-timeout"):
            await pool.run(hang, timeout=0.05)
        assert not psutil.pid_exists(before)
        assert await pool.run(process_id) != before
        assert pool.replaced == 1


async def test_a_dying_child_fails_only_its_own_call() -> None:
    async with Pool(2) as pool:
        calls = [pool.run(die) if number == 3 else pool.run(add, number, 1) for number in range(8)]
        results = await asyncio.gather(*calls, return_exceptions=True)
    assert isinstance(results[3], Transient)
    assert results[3].reason == "worker-died"
    assert [result for result in results if isinstance(result, int)] == [1, 2, 3, 5, 6, 7, 8]


@pytest.mark.parametrize("lost", [die, hang])
async def test_what_waits_behind_a_lost_child_goes_to_the_next(lost) -> None:
    async with Pool(1) as pool:
        await pool.run(process_id)
        first, second = await asyncio.gather(
            pool.run(lost, timeout=0.05), pool.run(add, 2, 3), return_exceptions=True
        )
        assert (type(first), second) == (Transient, 5)
        assert pool.replaced == 1


async def test_a_call_that_is_cancelled_before_its_turn_costs_nobody_anything() -> None:
    async with Pool(1) as pool:
        before = await pool.run(process_id)
        first, second, third = (asyncio.create_task(pool.run(add, number, 1)) for number in range(3))
        await asyncio.sleep(0)
        second.cancel()
        assert (await first, await third) == (1, 3)
        assert await pool.run(process_id) == before


async def test_a_call_behind_one_that_was_cancelled_and_hangs_goes_to_the_next_child() -> None:
    async with Pool(1) as pool:
        before = await pool.run(process_id)
        first, second = asyncio.create_task(pool.run(process_id)), asyncio.create_task(pool.run(hang))
        await asyncio.sleep(0)
        second.cancel()
        assert await first == before
        assert await pool.run(process_id, timeout=0.5) != before
        assert pool.replaced == 1


async def test_an_idle_child_is_asked_before_a_busy_one() -> None:
    async with Pool(2) as pool:
        busy = asyncio.create_task(pool.run(hang))
        await pool.run(process_id)
        assert len({await pool.run(process_id) for _ in range(3)}) == 1
        busy.cancel()


def kill(process: int, last: int = 0) -> None:
    """Kill a process, and wait until it, or the last that goes with it, has ended."""
    ended = os.pidfd_open(last or process)
    os.kill(process, signal.SIGKILL)
    select.select([ended], [], [], 10)
    os.close(ended)


async def test_a_child_that_died_while_idle_costs_no_call() -> None:
    async with Pool(1) as pool:
        kill(await pool.run(process_id))
        assert await pool.run(add, 1, 1) == 2
        assert pool.replaced == 0


async def test_where_the_process_died_that_forks_another_one_does() -> None:
    async with Pool(2, initializer=initialize) as pool:
        child = await pool.run(process_id)
        nursery = psutil.Process(child).ppid()
        kill(nursery, child)
        assert await pool.run(read_environment) == "ready"
        assert psutil.Process(await pool.run(process_id)).ppid() != nursery


async def test_children_share_what_was_loaded_before_they_were_forked() -> None:
    nursery = Nursery(note_process)
    async with Pool(2, nursery=nursery) as pool:
        first, second = await asyncio.gather(pool.run(noted_process), pool.run(noted_process))
        assert first == second
        assert psutil.Process(await pool.run(process_id)).ppid() == first


async def test_an_initializer_that_fails_is_told_to_the_caller() -> None:
    async with Pool(1, initializer=stumble) as pool:
        with pytest.raises(Permanent, match="KeyError"):
            await pool.run(process_id)


async def test_nothing_is_left_of_one_that_never_forked() -> None:
    nursery = Nursery(hang)
    async with Pool(1, nursery=nursery):
        assert nursery.alive
    assert not nursery.alive


async def test_a_cancelled_call_gives_its_worker_back() -> None:
    async with Pool(1) as pool:
        before = await pool.run(process_id)
        call = asyncio.create_task(pool.run(hang))
        await asyncio.wait([call], timeout=0.05)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert await pool.run(process_id) != before


async def test_children_are_replaced_after_their_share_of_tasks() -> None:
    async with Pool(1, recycle_after=3) as pool:
        seen = [await pool.run(process_id) for _ in range(7)]
    assert [len({*seen[0:3]}), len({*seen[3:6]}), len({*seen})] == [1, 1, 3]


async def test_calls_are_served_in_their_order() -> None:
    served: list[int] = []

    async def call(pool: Pool, number: int) -> None:
        await pool.run(add, number, 0)
        served.append(number)

    async with Pool(1) as pool:
        await asyncio.gather(*(call(pool, number) for number in range(20)))
    assert served == list(range(20))


async def test_close_kills_the_children_and_refuses_further_calls() -> None:
    pool = Pool(1)
    child = await pool.run(process_id)
    call = asyncio.create_task(pool.run(hang))
    await asyncio.wait([call], timeout=0.05)
    await pool.close()
    with pytest.raises(Transient, match="worker-died"):
        await call
    assert not psutil.pid_exists(child)
    with pytest.raises(Transient, match="closed"):
        await pool.run(process_id)


async def test_interrupt_and_terminate_are_left_to_the_parent() -> None:
    async with Pool(1) as pool:
        child = await pool.run(process_id)
        os.kill(child, signal.SIGINT)
        os.kill(child, signal.SIGTERM)
        assert await pool.run(process_id) == child


def test_children_end_when_the_parent_is_killed() -> None:
    program = textwrap.dedent(
        """
        import asyncio
        from monitor.adapters.pool import Pool
        from tests.pool_tasks import hang, process_id

        async def main():
            pool = Pool(1)
            print(await pool.run(process_id), flush=True)
            await pool.run(hang)

        asyncio.run(main())
        """
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        child = int(parent.stdout.readline())
        kill(parent.pid, last=child)
    assert not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE


async def test_open_files_do_not_grow_with_lost_children() -> None:
    async with Pool(1) as pool:
        await pool.run(process_id)
        before = psutil.Process().num_fds()
        for _ in range(5):
            with pytest.raises(Transient):
                await pool.run(die)
        await pool.run(process_id)
        assert psutil.Process().num_fds() <= before
