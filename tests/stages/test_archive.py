"""The life of a capture, through the stand-in of the archive and a clock that stands still."""

from itertools import pairwise

import pytest

from monitor.domain.captures import Pause
from tests.site import Rule
from tests.site.answers import plain_error, redirect, text
from tests.stages.archive_world import DAYS, HOURS, MINUTES, PAGE, URL, states, world_of

__all__ = ["world_of"]  # a fixture


async def test_wanted_submitted_captured_verified(world_of):
    world = world_of()
    await world.want(URL)
    await world.run(20 * MINUTES)
    row = await world.row()
    assert (row.state, row.reason) == ("verified", "")
    assert row.archive_url == f"https://web.archive.org/web/{row.archived_at:%Y%m%d%H%M%S}/{URL}"
    assert states(world) == [("wanted", "submitted"), ("submitted", "captured"), ("captured", "verified")]
    assert (world.line.count("/save"), world.taken) == (1, 1)
    assert row.answer["status"] == "success"


async def test_without_keys_the_backlog_is_kept_and_keys_added_later_work_it_off(world_of):
    world = world_of(keys=False)
    await world.want(URL)
    await world.run(MINUTES)
    row = await world.row()
    assert (row.state, row.reason, world.line.seen) == ("wanted", "no-keys", [])
    later = world_of()
    await later.run(20 * MINUTES)
    assert (await later.row()).state == "verified"


async def test_keys_that_are_refused_pause_the_account_and_keep_the_backlog(world_of):
    world = world_of(secret="wrong")
    await world.want(URL)
    await world.run(3 * HOURS)
    row = await world.row()
    assert (row.state, row.attempts) == ("wanted", 0)
    assert Pause in {type(one) for one in world.happened}
    assert len(world.line.seen) <= 4  # once an hour


async def test_the_index_lags_and_is_asked_again(world_of):
    world = world_of(index_lag=3 * 3600)
    await world.want(URL)
    await world.run(4 * HOURS)
    assert (await world.row()).state == "captured"
    await world.run(12 * HOURS)
    assert (await world.row()).state == "verified"
    assert world.line.count("/cdx/search/cdx") == 3
    assert world.taken == 1


async def test_a_redirected_page_keeps_both_addresses(world_of):
    target = "https://news.example.org/2024/fraud-updated.html"
    world = world_of(rules=[Rule(match="fraud", original_url=target)])
    await world.want(URL)
    await world.run(20 * MINUTES)
    row = await world.row()
    assert (row.state, row.url, row.final_url) == ("verified", URL, target)
    assert row.archive_url.endswith(f"/{target}")


# ---------------------------------------------------------------- answers that leave open what happened


async def test_a_capture_that_was_made_although_the_line_broke_is_found_and_not_made_again(world_of):
    world = world_of(rules=[Rule(match="fraud", submit="drop")])
    await world.want(URL)
    await world.step()
    world.spn._capture(world.pages.target(URL), {})
    assert (await world.row()).reason == "unsure: connection"
    await world.run(20 * MINUTES)
    row = await world.row()
    assert (row.state, row.attempts) == ("verified", 0)
    assert (world.line.count("/save"), world.taken) == (1, 1)


@pytest.mark.parametrize("submit", [500, 502, 503, 504, 523, "drop", "garbage"])
async def test_trouble_of_the_archive_counts_no_attempt_and_passes(world_of, submit):
    world = world_of(rules=[Rule(match="fraud", submit=submit, times=1)])
    await world.want(URL)
    await world.step()
    assert (await world.row()).state == "wanted"
    await world.run(HOURS)
    row = await world.row()
    assert (row.state, row.attempts) == ("verified", 0)
    assert (world.line.count("/save"), world.taken) == (2, 1)
    assert world.line.count("/save/status/system") >= 1  # a probe before anything else


async def test_a_lost_result_is_looked_up_before_anything_is_sent_again(world_of):
    world = world_of()
    await world.want(URL)
    await world.step()
    world.clock.advance(2 * 3600)  # nobody asked for two hours; results are kept for one
    await world.run(MINUTES)
    world.spn._jobs.clear()
    await world.run(HOURS)
    assert (await world.row()).state == "verified"
    assert (world.line.count("/save"), world.taken) == (1, 1)


async def test_a_capture_that_never_ends_is_looked_up(world_of):
    world = world_of()
    await world.want(URL)
    await world.step()
    world.spn._advance = lambda: None
    await world.run(29 * MINUTES)
    assert (await world.row()).state == "submitted"
    await world.run(5 * MINUTES)
    assert (await world.row()).reason.startswith("unsure: overdue")


async def test_an_outage_while_results_are_asked_for_loses_nothing(world_of):
    world = world_of()
    await world.want(URL)
    await world.step()
    world.spn.outage = 503
    await world.run(30 * MINUTES)
    world.spn.outage = None
    await world.run(2 * HOURS)
    assert (await world.row()).state == "verified"
    assert world.line.count("/save") == 1


