"""Moments are told in the words of the language, whether they were or will be; far ones by their day."""

from datetime import UTC, datetime, timedelta

import pytest

from monitor.web.render import ago

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "since", "told"),
    [
        ("en", timedelta(seconds=20), "just now"),
        ("en", timedelta(seconds=-20), "in a moment"),
        ("en", timedelta(minutes=5), "5 min ago"),
        ("en", timedelta(hours=-3), "in 3 h"),
        ("en", timedelta(days=40), "40 d ago"),
        ("en", timedelta(days=70), "2026-09-14"),
        ("zh", timedelta(seconds=-20), "即将"),
        ("zh", timedelta(minutes=1), "1 分钟前"),
    ],
)
def test_a_moment_is_told(language: str, since: timedelta, told: str) -> None:
    assert ago(language, NOW, NOW - since) == told


def test_what_never_was_is_told() -> None:
    assert ago("en", NOW, None) == "never"
