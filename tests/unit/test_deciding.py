"""The decider asks an encoder that is away only once in a while, whatever the clock does."""

import pytest

from monitor.deciding import ENCODER_AWAY, spared
from monitor.domain.again import Again
from monitor.domain.errors import Transient
from tests.fakes import FakeClock

PAUSE = ENCODER_AWAY.total_seconds()


class Away:
    """A stage that counts how often it was tried."""

    def __init__(self) -> None:
        self.tried = 0

    async def __call__(self) -> list[Again]:
        self.tried += 1
        raise Transient("embedding-service", detail="away")


@pytest.mark.parametrize(("later", "tried"), [(0, 1), (PAUSE - 1, 1), (PAUSE, 2), (-3600, 2)])
async def test_after_a_failure_it_waits_but_not_for_a_clock_that_was_wrong(later: float, tried: int) -> None:
    away, clock = Away(), FakeClock()
    step = spared(away, clock.now)
    assert await step() == []
    clock.move(seconds=later)
    assert await step() == []
    assert away.tried == tried
