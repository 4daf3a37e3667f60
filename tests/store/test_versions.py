"""An article that changes at its address keeps what it said; a new timestamp changes nothing."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from monitor.adapters.engine import Database
from monitor.adapters.store.stores import Stores
from monitor.domain.model import Reading
from tests.fakes import NOON, reading_of
from tests.store.rows import LEASE, add_found, stores_on

TEXT = "The firm paid 3 million.\nThe court will sit on Monday.\nUpdated 2026-03-03 10:00"
LATER = NOON + timedelta(days=2)


def said(text: str, title: str = "A title", reader: str = "trafilatura") -> Reading:
    reading = reading_of(text, title=title)
    return replace(reading, document=replace(reading.document, reader=reader))


async def article(stores: Stores) -> int:
    await add_found(stores, ["a.example"])
    [found] = await stores.articles.claim_found(1, now=NOON, lease=LEASE)
    await stores.articles.settle_reading(found, said(TEXT), now=NOON)
    return found.id


async def test_a_correction_is_kept_beside_what_was_said_before(stores: Stores) -> None:
    known = await article(stores)
    assert await stores.versions.keep(known, said(TEXT.replace("3 million", "5 million")), now=LATER)
    first, second = await stores.versions.of(known)
    assert (first.number, first.seen_at, first.text) == (1, NOON, TEXT)
    assert (second.number, second.seen_at, "5 million" in second.text) == (2, LATER, True)


async def test_a_changed_timestamp_is_no_version(stores: Stores) -> None:
    known = await article(stores)
    assert not await stores.versions.keep(known, said(TEXT.replace("10:00", "11:45")), now=LATER)
    assert not await stores.versions.keep(known, said(TEXT), now=LATER)
    assert len(await stores.versions.of(known)) == 1


async def test_each_change_is_measured_by_the_one_before(stores: Stores) -> None:
    known = await article(stores)
    corrected = said(TEXT.replace("3 million", "5 million"))
    assert await stores.versions.keep(known, corrected, now=LATER)
    assert not await stores.versions.keep(known, corrected, now=LATER)
    assert await stores.versions.keep(known, said(TEXT), now=LATER)
    assert [one.number for one in await stores.versions.of(known)] == [1, 2, 3]


async def test_what_another_reader_leaves_out_is_no_version(stores: Stores) -> None:
    known = await article(stores)
    longer = TEXT + "\n" + "The judge has heard both sides in this case before. " * 6
    await stores.versions.keep(known, said(longer), now=LATER)
    assert not await stores.versions.keep(
        known, said(longer + "\nPhoto: A. Nyone", reader="template"), now=LATER
    )
    assert await stores.versions.keep(known, said(longer.replace("3 m", "5 m"), reader="template"), now=LATER)


async def test_an_article_that_was_never_read_has_none(stores: Stores) -> None:
    assert not await stores.versions.keep(404, said(TEXT), now=NOON)
    assert await stores.versions.of(404) == []


async def test_two_lookers_write_one_version(
    stores: Stores, database_url: str, open_database: Callable[[str], Database]
) -> None:
    known = await article(stores)
    other = stores_on(open_database(database_url))
    corrected = said(TEXT.replace("3 million", "5 million"))
    kept = [await one.versions.keep(known, corrected, now=LATER) for one in (stores, other)]
    assert kept == [True, False]
