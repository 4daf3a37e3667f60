"""The views as downstream reads them: plain SQL, the promised columns, one meaning on both databases."""

from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.adapters import tables as t
from monitor.adapters.engine import Database
from monitor.adapters.store.stores import Stores
from monitor.domain.model import Mention, Outcome, State, Verdict
from monitor.domain.watching import FIRST_LOOK, Link
from tests.fakes import NOON
from tests.store.rows import add_read, copy_of, queued, rejected, rows_of, settle

QUEUED_ARTICLES = [
    "seq",
    "article_id",
    "source",
    "url",
    "canonical_url",
    "title",
    "text",
    "summary",
    "language",
    "authors",
    "publisher",
    "country",
    "published_at",
    "found_at",
    "queued_at",
    "topics",
    "relevance",
    "incident_id",
    "incident_title",
    "match",
    "match_score",
    "match_reasons",
    "roundup",
    "copies",
    "archive_url",
    "archive_state",
    "label_state",
    "priority",
    "schema_version",
]


async def settled(stores: Stores) -> list[int]:
    """Settle an incident with a follow-up and a copy, and a rejected article; return their ids."""
    reads = await add_read(stores, 4)
    await stores.verdicts.hold(NOON)
    batch = [
        queued(reads[0], 1),
        queued(reads[1], 1, Outcome.EXISTING),
        copy_of(reads[2], reads[0].article_id, 1),
        rejected(reads[3]),
    ]
    await stores.verdicts.settle(batch, now=NOON + timedelta(seconds=10))
    return [read.article_id for read in reads]


async def test_the_promised_columns_come_in_their_order(stores: Stores, database: Database) -> None:
    await settled(stores)
    [first, *_] = await rows_of(database, "SELECT * FROM queued_articles")
    assert list(first)[: len(QUEUED_ARTICLES)] == QUEUED_ARTICLES


async def test_downstream_sees_what_is_queued_and_nothing_else(stores: Stores, database: Database) -> None:
    ids = await settled(stores)
    rows = await rows_of(
        database,
        'SELECT article_id, seq, incident_id, incident_title, "match", match_score, copies, archive_state,'
        " label_state, schema_version FROM queued_articles ORDER BY seq",
    )
    assert [row["article_id"] for row in rows] == ids[:2]
    assert [(row["seq"], row["match"], row["copies"]) for row in rows] == [(1, "new", 1), (2, "existing", 0)]
    assert {row["incident_title"] for row in rows} == {"Title 1"}
    assert {row["archive_state"] for row in rows} == {"wanted"}
    assert {row["label_state"] for row in rows} == {"pending"}


async def test_downstream_sees_which_pages_are_gone(stores: Stores, database: Database) -> None:
    first, *_ = await settled(stores)
    [row] = await rows_of(database, f"SELECT link_state FROM queued_articles WHERE article_id = {first}")
    assert row["link_state"] is None
    later = NOON + 2 * FIRST_LOOK
    taken = await stores.watches.take_watched(9, now=later, lease=timedelta(minutes=1))
    [watched] = [one for one in taken if one.article.id == first]
    gone = replace(watched, state=Link.GONE, since=later, reason="http-404")
    await stores.watches.settle_watched(gone, due_at=later + FIRST_LOOK, now=later)
    for view in ("queued_articles", "incident_articles"):
        [row] = await rows_of(database, f"SELECT link_state FROM {view} WHERE article_id = {first}")
        assert row["link_state"] == "gone"


async def test_an_incident_shows_its_copies_beside_their_original(stores: Stores, database: Database) -> None:
    ids = await settled(stores)
    rows = await rows_of(
        database, "SELECT article_id, copy_of, mention FROM incident_articles ORDER BY article_id"
    )
    assert [(row["article_id"], row["copy_of"]) for row in rows] == [
        (ids[0], None),
        (ids[1], None),
        (ids[2], ids[0]),
    ]
    assert not any(row["mention"] for row in rows)


async def test_a_roundup_appears_at_every_incident_it_mentions(stores: Stores, database: Database) -> None:
    reads = await add_read(stores, 3)
    await stores.verdicts.hold(NOON)
    mentions = (Mention(1, 0.9, "first part"), Mention(2, 0.8, "second part"), Mention(2, 0.7, "again"))
    roundup = Verdict(reads[2].article_id, State.QUEUED, (), roundup=True, mentions=mentions)
    await stores.verdicts.settle([queued(reads[0], 1), queued(reads[1], 2), (reads[2], roundup)], now=NOON)
    rows = await rows_of(database, "SELECT incident_id, match_score FROM incident_articles WHERE mention")
    assert sorted((row["incident_id"], row["match_score"]) for row in rows) == [(1, 0.9), (2, 0.8)]


async def test_a_merged_incident_is_read_under_the_one_that_stays(stores: Stores, database: Database) -> None:
    reads = await add_read(stores, 2)
    await settle(stores, queued(reads[0], 1), queued(reads[1], 2))
    merged = t.incidents.update().where(t.incidents.c.id == 2).values(merged_into=1)
    await database.write(lambda c: c.execute(merged))
    for view in ("queued_articles", "incident_articles"):
        rows = await rows_of(database, f"SELECT incident_id, incident_title FROM {view}")
        assert {(row["incident_id"], row["incident_title"]) for row in rows} == {(1, "Title 1")}


async def test_the_newest_label_counts_and_a_copy_inherits_it(stores: Stores, database: Database) -> None:
    ids = await settled(stores)

    def label(article: int, value: str, **more: object) -> dict[str, object]:
        same = {"scheme": "s", "question": "relevant", "labeller": "ann", "at": NOON}
        return {"article_id": article, "value": value, **same, **more}

    for row in (label(ids[0], "no"), label(ids[0], "yes"), label(ids[1], "maybe", withdrawn=True)):
        await database.write(lambda c, row=row: c.execute(t.labels.insert().values(row)))  # type: ignore[misc]
    rows = await rows_of(
        database, "SELECT article_id, original_id, inherited, value FROM labels_current ORDER BY article_id"
    )
    found = [(row["article_id"], row["original_id"], bool(row["inherited"])) for row in rows]
    assert found == [(ids[0], ids[0], False), (ids[2], ids[0], True)]
    assert all("yes" in str(row["value"]) for row in rows)


@pytest.mark.parametrize("view", ["queued_articles", "incident_articles", "labels_current"])
async def test_nothing_is_written_through_a_view(database: Database, view: str) -> None:
    with pytest.raises(Exception, match="view"):
        await rows_of(database, f"DELETE FROM {view}")
