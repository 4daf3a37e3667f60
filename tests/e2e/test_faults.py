"""Bad input from the web: each fault has its counted, explained outcome, and nothing else is held up."""

import json
from collections import Counter
from datetime import UTC, datetime

import pytest

from tests.e2e.conftest import ROOT, Installation, events, replay
from tests.site.demo import free_port

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

STATUSES = {
    "failing": {"error", "gone", "unknown", "dropped", "loop", "drip", "silent"},
    "blocked": {"challenge", "wall"},
    "broken-format": {"empty", "html", "broken", "laughs", "bomb", "truncated"},
    "ok": {"bad-pages", "future", "links", "zoneless", "yearless", "endless"},
}
REASONS = {
    "binary.html": "not-html",
    "bomb.html": "too-large",
    "deep.html": "no-article",
    "fifty-megabytes.html": "too-large",
    "gone.html": "gone",
    "inward.html": "private-address",
    "no-text.html": "no-article",
    "silent.html": "timeout",
    "unavailable.html": "http-503",
    "wall.html": "blocked",
}


@pytest.fixture(scope="module")
def faults(tmp_path_factory):
    """One pass over sources that are all difficult."""
    with replay() as site:
        installation = Installation(tmp_path_factory.mktemp("faults"), site, free_port(0))
        installation.more["MONITOR_SOURCES"] = str(ROOT / "tests" / "site" / "faults.yaml")
        done = installation.monitor("once", "--json", check=False)
    assert done.returncode == 1, done.stderr[-3000:]
    return installation, json.loads(done.stdout), events(done.stderr)


def test_every_source_ends_with_a_status_and_a_reason(faults):
    rows = {row["name"]: row for row in faults[0].rows("SELECT * FROM sources")}
    polled = {event["source"] for event in faults[2] if event["event"] == "source.polled"}
    assert set(rows) == polled
    found = {status: {name for name, row in rows.items() if row["status"] == status} for status in STATUSES}
    assert found == STATUSES
    assert all(row["reason"] for row in rows.values() if row["status"] != "ok")
    assert rows["bomb"]["reason"].startswith("too-large: over ")


def test_every_article_ends_once_or_waits_with_its_reason(faults):
    rows = faults[0].rows("SELECT * FROM articles")
    settled = Counter(event["article"] for event in faults[2] if event["event"] == "article.settled")
    assert rows
    for row in rows:
        assert row["state"] in {"queued", "copy", "rejected", "failed", "found"}
        assert row["state"] == "queued" or row["reason"] or row["state"] == "copy", row["url"]
        assert settled[row["id"]] == (row["state"] != "found"), row["url"]


def test_every_bad_page_says_what_is_wrong_with_it(faults):
    rows = faults[0].rows("SELECT url, reason FROM articles WHERE url LIKE '%pages.faults.test/%'")
    told = {row["url"].rpartition("/")[2]: (row["reason"] or "").partition(":")[0] for row in rows}
    assert {page: told[page] for page in REASONS} == REASONS


def test_a_long_title_is_cut_and_a_date_without_zone_has_that_of_its_source(faults):
    query = "SELECT url, title, entry FROM articles JOIN documents ON article_id = articles.id"
    rows = {row["url"].rpartition("/")[2]: row for row in faults[0].rows(query)}
    assert 0 < len(rows["long-title.html"]["title"]) <= 1000
    stated = json.loads(rows["good.html?from=zoneless"]["entry"])["published_at"]
    minutes = (datetime.now(UTC) - datetime.fromisoformat(stated)).total_seconds() / 60
    assert -2 < minutes < 60  # it was now in Shanghai; read as UTC it would lie hours ahead


def test_no_process_broke(faults):
    broke = [
        event for event in faults[2] if event["event"] in {"work.broke", "step.broke", "daemon.task-broke"}
    ]
    assert broke == []
