"""What may go and what may not."""

from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.adapters import tables as t
from monitor.adapters.engine import Database
from monitor.adapters.store.retention import Policy, Pruned, Retention
from monitor.adapters.store.stores import Stores
from tests.fakes import NOON
from tests.store.rows import add_found, add_read, copy_of, queued, rejected, rows_of, settle

LONG_AFTER = NOON + timedelta(days=40)
YEARS_AFTER = NOON + timedelta(days=800)
POLICY = Policy(days=30)


@pytest.fixture
def retention(database: Database) -> Retention:
    return Retention(database)


async def settle_some(stores: Stores) -> list[int]:
    """One queued, one copy, two rejected, one skipped."""
    reads = await add_read(stores, 5)
    await stores.verdicts.hold(NOON)
    ids = [read.article_id for read in reads]
    batch = [queued(reads[0], 1), copy_of(reads[1], ids[0], 1), rejected(reads[2]), rejected(reads[3])]
    skipped = (reads[4], replace(queued(reads[4], 1)[1], incident_id=None, outcome=None))
    await stores.verdicts.settle([*batch, skipped], now=NOON)
    mark = t.articles.update().where(t.articles.c.id == ids[4]).values(label_state="skipped")
    await stores.database.write(lambda c: c.execute(mark))
    return ids


async def test_old_rejected_articles_lose_their_contents_and_stay_known(
    stores: Stores, retention: Retention, database: Database
) -> None:
    ids = await settle_some(stores)
    assert await retention.look(POLICY, now=LONG_AFTER) == Pruned(contents=2)
    assert await retention.prune(POLICY, now=LONG_AFTER) == Pruned(contents=2)
    left = await rows_of(database, "SELECT article_id FROM documents ORDER BY article_id")
    assert [row["article_id"] for row in left] == [ids[0], ids[1], ids[4]]
    assert len(await rows_of(database, "SELECT id FROM articles")) == 5
    assert await stores.polls.unseen("gazette", ["host2.example/3"]) == frozenset()


async def test_the_second_time_there_is_nothing_left(stores: Stores, retention: Retention) -> None:
    await settle_some(stores)
    await retention.prune(POLICY, now=LONG_AFTER)
    assert await retention.look(POLICY, now=LONG_AFTER) == Pruned()
    assert await retention.prune(POLICY, now=LONG_AFTER) == Pruned()


async def test_looking_changes_nothing(stores: Stores, retention: Retention) -> None:
    await settle_some(stores)
    before = await retention.look(POLICY, now=YEARS_AFTER)
    assert before == await retention.look(POLICY, now=YEARS_AFTER)
    assert before.contents == 2


async def test_a_year_later_the_rows_go_too(stores: Stores, retention: Retention, database: Database) -> None:
    ids = await settle_some(stores)
    done = await retention.prune(POLICY, now=YEARS_AFTER)
    assert (done.articles, done.polls) == (2, 1)
    left = await rows_of(database, "SELECT id FROM articles ORDER BY id")
    assert [row["id"] for row in left] == [ids[0], ids[1], ids[4]]


async def test_nothing_goes_without_an_age_or_before_it(stores: Stores, retention: Retention) -> None:
    await settle_some(stores)
    assert (await retention.look(Policy(days=0), now=YEARS_AFTER)).contents == 0
    assert (await retention.look(POLICY, now=NOON + timedelta(days=29))).contents == 0


async def test_what_labellers_skipped_goes_only_when_named_and_never_what_they_labelled(
    stores: Stores, retention: Retention, database: Database
) -> None:
    ids = await settle_some(stores)
    policy = Policy(days=30, skipped=True)
    assert (await retention.look(policy, now=LONG_AFTER)).contents == 3
    label = {
        "article_id": ids[4],
        "scheme": "s",
        "question": "q",
        "value": "yes",
        "labeller": "ann",
        "at": NOON,
    }
    await database.write(lambda c: c.execute(t.labels.insert().values(label)))
    assert (await retention.look(policy, now=LONG_AFTER)).contents == 2


async def test_what_was_copied_keeps_its_row(stores: Stores, retention: Retention) -> None:
    first, second = await add_read(stores, 2)
    await settle(stores, rejected(first))
    point = t.articles.update().where(t.articles.c.id == second.article_id).values(copy_of=first.article_id)
    await stores.database.write(lambda c: c.execute(point))
    assert await retention.prune(POLICY, now=YEARS_AFTER) == Pruned(contents=1, polls=1)


async def test_many_go_in_parts_and_others_write_in_between(stores: Stores, retention: Retention) -> None:
    reads = await add_read(stores, 30)
    await settle(stores, *[rejected(read) for read in reads])
    parts: list[int] = []
    done = await retention.prune(POLICY, now=LONG_AFTER, progress=parts.append)
    assert done.contents == sum(parts) == 30
    assert await add_found(stores, ["later.example"]) == 1


async def test_what_is_over_is_forgotten(retention: Retention, database: Database) -> None:
    await database.write(lambda c: c.execute(t.turns.insert().values(host="a", next_start=NOON)))
    await database.write(lambda c: c.execute(t.holds.insert().values(key="a", until=NOON)))
    await retention.forget_expired(now=NOON)
    assert len(await rows_of(database, "SELECT host FROM turns")) == 1
    await retention.forget_expired(now=LONG_AFTER)
    assert await rows_of(database, "SELECT host FROM turns") == []
    assert await rows_of(database, "SELECT key FROM holds") == []


async def _told(database: Database, webhook: int, state: str, settled: timedelta) -> None:
    row = {
        "webhook_id": webhook,
        "notice": f"{state}-{settled}",
        "kind": "label.given",
        "body": {},
        "created_at": NOON,
        "state": state,
        "due_at": NOON + settled,
    }
    await database.write(lambda c: c.execute(t.deliveries.insert().values(row)))


async def test_notices_go_months_after_they_were_settled_and_those_that_wait_never(
    stores: Stores, retention: Retention, database: Database
) -> None:
    webhook, _ = await stores.webhooks.add("https://hook.example/", [], now=NOON)
    for state in ("delivered", "given-up", "waiting"):
        await _told(database, webhook, state, timedelta())
    await _told(database, webhook, "given-up", timedelta(days=4))
    then = NOON + timedelta(days=91)
    assert await retention.look(Policy(0), now=then) == Pruned(deliveries=2)
    assert await retention.prune(Policy(0), now=then) == Pruned(deliveries=2)
    assert [one.state for one in await stores.webhooks.log()] == ["given-up", "waiting"]
    assert await retention.look(Policy(0), now=then) == Pruned()
