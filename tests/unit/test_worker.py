"""Running a stage: drained means that nothing is due and nothing under way."""

import asyncio
from collections.abc import Sequence

from monitor.adapters.dispatch.inline import Tickets
from monitor.worker import Progress, drain, drain_behind, keep_running
from tests.fakes import bounded


class OneHost:
    """A role that works on one article of its host at a time, which lands while the next is looked for."""

    name = "read"

    def __init__(self, lands: Sequence[str]) -> None:
        self.due, self.under_way, self._lands = 3, 0, list(lands)
        self._another = False  # of another host

    async def step(self) -> int:
        if not self.under_way and self.due:
            self.due, self.under_way, self._another = self.due - 1, 1, True
            return 1
        if self._lands.pop(0) == "during":  # after what is due was looked up, before the step returns
            self.under_way = 0
        return 0

    async def land(self) -> bool:
        if self._another:
            self._another = False
            return True
        busy, self.under_way = bool(self.under_way), 0
        return busy

    async def finish(self) -> None:
        self.under_way = 0


async def test_what_lands_while_a_step_looks_for_more_does_not_end_the_pass():
    for lands in (["during"] * 9, ["after"] * 9, ["after", "during"] * 5):
        role = OneHost(lands)
        assert await drain(role) == 3
        assert (role.due, role.under_way) == (0, 0)


class Filling:
    """A role whose work comes in the meantime."""

    name = "decide"

    def __init__(self) -> None:
        self.due, self.taken = 0, list[int]()

    async def step(self) -> int:
        self.taken.append(self.due)
        done, self.due = self.due, 0
        return done

    async def land(self) -> bool:
        return False

    async def finish(self) -> None:
        return None


async def test_beside_what_is_ahead_only_enough_is_done_and_after_it_the_rest():
    role, ahead = Filling(), asyncio.get_running_loop().create_future()
    comes = iter([1, 2, 3, 1])

    async def enough() -> bool:
        role.due += next(comes)
        if role.due == 1 and role.taken:
            ahead.set_result(None)
        return role.due >= 3

    await bounded(drain_behind(role, ahead, enough, apart=0.0))
    assert role.taken == [3, 3, 1, 0, 0]


class Counting:
    """A role that has nothing to do, and counts how often it looked."""

    name = "decide"

    def __init__(self) -> None:
        self.steps, self.stepped = 0, asyncio.Event()

    async def step(self) -> int:
        self.steps += 1
        self.stepped.set()
        return 0

    async def land(self) -> bool:
        return False

    async def finish(self) -> None:
        return None


async def test_tickets_that_come_together_make_one_step():
    role, tickets, stop, company = Counting(), Tickets(), asyncio.Event(), asyncio.Event()

    async def pause(seconds: float) -> None:
        await company.wait()

    running = asyncio.create_task(
        keep_running(role, tickets, stop=stop, progress=Progress(), linger=60.0, pause=pause)
    )
    await bounded(role.stepped.wait())
    for _ in range(3):
        tickets.give("decide")
        await asyncio.sleep(0)
    role.stepped.clear()
    assert role.steps == 1
    company.set()
    await bounded(role.stepped.wait())
    stop.set()
    tickets.give("decide")
    await bounded(running)
    assert role.steps <= 3  # a ticket that came while it waited for company makes one more at most
