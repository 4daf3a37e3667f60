"""Promises of how changes of incidents are told: in words, with the incident that they lead to."""

import pytest

from monitor.domain.changes import Told, told_change


@pytest.mark.parametrize(
    ("what", "detail", "told"),
    [
        ("merge", {"kept": 1, "gone": 2}, "#2 → #1"),
        ("merge", {"kept": 1, "gone": 2, "reason": "one event"}, "#2 → #1: one event"),
        ("merge", {"kept": 1, "gone": 2, "reasons": ["same figure", "alike"]}, "#2 → #1: same figure; alike"),
        ("split", {"old": 1, "new": 5, "articles": [3]}, "#1 → #5"),
        ("move", {"old": None, "new": 5, "article": 3}, "→ #5"),
        ("admit", {"new": 5, "articles": [3]}, "→ #5"),
        ("rename", {"old": "Before", "new": "After"}, "“Before” → “After”"),
        ("apart", {"other": 2}, "≠ #2"),
        ("something later", {"x": 1}, ""),
    ],
)
def test_a_change_in_words(what: str, detail: dict[str, object], told: str) -> None:
    assert str(told_change(what, detail)) == told


def test_a_confirmation_taken_back_is_not_told_as_one() -> None:
    assert told_change("confirm", {"old": True, "new": False}) == Told("unconfirm")
    assert told_change("confirm", {"old": False, "new": True}) == Told("confirm")
