"""What is done beside the line: the dead-link watch tells and counts, the local archive lets go of what it may."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import structlog

from monitor.adapters.metrics import Metrics
from monitor.domain.clocks import ahead
from monitor.domain.errors import Transient
from monitor.domain.watching import Link, LinkChange
from monitor.upkeep import ClockWatch, Watching, sweep, upkeep

NOW = datetime(2024, 3, 10, tzinfo=UTC)


async def test_a_page_that_is_gone_is_told_and_counted():
    async def look():
        return [LinkChange(7, "https://news.example.org/a", Link.ALIVE, Link.GONE, "http-404")]

    metrics = Metrics()
    with structlog.testing.capture_logs() as logs:
        assert await Watching(look, metrics).step() == 1
    (told,) = logs
    assert (told["event"], told["was"], told["reason"], told["article"]) == (
        "link.gone",
        "alive",
        "http-404",
        7,
    )
    assert metrics.registry.get_sample_value("monitor_links_total", {"state": "gone"}) == 1


class Figures:
    async def kept_urls(self):
        return ["https://news.example.org/labelled"]


class Kept:
    async def prune(self, *, before, keep):
        self.asked = (before, list(keep))
        return 3


class Here:
    """As much of a system as the sweep looks at."""

    def __init__(self):
        self.stores = self
        self.capture_figures, self.clock = Figures(), self

    def now(self):
        return NOW


async def test_the_sweep_keeps_the_pages_that_people_need():
    kept = Kept()
    assert await sweep(Here(), kept, timedelta(days=30)) == 3
    assert kept.asked == (NOW - timedelta(days=30), ["https://news.example.org/labelled"])


class Unbounded:
    """Settings that never let an article go."""

    ARCHIVE, RETENTION_DAYS = "both", 0


def test_records_are_let_go_of_also_where_no_article_ever_is():
    here = Here()
    here.settings, here.database = Unbounded(), SimpleNamespace(is_sqlite=True)
    work = upkeep(here, None, None, roles=["decide"], tickets=None, stop=None)
    assert [one.__name__ for one in work] == ["prune_daily"]
    for one in work:
        one.close()


async def test_a_clock_that_parts_from_the_servers_is_told_once_and_so_is_its_return():
    answers = [
        NOW,
        NOW - timedelta(minutes=7),
        NOW - timedelta(minutes=7),
        None,
        NOW + timedelta(minutes=7),
        NOW,
    ]

    async def theirs():
        if (at := answers.pop(0)) is None:
            raise Transient("database")
        return at

    watch = ClockWatch(lambda: NOW, theirs)
    with structlog.testing.capture_logs() as logs:
        for _ in range(6):
            await watch.look()
    assert [(one["event"], one.get("seconds")) for one in logs] == [("clock.off", 420), ("clock.right", None)]


def test_how_long_the_answer_took_is_no_difference():
    late = NOW + timedelta(minutes=2)
    assert ahead(NOW + timedelta(minutes=1), NOW, late) == timedelta()
    assert ahead(NOW + timedelta(minutes=5), NOW, late) == -timedelta(minutes=3)
    assert ahead(NOW - timedelta(minutes=5), NOW, late) == timedelta(minutes=5)


def test_only_a_server_has_a_clock_of_its_own():
    here = Here()
    here.settings, here.database, here.overviews = Unbounded(), SimpleNamespace(is_sqlite=False), here
    here.server_time = None
    work = upkeep(here, None, None, roles=["read"], tickets=None, stop=None)
    assert [one.__name__ for one in work] == ["watch_clock"]
    for one in work:
        one.close()
