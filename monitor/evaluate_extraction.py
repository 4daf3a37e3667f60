"""Measures the page reader on pages with hand-made answers."""

import calendar
import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from monitor.adapters.decode import decode
from monitor.adapters.extract import read_page
from monitor.domain.errors import MonitorError, NotADocumentError
from monitor.domain.model import Document, Hints, Page
from monitor.domain.text import token_f1
from monitor.domain.titles import squeeze

Progress = Callable[[int, int], None]  # pages done, pages in all


MONTHS = tuple(calendar.month_abbr)[1:]  # the program sets no locale: English
SAME_BEGINNING = 0.5  # of the longer title
SAME_WORDS = 0.75  # token F1


@dataclass(frozen=True)
class Score:
    """How one page was read; None where the answers do not say."""

    file: str
    token_f1: float
    title: bool | None
    date: bool | None
    authors: bool | None
    date_stated: bool = True  # the page says the answer's date somewhere, in words or in its markup


def evaluate_extraction(folder: Path, progress: Progress | None = None) -> dict[str, Any]:
    """Return the figures of reading every page that `gold.jsonl` in the folder has an answer for."""
    started = time.perf_counter()
    scores = list(score_folder(folder, progress))
    seconds = time.perf_counter() - started
    return {
        "pages": len(scores),
        "token_f1": mean([score.token_f1 for score in scores]),
        "zero_pages": sum(score.token_f1 == 0 for score in scores),
        "title": mean([score.title for score in scores]),
        "date": mean([score.date for score in scores]),
        "date_where_stated": mean([score.date for score in scores if score.date_stated]),
        "authors": mean([score.authors for score in scores]),
        "pages_per_second": round(len(scores) / seconds, 2) if seconds else 0.0,
    }


def score_folder(folder: Path, progress: Progress | None = None) -> Iterator[Score]:
    """Yield the score of every page, read one at a time."""
    answers = answers_of(folder)
    for done, gold in enumerate(answers, start=1):
        path = folder / gold["file"]
        found = score(gold, read_file(path, gold.get("url") or ""))
        markup = decode(path.read_bytes(), content_type="")
        yield replace(found, date_stated=states_date(markup, gold.get("published_at") or ""))
        if progress:
            progress(done, len(answers))


def answers_of(folder: Path) -> list[dict[str, Any]]:
    """Return the lines of `gold.jsonl`; raise NotADocumentError naming one that is no answer."""
    path = folder / "gold.jsonl"
    lines = path.read_bytes().split(b"\n")  # the other ends of lines may stand inside a text
    return [_answer(line, folder, f"{path}:{number}") for number, line in enumerate(lines, 1) if line.strip()]


def _answer(line: bytes, folder: Path, where: str) -> dict[str, Any]:
    try:
        gold = dict(json.loads(line))
        _check(gold, folder)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise NotADocumentError(f"{where}: not a document: {error!r}") from error
    return gold


def _check(gold: dict[str, Any], folder: Path) -> None:
    """Raise for an answer that nothing can be compared with."""
    for name in ("file", "text", "title"):
        if not isinstance(gold[name] if name != "title" else gold.get(name) or "", str):
            raise TypeError(f"{name} is no text")
    if not (folder / gold["file"]).is_file():
        raise ValueError(f"there is no page {gold['file']}")


def read_file(path: Path, url: str) -> Document | None:
    """Return the document of a stored page, or None where the reader refuses it."""
    page = Page(url, url, "", path.read_bytes(), datetime.now(UTC))
    try:
        return read_page(page, Hints())
    except MonitorError:
        return None


def score(gold: Mapping[str, Any], found: Document | None) -> Score:
    """Compare a document with its answer."""
    return Score(
        file=gold["file"],
        token_f1=token_f1(found.text if found else "", gold["text"]),
        title=same_title(found.title if found else "", gold["title"]) if gold.get("title") else None,
        date=same_date(found.published_at if found else None, gold["published_at"])
        if gold.get("published_at")
        else None,
        authors=same_authors(found.authors if found else (), gold["authors"])
        if gold.get("authors")
        else None,
    )


def same_title(found: str, expected: str) -> bool:
    """Tell whether two titles are the same headline.

    The letters are the same, or one goes on where the other ends (a site's name), or they share three words of four:
    many pages carry one headline for readers and a slightly other one for search engines, and answers hold either.
    """
    left, right = sorted((squeeze(found), squeeze(expected)), key=len)
    if bool(left) and right.startswith(left) and len(left) >= SAME_BEGINNING * len(right):
        return True
    return token_f1(found, expected) >= SAME_WORDS


def same_date(found: datetime | None, expected: str) -> bool:
    """Tell whether a moment falls on the answer's day on some clock of the world; answers state days without a zone."""
    stated = [int(part) for part in re.findall(r"\d+", expected)[:3]]
    if found is None or not stated:
        return False
    clocks = (found + timedelta(hours=hours) for hours in (0, -12, 14))
    return any([clock.year, clock.month, clock.day][: len(stated)] == stated for clock in clocks)


def states_date(markup: str, expected: str) -> bool:
    """Tell whether a page says a date at all: as numbers in the usual orders, or with the month as a word.

    What no rule could find in the page is no question to its reader; nor is an answer that is no date.
    """
    year, month, day = ([int(part) for part in re.findall(r"\d+", expected)[:3]] + [0, 0, 0])[:3]
    if not 1 <= month <= len(MONTHS):
        return False
    word = rf"{MONTHS[month - 1]}[a-z]*\.?"
    if not day:
        return bool(re.search(rf"{year}\s*[-/.年]\s*0?{month}(?!\d)|{word}\s+{year}", markup))
    numbers = (
        rf"(?<!\d){year}\s*[-/.年]?\s*0?{month}\s*[-/.月]?\s*0?{day}(?!\d)|(?<!\d)0?{month}[-/.]0?{day}[-/.](?:{year}|{year % 100:02d})(?!\d)"
        rf"|(?<!\d)0?{day}[-/.]0?{month}[-/.](?:{year}|{year % 100:02d})(?!\d)"
    )
    words = rf"{word}\s+0?{day}(?:st|nd|rd|th)?,?\s+{year}|(?<!\d)0?{day}(?:st|nd|rd|th)?\s+{word},?\s+{year}"
    return bool(re.search(f"{numbers}|{words}", markup, re.IGNORECASE))


def same_authors(found: tuple[str, ...], expected: object) -> bool:
    """Tell whether any of the names is right."""
    names = expected if isinstance(expected, list) else re.split(r"[,;&|、\s]+and\s+|[,;&|、]", str(expected))
    wanted = [squeeze(str(name)) for name in names if squeeze(str(name))]
    return any(
        squeeze(name) and (squeeze(name) in want or want in squeeze(name))
        for name in found
        for want in wanted
    )


def mean(values: list[Any]) -> float | None:
    """Return the mean of the values that are there, rounded; None where there is none."""
    known = [float(value) for value in values if value is not None]
    return round(sum(known) / len(known), 4) if known else None
