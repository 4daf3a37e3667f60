"""What one process remembers of templates: written when it matters, refreshed, and never in the way of reading."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import reduce

import pytest

from monitor.adapters.engine import Database
from monitor.adapters.pool import Pool
from monitor.adapters.reading import REHEARSAL, Plan, read_article, warm_up
from monitor.adapters.store.templates import Template, Templates
from monitor.adapters.template_shelf import FRESH, USES, Shelf
from monitor.adapters.workers import PoolReader
from monitor.domain.errors import Transient
from monitor.domain.model import Hints, Page, Topic
from monitor.domain.templates import Experience, Lesson, TemplateState, Way, after, template_key
from monitor.domain.text import token_f1
from tests.fakes import FakeClock
from tests.made_sites import made_page

SITE = "gazette.example"
TAUGHT = Experience(Way.TAUGHT, Lesson("article", (("p", "1f", True),)))
USED = Experience(Way.USED)


@dataclass
class FakeStore:
    template: Template = field(default_factory=lambda: Template(TemplateState(SITE)))
    writes: list[int] = field(default_factory=list)
    broken: bool = False

    async def load(self, site: str) -> Template:
        return self.template

    async def learn(self, site: str, experiences, *, now: datetime) -> Template:
        if self.broken:
            raise Transient("database")
        self.writes.append(len(experiences))
        self.template = Template(reduce(after, experiences, self.template.state), self.template.forbidden)
        return self.template


async def filled(store: FakeStore, clock: FakeClock, *noted: Experience) -> Shelf:
    shelf = Shelf(store, clock)
    await shelf.take(SITE)
    for one in noted:
        await shelf.note(SITE, one)
    return shelf


async def test_lessons_are_written_at_once_and_uses_together() -> None:
    store = FakeStore()
    shelf = await filled(store, FakeClock(), *[TAUGHT] * 5, *[USED] * USES)
    assert store.writes == [1, 1, 1, 1, 1, USES]
    assert (await shelf.take(SITE)).uses == USES


async def test_what_is_not_yet_written_counts_already() -> None:
    store = FakeStore()
    shelf = await filled(store, FakeClock(), *[TAUGHT] * 5, USED)
    assert (await shelf.take(SITE)).uses == 1
    assert store.template.state.uses == 0


async def test_what_others_learned_is_seen_after_a_while() -> None:
    store, clock = FakeStore(), FakeClock()
    shelf = await filled(store, clock, *[TAUGHT] * 5)
    store.template = Template(TemplateState(SITE, drops=1))
    assert (await shelf.take(SITE)).trusted
    clock.move(seconds=FRESH.total_seconds() + 1)
    assert not (await shelf.take(SITE)).trusted


async def test_a_forbidden_template_is_not_handed_out() -> None:
    shelf = await filled(FakeStore(Template(TemplateState(SITE), forbidden=True)), FakeClock())
    assert await shelf.take(SITE) is None


async def test_a_database_in_trouble_costs_the_lesson_alone() -> None:
    store = FakeStore(broken=True)
    shelf = await filled(store, FakeClock(), TAUGHT)
    store.broken = False
    await shelf.note(SITE, TAUGHT)
    assert store.template.state.pages == 1


@pytest.mark.timeout(120)
async def test_a_site_is_learned_and_read_by_its_template_across_restarts(database: Database) -> None:
    """Real pages, real worker processes, a real database; the second reader is another process of the daemon."""
    pages = [made_page(4, number) for number in range(12)]
    readers = []
    async with Pool(1, initializer=warm_up) as pool:
        for part in (pages[:7], pages[7:]):
            reader = PoolReader(pool, Plan, shelf=Shelf(Templates(database), FakeClock()))
            for made in part:
                page = Page(made.url, made.url, "text/html", made.markup, datetime(2026, 3, 10, tzinfo=UTC))
                document = (await reader.read(page, Hints())).document
                assert token_f1(document.text, made.text) > 0.95
                readers.append(document.reader)
    assert readers[:5].count("template") == 0
    assert readers[6:] == ["template"] * 6
    kept = await Templates(database).load(template_key(pages[0].url))
    assert kept.state.trusted


def test_a_process_warms_up_on_an_article_that_is_on_topic() -> None:
    """All of reading is gone through: title, text, date, language, and what is worked out of what is near a topic."""
    reading = read_article(REHEARSAL, Hints(), Plan((Topic("rehearsals", any=("rehearsal",)),)))
    assert (reading.document.title, reading.document.language) == ("The rehearsal", "en")
    assert reading.document.published_at
    assert reading.features
