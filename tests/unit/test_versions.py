"""Promises of versions: a correction is one, a changed timestamp or counter is none."""

import pytest

from monitor.domain.versions import change, is_version, likeness

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


def test_a_copy_is_told_apart_from_its_original_line_by_line() -> None:
    original = ["臺灣網民", "第一段說明。", "第二段，只在原文。"]
    copy = ["台湾网民", "本报讯：", "第一段说明"]
    found = likeness(original, copy)
    assert [sign for sign, _ in found.rows] == ["=", "+", "=", "-"]
    assert 0.6 < found.share < 0.9


def test_a_paragraph_with_one_word_changed_is_nearly_the_same() -> None:
    line = "The firm paid three million to the city before the court sat on Monday."
    assert 0.8 < likeness([line], [line.replace("Monday", "Tuesday")]).share < 1


def test_two_readers_of_one_page_differ_without_a_change() -> None:
    longer = TEXT + "\n" + "Nothing else is known of the case at this hour. " * 10
    caption = change("t", longer, "t", longer + "\nPhoto: A. Nyone")
    assert is_version(caption, longer, same_reader=True)
    assert not is_version(caption, longer, same_reader=False)
    corrected = change("t", longer, "t", longer.replace("3 million", "5 million"))
    assert is_version(corrected, longer, same_reader=False)
