"""Full-text search in Chinese and English, the same on both databases."""

import asyncio
import contextlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from monitor.adapters import tables as t
from monitor.adapters.engine import Database
from monitor.adapters.store.listings import Wanted
from monitor.adapters.store.rows import unindexed
from monitor.adapters.store.search import TO_FOLD, Search
from monitor.adapters.store.stores import Stores
from tests.fakes import NOON
from tests.postgres import Server
from tests.store.rows import add_read, queued, rows_of, stores_on
from tests.web.filling import fill, replayed


@pytest.fixture(scope="session")
def sqlite_template(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that holds the replayed incidents, ready to be searched."""
    path = Path(shutil.copy(sqlite_template, tmp_path_factory.mktemp("searched") / "monitor.db"))
    asyncio.run(_fill(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres: Server, postgres_template: str) -> str:
    """A database that holds the same."""
    asyncio.run(_fill(postgres.create("searched", postgres_template)))
    return "searched"


async def _fill(url: str) -> None:
    with contextlib.closing(Database(url)) as database:
        stores = stores_on(database)
        await fill(stores, replayed("seeds"))
        while await stores.search.catch_up():
            pass


@pytest.fixture
def search(stores: Stores) -> Search:
    return stores.search


async def test_words_of_both_languages(search: Search) -> None:
    chinese = await search.find("抖音")
    assert chinese
    assert all("抖音" in hit.article.title + hit.snippet for hit in chinese)
    assert 0 < len(await search.find("抖音 治理")) < len(chinese) + 1
    english = await search.find("LinkedIn profiles")
    assert english
    assert all(hit.article.language == "en" for hit in english)


async def test_a_phrase_and_a_word_inside_a_run(search: Search) -> None:
    assert await search.find("生成式人工智能")
    assert not await search.find("智能人工式成生")
    assert await search.find("智能")
    assert await search.find("骗")


async def test_hits_are_marked(search: Search) -> None:
    hit = (await search.find("抖音"))[0]
    assert {hit.snippet[start:end] for start, end in hit.marks} == {"抖音"}


async def test_what_stands_around_a_hit_ends_with_a_word(search: Search) -> None:
    words = {word for row in replayed("seeds") for text in row["paragraphs"] for word in text.split()}
    cut = [hit for hit in await search.find("LinkedIn profiles") if "…" in hit.snippet]
    assert cut
    assert {word for hit in cut for word in hit.snippet.strip("…").split()} <= words


async def test_filters_and_pages(search: Search) -> None:
    every = await search.find("AI", limit=100)
    assert {hit.article.language for hit in await search.find("AI", Wanted(language="en"), limit=100)} == {
        "en"
    }
    first, second = await search.find("AI", limit=2), await search.find("AI", limit=2, offset=2)
    assert [hit.article.id for hit in (*first, *second)] == [hit.article.id for hit in every[:4]]


async def test_no_query_breaks(search: Search) -> None:
    for query in ("", '"', "*", "AND", "a' OR 1=1 --", "NEAR(a b)", "\x00", "(((", "a:*", "-", "\\"):
        assert isinstance(await search.find(query), list), query


async def test_catching_up_ends_and_begins_anew(search: Search, stores: Stores) -> None:
    assert await stores.search.catch_up() == 0
    await stores.database.write(lambda c: c.execute(sa.text("DELETE FROM search_texts")))
    assert await stores.search.catch_up() > 0


SPELLED = {
    "Café São Paulo": ("cafe", "CAFÉ", "sao paulo", '"são paulo"'),
    "Tiếng Việt ở Đà Nẵng": ("viet", "việt", "Da Nang"),
    "İstanbul ve Łódź": ("istanbul", "lodz", "İSTANBUL"),
    "香港詐騙案": ("诈骗", "詐騙"),
    "Ещё раз": ("еще", "ещё"),
}


async def told_of(stores: Stores) -> None:
    """Decide one article under each of these titles."""
    reads = await add_read(stores, len(SPELLED))
    titled = sa.update(t.documents).where(t.documents.c.article_id == sa.bindparam("of"))
    rows = [{"of": read.article_id, "title": title} for read, title in zip(reads, SPELLED, strict=True)]
    statement = titled.values(title=sa.bindparam("title"))
    await stores.database.write(lambda c: c.execute(statement, rows))
    await stores.verdicts.hold(NOON)
    incident = await stores.verdicts.next_incident()
    verdicts = [queued(read, incident + number) for number, read in enumerate(reads)]
    await stores.verdicts.settle(verdicts, now=NOON)


async def every_spelling_finds(stores: Stores) -> bool:
    found = [
        title in {hit.article.title for hit in await stores.search.find(query, limit=100)}
        for title, queries in SPELLED.items()
        for query in queries
    ]
    return all(found)


async def test_a_word_is_found_however_it_is_spelled(stores: Stores) -> None:
    await told_of(stores)
    while await stores.search.catch_up():
        pass
    assert await every_spelling_finds(stores)


async def test_words_from_before_they_were_folded_are_made_anew(stores: Stores) -> None:
    await told_of(stores)
    while await stores.search.catch_up():
        pass
    await stores.database.write(spell_as_before)
    assert not await every_spelling_finds(stores)
    made = 0
    while done := await stores.search.catch_up():
        made += done
    assert await every_spelling_finds(stores)
    assert made == len(await rows_of(stores.database, "SELECT 1 FROM articles WHERE seq IS NOT NULL"))
    assert await stores.search.catch_up() == 0


def spell_as_before(connection: sa.Connection) -> None:
    """Leave the index as it was: words in lower case, and nobody noted what they are."""
    for title in SPELLED:
        query = sa.select(t.documents.c.article_id).where(t.documents.c.title == title)
        row = {"id": connection.execute(query).scalar_one(), "title": title.casefold()}
        if connection.dialect.name == "postgresql":
            words = "UPDATE search_texts SET words = to_tsvector('simple', :title) WHERE article_id = :id"
            connection.execute(sa.text(words), row)
        else:
            connection.execute(sa.text("DELETE FROM search_texts WHERE rowid = :id"), row)
            words = "INSERT INTO search_texts (rowid, title, body) VALUES (:id, :title, '')"
            connection.execute(sa.text(words), row)
    connection.execute(t.positions.delete().where(t.positions.c.name == TO_FOLD))


async def test_on_postgres_few_new_words_wait_beside_their_index(
    migrated_postgres_url: str, open_database: Callable[[str], Database]
) -> None:
    """Or the planner thinks the index so dear that it reads every text."""
    query = "SELECT reloptions AS told FROM pg_class WHERE relname = 'ix_search_texts_words'"
    assert await rows_of(open_database(migrated_postgres_url), query) == [
        {"told": ["gin_pending_list_limit=256"]}
    ]


def test_only_sqlite_is_kept_from_an_index() -> None:
    asked = unindexed(t.documents.c.language) == "en"
    assert str(asked.compile(dialect=sqlite.dialect())) == "(documents.language || '') = ?"
    assert str(asked.compile(dialect=postgresql.dialect())).startswith("documents.language = ")
