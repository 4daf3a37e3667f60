"""What `monitor tune` learns from: decisions on which people have spoken, and no others."""

from dataclasses import replace

import pytest

from monitor.adapters.store.stores import Stores
from monitor.adapters.store.told import Spoken
from monitor.domain.model import Evidence, Outcome
from monitor.domain.tune import Calibration
from tests.fakes import NOON
from tests.store.rows import add_read, queued, settle

BY = {"who": "ann", "now": NOON}


@pytest.fixture
async def articles(stores: Stores) -> list[int]:
    """Four articles: the second joined the first's incident at 80 %, the fourth founded 2 with 1 at 40 % beside it."""
    reads = await add_read(stores, 4)
    batch = [
        queued(reads[0], 1),
        _with(queued(reads[1], 1, Outcome.EXISTING), 0.8),
        _with(queued(reads[2], 1, Outcome.EXISTING), 0.9),
        _with(queued(reads[3], 2), 0.4),
    ]
    await settle(stores, *batch)
    return [read.article_id for read in reads]


def _with(pair, score):
    read, verdict = pair
    return read, replace(verdict, score=score, evidence=Evidence(1, words=0.4))


async def told(stores: Stores) -> dict[int, bool]:
    return {one.article_id: one.right for one in await Spoken(stores.database).told(None, Calibration())}


async def test_what_nobody_spoke_of_teaches_nothing(stores: Stores, articles: list[int]) -> None:
    assert await told(stores) == {}


async def test_a_confirmed_incident_says_that_its_joins_were_right(
    stores: Stores, articles: list[int]
) -> None:
    await stores.corrections.confirm(1, **BY)
    assert await told(stores) == {articles[1]: True, articles[2]: True}


async def test_what_was_moved_away_was_wrong(stores: Stores, articles: list[int]) -> None:
    change = await stores.corrections.move(articles[1], 2, **BY)
    assert await told(stores) == {articles[1]: False}
    await stores.corrections.undo(change.id, **BY)
    assert await told(stores) == {}


async def test_a_merge_says_that_the_founder_belonged_and_apart_that_it_did_not(
    stores: Stores, articles: list[int]
) -> None:
    change = await stores.corrections.apart(1, 2, **BY)
    assert await told(stores) == {articles[3]: False}
    await stores.corrections.undo(change.id, **BY)
    await stores.corrections.merge(1, 2, **BY)
    assert await told(stores) == {articles[3]: True}


async def test_log_odds_are_those_before_the_calibration_in_force(
    stores: Stores, articles: list[int]
) -> None:
    await stores.corrections.confirm(1, **BY)
    plain = await Spoken(stores.database).told(None, Calibration())
    bent = await Spoken(stores.database).told(None, Calibration(2.0, 1.0))
    assert [2.0 * b.log_odds + 1.0 for b in bent] == pytest.approx([p.log_odds for p in plain])
