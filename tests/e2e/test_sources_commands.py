"""`monitor sources …` on the replay: find, try, list, import and export without an editor."""

import json

import pytest

from monitor.config import load_sources

pytestmark = pytest.mark.e2e

OPML = """<opml version="2.0"><body>
<outline type="rss" text="NPR" xmlUrl="http://feeds.npr.org/1001/rss.xml"/>
<outline type="rss" text="Not there" xmlUrl="http://gizmodo.com/notthere.xml"/>
<outline type="rss" text="Away" xmlUrl="http://nowhere.faults.test/none.xml"/>
</body></opml>"""


@pytest.fixture
def own(installation):
    """An installation whose sources.yaml is its own, and not there yet."""
    installation.more["MONITOR_SOURCES"] = str(installation.folder / "sources.yaml")
    return installation


def listed(own):
    return load_sources(own.folder / "sources.yaml")


def test_a_site_is_added_by_its_address(own):
    dry = own.monitor("sources", "add", "http://gizmodo.com/", "--dry-run")
    assert "would come in" in dry.stdout
    assert not (own.folder / "sources.yaml").exists()
    told = json.loads(own.monitor("sources", "add", "http://gizmodo.com/", "--every", "10m", "--json").stdout)
    assert told["added"] == ["gizmodo"]
    assert listed(own).sources["gizmodo"].url == "http://gizmodo.com/rss"
    again = own.monitor("sources", "add", "http://gizmodo.com/rss", "--name", "other")
    assert "nothing to add" in again.stdout
    assert list(listed(own).sources) == ["gizmodo"]


def test_a_site_without_a_feed_says_what_else_there_is(own):
    done = own.monitor("sources", "add", "http://tech.hexun.com/news/", check=False)
    assert done.returncode == 1
    assert "kind: listing" in done.stderr


def test_an_import_asks_every_feed_and_keeps_the_dead_disabled(own):
    (own.folder / "in.opml").write_text(OPML)
    told = json.loads(own.monitor("sources", "import", str(own.folder / "in.opml"), "--json").stdout)
    looks = {row["name"]: (row["look"], row["reason"]) for row in told["rows"]}
    assert looks == {"npr": ("fine", ""), "gizmodo": ("dead", "http-404"), "faults": ("trouble", "http-502")}
    assert listed(own).disabled == {"gizmodo": "http-404"}
    out = own.folder / "out.opml"
    own.monitor("sources", "export", str(out))
    assert 'monitor:disabled="http-404"' in out.read_text()


def test_a_test_polls_and_reads_one_article_as_the_daemon_would(installation):
    told = json.loads(installation.monitor("sources", "test", "gizmodo", "--json").stdout)
    assert told["outcome"] == "feed"
    assert told["article"]["text"]
    assert not installation.database.exists()


def test_a_name_that_is_not_listed_is_answered_with_the_nearest(installation):
    done = installation.monitor("sources", "test", "no-such-source", check=False)
    assert done.returncode == 2
    assert "valid:" in done.stderr or "did you mean" in done.stderr
