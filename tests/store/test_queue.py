"""The labelling queue: nobody gets what another has, nothing late is written, nothing is lost."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from monitor.adapters.engine import Database
from monitor.adapters.schemes import load_labelling
from monitor.adapters.store.claiming import Claim
from monitor.adapters.store.queue import Queue
from monitor.adapters.store.queue_rows import Filter
from monitor.adapters.store.stores import Stores
from monitor.domain.labelling import Labelling, Manner
from monitor.domain.labels import Judgement
from monitor.domain.model import Outcome
from monitor.domain.refused import Refused
from tests.fakes import NOON, bounded
from tests.store.rows import add_read, queued, rejected, rows_of, settle, stores_on

SHIPPED = load_labelling()
YES = (Judgement("relevant", "relevant", "yes", "it names the system", "the system said"),)
NO = (Judgement("relevant", "relevant", "no"),)
LEASE = timedelta(minutes=15)
LATER = NOON + LEASE + timedelta(seconds=1)


async def fill(stores: Stores, count: int, *, incidents: int | None = None) -> list[int]:
    """Queue articles, each of its own incident; the first is decided first."""
    reads = await add_read(stores, count)
    await stores.verdicts.hold(NOON)
    batch = [
        queued(
            read,
            1 + number % (incidents or count),
            Outcome.NEW if number < (incidents or count) else Outcome.EXISTING,
        )
        for number, read in enumerate(reads)
    ]
    await stores.verdicts.settle(batch, now=NOON)
    return [read.article_id for read in reads]


def wants(overlap: int) -> Labelling:
    return Labelling(SHIPPED.schemes, Manner(overlap=overlap))


async def one(queue: Queue, labeller: str = "ann", now: datetime = NOON) -> Claim:
    (claim,) = await queue.claim(labeller, now=now)
    return claim


async def state_of(database: Database, article_id: int) -> str:
    rows = await rows_of(database, f"SELECT label_state FROM queued_articles WHERE article_id = {article_id}")
    return str(rows[0]["label_state"])


async def test_the_best_article_comes_first_and_only_once(stores: Stores) -> None:
    ids = await fill(stores, 3)
    claims = [await one(stores.queue, name) for name in ("ann", "bo", "cy")]
    assert sorted(claim.article_id for claim in claims) == ids
    assert await stores.queue.claim("dan", now=NOON) == []


async def test_an_answer_ends_the_claim_and_is_seen_in_the_view(stores: Stores, database: Database) -> None:
    (article,) = await fill(stores, 1)
    claim = await one(stores.queue)
    assert await state_of(database, article) == "claimed"
    written = await stores.queue.label(article, "ann", claim.token, YES, now=NOON + timedelta(seconds=30))
    assert len(written.label_ids) == 1
    assert await state_of(database, article) == "labelled"
    rows = await rows_of(database, "SELECT article_id, scheme, question, labeller, quote FROM labels_current")
    assert rows == [
        {
            "article_id": article,
            "scheme": "relevant",
            "question": "relevant",
            "labeller": "ann",
            "quote": "the system said",
        }
    ]


async def test_a_late_answer_is_refused_and_the_next_labeller_wins(
    stores: Stores, database: Database
) -> None:
    (article,) = await fill(stores, 1)
    late = await one(stores.queue, "ann")
    assert await stores.queue.claim("bo", now=NOON) == []
    fresh = await one(stores.queue, "bo", LATER)
    with pytest.raises(Refused) as refused:
        await stores.queue.label(article, "ann", late.token, YES, now=LATER)
    assert refused.value.kind == "lease-lost"
    await stores.queue.label(article, "bo", fresh.token, NO, now=LATER)
    assert [row["labeller"] for row in await rows_of(database, "SELECT labeller FROM labels")] == ["bo"]


async def test_a_late_answer_is_refused_even_if_nobody_asked_meanwhile(stores: Stores) -> None:
    (article,) = await fill(stores, 1)
    claim = await one(stores.queue)
    for verb in (
        stores.queue.label(article, "ann", claim.token, YES, now=LATER),
        stores.queue.renew(article, "ann", claim.token, now=LATER),
        stores.queue.release(article, "ann", claim.token, now=LATER),
        stores.queue.skip(article, "ann", claim.token, "unclear", now=LATER),
    ):
        with pytest.raises(Refused, match="ended"):
            await verb


async def test_renewing_keeps_a_claim(stores: Stores) -> None:
    (article,) = await fill(stores, 1)
    claim = await one(stores.queue)
    renewed = await stores.queue.renew(article, "ann", claim.token, now=NOON + timedelta(minutes=10))
    assert renewed.leased_until == NOON + timedelta(minutes=25)
    assert await stores.queue.claim("bo", now=LATER) == []


async def test_a_foreign_token_opens_nothing(stores: Stores) -> None:
    (article,) = await fill(stores, 1)
    claim = await one(stores.queue)
    for labeller, token in (("ann", "guess"), ("bo", claim.token), ("ann", "")):
        with pytest.raises(Refused):
            await stores.queue.label(article, labeller, token, YES, now=NOON)


async def test_the_same_answer_twice_is_written_once(stores: Stores, database: Database) -> None:
    (article,) = await fill(stores, 1)
    claim = await one(stores.queue)
    first = await stores.queue.label(article, "ann", claim.token, YES, now=NOON, client_id="a1")
    again = await stores.queue.label(article, "ann", claim.token, YES, now=NOON, client_id="a1")
    assert (again.repeated, again.label_ids) == (True, first.label_ids)
    with pytest.raises(Refused) as refused:
        await stores.queue.label(article, "ann", claim.token, NO, now=NOON, client_id="a1")
    assert refused.value.kind == "client-id-used"
    assert len(await rows_of(database, "SELECT id FROM labels")) == 1


async def test_released_waits_again(stores: Stores, database: Database) -> None:
    (article,) = await fill(stores, 1)
    claim = await one(stores.queue)
    await stores.queue.release(article, "ann", claim.token, now=NOON)
    assert await state_of(database, article) == "pending"
    assert (await one(stores.queue, "ann")).article_id == article


async def test_skipped_goes_to_others_and_out_after_three(stores: Stores, database: Database) -> None:
    (article,) = await fill(stores, 1)
    for name in ("ann", "bo", "cy"):
        assert await state_of(database, article) == "pending"
        claim = await one(stores.queue, name)
        await stores.queue.skip(article, name, claim.token, "cannot tell", now=NOON)
        assert await stores.queue.claim(name, now=NOON) == []
    assert await state_of(database, article) == "skipped"
    assert await stores.queue.claim("dan", now=NOON) == []
    assert [skip.reason for _, skip in await stores.queue_list.skipped()] == ["cannot tell"] * 3
    await stores.queue_list.reopen(article)
    assert (await one(stores.queue, "ann")).article_id == article


async def test_rejected_needs_a_reason_and_is_kept(stores: Stores, database: Database) -> None:
    (article,) = await fill(stores, 1)
    claim = await one(stores.queue)
    with pytest.raises(Refused, match="why"):
        await stores.queue.skip(article, "ann", claim.token, " ", now=NOON, final=True)
    await stores.queue.skip(article, "ann", claim.token, "an advert", now=NOON, final=True)
    assert await state_of(database, article) == "skipped"
    assert [(skip.reason, skip.final) for _, skip in await stores.queue_list.skipped()] == [
        ("an advert", True)
    ]


async def test_undo_gives_the_article_back(stores: Stores, database: Database) -> None:
    (article,) = await fill(stores, 1)
    claim = await one(stores.queue)
    await stores.queue.label(article, "ann", claim.token, YES, now=NOON)
    again = await stores.queue.undo(article, "ann", now=NOON)
    assert await state_of(database, article) == "claimed"
    assert await rows_of(database, "SELECT * FROM labels_current") == []
    await stores.queue.skip(article, "ann", again.token, "no", now=NOON, final=True)
    third = await stores.queue.undo(article, "ann", now=NOON)
    await stores.queue.label(article, "ann", third.token, NO, now=NOON)
    assert await state_of(database, article) == "labelled"
    assert [
        row["withdrawn"] for row in await rows_of(database, "SELECT withdrawn FROM labels ORDER BY id")
    ] in (
        [True, False],
        [1, 0],
    )


async def test_undo_of_nothing_is_refused(stores: Stores) -> None:
    (article,) = await fill(stores, 1)
    with pytest.raises(Refused, match="no answer"):
        await stores.queue.undo(article, "ann", now=NOON)


async def test_a_page_that_is_loaded_again_gets_the_same_article(stores: Stores) -> None:
    await fill(stores, 2)
    claim = await one(stores.queue)
    assert await stores.queue.claim("ann", now=NOON, resume=True) == [claim]


async def test_filters(stores: Stores) -> None:
    ids = await fill(stores, 4, incidents=2)
    claims = await stores.queue.claim("ann", now=NOON, count=9, wanted=Filter(incident_id=2))
    assert sorted(claim.article_id for claim in claims) == [ids[1], ids[3]]
    assert await stores.queue.claim("ann", now=NOON, wanted=Filter(language="xx")) == []
    assert len(await stores.queue.claim("ann", now=NOON, count=9, wanted=Filter(topic="topic"))) == 2


async def test_only_the_queue_is_claimed(stores: Stores) -> None:
    reads = await add_read(stores, 2)
    await settle(stores, rejected(reads[0]), queued(reads[1], 1))
    claims = await stores.queue.claim("ann", now=NOON, count=9)
    assert [claim.article_id for claim in claims] == [reads[1].article_id]
    with pytest.raises(Refused, match="not in the labelling queue"):
        await stores.queue.release(reads[0].article_id, "ann", "t", now=NOON)


async def test_overlap_asks_for_different_labellers(database: Database) -> None:
    stores = Stores.on(database, topics_of=lambda _: ("topic",), archive=False, labelling=wants(2))
    (article,) = await fill(stores, 1)
    ann = await one(stores.queue, "ann")
    assert await stores.queue.claim("ann", now=NOON) == []
    bo = await one(stores.queue, "bo")
    assert await stores.queue.claim("cy", now=NOON) == []
    await stores.queue.label(article, "ann", ann.token, YES, now=NOON)
    assert await state_of(database, article) == "claimed"
    await stores.queue.label(article, "bo", bo.token, NO, now=NOON)
    assert await state_of(database, article) == "labelled"


async def test_an_incident_that_grows_moves_up(stores: Stores) -> None:
    reads = await add_read(stores, 6)
    await settle(stores, queued(reads[0], 1), queued(reads[1], 2))
    await stores.queue.rank()
    before = await stores.queue_list.waiting()
    assert [line.article_id for line in before] == [reads[0].article_id, reads[1].article_id]
    more = [queued(read, 2, Outcome.EXISTING) for read in reads[2:]]
    await stores.verdicts.settle(more, now=NOON)
    await stores.queue.rank()
    first = (await stores.queue_list.waiting())[0]
    assert first.article_id == reads[1].article_id
    assert {"new", "relevance", "size", "speed"} == set(first.reasons)
    assert first.priority == pytest.approx(sum(first.reasons.values()))


async def test_bad_labels_are_refused_before_anything_is_written(stores: Stores, database: Database) -> None:
    (article,) = await fill(stores, 1)
    claim = await one(stores.queue)
    for wrong in (
        [],
        [Judgement("nothing", "x", "y")],
        [Judgement("relevant", "relevant", "perhaps")],
        [Judgement("oecd", "severity", "ai_incident")],
    ):
        with pytest.raises(Refused):
            await stores.queue.label(article, "ann", claim.token, wrong, now=NOON)
    assert await state_of(database, article) == "claimed"


@pytest.mark.parametrize("overlap", [1, 2])
async def test_fifty_labellers_lose_nothing_and_share_nothing(
    database_url: str, open_database: Callable[[str], Database], overlap: int
) -> None:
    """Claims, answers, skips, releases and ended leases in any order: each article ends with `overlap` answers."""
    doors = [open_database(database_url)] + (
        [open_database(database_url)] if "postgres" in database_url else []
    )
    stores = stores_on(doors[0])
    ids = await fill(stores, 60)
    queues = [Queue(door, wants(overlap)) for door in doors]
    dice = random.Random(7)
    await asyncio.gather(*(_labeller(queues[n % len(queues)], f"labeller-{n}", dice, n) for n in range(50)))
    await _finish(queues[0], overlap)
    rows = await rows_of(doors[0], "SELECT article_id, labeller FROM labels")
    assert Counter(row["article_id"] for row in rows) == dict.fromkeys(ids, overlap)
    assert max(Counter((row["article_id"], row["labeller"]) for row in rows).values()) == 1
    states = await rows_of(doors[0], "SELECT DISTINCT label_state FROM queued_articles")
    assert [row["label_state"] for row in states] == ["labelled"]
    assert await rows_of(doors[0], "SELECT * FROM claims") == []


async def _labeller(queue: Queue, name: str, dice: random.Random, number: int) -> None:
    for step in range(6):
        now = NOON + timedelta(seconds=step)
        for claim in await bounded(queue.claim(name, now=now, count=dice.randint(1, 3)), 60):
            what = dice.random()
            if what < 0.6:
                await queue.label(claim.article_id, name, claim.token, YES, now=now)
            elif what < 0.75:
                await queue.release(claim.article_id, name, claim.token, now=now)
            # else: the labeller goes away and the lease ends


async def _finish(queue: Queue, overlap: int) -> None:
    """Label what is left once every lease has ended."""
    for number in range(overlap + 1):
        while claims := await queue.claim(f"late-{number}", now=LATER + LEASE, count=10):
            for claim in claims:
                await queue.label(claim.article_id, f"late-{number}", claim.token, NO, now=LATER + LEASE)
