"""Promises of the measurement: the keys of the contract, and a fair comparison; a floor where the pages are at hand."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.evaluate_extraction import evaluate_extraction, same_authors, same_date, same_title, states_date
from tests.made_sites import made_page

PAGES = Path(os.environ.get("EXTRACTION_PAGES", Path(__file__).parents[3] / "shared" / "data" / "extraction"))


def test_the_figures_of_a_folder(tmp_path) -> None:
    rows = []
    for number in range(3):
        made = made_page(1, number)
        (tmp_path / f"{number}.html").write_bytes(made.markup)
        rows.append(
            {
                "file": f"{number}.html",
                "url": made.url,
                "title": made.title,
                "text": made.text,
                "authors": "Ann Example",
            }
        )
    (tmp_path / "empty.html").write_bytes(b"<html></html>")
    rows.append({"file": "empty.html", "url": None, "text": "lost"})
    (tmp_path / "gold.jsonl").write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    seen: list[tuple[int, int]] = []
    figures = evaluate_extraction(tmp_path, lambda done, total: seen.append((done, total)))
    assert {
        "pages",
        "token_f1",
        "zero_pages",
        "title",
        "date",
        "authors",
        "pages_per_second",
    } <= figures.keys()
    assert (
        figures["pages"],
        figures["zero_pages"],
        figures["title"],
        figures["authors"],
        figures["date"],
    ) == (4, 1, 1.0, 1.0, None)
    assert 0.7 < figures["token_f1"] <= 0.75
    assert seen[-1] == (4, 4)


@pytest.mark.parametrize(
    ("found", "expected", "same"),
    [
        ("A headline", "A Headline!", True),
        ("A headline of some length", "A headline of some length | Site", True),
        ("Best cameras under 500 dollars", "The best cameras under 500 dollars", True),
        ("A", "A headline of some length", False),
        ("", "A headline", False),
    ],
)
def test_same_title(found, expected, same) -> None:
    assert same_title(found, expected) is same


@pytest.mark.parametrize(
    ("found", "expected", "same"),
    [
        (datetime(2026, 3, 3, 10, tzinfo=UTC), "2026-03-03", True),
        (datetime(2026, 3, 3, 1, tzinfo=UTC), "2026-3-2 18:00", True),
        (datetime(2026, 3, 3, 10, tzinfo=UTC), "2026-03", True),
        (datetime(2026, 3, 3, 10, tzinfo=UTC), "2026-03-05", False),
        (None, "2026-03-05", False),
    ],
)
def test_same_date(found, expected, same) -> None:
    assert same_date(found, expected) is same


@pytest.mark.parametrize(
    ("found", "expected", "same"),
    [
        (("Ann Example",), "Bob and Ann Example", True),
        (("王小明",), "王小明 李四", True),
        ((), "Ann", False),
        (("Bob",), "Ann", False),
    ],
)
def test_same_authors(found, expected, same) -> None:
    assert same_authors(found, expected) is same


@pytest.mark.parametrize(
    ("markup", "expected", "stated"),
    [
        ("<p>Posted Dec. 30, 2013</p>", "2013-12-30", True),
        ('<meta content="2013-12-30T10:00">', "2013-12-30", True),
        ("<p>2013年12月30日</p>", "2013-12-30 08-00", True),
        ("<p>30/12/2013</p>", "2013-12-30", True),
        ("<p>（1996年6月号）</p>", "1996-6", True),
        ("<p>2013-12-3</p>", "2013-12-30", False),
        ("<p>unknown</p>", "UNKNOWN", False),
    ],
)
def test_whether_a_page_states_a_date(markup, expected, stated) -> None:
    assert states_date(markup, expected) is stated


@pytest.mark.parametrize(("folder", "floor", "authors"), [("international", 0.955, 0.8), ("zh", 0.93, 0.5)])
def test_what_was_reached_on_answered_pages_is_held(folder, floor, authors) -> None:
    if not (PAGES / folder / "gold.jsonl").exists():
        pytest.skip("the pages with answers are not on this machine")
    figures = evaluate_extraction(PAGES / folder)
    assert figures["token_f1"] >= floor
    assert figures["title"] is None or figures["title"] >= 0.95
    assert figures["date_where_stated"] >= 0.92
    assert figures["authors"] >= authors
