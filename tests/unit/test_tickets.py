"""Tickets: what goes first, what is one and the same, and when no more are given."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.tickets import BACKFILL, FRESH, MOST_FOUND, MOST_READ, Backlog, Ticket, priority_of
from tests.fakes import NOON


def test_one_kind_of_work_has_one_lock() -> None:
    assert Ticket("read", "example.org", FRESH).lock == Ticket("read", "example.org", BACKFILL).lock
    assert Ticket("read", "example.org").lock != Ticket("poll", "example.org").lock


def test_news_go_before_what_is_caught_up_on() -> None:
    assert priority_of(NOON - timedelta(hours=3), NOON) == FRESH
    assert priority_of(NOON - timedelta(days=3), NOON) == BACKFILL
    assert priority_of(None, NOON) == FRESH
    assert FRESH > Ticket("poll").priority > BACKFILL


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_a_stage_that_falls_behind_holds_up_the_one_before_it_alone(found: int, read: int) -> None:
    backlog = Backlog(found, read)
    assert backlog.may_poll is (found < MOST_FOUND)
    assert backlog.may_read is (read < MOST_READ)
