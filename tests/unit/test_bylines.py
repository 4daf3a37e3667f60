"""Promises of the byline rules: dates and names are read as people see them below a headline."""

import pytest

from monitor.domain.blocks import Block
from monitor.domain.bylines import byline, month_first, person_names, shown_authors, shown_dates


def blocks(*texts: str) -> list[Block]:
    return [Block(text, "div", (1,)) for text in texts]


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("By Ann Example | March 3, 2026", ["March 3, 2026"]),
        ("02 Feb 2026", ["02 Feb 2026"]),
        ("December 19th, 2025", ["December 19th, 2025"]),
        ("17.05.2021", ["17.05.2021"]),
        ("am 3. März 2026 um 10:20", ["3. Marz 2026 um 10:20"]),
        ("2024年3月27日 19:03 来源：新华网", ["2024年3月27日 19:03"]),
        ("Updated 5 May 2026 · Published 3 May 2026", ["3 May 2026", "5 May 2026"]),
        ("3 May 2026, 4 May 2026 10:00", ["4 May 2026 10:00", "3 May 2026"]),
        ("Best phones of 2026", []),
    ],
)
def test_dates_are_shown(text, dates) -> None:
    assert shown_dates(blocks(text)) == dates


def test_an_american_date_is_turned_round() -> None:
    assert month_first("3/4/2025") == "2025-3-4"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("By Ann Example", ("Ann Example",)),
        ("Written by Ann Example and Bob Sample on 3 March 2026", ("Ann Example", "Bob Sample")),
        ("By Ann Example | Staff writer", ("Ann Example",)),
        ("作者：王小明", ("王小明",)),
        ("记者 王建宏 张文攀", ("王建宏", "张文攀")),
        ("Bypassing the lock", ()),
        ("The robots are coming", ()),
    ],
)
def test_authors_are_shown(text, names) -> None:
    assert shown_authors(blocks(text)) == names


@pytest.mark.parametrize(
    "text", ["admin", "https://example.com/author/ann", "{{ author }}", "a", "page.head.extra.author"]
)
def test_what_is_no_name_is_no_author(text) -> None:
    assert person_names(text) == ()


def test_a_byline_is_near_the_headline_and_short() -> None:
    rows = blocks("far above", *["menu"] * 20, "Headline", "By Ann", "© 2026 Example", "word " * 60)
    assert [block.text for block in byline(rows, 21)][:2] == ["Headline", "By Ann"]
    assert "far above" not in [block.text for block in byline(rows, 21)]
    assert all("©" not in block.text for block in byline(rows, 21))
