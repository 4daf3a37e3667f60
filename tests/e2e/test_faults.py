"""Bad input from the web: each fault has its counted, explained outcome, and nothing else is held up."""

import json
from collections import Counter

import pytest

from tests.e2e.conftest import ROOT, Installation, events, replay
from tests.site.demo import free_port

pytestmark = pytest.mark.e2e


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
    assert all(row["status"] == "ok" or row["reason"] for row in rows.values()), {
        name: row["status"] for name, row in rows.items() if not row["reason"]
    }


def test_every_article_ends_once_or_waits_with_its_reason(faults):
    rows = faults[0].rows("SELECT * FROM articles")
    settled = Counter(event["article"] for event in faults[2] if event["event"] == "article.settled")
    assert rows
    for row in rows:
        assert row["state"] in {"queued", "copy", "rejected", "failed", "found"}
        assert row["state"] == "queued" or row["reason"] or row["state"] == "copy", row["url"]
        assert settled[row["id"]] == (row["state"] != "found"), row["url"]


def test_no_process_broke(faults):
    broke = [
        event for event in faults[2] if event["event"] in {"work.broke", "step.broke", "daemon.task-broke"}
    ]
    assert broke == []
