"""Captures under a lease, on both databases: best first, each by one only, and one pace for all."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.adapters import tables as t
from monitor.adapters.store.capture_figures import CaptureFigures
from monitor.adapters.store.captures import Captures
from monitor.adapters.store.captures_due import LEASE
from monitor.adapters.store.paces import see_pace
from monitor.domain.archiving import after_poll, after_submit
from monitor.domain.captures import Accepted, Account, Errand, Pause, Refused, Saved, Scope, Step
from monitor.domain.model import CaptureState
from monitor.domain.pacing import Duty
from tests.fakes import NOON
from tests.store.rows import add_read, copy_of, queued

SECONDS = timedelta(seconds=1)


@pytest.fixture
async def wanted(stores):
    """Three originals and a copy that are wanted."""
    reads = await add_read(stores, 4)
    await stores.verdicts.hold(NOON)
    settled = [queued(read, number) for number, read in enumerate(reads[:3], 1)]
    await stores.verdicts.settle([*settled, copy_of(reads[3], reads[0].article_id, 1)], now=NOON)
    return stores


@pytest.fixture
def captures(wanted, database):
    return Captures(database)


@pytest.fixture
def figures(wanted, database):
    return CaptureFigures(database)


async def test_a_queued_article_is_wanted_and_taken_once(captures):
    (first,) = await captures.take(Errand.SUBMIT, 9, now=NOON)
    assert (first.state, first.sent_at, first.host) == (CaptureState.WANTED, NOON, "host0.example")
    later = NOON + 9 * SECONDS
    (second,) = await captures.take(Errand.SUBMIT, 9, now=later)
    assert second.id != first.id


async def test_many_at_once_take_each_capture_once_and_no_more_than_the_pace(captures, database):
    others = [Captures(database) for _ in range(6)]
    taken = await asyncio.gather(*(other.take(Errand.SUBMIT, 3, now=NOON) for other in others))
    assert sum(len(batch) for batch in taken) == 1
    pace = await database.read(see_pace)
    assert (pace.used, len(pace.sent)) == (1, 1)


async def test_originals_come_before_copies(captures):
    order = []
    for turn in range(4):
        now = NOON + turn * 10 * SECONDS
        (capture,) = await captures.take(Errand.SUBMIT, 1, now=now)
        order.append(capture.host)
        step = after_submit(capture, Refused("blocked-url"), now)
        assert await captures.settle([step], now=now) == [True]
    assert order == ["host0.example", "host1.example", "host2.example", "host3.example"]


async def test_a_whole_life(captures, database):
    (capture,) = await captures.take(Errand.SUBMIT, 1, now=NOON)
    await captures.settle([after_submit(capture, Accepted("job-1", raw={"job_id": "job-1"}), NOON)], now=NOON)
    now = NOON + 6 * SECONDS
    (polled,) = await captures.take(Errand.POLL, 9, now=now)
    assert (polled.remote_id, polled.answer) == ("job-1", {"job_id": "job-1"})
    saved = Saved(NOON, "https://host0.example/moved")
    step = after_poll(polled, saved, now, base_url="https://web.archive.org")
    assert await captures.settle([step], now=now) == [True]
    assert await captures.take(Errand.LOOK_UP, 9, now=now) == []
    (looked_up,) = await captures.take(Errand.LOOK_UP, 9, now=now + timedelta(minutes=15))
    assert (looked_up.state, looked_up.final_url) == (CaptureState.CAPTURED, "https://host0.example/moved")
    assert looked_up.archived_at == NOON


async def test_a_lost_lease_writes_nothing(captures):
    (capture,) = await captures.take(Errand.SUBMIT, 1, now=NOON)
    later = NOON + timedelta(minutes=11)
    (again,) = await captures.take(Errand.LOOK_UP, 1, now=later)  # sent without an answer: looked up first
    assert again.id == capture.id
    late = after_submit(capture, Accepted("job-1"), later)
    mine = Step(replace(again, state=CaptureState.LOST), None)
    assert await captures.settle([late, mine], now=later) == [False, True]


async def test_a_paused_site_waits_and_each_pause_is_longer(captures, database):
    (capture,) = await captures.take(Errand.SUBMIT, 1, now=NOON)
    now, waits = NOON, []
    for _ in range(3):
        step = after_submit(capture, Refused("too-many-requests"), now)
        await captures.settle([step], now=now)
        hosts = await figures_of(database).overview(now)
        waits.append(hosts.paused_hosts["host0.example"] - now)
        now = hosts.paused_hosts["host0.example"] + 10 * SECONDS
        taken = await captures.take(Errand.SUBMIT, 1, now=now)
        assert [one.host for one in taken] == ["host0.example"]
        (capture,) = taken
    assert waits == [timedelta(minutes=minutes) for minutes in (5, 10, 20)]


def figures_of(database):
    return CaptureFigures(database)


async def test_a_pause_of_the_service_stops_everything_until_a_probe(captures):
    assert await captures.duty(NOON) is Duty.ACCOUNT
    assert await captures.duty(NOON) is None  # someone is at it
    await captures.settle_duty(Pause(Scope.SERVICE, NOON + 90 * SECONDS, "http-503"), now=NOON)
    assert await captures.take(Errand.SUBMIT, 1, now=NOON) == []
    assert await captures.waiting(NOON) == (4, NOON + 90 * SECONDS)
    later = NOON + 91 * SECONDS
    assert await captures.duty(later) is Duty.PROBE
    assert await captures.duty(later) is None
    await captures.settle_duty(None, now=later)
    assert len(await captures.take(Errand.SUBMIT, 1, now=later)) == 1


async def test_what_the_account_allows_is_remembered(captures, figures):
    await captures.settle_duty(Account(3, 0, 9_990, 10_000), now=NOON)
    shown = await figures.overview(NOON)
    assert (shown.left_today, shown.daily_limit) == (10, 10_000)


async def test_the_figures_say_what_is_left_of_the_day(captures, wanted):
    assert (await wanted.overviews.take(NOON)).captures_left == 30_000
    account = Account(available=3, processing=0, used_today=990, daily_limit=1_000)
    await captures.settle_duty(account, now=NOON)
    assert (await wanted.overviews.take(NOON)).captures_left == 10


async def test_without_keys_the_reason_is_written_once(captures, figures):
    assert await captures.note_no_keys() == 4
    assert await captures.note_no_keys() == 0
    assert (await figures.overview(NOON)).waiting_for == {"no-keys": 4}


async def test_how_archiving_stands(captures, figures):
    (capture,) = await captures.take(Errand.SUBMIT, 1, now=NOON)
    await captures.settle([after_submit(capture, Refused("blocked-url"), NOON)], now=NOON)
    await captures.settle_duty(Pause(Scope.ACCOUNT, NOON + 60 * SECONDS, "user-session-limit"), now=NOON)
    shown = await figures.overview(NOON + 30 * SECONDS)
    assert shown.captures == {"wanted": 3, "lost": 1}
    assert shown.lost == {"blocked-url": 1}
    assert shown.oldest_wanted == 30.0
    assert shown.account_closed_because == "user-session-limit"
    assert (await figures.overview(NOON + 90 * SECONDS)).account_closed_until is None


async def test_lost_ones_are_tried_again_with_a_clean_sheet(captures, figures):
    (capture,) = await captures.take(Errand.SUBMIT, 1, now=NOON)
    lost = Step(replace(capture, state=CaptureState.LOST, attempts=6, retakes=2), None)
    await captures.settle([lost], now=NOON)
    assert await figures.retry([capture.id + 1000], now=NOON) == 0
    assert await figures.retry(None, now=NOON) == 1
    (again,) = await captures.take(Errand.SUBMIT, 1, now=NOON + 9 * SECONDS)
    assert (again.id, again.attempts, again.retakes) == (capture.id, 0, 0)


async def test_what_was_proven_can_be_proven_again(captures, figures):
    (capture,) = await captures.take(Errand.SUBMIT, 1, now=NOON)
    verified = replace(capture, state=CaptureState.VERIFIED, archived_at=NOON, final_url=capture.url)
    await captures.settle([Step(verified, None)], now=NOON)
    assert await captures.take(Errand.LOOK_UP, 1, now=NOON) == []
    assert await figures.verify(None, now=NOON) == 1
    assert len(await captures.take(Errand.LOOK_UP, 1, now=NOON)) == 1
    (shown,) = await figures.of_url(capture.url)
    assert shown.archived_at == NOON


async def test_a_lease_ends(captures):
    (capture,) = await captures.take(Errand.SUBMIT, 1, now=NOON)
    await captures.settle([after_submit(capture, Accepted("job-1"), NOON)], now=NOON)
    now = NOON + 6 * SECONDS
    assert len(await captures.take(Errand.POLL, 9, now=now)) == 1
    assert await captures.take(Errand.POLL, 9, now=now + 60 * SECONDS) == []
    assert len(await captures.take(Errand.POLL, 9, now=now + LEASE + SECONDS)) == 1


async def test_what_retention_keeps_and_what_an_incident_exports(wanted, figures, database):
    pages = await figures.pages_of_incident(1)
    assert [page.url for page in pages] == ["https://host0.example/1", "https://host3.example/4"]
    label = {
        "article_id": 1,
        "scheme": "s",
        "question": "q",
        "value": "yes",
        "labeller": "ann",
        "at": NOON,
    }
    await database.write(lambda connection: connection.execute(t.labels.insert().values(label)))
    done = t.articles.update().where(t.articles.c.id.in_([1, 4])).values(label_state="labelled")
    skipped = t.articles.update().where(t.articles.c.id == 2).values(label_state="skipped")
    await database.write(lambda connection: [connection.execute(one) for one in (done, skipped)])
    kept = await figures.kept_urls()
    assert "https://host0.example/1" in kept  # labelled
    assert "https://host2.example/3" in kept  # waits for a label
    assert not {"https://host1.example/2", "https://host3.example/4"} & set(
        kept
    )  # skipped; its label is gone
