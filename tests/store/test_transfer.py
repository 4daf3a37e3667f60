"""Everything moves into another database, equal to the last sign, and goes on where it broke off."""

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from monitor.adapters import migrate, transfer
from monitor.adapters import tables as t
from monitor.adapters.engine import Database
from monitor.adapters.transfer import move
from monitor.domain.errors import Permanent
from tests.fakes import NOON
from tests.store.rows import add_read, queued, rejected, rows_of, stores_on

Open = Callable[[str], Database]


@pytest.fixture(params=["to sqlite", pytest.param("to postgres", marks=pytest.mark.postgres)])
def target_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "to sqlite":
        return f"sqlite:///{tmp_path}/target/monitor.db"
    return str(request.getfixturevalue("postgres_url"))


async def fill(database: Database, count: int = 12) -> None:
    """Settle some articles, one of them a copy of a later one, with everything that hangs on them."""
    stores = stores_on(database)
    reads = await add_read(stores, count)
    await stores.verdicts.hold(NOON)
    batch = [queued(reads[0], 1), queued(reads[1], 2), rejected(reads[2])]
    batch += [queued(read, read.article_id + 10) for read in reads[3:]]
    await stores.verdicts.settle(batch, now=NOON)
    earlier = t.articles.update().where(t.articles.c.id == reads[0].article_id)
    later = reads[1].article_id
    await database.write(lambda c: c.execute(earlier.values(copy_of=later, state="copy")))
    await database.write(
        lambda c: c.execute(t.incidents.update().where(t.incidents.c.id == 1).values(merged_into=2))
    )
    vector = {"article_id": later, "model": "m", "vector": bytes(range(256))}
    await database.write(lambda c: c.execute(t.vectors.insert().values(vector)))
    label = {
        "article_id": later,
        "scheme": "s",
        "question": "q",
        "value": {"b": [1, 2.5], "a": "是"},
        "at": NOON,
    }
    await database.write(lambda c: c.execute(t.labels.insert().values(**label, labeller="ann")))


async def test_everything_arrives(sqlite_url: str, target_url: str, open_database: Open) -> None:
    source = open_database(sqlite_url)
    await fill(source)
    moved = {one.table: one.rows for one in move(sqlite_url, target_url)}
    assert moved["articles"] == moved["documents"] == 12
    target = open_database(target_url)
    query = "SELECT seq, article_id, incident_id, title, incident_title FROM queued_articles ORDER BY seq"
    assert await rows_of(target, query) == await rows_of(source, query)
    assert await rows_of(target, "SELECT copy_of FROM articles WHERE id = 1") == [{"copy_of": 2}]


async def test_new_rows_are_numbered_after_the_copied_ones(
    sqlite_url: str, target_url: str, open_database: Open
) -> None:
    await fill(open_database(sqlite_url))
    move(sqlite_url, target_url)
    stores = stores_on(open_database(target_url))
    [*_, new] = await add_read(stores, 13)
    assert new.article_id > 12
    assert await stores.verdicts.next_incident() == 23


async def test_it_goes_on_where_it_broke_off(
    sqlite_url: str, target_url: str, open_database: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "AT_ONCE", 3)
    await fill(open_database(sqlite_url))

    class BrokenOffError(Exception):
        pass

    def break_off(table: str, done: int, _total: int) -> None:
        if table == "documents" and done >= 6:
            raise BrokenOffError

    with pytest.raises(BrokenOffError):
        move(sqlite_url, target_url, progress=break_off)
    seen: list[tuple[str, int]] = []
    moved = move(sqlite_url, target_url, progress=lambda table, done, _: seen.append((table, done)))
    assert {one.table: one.rows for one in moved}["documents"] == 12
    assert next(done for table, done in seen if table == "documents") > 6


async def test_a_target_with_other_rows_is_found_out(
    sqlite_url: str, target_url: str, open_database: Open
) -> None:
    await fill(open_database(sqlite_url))
    migrate.upgrade(target_url)
    other = stores_on(open_database(target_url))
    await add_read(other, 3)
    with pytest.raises(Permanent, match="the target held other rows"):
        move(sqlite_url, target_url)


async def test_another_installation_is_not_written_to(
    sqlite_url: str, target_url: str, open_database: Open
) -> None:
    await fill(open_database(sqlite_url))
    migrate.upgrade(target_url)
    other = open_database(target_url)
    await add_read(stores_on(other), 3)
    await other.write(lambda c: c.execute(t.sources.update().values(name="theirs")))
    with pytest.raises(Permanent, match=r"nothing was written to it; name another one"):
        move(sqlite_url, target_url)
    assert await rows_of(other, "SELECT name FROM sources") == [{"name": "theirs"}]
    assert await rows_of(other, "SELECT count(*) AS n FROM articles") == [{"n": 3}]


async def test_what_is_copied_whole_may_be_copied_again(
    sqlite_url: str, target_url: str, open_database: Open
) -> None:
    await fill(open_database(sqlite_url))
    assert move(sqlite_url, target_url) == move(sqlite_url, target_url)


async def test_a_second_copy_of_what_moved_on_says_to_empty_the_target(
    sqlite_url: str, target_url: str, open_database: Open
) -> None:
    source = open_database(sqlite_url)
    await fill(source)
    move(sqlite_url, target_url)
    await source.write(lambda c: c.execute(t.documents.update().values(text="edited")))
    with pytest.raises(Permanent, match="empty the target"):
        move(sqlite_url, target_url)


async def test_signs_that_postgres_cannot_store_are_left_out(
    sqlite_url: str, postgres_url: str, open_database: Open
) -> None:
    source = open_database(sqlite_url)
    await fill(source)
    await source.write(lambda c: c.execute(t.documents.update().values(text="a\0b", links=["x\0y"])))
    move(sqlite_url, postgres_url)
    [row] = await rows_of(
        open_database(postgres_url), "SELECT text, links FROM documents WHERE article_id = 1"
    )
    assert row == {"text": "ab", "links": ["xy"]}


def test_an_old_source_is_upgraded_first(tmp_path: Path) -> None:
    with pytest.raises(Permanent, match="monitor db upgrade"):
        move(f"sqlite:///{tmp_path}/empty.db", f"sqlite:///{tmp_path}/target.db")


async def test_and_back_again(migrated_postgres_url: str, tmp_path: Path, open_database: Open) -> None:
    source = open_database(migrated_postgres_url)
    await fill(source)
    move(migrated_postgres_url, f"sqlite:///{tmp_path}/back.db")
    back = open_database(f"sqlite:///{tmp_path}/back.db")
    query = sa.select(t.articles).order_by(t.articles.c.id)
    here = await source.read(lambda c: [tuple(row) for row in c.execute(query)])
    assert here == await back.read(lambda c: [tuple(row) for row in c.execute(query)])


async def test_the_planner_knows_what_came(sqlite_url: str, postgres_url: str, open_database: Open) -> None:
    await fill(open_database(sqlite_url))
    move(sqlite_url, postgres_url)
    query = "SELECT count(*) AS n FROM pg_stats WHERE tablename = 'articles' AND attname = 'state'"
    assert await rows_of(open_database(postgres_url), query) == [{"n": 1}]
