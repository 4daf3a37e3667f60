"""Running a stage: drained means that nothing is due and nothing under way."""

from collections.abc import Sequence

from monitor.worker import drain


class OneHost:
    """A role that works on one article of its host at a time, which lands while the next is looked for."""

    name = "read"

    def __init__(self, lands: Sequence[str]) -> None:
        self.due, self.under_way, self._lands = 3, 0, list(lands)

    async def step(self) -> int:
        if not self.under_way and self.due:
            self.due, self.under_way = self.due - 1, 1
            return 1
        if self._lands.pop(0) == "during":  # after what is due was looked up, before the step returns
            self.under_way = 0
        return 0

    async def land(self) -> bool:
        busy, self.under_way = bool(self.under_way), 0
        return busy

    async def finish(self) -> None:
        self.under_way = 0


async def test_what_lands_while_a_step_looks_for_more_does_not_end_the_pass():
    for lands in (["during"] * 9, ["after"] * 9, ["after", "during"] * 5):
        role = OneHost(lands)
        assert await drain(role) == 3
        assert (role.due, role.under_way) == (0, 0)
