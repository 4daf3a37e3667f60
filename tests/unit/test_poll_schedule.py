"""What a poll means for its source: one word with its reason, and when it is asked again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from monitor.domain.errors import ConfigurationError, Permanent, Transient
from monitor.domain.freshness import span
from monitor.domain.model import (
    Entry,
    Expectation,
    Feed,
    Health,
    Interval,
    Kind,
    Response,
    Source,
    SourceState,
    Validators,
)
from monitor.domain.schedule import LONGEST, after_poll, classify, disabled, is_due, outcome_of, unchanged
from monitor.domain.validators import freshness_asked, retry_after_of

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
URL = "https://a.example/rss"
SOURCE = Source("a", Kind.RSS, URL)
ADAPTIVE = replace(SOURCE, every=Interval(5 * MINUTE, 6 * HOUR))
NEW = SourceState("a")


def answer(status=200, body=b"<rss/>", *, redirects=(), final=URL, now=NOW, truncated=False, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(URL, final, status, named, body, now, truncated=truncated, redirects=redirects)


def feed(count=10, *, gap=HOUR, newest=NOW, **more):
    entries = tuple(
        Entry(f"https://a.example/{n}", published_at=newest and newest - n * gap) for n in range(count)
    )
    return Feed("feed" if count else "no-items", entries, **more)


def polled(state=NEW, *, source=SOURCE, says=None, held=None, new=0, now=NOW, jitter=0.0):
    return after_poll(
        source, state, answer=says or answer(now=now), feed=held, new=new, now=now, jitter=jitter
    )


GOOD = polled(held=feed(), new=10)


def test_a_first_good_poll():
    assert (GOOD.status, GOOD.reason, GOOD.since, GOOD.url) == (Health.OK, "", NOW, URL)
    assert GOOD.next_poll_at == NOW + 15 * MINUTE
    assert (GOOD.last_new_at, GOOD.gap, GOOD.entries_seen) == (NOW, HOUR, 10)


def test_jitter_spreads_polls():
    late = polled(held=feed(), new=10, jitter=1.0)
    assert late.next_poll_at == NOW + 15 * MINUTE * 1.1
    assert is_due(late, late.next_poll_at)
    assert not is_due(late, NOW)
    assert is_due(NEW, NOW)


@pytest.mark.parametrize("every", [Interval(7 * DAY, 7 * DAY), Interval(HOUR, 7 * DAY)])
def test_a_source_that_is_polled_once_a_week_waits_for_a_week(every):
    seldom = replace(SOURCE, every=every)
    state = polled(source=seldom, held=feed(gap=20 * DAY), new=10)
    assert state.next_poll_at == NOW + 7 * DAY
    assert not is_due(state, NOW + DAY)
    assert is_due(state, NOW + 7 * DAY)


def test_a_due_time_by_a_clock_that_was_wrong_is_not_believed():
    assert is_due(polled(held=feed(), new=10, now=NOW + 40 * DAY), NOW)


def test_what_was_paused_by_hand_is_not_due():
    paused = replace(disabled(GOOD, "paused by hand", NOW), next_poll_at=NOW + 36500 * DAY)
    assert not is_due(paused, NOW + 365 * DAY)
    assert is_due(disabled(GOOD, "", NOW), NOW)  # listed again


# ---------------------------------------------------------------- trouble


@pytest.mark.parametrize(
    ("says", "weight", "status", "reason"),
    [
        (answer(404), 0.5, Health.FAILING, "http-404"),
        (answer(410), 1.0, Health.FAILING, "http-410"),
        (answer(400), 1.0, Health.FAILING, "http-400"),
        (answer(429), 0.5, Health.FAILING, "http-429"),
        (answer(500), 0.5, Health.FAILING, "http-500"),
        (answer(503), 0.5, Health.FAILING, "http-503"),
        (answer(401), 1.0, Health.BLOCKED, "http-401"),
        (answer(403), 1.0, Health.BLOCKED, "http-403"),
        (answer(451), 1.0, Health.BLOCKED, "http-451"),
        (answer(302), 1.0, Health.FAILING, "http-302"),
        (answer(403, server="AkamaiGHost"), 1.0, Health.BLOCKED, "challenge: akamai"),
        (answer(503, cf_mitigated="challenge"), 1.0, Health.BLOCKED, "challenge: cloudflare"),
        (Transient("dns"), 0.25, Health.FAILING, "dns"),
        (Transient("timeout"), 0.5, Health.FAILING, "timeout"),
        (Transient("tls", detail="expired"), 0.5, Health.FAILING, "tls: expired"),
        (Permanent("bad-url"), 1.0, Health.FAILING, "bad-url"),
        (Permanent("private-address", detail="10.0.0.1"), 1.0, Health.BLOCKED, "private-address: 10.0.0.1"),
        (ConfigurationError([]), 1.0, Health.FAILING, ""),
    ],
)
def test_classes_of_trouble(says, weight, status, reason):
    trouble = classify(says)
    assert (trouble.weight, trouble.health, trouble.reason) == (weight, status, reason)
    after = polled(GOOD, says=says)
    assert (after.failures, after.status, after.reason) == (weight, status, reason)
    assert outcome_of(says, None) == reason


def test_back_off_is_linear_and_ends_at_a_day():
    state, waits = GOOD, []
    for _ in range(250):
        state = polled(state, says=Transient("timeout"))
        waits.append(state.next_poll_at - NOW)
    assert waits[:3] == [15 * MINUTE * 1.5, 15 * MINUTE * 2, 15 * MINUTE * 2.5]
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST
    assert state.status is Health.FAILING  # slowed and shown, never dropped


def test_since_is_when_the_word_changed():
    first = polled(GOOD, says=Transient("timeout"), now=NOW + HOUR)
    second = polled(first, says=answer(500), now=NOW + 2 * HOUR)
    assert (second.since, second.reason) == (NOW + HOUR, "http-500")
    healed = polled(second, says=answer(304, now=NOW + 3 * HOUR), now=NOW + 3 * HOUR)
    blind = replace(second, validators=Validators("x"))
    assert healed.status is Health.FAILING  # nothing was asked that 304 answers
    assert polled(blind, says=answer(304)).status is Health.OK
    assert polled(second, held=feed()).failures == 0.0


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("120", 2 * MINUTE),
        ("0", timedelta()),
        ("99999999999", DAY),
        ("-5", None),
        ("soon", None),
        ("", None),
        ("Sun, 22 Nov 2026 09:00:00 GMT", HOUR),
        ("Sun, 22 Nov 2026 07:00:00 GMT", timedelta()),
        ("Sun, 22 Nov 2099 07:00:00 GMT", DAY),
        ("Sun, 99 Nov 2026 07:00:00 GMT", None),
    ],
)
def test_retry_after(raw, expected):
    assert retry_after_of({"retry-after": raw}, NOW) == expected


@pytest.mark.parametrize("status", [429, 503, 500, 403])
def test_a_wish_to_be_left_alone_is_honoured(status):
    assert polled(GOOD, says=answer(status, retry_after="7200")).next_poll_at == NOW + 2 * HOUR
    assert polled(GOOD, says=answer(status, retry_after="1")).next_poll_at > NOW + 15 * MINUTE
    assert polled(GOOD, says=Transient("rate-limited", retry_after=3 * HOUR)).next_poll_at == NOW + 3 * HOUR


# ---------------------------------------------------------------- what was parsed


@pytest.mark.parametrize(
    ("held", "status", "reason"),
    [
        (Feed("empty-body"), Health.BROKEN_FORMAT, "empty-body"),
        (Feed("html", detail="a page"), Health.BROKEN_FORMAT, "html: a page"),
        (Feed("not-a-feed"), Health.BROKEN_FORMAT, "not-a-feed"),
        (Feed("challenge", detail="javascript"), Health.BLOCKED, "challenge: javascript"),
        (Feed("no-items"), Health.BROKEN_FORMAT, "no entries found"),
    ],
)
def test_a_page_that_is_no_feed(held, status, reason):
    after = polled(GOOD, held=held)
    assert (after.status, after.reason) == (status, reason)
    assert after.validators == Validators()  # or "not modified" would hide it
    assert outcome_of(answer(), held) == held.outcome


def test_an_empty_list_is_an_error_where_a_feed_may_be_new():
    assert polled(held=feed(0)).status is Health.QUIET
    for kind in (Kind.LISTING, Kind.JSON):
        assert polled(source=replace(SOURCE, kind=kind), held=feed(0)).status is Health.BROKEN_FORMAT


def test_entries_that_rules_left_out_are_there():
    kept_out = Feed("feed", (), {"not-kept": 20})
    assert polled(GOOD, held=kept_out).status is Health.OK


def test_fewer_entries_than_the_operator_expects():
    source = replace(SOURCE, expect=Expectation(min_items=5))
    after = polled(source=source, held=feed(4), new=4)
    assert (after.status, after.reason) == (Health.BROKEN_FORMAT, "4 entries, expected at least 5")
    assert polled(source=source, held=feed(5), new=5).status is Health.OK


# ---------------------------------------------------------------- validators


def test_validators_are_kept_after_a_good_whole_page_only():
    tagged = answer(etag='"1"', last_modified="x")
    good = polled(says=tagged, held=feed(), new=10).validators
    assert (good.etag, good.last_modified, bool(good.body_hash)) == ('"1"', "x", True)
    assert polled(says=answer(etag='"1"', truncated=True), held=feed(), new=10).validators == Validators()
    assert polled(says=answer(203, etag='"1"'), held=feed(), new=10).validators == Validators()
    assert (
        polled(says=tagged, held=Feed("feed", more=("https://a.example/s.xml",))).validators == Validators()
    )


def test_not_modified_refreshes_validators_and_keeps_the_hash():
    state = replace(GOOD, validators=Validators('"1"', "x", "hash"))
    assert polled(state, says=answer(304, b"", etag='"2"')).validators == Validators('"2"', "x", "hash")


def test_the_same_bytes_need_no_parser():
    assert unchanged(SOURCE, GOOD, answer())
    assert unchanged(SOURCE, GOOD, answer(304, b""))
    assert not unchanged(SOURCE, GOOD, answer(body=b"<rss>more</rss>"))
    assert not unchanged(SOURCE, GOOD, answer(truncated=True))
    assert not unchanged(replace(SOURCE, url="https://b.example/"), GOOD, answer())
    assert outcome_of(answer(), None) == "same-body"
    assert outcome_of(answer(304), None) == "not-modified"


def test_not_modified_does_not_mend_a_broken_format():
    broken = polled(GOOD, held=Feed("html"))
    lying = polled(broken, says=answer(304, b""))
    assert (lying.status, lying.reason, lying.failures) == (Health.BROKEN_FORMAT, "html", broken.failures)


def test_another_address_begins_anew():
    moved = replace(SOURCE, url="https://b.example/rss")
    after = polled(replace(GOOD, url_in_force="https://c.example/"), source=moved, says=Transient("timeout"))
    assert (after.url, after.validators, after.url_in_force, after.entries_seen) == (
        moved.url,
        Validators(),
        "",
        0,
    )
    assert after.last_new_at == GOOD.last_new_at


# ---------------------------------------------------------------- interval


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"cache-control": "public, max-age=600"}, 10 * MINUTE),
        ({"cache-control": "max-age=600, s-maxage=1200"}, 20 * MINUTE),
        ({"cache-control": "max-age=600", "age": "540"}, MINUTE),
        ({"cache-control": "no-cache, max-age=600"}, timedelta()),
        ({"cache-control": "max-age=99999999"}, DAY),
        ({"cache-control": "max-age=x"}, timedelta()),
        ({"expires": "Sun, 22 Nov 2026 09:00:00 GMT"}, HOUR),
        ({"expires": "0"}, timedelta()),
        ({"cache-control": "max-age=60", "expires": "Sun, 22 Nov 2026 09:00:00 GMT"}, MINUTE),
        ({}, timedelta()),
    ],
)
def test_freshness_that_a_server_states(headers, expected):
    assert freshness_asked(headers, NOW) == expected


def test_a_publishers_wish_stretches_a_fixed_interval_at_most_fourfold():
    assert polled(says=answer(cache_control="max-age=1800"), held=feed(), new=1).interval == 30 * MINUTE
    assert polled(held=feed(ttl=DAY), new=1).interval == HOUR
    assert polled(says=answer(cache_control="max-age=60"), held=feed(), new=1).interval == 15 * MINUTE


def test_an_adaptive_interval_follows_the_rhythm_within_its_limits():
    def interval(gap):
        return polled(source=ADAPTIVE, held=feed(gap=gap), new=10).interval

    assert [interval(gap) for gap in (MINUTE, HOUR, 4 * HOUR, 10 * DAY)] == [
        5 * MINUTE,
        30 * MINUTE,
        2 * HOUR,
        6 * HOUR,
    ]
    assert polled(source=ADAPTIVE, held=feed(ttl=DAY), new=10).interval == 6 * HOUR
    assert polled(source=ADAPTIVE, held=feed(newest=None), new=10).interval == 5 * MINUTE


def test_silence_slows_an_adaptive_source():
    state = polled(source=ADAPTIVE, held=feed(gap=10 * MINUTE), new=10)
    assert polled(state, source=ADAPTIVE, says=answer(304, b""), now=NOW + 8 * HOUR).interval == HOUR


def test_the_rhythm_is_learned_from_polls_where_entries_have_no_dates():
    state = polled(held=feed(newest=None), new=10)
    assert state.gap is None
    for hour in range(1, 30):
        state = polled(state, held=feed(newest=None), new=2, now=NOW + hour * HOUR)
    assert abs(state.gap - 30 * MINUTE) < MINUTE


# ---------------------------------------------------------------- freshness


def test_a_feed_that_froze_years_ago_is_stale_at_the_first_poll():
    after = polled(held=feed(newest=datetime(2018, 9, 23, tzinfo=UTC)), new=10)
    assert after.status is Health.STALE
    assert after.reason == "nothing new for 2982 d; usually one in 60 min"


def test_silence_longer_than_usual_is_quiet_then_stale():
    def later(length):
        return polled(GOOD, says=answer(304, b""), now=NOW + length)

    assert [later(length).status for length in (23 * HOUR, 25 * HOUR, 31 * DAY)] == [
        Health.OK,
        Health.QUIET,
        Health.STALE,
    ]
    assert later(25 * HOUR).reason == "nothing new for 25 h; usually one in 60 min"


def test_the_operators_expectation_rules():
    source = replace(SOURCE, expect=Expectation(max_silence=6 * HOUR))
    state = polled(source=source, held=feed(), new=10)
    statuses = [
        polled(state, source=source, says=answer(304), now=NOW + length).status
        for length in (5 * HOUR, 7 * HOUR, 40 * DAY)
    ]
    assert statuses == [Health.OK, Health.QUIET, Health.STALE]


def test_a_slow_source_has_time():
    state = polled(held=feed(gap=20 * DAY), new=10)
    assert polled(state, says=answer(304), now=NOW + 100 * DAY).status is Health.OK


def test_old_entries_that_come_back_are_no_news():
    old = feed(newest=NOW - 300 * DAY)
    state = polled(held=old, new=10)
    assert polled(state, held=old, new=3, now=NOW + DAY).status is Health.STALE


def test_dates_in_a_wrong_zone_do_not_make_a_source_quiet():
    state = polled(held=feed(gap=10 * MINUTE), new=10)
    now = NOW + 30 * DAY
    assert polled(state, held=feed(newest=now - 14 * HOUR), new=5, now=now).status is Health.OK


def test_a_renamed_source_is_as_well_as_its_entries_say():
    assert polled(held=feed(), new=0).status is Health.OK
    died = polled(held=feed(newest=NOW - 90 * DAY), new=0)
    assert (died.status, died.last_new_at) == (Health.STALE, NOW - 90 * DAY)
    undated = polled(held=feed(newest=None), new=0)
    assert (undated.status, undated.reason) == (Health.QUIET, "no entry yet that was not known")


def test_a_source_whose_entries_others_bring_first_stays_well():
    state = polled(held=feed(), new=0)
    state = polled(state, held=feed(newest=NOW + 40 * DAY - HOUR), new=0, now=NOW + 40 * DAY)
    assert (state.status, state.last_new_at) == (Health.OK, NOW + 40 * DAY - HOUR)


def test_the_time_when_a_frozen_feed_was_made_is_no_news():
    later = NOW + 40 * DAY
    assert polled(GOOD, held=feed(gap=0 * HOUR, newest=later), now=later).status is Health.STALE
    assert polled(GOOD, held=feed(gap=-HOUR, newest=later + HOUR), now=later).status is Health.STALE


def test_a_feed_that_never_holds_an_entry_is_stale_in_the_end():
    state = polled(held=feed(0))
    words = []
    for days in (1, 29, 31, 32):
        state = polled(state, held=feed(0), now=NOW + days * DAY)
        words.append(state.status)
    assert words == [Health.QUIET, Health.QUIET, Health.STALE, Health.STALE]
    assert polled(state, held=feed(newest=NOW + 33 * DAY), new=10, now=NOW + 33 * DAY).status is Health.OK


# ---------------------------------------------------------------- moves


def redirected(now, status=301, final="https://b.example/feed"):
    return answer(redirects=((status, final),), final=final, now=now)


def moved(days, *, state=GOOD, **how):
    for day in days:
        now = NOW + day * DAY
        state = polled(state, says=redirected(now, **how), held=feed(newest=now), new=1, now=now)
    return state


def test_a_move_is_followed_after_three_proofs_over_two_days():
    assert moved([0, 1]).url_in_force == ""
    assert moved([0, 0.5, 1]).url_in_force == ""
    state = moved([0, 1, 2])
    assert (state.url_in_force, state.status) == ("https://b.example/feed", Health.MOVED)
    assert state.reason == "answers at https://b.example/feed"
    assert polled(state, held=feed(), new=1).url_in_force == "https://b.example/feed"


@pytest.mark.parametrize(
    "state",
    [
        moved([0, 1, 2, 3], status=302),
        moved([3, 4], state=polled(moved([0, 1]), held=feed(), new=1)),
        moved([2], state=moved([0, 1], final="https://c.example/")),
        polled(moved([0, 1]), says=redirected(NOW), held=Feed("html"), now=NOW + 2 * DAY),
        polled(moved([0, 1]), says=Transient("timeout"), now=NOW + 2 * DAY),
    ],
    ids=["temporary", "interrupted", "another target", "a page", "trouble"],
)
def test_what_proves_no_move(state):
    assert state.url_in_force == ""


def test_a_followed_address_that_dies_is_given_up():
    state = moved([0, 1, 2])
    for _ in range(3):
        state = polled(state, says=answer(410))
    assert (state.url_in_force, state.moved_to) == ("", "")


# ---------------------------------------------------------------- the rest


def test_a_source_that_is_switched_off_says_why():
    off = disabled(GOOD, "dead since 2018", NOW + HOUR)
    assert (off.status, off.reason, off.since, off.next_poll_at) == (
        Health.DISABLED,
        "dead since 2018",
        NOW + HOUR,
        None,
    )


def test_spans_are_written_as_people_say_them():
    assert [span(length) for length in (30 * timedelta(seconds=1), 5 * MINUTE, 3 * HOUR, 12 * DAY)] == [
        "30 s",
        "5 min",
        "3 h",
        "12 d",
    ]


def test_a_redirect_to_an_empty_page_changes_nothing():
    before = moved([0, 1])
    after = polled(before, says=redirected(NOW), held=feed(0, title="x"), now=NOW + 2 * DAY)
    assert (after.moved_times, after.url_in_force) == (before.moved_times, "")


@pytest.mark.parametrize("raw", ["Mon, 01 Jan 0001 00:00:00 +2359", "Fri, 31 Dec 9999 23:59:59 -2359"])
def test_retry_after_at_the_ends_of_time(raw):
    assert retry_after_of({"retry-after": raw}, NOW) in {None, timedelta(), DAY}
