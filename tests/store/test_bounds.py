"""What a person said holds against the decider: confirmed, apart, split, and merges taken back."""

from dataclasses import replace

import pytest

from monitor.adapters.store.stores import Stores
from monitor.domain.bounds import Bounds
from monitor.domain.model import Merge, Outcome
from tests.fakes import NOON
from tests.store.rows import add_read, queued

BY = {"who": "ann", "now": NOON}


@pytest.fixture
async def last(stores: Stores):
    """Incidents 1 and 2 of two articles each; returns an article that is not decided yet."""
    reads = await add_read(stores, 5)
    homes = ((1, Outcome.NEW), (1, Outcome.EXISTING), (2, Outcome.NEW), (2, Outcome.EXISTING))
    await stores.verdicts.hold(NOON)
    batch = [queued(read, *home) for read, home in zip(reads, homes, strict=False)]
    await stores.verdicts.settle(batch, now=NOON)
    return reads[4]


async def decider_merges(stores: Stores, last) -> bool:
    """Let the decider merge 2 into 1 with its next verdict; tell whether it came about."""
    await stores.verdicts.hold(NOON)
    read, verdict = queued(last, 1, Outcome.EXISTING)
    await stores.verdicts.settle([(read, replace(verdict, merges=(Merge(1, 2, 0.9, ("alike",)),)))], now=NOON)
    return (await stores.incidents.one(2)).line.id == 1


async def test_without_a_word_from_anybody_the_decider_merges(stores: Stores, last) -> None:
    assert await decider_merges(stores, last)


@pytest.mark.parametrize("confirmed", [1, 2])
async def test_what_is_confirmed_is_not_merged(stores: Stores, last, confirmed: int) -> None:
    await stores.corrections.confirm(confirmed, **BY)
    assert await stores.verdicts.bounds() == Bounds(confirmed=frozenset({confirmed}))
    assert not await decider_merges(stores, last)


async def test_what_is_apart_is_not_merged_until_that_is_undone(stores: Stores, last) -> None:
    change = await stores.corrections.apart(2, 1, **BY)
    assert await stores.verdicts.bounds() == Bounds(apart=frozenset({(1, 2)}))
    await stores.corrections.undo(change.id, **BY)
    assert await stores.verdicts.bounds() == Bounds()
    assert await decider_merges(stores, last)


async def test_a_merge_that_was_taken_back_is_not_made_again(stores: Stores, last) -> None:
    change = await stores.corrections.merge(1, 2, **BY)
    await stores.corrections.undo(change.id, **BY)
    assert not await decider_merges(stores, last)


async def test_the_parts_of_a_split_stay_apart_under_later_names(stores: Stores, last) -> None:
    articles = [one.article_id for one in (await stores.incidents.one(2)).articles]
    new = (await stores.corrections.split(2, articles[1:], **BY)).detail["new"]
    assert await stores.verdicts.bounds() == Bounds(apart=frozenset({(2, new)}))
    await stores.corrections.merge(1, 2, **BY)
    assert await stores.verdicts.bounds() == Bounds(apart=frozenset({(1, new)}))
    assert not Bounds(apart=frozenset({(2, 3)})).merged(1, 2).allows(3, 1)
