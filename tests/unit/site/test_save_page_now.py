"""The stand-in of Save Page Now, moved by hand through time."""

import json
import re
from dataclasses import replace

import pytest

from tests.site import Limits, Rule, SavePageNow
from tests.site.archive_model import Target, within

KEYS = "LOW demo-access:demo-secret"
URL = "http://www.theregister.com/2022/03/28/faces/"


def value(answer):
    return json.loads(answer.body)


@pytest.fixture
def spn_of(clock):
    return lambda rules=(), visit=Target, **limits: SavePageNow(
        clock, replace(Limits(), **limits), rules, visit
    )


def save(spn, url=URL, **options):
    return spn.save(KEYS, {"url": url, **options})


def finish(spn, url=URL, **options):
    """Submit and poll to the end."""
    job_id = value(save(spn, url, **options))["job_id"]
    outcome = spn.status(job_id)
    while outcome["status"] == "pending":
        outcome = spn.status(job_id)
    return outcome


@pytest.mark.parametrize("authorization", ["", "LOW demo-access:wrong", "Basic demo-access:demo-secret"])
def test_nobody_saves_without_keys(spn_of, authorization):
    answer = spn_of().save(authorization, {"url": URL})
    assert answer.status == 401
    assert "message" in value(answer)


def test_a_job_is_pending_for_some_polls_and_then_succeeds(spn_of, clock):
    spn = spn_of(pending_polls=2)
    job_id = value(save(spn))["job_id"]
    assert re.fullmatch(r"spn2-[0-9a-f]{40}", job_id)
    states = [spn.status(job_id) for _ in range(3)]
    assert [state["status"] for state in states] == ["pending", "pending", "success"]
    assert states[-1]["original_url"] == URL
    assert states[-1]["timestamp"] == clock.now().strftime("%Y%m%d%H%M%S")


def test_a_job_that_nobody_polls_ends_all_the_same(spn_of, clock):
    spn = spn_of()
    save(spn)
    assert value(spn.user(KEYS))["processing"] == 1
    clock.advance(120)
    assert value(spn.user(KEYS))["processing"] == 0


def test_a_result_is_forgotten_after_an_hour(spn_of, clock):
    spn = spn_of()
    job_id = finish(spn)["job_id"]
    clock.advance(3600)
    assert spn.status(job_id)["status"] == "success"
    clock.advance(1)
    assert spn.status(job_id)["status"] == "error"


def test_a_recent_capture_is_handed_out_again(spn_of, clock):
    spn = spn_of()
    job_id = finish(spn)["job_id"]
    clock.advance(120)
    again = value(save(spn))
    assert again["job_id"] == job_id
    assert "same snapshot had been made 2 minutes ago" in again["message"]
    clock.advance(3600)
    assert value(save(spn))["job_id"] != job_id


def test_the_window_of_a_recent_capture_can_be_widened(spn_of, clock):
    spn = spn_of()
    job_id = finish(spn)["job_id"]
    clock.advance(2 * 86_400)
    assert value(save(spn, if_not_archived_within="3d"))["job_id"] == job_id
    assert spn.status(job_id)["status"] == "success"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("3d 5h 20m", 278_400), ("90", 90), ("10d,2h", 864_000), ("600,1d", 600), ("", 3600), ("soon", 3600)],
)
def test_windows_are_read_in_every_form(text, seconds):
    assert within(text) == seconds


