"""`monitor articles show` and `monitor sources template` tell people what reading knows."""

import asyncio
import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor.adapters.engine import Database
from monitor.adapters.store.stores import Stores
from monitor.cli import main
from monitor.domain.model import CopyVerdict, Health, SourceState, State, Verdict
from monitor.domain.templates import Experience, Lesson, Way
from tests.fakes import NOON, reading_of
from tests.store.rows import LEASE, add_found, stores_on

SITE = "host1.example/news"
LINES = ["The firm paid 3 million.", "The court will sit on Monday.", "Nobody was hurt."]
TAUGHT = Experience(Way.TAUGHT, Lesson("div.text < article", (("p", "1f", True), ("ul/li", "2e", False))))

SOURCES = """version: 1
sources:
  - {name: gazette, kind: rss, url: "https://host1.example/feed"}
"""


async def fill(stores: Stores) -> None:
    """Leave an original that was corrected, a copy with an agency's head, and a learned site."""
    await add_found(stores, ["host1.example", "host2.example"])
    texts = {"host1.example": "\n".join(LINES), "host2.example": "\n".join(["(Wire) -", *LINES[:2]])}
    for article in await stores.articles.claim_found(2, now=NOON, lease=LEASE):
        await stores.articles.settle_reading(
            article, reading_of(texts[article.host], title="A headline"), now=NOON
        )
    one, two = await stores.verdicts.unsettled(2)
    await stores.verdicts.hold(NOON)
    copied = Verdict(two.article_id, State.COPY, (), copy=CopyVerdict(one.article_id, 0.9, "90% of it"))
    queued = Verdict(one.article_id, State.QUEUED, ("a new incident",), incident_id=1)
    await stores.verdicts.settle([(one, queued), (two, replace(copied, incident_id=1))], now=NOON)
    corrected = "\n".join(LINES).replace("3 million", "5 million")
    await stores.versions.keep(
        one.article_id, reading_of(corrected, title="A headline"), now=NOON + timedelta(days=2)
    )
    await stores.templates.learn(SITE, [TAUGHT] * 6, now=NOON)
    ages = NOON + timedelta(days=9999)
    await stores.polls.note_state(
        SourceState("gazette", status=Health.DISABLED, reason="paused by hand", next_poll_at=ages)
    )


@pytest.fixture
def monitor(tmp_path: Path, sqlite_template: Path, monkeypatch):
    """Run a command in a folder with those articles; return what it printed."""
    (tmp_path / "data").mkdir()
    (tmp_path / "sources.yaml").write_text(SOURCES)
    path = tmp_path / "data" / "monitor.db"
    shutil.copy(sqlite_template, path)
    database = Database(f"sqlite:///{path}")
    try:
        asyncio.run(fill(stores_on(database)))
    finally:
        database.close()
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, code: int = 0) -> str:
        done = CliRunner().invoke(main, arguments)
        assert done.exit_code == code, done.output
        return done.stdout

    return run


def test_an_article_shows_what_a_correction_changed(monitor):
    shown = monitor("articles", "show", "1")
    assert "version 2, seen 2026-" in shown
    assert "- The firm paid 3 million." in shown
    assert "+ The firm paid 5 million." in shown
    (version,) = json.loads(monitor("articles", "show", "1", "--json"))["versions"]
    assert (version["number"], version["added"]) == (2, ["The firm paid 5 million."])


@pytest.mark.parametrize(
    "named",
    [("retry", "99999"), ("retry", "1"), ("archive", "retry", "99999"), ("archive", "verify", "99999")],
)
def test_a_number_with_nothing_to_be_done_is_an_error(monitor, named):
    """The articles are queued and nothing was captured: there is nothing to take up again."""
    monitor(*named, code=1)


def test_taking_up_all_of_nothing_is_fine(monitor):
    monitor("retry", "--failed")
    monitor("archive", "retry", "--lost")


def test_a_copy_shows_what_is_the_same_and_what_differs(monitor):
    shown = monitor("articles", "show", "2")
    assert "copy of article 1" in shown
    assert "3 paragraphs; only in the original (-): 1; only in the copy (+): 1" in shown
    assert {"= The court will sit on Monday.", "- Nobody was hurt.", "+ (Wire) -"} <= set(shown.splitlines())
    same = json.loads(monitor("articles", "show", "2", "--json"))["same"]
    assert 0.85 < same < 1.0


def test_a_source_shows_its_templates_and_an_operator_overrides_them(monitor):
    (listed,) = json.loads(monitor("sources", "show", "gazette", "--json"))["templates"]
    assert (listed["site"], listed["trust"], listed["pages"]) == (SITE, "trusted", 6)
    assert SITE in monitor("sources", "show", "gazette")
    assert json.loads(monitor("sources", "template", SITE, "--off", "--json"))["trust"] == "off"
    assert json.loads(monitor("sources", "template", SITE, "--on", "--json"))["trust"] == "trusted"
    assert json.loads(monitor("sources", "template", SITE, "--forget", "--json"))["trust"] == "learning"
    monitor("sources", "template", "nowhere.example", code=1)


def test_a_page_is_extracted_without_any_database(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MONITOR_EMBEDDINGS", "off")
    text = "".join(f"<p>{line} The rest of the paragraph says why, and for how long.</p>" for line in LINES)
    body = f"<h1>A headline</h1><p>By Ann Example</p>{text}"
    (tmp_path / "page.html").write_text(f"<html><body><article>{body}</article></body></html>")
    shown = CliRunner().invoke(main, ["extract", "page.html", "--url", "https://host1.example/news/1"])
    assert shown.exit_code == 0, shown.output
    assert json.loads(shown.stdout)["title"] == "A headline"
    assert not list(tmp_path.rglob("*.db"))


def test_a_paused_source_shows_no_time_that_lies_ages_ahead(monitor):
    shown = monitor("sources", "show", "gazette")
    assert "paused by hand" in shown
    assert "next_poll_at" not in shown


def test_an_article_without_its_text_shows_what_is_left(monitor):
    with closing(sqlite3.connect("data/monitor.db")) as database, database:
        database.execute("DELETE FROM documents WHERE article_id = 1")
    shown = monitor("articles", "show", "1")
    assert "None" not in shown
    assert "or it was pruned" in shown


def test_what_an_article_was_decided_for_is_said_once(monitor):
    with closing(sqlite3.connect("data/monitor.db")) as database, database:
        database.execute(
            "UPDATE articles SET screen_reasons = '[\"too far off\"]', match_reasons = '[\"too far off\"]'"
        )
    assert monitor("articles", "show", "1").count("too far off") == 1


def test_in_trouble_are_those_that_the_pages_call_so(monitor):
    with closing(sqlite3.connect("data/monitor.db")) as database, database:
        database.execute("UPDATE sources SET status = 'quiet', reason = 'nothing new'")
    assert "In trouble" not in monitor("status")
    with closing(sqlite3.connect("data/monitor.db")) as database, database:
        database.execute("UPDATE sources SET status = 'stale', reason = 'nothing new'")
    assert "nothing new" in monitor("status").partition("In trouble")[2]
