"""What becomes of a capture, decided from values alone."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.domain import archiving, pacing
from monitor.domain.archive_codes import ACTIONS, Action, action_of, pause_named_in
from monitor.domain.archive_proof import fault_of_replay, fault_of_snapshot, found_in, look_from
from monitor.domain.captures import (
    Account,
    Capture,
    Errand,
    Pending,
    Refused,
    Replay,
    Saved,
    Scope,
    Snapshot,
)
from monitor.domain.errors import Permanent, Transient
from monitor.domain.model import CaptureState
from monitor.domain.pacing import Duty, Pace

NOW = datetime(2024, 3, 10, 8, 0, tzinfo=UTC)
URL = "https://news.example.org/a.html"
CAPTURE = Capture(1, 1, URL, CaptureState.WANTED, host="news.example.org", sent_at=NOW)
SNAPSHOT = Snapshot(NOW, URL, 200, "text/html", "ABC", 5_000)
PAGE = b"<html><title>A</title><p>" + b"words " * 200
SHOWN = Replay(200, NOW, URL, PAGE)


# ---------------------------------------------------------------- codes

DOCUMENTED = re.findall(
    r"\S+",
    """
bad-gateway bad-request bandwidth-limit-exceeded blocked blocked-client-ip blocked-url browsing-timeout
cannot-fetch capture-location-error celery filesize-limit ftp-access-denied gateway-timeout
http-version-not-supported internal-server-error invalid-host-resolution invalid-server-response
invalid-url-syntax job-failed max-daily-bandwidth max-daily-bandwidth-from-ip max-daily-bandwidth-host
method-not-allowed network-authentication-required no-access no-browsers-available not-found not-implemented
protocol-error proxy-error read-timeout service-unavailable soft-time-limit-exceeded too-many-daily-captures
too-many-redirects too-many-requests unauthorized user-session-limit
""",
)


def test_every_documented_code_has_an_action():
    assert len(DOCUMENTED) == 38
    assert set(DOCUMENTED) | {"no-captures"} == set(ACTIONS)


def test_every_code_is_in_the_documentation():
    page = (Path(__file__).parents[2] / "docs" / "archiving.md").read_text()
    assert [code for code in ACTIONS if f"`{code}`" not in page] == []


@pytest.mark.parametrize(
    ("message", "code", "action"),
    [
        ("You cannot make more than 30,000 captures per day.", "max-daily-captures", Action.PAUSE_DAY),
        (
            "You have already reached the limit of 3 active sessions.",
            "user-session-limit",
            Action.PAUSE_ACCOUNT,
        ),
        ("Crawling this host is paused for 17 seconds.", "too-many-requests", Action.PAUSE_HOST),
        (
            "This URL has been already captured 10 times today.",
            "too-many-daily-captures",
            Action.LOOK_UP,
        ),
        ("The same snapshot had been made 3 minutes ago.", "same-snapshot", Action.LOOK_UP),
        ("Cannot start capture.", "cannot-start", Action.RETRY),
        ("Something new.", "unknown", Action.FEW),
        ("", "unknown", Action.FEW),
    ],
)
def test_a_sentence_without_a_code_is_understood(message, code, action):
    assert action_of("", message) == (code, action)


def test_a_code_is_stronger_than_its_sentence_and_an_unknown_one_is_kept():
    assert action_of("not-found", "Cannot start capture") == ("not-found", Action.LATE_RETRY)
    assert action_of("new-code", "Something") == ("new-code", Action.FEW)
    assert action_of("x" * 10_000)[0] == "x" * 100


@pytest.mark.parametrize(
    ("message", "seconds"),
    [("paused for 15 seconds", 15), ("for 2 hours", 7200), ("for 999999999 hours", 86_400), ("soon", 0)],
)
def test_pauses_named_in_words(message, seconds):
    assert pause_named_in(message) == timedelta(seconds=seconds)


# ---------------------------------------------------------------- steps


def test_only_what_surely_was_not_taken_is_sent_again_without_a_look():
    surely_not = [Transient("http-429"), Transient("dns"), Permanent("private-address")]
    maybe = [Transient("http-503"), Transient("timeout"), Transient("connection"), Transient("not-json")]
    steps = [archiving.after_trouble(CAPTURE, Errand.SUBMIT, error, NOW) for error in surely_not]
    assert {step.capture.sent_at for step in steps} == {None}
    steps = [archiving.after_trouble(CAPTURE, Errand.SUBMIT, error, NOW) for error in maybe]
    assert {step.capture.sent_at for step in steps} == {NOW}
    assert {step.due_at for step in steps} == {NOW + archiving.DOUBT}


def test_trouble_pauses_the_service_for_as_long_as_it_asks():
    error = Transient("http-429", retry_after=timedelta(seconds=200))
    pause = archiving.after_trouble(CAPTURE, Errand.LOOK_UP, error, NOW).pause
    assert (pause.scope, pause.until) == (Scope.SERVICE, NOW + timedelta(seconds=200))


def test_a_day_s_allowance_pauses_the_account_until_after_midnight():
    step = archiving.after_submit(CAPTURE, Refused("max-daily-bandwidth"), NOW)
    assert step.pause.until == datetime(2024, 3, 11, 0, 1, tzinfo=UTC)
    assert (step.capture.attempts, step.capture.sent_at) == (0, None)


def test_polls_grow_apart_and_end():
    sent = replace(CAPTURE, state=CaptureState.SUBMITTED, remote_id="x")
    ages = [0, 10, 60, 600, 1_799]
    waits = []
    for age in ages:
        now = NOW + timedelta(seconds=age)
        waits.append((archiving.after_poll(sent, Pending(), now, base_url="")).due_at - now)
    assert waits == sorted(waits)
    assert max(waits) == archiving.LONGEST_POLL
    late = archiving.after_poll(sent, Pending(), NOW + timedelta(hours=1), base_url="")
    assert (late.capture.state, late.capture.reason) == (CaptureState.WANTED, "unsure: overdue")


def test_an_answer_is_kept_but_for_its_long_lists():
    raw = {"status": "success", "resources": list(range(500)), "outlinks": {str(n): n for n in range(300)}}
    kept = archiving.trimmed(raw | {"screenshot": "x" * 10**6, "counters": {"embeds": 3}})
    assert (len(kept["resources"]), kept["resources_count"]) == (20, 500)
    assert (len(kept["outlinks"]), kept["outlinks_count"], kept["counters"]) == (20, 300, {"embeds": 3})
    assert "screenshot" not in kept


def test_a_success_without_its_address_is_one_of_the_asked_address():
    step = archiving.after_poll(CAPTURE, Saved(NOW, ""), NOW, base_url="https://archive.example/")
    assert step.capture.archive_url == f"https://archive.example/web/20240310080000/{URL}"


# ---------------------------------------------------------------- proof


def test_the_very_capture_is_better_than_a_later_one():
    captured = replace(CAPTURE, state=CaptureState.CAPTURED, archived_at=NOW)
    later = replace(SNAPSHOT, at=NOW + timedelta(hours=1))
    assert found_in(captured, [later, SNAPSHOT]) == SNAPSHOT
    assert found_in(captured, [later]) == later
    assert found_in(captured, [replace(later, status=404)]) is None
    assert look_from(captured) < NOW


def test_what_is_no_capture_of_the_article():
    assert fault_of_snapshot(replace(SNAPSHOT, status=302)) == "captured-http-302"
    assert fault_of_snapshot(replace(SNAPSHOT, digest="3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ")) == "empty"
    assert fault_of_snapshot(replace(SNAPSHOT, status=None)) == ""


@pytest.mark.parametrize(
    ("replay", "fault"),
    [
        ({}, ""),
        ({"at": NOW - timedelta(days=9)}, "older-redirect"),
        ({"at": NOW + timedelta(minutes=2)}, ""),
        ({"status": 404}, "not-shown-404"),
        ({"body": b" \n"}, "empty"),
        ({"wall": "cloudflare"}, "wall-cloudflare"),
        ({"body": "<title>登录 - 某网</title>".encode() + PAGE}, "login-page"),
        ({"body": b"<form><input class='x' type='password'></form>"}, "login-page"),
        ({"body": b"<input type=password>" + PAGE * 50}, ""),  # a news page's hidden form
    ],
)
def test_what_a_replay_shows(replay, fault):
    assert fault_of_replay(CAPTURE, SNAPSHOT, replace(SHOWN, **replay)) == fault


@pytest.mark.parametrize(
    ("captured", "fault"),
    [
        ("https://news.example.org/", "front-page"),
        ("https://news.example.org/?id=3", ""),
        ("https://passport.example.org/login?next=a", "login-page"),
        ("https://news.example.org/authors/ann", ""),
        ("https://news.example.org/2024/passport-office-fraud.html", ""),
    ],
)
def test_where_a_redirect_led(captured, fault):
    assert fault_of_replay(CAPTURE, replace(SNAPSHOT, original_url=captured), SHOWN) == fault


# ---------------------------------------------------------------- pace


def test_after_a_refusal_nothing_is_asked_and_then_one_probe():
    pace = pacing.refused(Pace(), NOW + timedelta(seconds=90), "http-503", NOW)
    assert [pacing.grant(pace, errand, NOW).count for errand in Errand] == [0, 0, 0]
    later = NOW + timedelta(seconds=91)
    assert pacing.duty(pace, NOW) is None
    assert pacing.duty(pace, later) is Duty.PROBE
    probing = pacing.began(pace, Duty.PROBE, later)
    assert pacing.duty(probing, later) is None
    assert pacing.grant(pacing.probed(probing), Errand.SUBMIT, later).count == 1


def test_refusals_in_a_row_close_longer_up_to_an_hour():
    pace, closed = Pace(), []
    for _ in range(9):
        now = pace.closed_until or NOW
        pace = pacing.refused(pace, now, "http-503", now)
        closed.append(pace.closed_until - now)
    assert closed[:4] == [timedelta(minutes=minutes) for minutes in (1, 2, 4, 8)]
    assert closed[-1] == timedelta(hours=1)
    assert pacing.answered(pacing.probed(pace), submitted=False).failures == 0


def test_the_account_says_how_many_at_once_and_how_many_today():
    pace = pacing.account_noted(Pace(), Account(1, 4, 990, 1_000), NOW)
    assert (pace.concurrent, pacing.left_today(pace, NOW)) == (5, 10)
    assert pacing.grant(pace, Errand.SUBMIT, NOW).only_originals
    assert pacing.grant(pace, Errand.SUBMIT, NOW, in_flight=5).reason == "busy"
    assert pacing.left_today(pace, NOW + timedelta(days=1)) == 1_000
    silent = pacing.account_noted(pace, Account(), NOW)
    assert (silent.concurrent, silent.daily_limit, silent.used) == (5, 1_000, 990)


def test_nothing_is_left_of_the_day():
    pace = pacing.account_noted(Pace(), Account(3, 0, 1_000, 1_000), NOW)
    granted = pacing.grant(pace, Errand.SUBMIT, NOW)
    assert (granted.count, granted.reason) == (0, "daily-limit")
    assert granted.again_at == datetime(2024, 3, 11, 0, 1, tzinfo=UTC)


def test_a_paused_account_still_polls_and_looks_up():
    pace = pacing.account_paused(Pace(), NOW + timedelta(hours=1), "bad-keys")
    assert [pacing.grant(pace, errand, NOW).count for errand in Errand] == [0, 1, 1]
    assert pacing.duty(pace, NOW) is None
