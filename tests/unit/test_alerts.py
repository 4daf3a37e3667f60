"""Which changes of a source's health people are told of: real ones, once, and the return to health."""

from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.domain.alerts import alert_for, as_text, standing
from monitor.domain.errors import Transient
from monitor.domain.model import Entry, Expectation, Feed, Health, Kind, Source, SourceState
from monitor.domain.schedule import after_poll
from tests.fakes import NOON, response

SOURCE = Source("a", Kind.RSS, "https://a.example/rss")
WATCHED = replace(SOURCE, expect=Expectation(max_silence=timedelta(hours=6)))
WELL = SourceState("a", Health.OK, last_new_at=NOON)


def state(status, *, failures=0.0, reason=""):
    return replace(WELL, status=status, failures=failures, reason=reason)


def polls(*answers, source=SOURCE, start=WELL):
    """Return the words that a source goes through, as alerts would tell them."""
    told, words, known = standing(source, start), [], start
    for hour, (answer, feed) in enumerate(answers):
        now = NOON + timedelta(hours=hour)
        known = after_poll(source, known, answer=answer, feed=feed, new=1 if feed else 0, now=now)
        if alert := alert_for(source, told, known, now):
            words.append(f"{alert.was.value} → {alert.status.value}")
        told = standing(source, known) or told
    return words


FINE = (response(), Feed("feed", (Entry("https://a.example/1"),)))
EMPTY = (response(), Feed("no-items"))
SLOW = (Transient("timeout"), None)
WALL = (response(status=403), None)
NO_NAME = (Transient("dns"), None)


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ([FINE, FINE], []),
        ([FINE, SLOW, FINE], []),  # one hiccup
        ([FINE, SLOW, SLOW, SLOW, FINE, FINE], ["ok → failing", "failing → ok"]),
        ([FINE, NO_NAME, NO_NAME, NO_NAME], []),
        ([FINE, NO_NAME, NO_NAME, NO_NAME, NO_NAME], ["ok → failing"]),
        ([FINE, WALL, WALL], ["ok → blocked"]),
        ([FINE, WALL, SLOW, SLOW, FINE], ["ok → blocked", "blocked → failing", "failing → ok"]),
        ([FINE, EMPTY, EMPTY, FINE], ["ok → broken-format", "broken-format → ok"]),
    ],
    ids=[
        "well",
        "one hiccup",
        "trouble that lasts",
        "names",
        "names for long",
        "wall",
        "change of trouble",
        "empty",
    ],
)
def test_lasting_trouble_is_told_once_and_so_is_its_end(answers, words):
    assert polls(*answers) == words


def test_a_new_source_that_is_well_is_no_news_but_a_broken_one_is():
    new = SourceState("a")
    assert polls(FINE, start=new) == []
    assert polls(WALL, start=new) == ["new → blocked"]


def test_silence_is_told_where_the_operator_said_how_long_it_may_last():
    assert standing(SOURCE, state(Health.QUIET)) is Health.OK
    assert standing(WATCHED, state(Health.QUIET)) is Health.QUIET
    assert standing(SOURCE, state(Health.STALE)) is Health.STALE


def test_a_source_that_silently_died_is_told():
    frozen = (
        response(),
        Feed("feed", (Entry("https://a.example/1", published_at=NOON - timedelta(days=900)),)),
    )
    assert polls(frozen, start=SourceState("a")) == ["new → stale"]


def test_a_hiccup_of_a_stale_source_is_no_recovery():
    stale = state(Health.STALE)
    once = state(Health.FAILING, failures=0.5)
    assert standing(SOURCE, once) is None
    assert alert_for(SOURCE, Health.STALE, once, NOON) is None
    assert alert_for(SOURCE, Health.STALE, stale, NOON) is None


def test_what_is_disabled_or_new_says_nothing():
    assert standing(SOURCE, state(Health.DISABLED)) is None
    assert standing(SOURCE, state(Health.NEW)) is None


def test_text_of_strangers_is_one_short_line_that_calls_nobody():
    reason = "html:\n\x1b[31m @everyone " + "x" * 500
    alert = alert_for(SOURCE, Health.OK, state(Health.BLOCKED, failures=1, reason=reason), NOON)
    assert len(alert.reason) <= 200
    assert alert.reason.isprintable()
    title, body = as_text([alert])
    assert title == "a: blocked"
    assert "@everyone" not in body
    assert "\n" not in body


def test_many_alerts_make_one_short_text():
    alerts = [alert_for(SOURCE, Health.OK, state(Health.STALE), NOON)] * 30
    title, body = as_text(alerts)
    assert title == "a: stale and 29 more"
    assert len(body.splitlines()) == 11


def test_a_feed_that_never_held_an_entry_is_told_once_and_a_hiccup_of_it_is_no_recovery():
    empty = SourceState("a", Health.STALE, "no entry yet")
    assert alert_for(SOURCE, None, empty, NOON).status is Health.STALE
    assert alert_for(SOURCE, Health.STALE, replace(empty, status=Health.QUIET), NOON) is None
    assert alert_for(SOURCE, Health.STALE, replace(WELL, entries_seen=1), NOON).recovered
