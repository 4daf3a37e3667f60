"""Promises of versions: a correction is one, a changed timestamp or counter is none."""

import pytest

from monitor.domain.versions import change

TEXT = "The firm paid 3 million.\nThe court will sit on Monday."


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (TEXT, TEXT),
        (TEXT + "\nUpdated 2026-03-03 10:00", TEXT + "\nUpdated 2026-03-04 11:30"),
        (TEXT + "\n5 minutes ago", TEXT + "\n2 hours ago"),
        (TEXT + "\n120 comments", TEXT + "\n1,345 comments"),
        (TEXT + "\n阅读：120", TEXT + "\n阅读：1345"),
        (TEXT, TEXT.replace(". ", ".\u00a0").replace("\n", "\n\n")),
    ],
)
def test_no_new_version(old, new) -> None:
    assert not change("A title", old, "A title", new)


def test_a_correction_is_visible() -> None:
    found = change("A title", TEXT, "A title", TEXT.replace("3 million", "5 million"))
    assert found.removed == ("The firm paid 3 million.",)
    assert found.added == ("The firm paid 5 million.",)


def test_a_new_headline_is_a_version() -> None:
    assert change("A title", TEXT, "Another title", TEXT).title
