"""`sources import` and `export`: both ways without loss, twice imported is once listed, nothing written on a dry run."""

import json
import os

import pytest
from click.testing import CliRunner

from monitor.cli import main
from monitor.config import load_sources
from monitor.domain.errors import Permanent, Transient
from monitor.domain.model import Entry, Feed
from monitor.domain.trials import Look, trial_of
from tests.fakes import NOON, response

OPML = """<?xml version="1.0"?><opml version="2.0"><body><outline text="News">
<outline type="rss" text="A &amp; B" xmlUrl="https://a.example/rss"/>
<outline type="rss" text="again" xmlUrl="https://A.example:443/rss"/>
<outline type="rss" text="no feed" xmlUrl="javascript:alert(1)"/>
<outline type="rss" text="Gone" xmlUrl="https://b.example/rss" xmlns:m="urn:monitor:opml" m:name="b"
 m:disabled="http-410" m:country="Nowhere" m:language="zh-Hans"/>
</outline></body></opml>"""


@pytest.fixture
def monitor(tmp_path, monkeypatch):
    """Run a command in a folder of its own; return what it printed."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "feeds.opml").write_text(OPML)

    def run(*arguments: str, code: int = 0) -> str:
        done = CliRunner().invoke(main, arguments)
        assert done.exit_code == code, done.output
        return done.stdout

    return run


def test_an_import_lists_what_is_new_and_keeps_the_dead_with_their_reason(monitor, tmp_path):
    told = json.loads(monitor("sources", "import", "feeds.opml", "--no-look", "--json"))
    assert told["added"] == ["a", "b"]
    assert [(row["name"], row["look"], row["reason"]) for row in told["rows"]] == [
        ("a", "new", ""),
        ("b", "new", "http-410"),
    ]
    listed = load_sources(tmp_path / "sources.yaml")
    assert listed.sources["a"].publisher == "A & B"
    assert listed.disabled == {"b": "http-410"}
    assert (listed.sources["b"].language, listed.sources["b"].country) == ("zh-Hans", "")


def test_imported_twice_is_listed_once(monitor, tmp_path):
    monitor("sources", "import", "feeds.opml", "--no-look")
    before = (tmp_path / "sources.yaml").read_text()
    told = json.loads(monitor("sources", "import", "feeds.opml", "--no-look", "--json"))
    assert told["added"] == []
    assert {row["look"] for row in told["rows"]} == {"listed"}
    assert (tmp_path / "sources.yaml").read_text() == before


def test_a_dry_run_shows_and_writes_nothing(monitor, tmp_path):
    assert "url: https://a.example/rss" in monitor(
        "sources", "import", "feeds.opml", "--no-look", "--dry-run"
    )
    assert not (tmp_path / "sources.yaml").exists()


def test_an_export_comes_back_as_it_was(monitor, tmp_path):
    monitor("sources", "import", "feeds.opml", "--no-look")
    monitor("sources", "export", "out.opml")
    before = load_sources(tmp_path / "sources.yaml")
    (tmp_path / "sources.yaml").unlink()
    monitor("sources", "import", "out.opml", "--no-look")
    assert load_sources(tmp_path / "sources.yaml") == before
    assert monitor("sources", "export", "-") == (tmp_path / "out.opml").read_text()


def test_a_pipe_is_written_to_and_stays_one(monitor, tmp_path):
    monitor("sources", "import", "feeds.opml", "--no-look")
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    monitor("sources", "export", "pipe")
    assert b"https://a.example/rss" in os.read(reader, 10_000)
    os.close(reader)
    assert (tmp_path / "pipe").is_fifo()


def test_a_folder_that_is_not_there_is_said(monitor):
    monitor("sources", "import", "feeds.opml", "--no-look")
    done = CliRunner().invoke(main, ["sources", "export", "nowhere/feeds.opml"])
    assert (done.exit_code, type(done.exception)) == (1, SystemExit)
    assert "nowhere/feeds.opml" in done.output


def test_a_file_that_is_no_opml_is_refused(monitor, tmp_path):
    (tmp_path / "feeds.opml").write_text("<html>")
    monitor("sources", "import", "feeds.opml", code=1)
    assert not (tmp_path / "sources.yaml").exists()


FEED = Feed("feed", (Entry("https://a.example/1", published_at=NOON), Entry("https://a.example/2")))


@pytest.mark.parametrize(
    ("answer", "feed", "look", "reason"),
    [
        (response(), FEED, Look.FINE, ""),
        (response(), Feed("no-items"), Look.EMPTY, ""),
        (response(), Feed("html", detail="a page"), Look.DEAD, "html: a page"),
        (response(), Feed("not-a-feed"), Look.DEAD, "not-a-feed"),
        (response(), Feed("empty-body"), Look.TROUBLE, "empty-body"),
        (response(status=404), None, Look.DEAD, "http-404"),
        (response(status=410), None, Look.DEAD, "http-410"),
        (response(status=403), None, Look.TROUBLE, "http-403"),
        (response(status=503), None, Look.TROUBLE, "http-503"),
        (Transient("timeout"), None, Look.TROUBLE, "timeout"),
        (Permanent("bad-url"), None, Look.DEAD, "bad-url"),
        (Permanent("private-address"), None, Look.TROUBLE, "private-address"),
    ],
)
def test_only_what_will_not_pass_is_dead(answer, feed, look, reason):
    trial = trial_of(answer, feed)
    assert (trial.look, trial.reason) == (look, reason)


def test_what_is_fine_says_how_much_it_holds():
    trial = trial_of(response(), FEED)
    assert (trial.entries, trial.newest) == (2, NOON)
