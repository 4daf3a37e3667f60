"""A small web to run the daemon against: publishers, their articles, their faults, and an archive."""

from tests.site.app import Seen, Site, serve
from tests.site.archive_model import Limits, Rule
from tests.site.articles import Article, from_record, load
from tests.site.clock import Clock, ManualClock
from tests.site.save_page_now import SavePageNow
from tests.site.web import Pace

__all__ = [
    "Article",
    "Clock",
    "Limits",
    "ManualClock",
    "Pace",
    "Rule",
    "SavePageNow",
    "Seen",
    "Site",
    "from_record",
    "load",
    "serve",
]