def test_more_than_the_limit_a_minute_is_429_with_html(spn_of, clock):
    spn = spn_of(per_minute=2, concurrent=9)
    answers = [save(spn, f"{URL}{place}") for place in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert answers[2].headers["Retry-After"] == "60"
    assert answers[2].headers["Content-Type"].startswith("text/html")
    clock.advance(60)
    assert save(spn, f"{URL}3").status == 200


def test_who_ignores_429_for_a_minute_is_banned_and_longer_each_time(spn_of, clock):
    spn = spn_of(per_minute=1)
    for length in (3600, 7200):
        save(spn)
        while not spn.throttle.banned:
            clock.advance(10)
            save(spn)
        clock.advance(length - 1)
        assert spn.throttle.banned
        clock.advance(1)
        assert not spn.throttle.banned


def test_who_pauses_when_told_is_never_banned(spn_of, clock):
    spn = spn_of(per_minute=2, concurrent=99)
    for place in range(60):
        answer = save(spn, f"{URL}{place}")
        clock.advance(int(answer.headers.get("Retry-After", 1)))
        assert not spn.throttle.banned


def test_the_account_has_so_many_captures_at_once(spn_of):
    spn = spn_of(concurrent=1)
    save(spn)
    refused = value(save(spn, f"{URL}2"))
    assert refused["status_ext"] == "error:user-session-limit"
    assert "job_id" not in refused
    assert value(spn.user(KEYS)) == {
        "processing": 1,
        "available": 0,
        "daily_captures": 1,
        "daily_captures_limit": 30_000,
    }


def test_the_account_has_so_many_captures_a_day(spn_of, clock):
    spn = spn_of(per_day=1)
    finish(spn)
    refused = value(save(spn, f"{URL}2"))
    assert (refused["status"], refused["message"]) == (
        "error",
        "You cannot make more than 1 captures per day.",
    )
    clock.advance(86_400)
    assert "job_id" in value(save(spn, f"{URL}2"))


def test_a_page_is_captured_so_often_a_day(spn_of, clock):
    spn = spn_of(per_url=2)
    for _ in range(2):
        finish(spn, if_not_archived_within="1")
        clock.advance(60)
    assert value(save(spn, if_not_archived_within="1"))["status_ext"] == "error:too-many-daily-captures"


def test_a_host_that_throttles_is_paused_for_everybody(spn_of, clock):
    spn = spn_of([Rule("faces", error="too-many-requests", pending=0)])
    assert finish(spn)["status_ext"] == "error:too-many-requests"
    assert "is paused for 15 seconds" in value(save(spn, "http://www.theregister.com/other"))["message"]
    assert "job_id" in value(save(spn, "http://www.npr.org/other"))
    clock.advance(15)
    assert "job_id" in value(save(spn, "http://www.theregister.com/other"))


@pytest.mark.parametrize(
    ("target", "code"),
    [
        (Target(URL, 404), "not-found"),
        (Target(URL, 403), "no-access"),
        (Target(URL, 503), "service-unavailable"),
        (Target(URL, 418), "bad-request"),
        (Target(URL, error="browsing-timeout"), "browsing-timeout"),
    ],
)
def test_trouble_at_the_target_ends_the_job(spn_of, target, code):
    outcome = finish(spn_of(visit=lambda url: target))
    assert (outcome["status"], outcome["status_ext"]) == ("error", f"error:{code}")
    assert outcome["exception"]


@pytest.mark.parametrize(
    ("switch", "status"), [("1", "success"), ("on", "success"), ("01", "error"), ("True", "error")]
)
def test_errors_are_archived_only_when_switched_on(spn_of, switch, status):
    outcome = finish(spn_of(visit=lambda url: Target(url, 404)), capture_all=switch)
    assert outcome["status"] == status


def test_an_address_that_is_none_is_refused(spn_of):
    assert value(save(spn_of(), "ftp//nothing"))["status_ext"] == "error:invalid-url-syntax"


def test_scripted_submissions(spn_of):
    rules = [
        Rule("gateway", submit=504, times=1),
        Rule("busy", submit=429, retry_after=90),
        Rule("words", submit="error", error="celery", message="Cannot start capture"),
        Rule("html", submit="garbage"),
        Rule("reset", submit="drop"),
    ]
    spn = spn_of(rules, per_minute=99)
    assert [save(spn, "http://a.test/gateway").status for _ in range(2)] == [504, 200]
    assert save(spn, "http://a.test/busy").headers["Retry-After"] == "90"
    assert value(save(spn, "http://a.test/words"))["status_ext"] == "error:celery"
    assert save(spn, "http://a.test/html").body.startswith(b"<!DOCTYPE")
    assert save(spn, "http://a.test/reset").drop


def test_scripted_endings(spn_of):
    rules = [Rule("odd", error="brand-new-code"), Rule("moved", original_url="http://b.test/here")]
    spn = spn_of(rules)
    assert finish(spn, "http://a.test/odd")["status_ext"] == "error:brand-new-code"
    assert finish(spn, "http://a.test/moved")["original_url"] == "http://b.test/here"


@pytest.mark.parametrize(
    "rule", [Rule("faces", submit=523, captured=True), Rule("faces", submit="drop", captured=True)]
)
def test_a_capture_may_exist_although_the_client_saw_an_error(spn_of, rule):
    spn = spn_of([rule])
    save(spn)
    assert [capture.url for capture in spn.index.of(URL)] == [URL]


def test_a_failed_job_may_have_captured(spn_of):
    spn = spn_of([Rule("faces", error="read-timeout", captured=True)])
    assert finish(spn)["status"] == "error"
    assert len(spn.index.of(URL)) == 1


def test_the_service_tells_its_mood(spn_of):
    spn = spn_of()
    assert value(spn.system()) == {"status": "ok"}
    spn.mood = "overloaded"
    assert "overloaded" in value(spn.system())["status"]
    spn.mood = "down"
    assert spn.system().status == 502


def test_a_crowded_host_starts_late(spn_of):
    spn = spn_of(per_minute=99, concurrent=99)
    answers = [value(save(spn, f"{URL}{place}")) for place in range(23)]
    assert "message" not in answers[20]
    assert answers[21]["message"] == "The capture will start in 4.2 seconds."
