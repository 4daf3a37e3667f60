"""Templates of sites in SQL: several processes learn one at once, and an operator has the last word."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import sqlalchemy as sa

from monitor.adapters.engine import Database
from monitor.adapters.store.retention import Retention
from monitor.adapters.store.stores import Stores
from monitor.domain.templates import Experience, Lesson, TemplateState, Way
from tests.fakes import NOON
from tests.store.rows import add_found, stores_on

SITE = "gazette.example/news"
TAUGHT = Experience(Way.TAUGHT, Lesson("div.text < article", (("p", "1f", True), ("ul/li", "2e", False))))


async def learned(stores: Stores, pages: int = 6) -> TemplateState:
    return (await stores.templates.learn(SITE, [TAUGHT] * pages, now=NOON)).state


async def test_what_was_learned_is_there_for_the_next_process(
    stores: Stores, database_url: str, open_database: Callable[[str], Database]
) -> None:
    assert (await stores.templates.load(SITE)).state == TemplateState(SITE)
    state = await learned(stores)
    assert state.trusted
    other = stores_on(open_database(database_url))
    assert (await other.templates.load(SITE)).state == state


async def test_lessons_of_processes_that_learn_at_once_all_count(
    database_url: str, open_database: Callable[[str], Database]
) -> None:
    many = [stores_on(open_database(database_url)) for _ in range(4)]
    await asyncio.gather(*[one.templates.learn(SITE, [TAUGHT], now=NOON) for one in many for _ in range(5)])
    state = (await many[0].templates.load(SITE)).state
    assert (state.pages, state.homes) == (20, {TAUGHT.lesson.home: 20})


async def test_a_template_is_dropped_once_whoever_notices(stores: Stores) -> None:
    await learned(stores)
    drift = replace(TAUGHT, way=Way.CHECKED, agreement=0.2)
    for _ in range(3):
        state = (await stores.templates.learn(SITE, [drift], now=NOON)).state
    assert (state.drops, state.trusted, state.pages) == (1, False, 3)


async def test_an_operator_drops_forbids_and_allows(stores: Stores) -> None:
    await learned(stores)
    assert not (await stores.templates.forget(SITE, now=NOON)).state.trusted
    assert (await stores.templates.forbid(SITE, True, now=NOON)).forbidden
    await learned(stores, 12)
    assert (await stores.templates.load(SITE)).forbidden
    assert (await stores.templates.forbid(SITE, False, now=NOON)).state.trusted


async def test_a_source_shows_the_templates_of_its_hosts(stores: Stores) -> None:
    await add_found(stores, ["www.gazette.example", "other.example"])
    await learned(stores)
    await stores.templates.learn("stranger.example", [TAUGHT], now=NOON)
    assert [one.state.site for one in await stores.templates.of_source("gazette")] == [SITE]


async def test_templates_of_sites_that_are_not_read_any_more_go(stores: Stores, database: Database) -> None:
    await learned(stores)
    await stores.templates.learn("forbidden.example", [TAUGHT], now=NOON)
    await stores.templates.forbid("forbidden.example", True, now=NOON)
    await stores.templates.learn("daily.example", [TAUGHT], now=NOON + timedelta(days=100))
    await Retention(database).forget_expired(now=NOON + timedelta(days=200))
    left = [
        (await stores.templates.load(site)).updated_at
        for site in (SITE, "forbidden.example", "daily.example")
    ]
    assert [when is not None for when in left] == [False, True, True]


async def test_a_state_that_cannot_be_read_is_learned_anew(stores: Stores, database: Database) -> None:
    await learned(stores)
    broken = sa.text("""UPDATE templates SET state = '{"site": 1}'""")
    await database.write(lambda connection: connection.execute(broken))
    assert (await stores.templates.load(SITE)).state == TemplateState(SITE)
    assert (await learned(stores)).trusted