# ---------------------------------------------------------------- kill -9


@pytest.mark.parametrize("path", ["/save", "/save/status", "/cdx/search/cdx"])
async def test_a_process_that_dies_during_a_request_loses_and_doubles_nothing(world_of, path):
    world = world_of()
    await world.want(URL)
    world.line.dies_at = path
    with pytest.raises(KeyboardInterrupt):
        await world.run(HOURS)
    other = world.after_restart()
    await other.run(2 * HOURS)
    assert (await other.row()).state == "verified"
    assert world.taken == 1


async def test_a_capture_sent_before_the_crash_is_found_in_the_index(world_of):
    world = world_of(pending_polls=0)
    await world.want(URL)
    world.line.dies_at = "/save"
    with pytest.raises(KeyboardInterrupt):
        await world.step()
    world.clock.advance(130)  # the archive finishes on its own
    world.spn._advance()
    other = world.after_restart()
    await other.run(HOURS)
    assert (await other.row()).state == "verified"
    assert world.line.count("/save") == 1


# ---------------------------------------------------------------- the archive's own words


async def test_too_many_captures_at_once_pause_the_account_and_count_no_attempt(world_of):
    rule = Rule(match="fraud", submit="error", error="user-session-limit", times=1)
    world = world_of(rules=[rule])
    await world.want(URL, "https://other.example.org/a")
    await world.run(MINUTES)
    assert world.line.count("/save") == 1
    await world.run(20 * MINUTES)
    assert {(row.state, row.attempts) for row in await world.rows()} == {("verified", 0)}


async def test_a_site_that_throttles_the_archive_is_left_alone_and_the_others_go_on(world_of):
    rule = Rule(match="fraud", error="too-many-requests", times=3)
    world = world_of(rules=[rule])
    await world.want(URL, "https://other.example.org/a")
    await world.run(4 * MINUTES)
    first, second = await world.rows()
    assert (first.state, first.reason, first.attempts) == ("wanted", "too-many-requests", 0)
    assert second.state == "captured"
    await world.run(2 * HOURS)
    assert {row.state for row in await world.rows()} == {"verified"}
    sent = [at for at, method, path, _ in world.line.seen if (method, path) == ("POST", "/save")]
    pauses = [later - earlier for earlier, later in pairwise(sent)]
    assert pauses == sorted(pauses)  # each pause is longer than the one before


async def test_a_page_that_was_captured_often_today_counts_as_archived(world_of):
    world = world_of(rules=[Rule(match="fraud", submit="error", error="too-many-daily-captures")])
    world.spn._capture(world.pages.target(URL), {})
    world.clock.advance(4 * 3600)
    await world.want(URL)
    await world.run(HOURS)
    row = await world.row()
    assert row.state == "verified"
    assert f"{row.archived_at:%H:%M}" == "08:00"
    assert world.line.count("/save") == 1


async def test_a_page_that_others_captured_within_the_hour_counts_as_archived(world_of):
    world = world_of()
    await world.wayback.submit(URL, within=DAYS)
    world.clock.advance(130)
    await world.want(URL)
    await world.run(HOURS)
    assert (await world.row()).state == "verified"
    assert world.taken == 1


async def test_the_day_s_allowance_pauses_until_the_next_day(world_of):
    world = world_of(rules=[Rule(match="fraud", submit="error", error="max-daily-bandwidth", times=1)])
    await world.want(URL)
    await world.run(15 * HOURS)
    assert ((await world.row()).state, world.line.count("/save")) == ("wanted", 1)
    await world.run(2 * HOURS)
    assert (await world.row()).state == "verified"


@pytest.mark.parametrize(
    ("code", "tries", "hours"),
    [
        ("bad-gateway", 6, 40),
        ("no-captures", 6, 40),
        ("bandwidth-limit-exceeded", 6, 30),
        ("not-found", 2, 30),
        ("blocked-url", 1, 1),
        ("invalid-url-syntax", 1, 1),
        ("never-heard-of", 3, 10),
    ],
)
async def test_errors_of_a_page_end_after_their_tries(world_of, code, tries, hours):
    world = world_of(rules=[Rule(match="fraud", error=code)])
    await world.want(URL)
    await world.run(hours * HOURS)
    row = await world.row()
    assert (row.state, row.reason, row.attempts) == ("lost", code, tries)
    assert world.line.count("/save") == tries
    assert row.answer["status_ext"] == f"error:{code}"


async def test_half_a_character_of_the_archive_can_be_written_down(world_of):
    world = world_of()
    said = r'{"status": "error", "job_id": "1", "status_ext": "error:half-\ud83d", "message": "\u0000"}'
    world.line.instead["/save"] = lambda _: text(said, "application/json")
    await world.want(URL)
    await world.run(10 * HOURS)
    assert ((await world.row()).state, (await world.row()).reason) == ("lost", "half-")


