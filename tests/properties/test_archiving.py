"""The pace holds whatever the order of requests, refusals and jumps of the clock."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from monitor.domain import archiving, pacing
from monitor.domain.archive_codes import ACTIONS
from monitor.domain.captures import Accepted, Capture, Errand, Forgotten, Pending, Refused, Saved
from monitor.domain.errors import Permanent, Transient
from monitor.domain.model import CaptureState
from monitor.domain.pacing import MINUTE, PER_MINUTE, Duty, Pace

NOW = datetime(2024, 3, 10, 8, 0, tzinfo=UTC)
SECONDS = st.floats(0, 300).map(lambda seconds: timedelta(seconds=seconds))


@given(st.lists(SECONDS, max_size=120))
def test_never_more_than_the_pace_in_any_minute(pauses):
    pace, now, sent = Pace(), NOW, []
    for pause in pauses:
        now += pause
        granted = pacing.grant(pace, Errand.SUBMIT, now)
        pace = pacing.spent(pace, Errand.SUBMIT, granted.count, now)
        sent += [now] * granted.count
    for first in sent:
        assert sum(first <= other < first + MINUTE for other in sent) <= PER_MINUTE


@given(st.lists(st.tuples(st.sampled_from(Errand), SECONDS), max_size=80))
def test_look_ups_stay_under_the_index_s_limit(turns):
    pace, now, looked = Pace(), NOW, []
    for errand, pause in turns:
        now += pause / 50
        granted = pacing.grant(pace, errand, now)
        pace = pacing.spent(pace, errand, granted.count, now)
        looked += [now] * granted.count if errand is Errand.LOOK_UP else []
    for first in looked:
        assert sum(first <= other < first + timedelta(minutes=1) for other in looked) <= 27


JUMP = st.integers(-40 * 86_400, 40 * 86_400).map(lambda seconds: timedelta(seconds=seconds))


@given(st.lists(st.tuples(st.booleans(), JUMP), max_size=20))
def test_no_jump_of_the_clock_closes_the_door_for_longer_than_a_day(turns):
    pace, now = Pace(), NOW
    for refused, jump in turns:
        now += jump
        if refused:
            pace = pacing.refused(pace, now + timedelta(hours=1), "http-503", now)
        pace = pacing.spent(pace, Errand.SUBMIT, pacing.grant(pace, Errand.SUBMIT, now).count, now)
    assert opens(pace, now)


def opens(pace, now):
    """Go on as the stage does, every ten minutes for a little more than a day."""
    for turn in range(150):
        moment = now + timedelta(minutes=10) * turn
        if what := pacing.duty(pace, moment):
            pace = pacing.began(pace, what, moment)
            pace = pacing.probed(pace) if what is Duty.PROBE else pace
        if pacing.grant(pace, Errand.SUBMIT, moment).count:
            return True
    return False


ANSWERS = st.one_of(
    st.sampled_from([Accepted("x"), Pending(), Forgotten(), Saved(NOW, "https://a.example/")]),
    st.builds(Refused, st.sampled_from([*ACTIONS, "", "new"]), st.text(max_size=50)),
    st.sampled_from([Transient("http-429"), Transient("timeout"), Permanent("bad-keys"), Permanent("odd")]),
)


@given(st.lists(ANSWERS, max_size=40))
def test_whatever_the_archive_says_a_capture_has_one_way_on(answers):
    capture = Capture(1, 1, "https://a.example/", CaptureState.WANTED, sent_at=NOW)
    for number, answer in enumerate(answers):
        now = NOW + timedelta(minutes=number)
        step = step_of(capture, answer, now)
        assert (step.due_at is None) == (step.capture.state is CaptureState.LOST)
        assert step.due_at is None or now <= step.due_at <= now + timedelta(days=1, minutes=1)
        assert capture.attempts <= step.capture.attempts <= 6
        assert (step.capture.state is CaptureState.SUBMITTED) == bool(step.capture.remote_id)
        if step.capture.state is CaptureState.LOST:
            return
        capture = step.capture


def step_of(capture, answer, now):
    if isinstance(answer, Transient | Permanent):
        return archiving.after_trouble(capture, errand_of(capture), answer, now)
    if isinstance(answer, Accepted):
        return archiving.after_submit(capture, answer, now)
    if capture.state is CaptureState.WANTED:
        refused = answer if isinstance(answer, Refused) else Refused("")
        return archiving.after_submit(capture, refused, now)
    return archiving.after_poll(capture, answer, now, base_url="https://archive.example")


def errand_of(capture):
    return Errand.SUBMIT if capture.state is CaptureState.WANTED else Errand.POLL
