"""What must hold for every history of polls."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.errors import Permanent, Transient
from monitor.domain.model import (
    Entry,
    Feed,
    Health,
    Interval,
    Kind,
    Response,
    Source,
    SourceState,
    Validators,
)
from monitor.domain.schedule import LONGEST, after_poll

START = datetime(2026, 1, 1, tzinfo=UTC)
URL = "https://a.example/rss"
HEADERS = st.dictionaries(
    st.sampled_from(
        ["retry-after", "cache-control", "expires", "etag", "last-modified", "age", "server", "cf-mitigated"]
    ),
    st.one_of(
        st.text(max_size=12),
        st.sampled_from(["60", "max-age=600", "Thu, 01 Jan 2026 09:00:00 GMT", "challenge", "9" * 30]),
    ),
)
ANSWERS = st.one_of(
    st.builds(
        lambda status, headers, body, cut, moved: Response(
            URL,
            "https://b.example/" if moved else URL,
            status,
            headers,
            body,
            START,
            truncated=cut,
            redirects=((moved, "https://b.example/"),) if moved else (),
        ),
        st.sampled_from([200, 200, 200, 304, 301, 403, 404, 410, 429, 500, 503]),
        HEADERS,
        st.sampled_from([b"", b"a", b"b"]),
        st.booleans(),
        st.sampled_from([0, 0, 301, 302, 308]),
    ),
    st.builds(
        Transient,
        st.sampled_from(["dns", "timeout", "tls"]),
        retry_after=st.none() | st.timedeltas(timedelta(), 9 * LONGEST),
    ),
    st.builds(Permanent, st.sampled_from(["bad-url", "private-address"])),
)
MOMENTS = st.none() | st.timedeltas(-400 * LONGEST, LONGEST).map(lambda ago: START + ago)
FEEDS = st.none() | st.builds(
    Feed,
    st.sampled_from(["feed", "feed", "no-items", "html", "challenge", "empty-body"]),
    st.lists(MOMENTS.map(lambda moment: Entry("https://a.example/x", published_at=moment)), max_size=5).map(
        tuple
    ),
    ttl=st.none() | st.timedeltas(timedelta(), 9 * LONGEST),
)
STEPS = st.lists(
    st.tuples(ANSWERS, FEEDS, st.integers(0, 5), st.timedeltas(timedelta(), 40 * LONGEST), st.floats(0, 1)),
    max_size=12,
)
EVERY = st.tuples(st.integers(10, 7200), st.integers(0, 90_000)).map(
    lambda pair: Interval(timedelta(seconds=pair[0]), timedelta(seconds=sum(pair)))
)


@given(STEPS, EVERY, st.sampled_from(list(Kind)))
def test_a_source_is_always_asked_again_and_within_bounds(steps, every, kind):
    source, state, now = Source("a", kind, URL, every=every), SourceState("a"), START
    for answer, feed, new, passed, jitter in steps:
        now += passed
        before = state
        state = after_poll(source, state, answer=answer, feed=feed, new=new, now=now, jitter=jitter)
        wait = state.next_poll_at - now
        assert every.least <= wait <= max(LONGEST, every.most, every.least * 4) * 1.1
        assert state.failures >= 0
        assert state.status is not Health.DISABLED
        assert (state.since == now) or (state.status is before.status and state.since == before.since)
        assert bool(state.reason) or state.status in {Health.OK, Health.FAILING}
        assert state.last_new_at is None or state.last_new_at <= now


@given(STEPS, st.integers(1, 60))
def test_trouble_never_makes_the_next_poll_earlier(steps, count):
    source, state, now = Source("a", Kind.RSS, URL), SourceState("a"), START
    waits = []
    for _ in range(count):
        state = after_poll(source, state, answer=Transient("timeout"), now=now)
        waits.append(state.next_poll_at - now)
    assert waits == sorted(waits)
    assert waits[-1] <= LONGEST


@given(ANSWERS, FEEDS)
def test_a_page_that_was_cut_or_not_understood_leaves_no_validators(answer, feed):
    state = replace(SourceState("a", url=URL), validators=Validators("old", "old", "old"))
    after = after_poll(Source("a", Kind.RSS, URL), state, answer=answer, feed=feed, now=START)
    read_well = feed is not None and feed.outcome in {"feed", "no-items"}
    if (
        isinstance(answer, Response)
        and answer.status == 200
        and feed is not None
        and (answer.truncated or not read_well)
    ):
        assert after.validators == Validators()