async def test_a_sentence_without_a_code_is_understood(world_of):
    world = world_of(per_day=1)
    await world.want(URL, "https://other.example.org/a")
    await world.run(HOURS)
    assert [row.state for row in await world.rows()] == ["verified", "wanted"]
    await world.run(16 * HOURS)
    assert [row.state for row in await world.rows()] == ["verified", "verified"]


# ---------------------------------------------------------------- captures that prove to be none


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (text(b""), "empty"),
        (text("<title>Log in to continue</title><form><input type='password'></form>"), "login-page"),
        (text("<script>var a;document.cookie='x';location.reload()</script>"), "wall-javascript"),
    ],
)
async def test_a_capture_of_something_else_is_taken_a_second_time_and_then_given_up(world_of, answer, reason):
    world = world_of()
    world.pages.at[URL] = answer
    await world.want(URL)
    await world.run(20 * MINUTES)
    row = await world.row()
    assert (row.state, row.reason, row.archive_url) == ("wanted", reason, "")
    await world.run(8 * HOURS)
    row = await world.row()
    assert (row.state, row.reason, world.taken) == ("lost", reason, 2)


async def test_the_second_try_may_succeed(world_of):
    world = world_of()
    world.pages.at[URL] = text(b"")
    await world.want(URL)
    await world.run(20 * MINUTES)
    world.pages.at[URL] = text(PAGE)
    await world.run(8 * HOURS)
    row = await world.row()
    assert (row.state, row.retakes, world.taken) == ("verified", 1, 2)


async def test_a_redirect_to_the_front_page_is_no_capture_of_the_article(world_of):
    world = world_of(rules=[Rule(match="fraud", original_url="https://news.example.org/")])
    await world.want(URL)
    await world.run(20 * MINUTES)
    assert (await world.row()).reason == "front-page"


async def test_a_capture_that_the_index_never_shows_is_taken_again_and_then_given_up(world_of):
    world = world_of(index_lag=10**7)
    await world.want(URL)
    await world.run(8 * DAYS)
    row = await world.row()
    assert (row.state, row.reason, world.taken) == ("lost", "not-in-index", 2)


async def test_a_replay_that_leads_to_an_older_capture_is_not_proof(world_of):
    world = world_of()
    old = world.spn._capture(world.pages.target(URL), {})
    world.clock.advance(30 * 86_400)
    await world.want(URL)
    world.line.instead["/web/"] = lambda path: (
        redirect(f"/web/{old.timestamp}id_/{URL}") if old.timestamp not in path else None
    )
    await world.run(20 * MINUTES)
    assert (await world.row()).state == "captured"
    world.line.instead.clear()
    await world.run(3 * HOURS)
    assert (await world.row()).state == "verified"


# ---------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    "url",
    [
        "https://例え.jp/記事/声?q=クローン&x=%E5%A3%B0",
        "https://news.example.org/" + "long/" * 1_595,
        "https://news.example.org/a?b=1&c[]=2#top",
    ],
)
async def test_odd_addresses_travel_whole(world_of, url):
    world = world_of()
    await world.want(url)
    await world.run(20 * MINUTES)
    assert (await world.row()).state == "verified"


async def test_an_index_that_cannot_take_an_address_is_not_asked_for_ever(world_of):
    world = world_of()
    world.line.instead["/cdx/"] = lambda _: plain_error(414, "URI Too Long")
    await world.want(URL)
    await world.run(8 * DAYS)
    assert ((await world.row()).state, (await world.row()).reason) == ("lost", "not-in-index")


@pytest.mark.parametrize("body", ["[[", "null", "3", '{"x": 1}', "<html>", "[[1],[2,3]]", '[["a"],["b"]]'])
async def test_answers_that_are_not_what_they_should_be_break_nothing(world_of, body):
    world = world_of()
    await world.want(URL, "https://other.example.org/a")
    world.line.instead["/"] = lambda _: text(body, "application/json")
    await world.run(2 * HOURS)
    world.line.instead.clear()
    await world.run(2 * DAYS)
    assert {row.state for row in await world.rows()} == {"verified"}


@pytest.mark.parametrize("jump", [-40 * DAYS, -HOURS, HOURS, 40 * DAYS])
async def test_a_clock_that_jumps_holds_nothing_up(world_of, jump):
    world = world_of()
    await world.want(URL, "https://other.example.org/a")
    await world.run(10 * MINUTES)
    world.clock.advance(jump.total_seconds())
    await world.want("https://third.example.org/a")
    world.spn.outage = 503  # an archive's clock does not jump with ours: it makes no captures meanwhile
    await world.run(6 * MINUTES)
    world.spn.outage = None
    world.clock.advance(-jump.total_seconds())
    await world.run(3 * HOURS)
    assert {row.state for row in await world.rows()} == {"verified"}
