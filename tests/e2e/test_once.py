"""`monitor once` on the replay: nothing lost, nothing twice, copies folded, the three incidents found."""

from collections import Counter, defaultdict
from itertools import combinations

import pytest

from monitor.domain.urls import url_key
from tests.site import load

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

FINAL = {"queued", "copy", "rejected", "failed"}
INCIDENTS = ("douyin", "taobao", "linkedin")


@pytest.fixture(scope="module")
def told():
    """The truth: articles by identity."""
    return {url_key(f"http://{article.host}{article.path}"): article for article in load()}


@pytest.fixture(scope="module")
def found(finished):
    """What the daemon made of it: rows by identity."""
    rows = finished[0].rows("SELECT * FROM articles")
    return {row["url_key"]: row for row in rows}


def test_no_article_is_lost_and_none_is_there_twice(found, told):
    assert set(told) <= set(found)
    assert len(found) == len(told)
    assert {row["state"] for row in found.values()} <= FINAL
    assert Counter(row["state"] for row in found.values())["failed"] == 0


def test_every_article_has_exactly_one_final_event(finished, found):
    settled = Counter(event["article"] for event in finished[2] if event["event"] == "article.settled")
    assert settled == Counter(row["id"] for row in found.values())


def test_the_copy_groups_are_found_with_at_most_one_mistake(found, told):
    original = {url: row["copy_of"] or row["id"] for url, row in found.items()}
    groups = defaultdict(set)
    for url, article in told.items():
        if article.copy_group and len(article.copy_group) == 1:  # the distractors' groups are D01, D02 …
            groups[article.copy_group].add(url)
    assert len(groups) == 12
    wrong = [group for group, urls in groups.items() if len({original[url] for url in urls}) > 1]
    seeds = [url for url, article in told.items() if len(article.copy_group or "") <= 1]
    merged = [
        (one, other)
        for one, other in combinations(seeds, 2)
        if original[one] == original[other]
        and (told[one].copy_group or one) != (told[other].copy_group or other)
    ]
    assert len(wrong) + len(merged) <= 1, (wrong, merged)


@pytest.mark.parametrize("name", INCIDENTS)
def test_each_incident_is_one_incident_without_strangers(found, told, name):
    ours = {
        url: found[url]["incident_id"]
        for url, article in told.items()
        if article.incident == name and article.relevance == "on_topic" and not article.copy_of
    }
    (incident, size), *_ = Counter(ours.values()).most_common(1)
    strangers = [
        told[url].page_title
        for url, row in found.items()
        if row["incident_id"] == incident and url in told and told[url].incident != name
    ]
    assert incident is not None
    assert size / len(ours) >= 0.85, [told[url].page_title for url in ours if ours[url] != incident]
    assert strangers == []


def test_chinese_and_english_reports_share_one_incident(found, told):
    languages = defaultdict(set)
    for url, article in told.items():
        if article.incident == "linkedin" and article.relevance == "on_topic":
            languages[found[url]["incident_id"]].add(article.language[:2])
    assert any(spoken == {"zh", "en"} for spoken in languages.values())


def test_roundups_found_nothing_and_mention_at_most(found, told, finished):
    roundups = [url for url, article in told.items() if article.relevance == "roundup" and article.incident]
    assert all(found[url]["incident_id"] is None for url in roundups)
    assert len(roundups) == 3


def test_every_verdict_has_a_reason(finished):
    rows = finished[0].rows("SELECT match_reasons, match FROM queued_articles WHERE NOT roundup")
    assert rows
    assert all(row["match_reasons"] not in {None, "[]"} for row in rows)


def test_a_second_pass_does_nothing_new(finished, found):
    installation = finished[0]
    done = installation.monitor("once", "--json", check=False)
    assert '"new_articles": 0' in done.stdout
    assert len(installation.rows("SELECT id FROM articles")) == len(found)
    outcomes = Counter(
        row["outcome"] for row in installation.rows("SELECT outcome FROM polls ORDER BY id DESC LIMIT 20")
    )
    assert set(outcomes) <= {"not-modified", "same-body", "feed"}
