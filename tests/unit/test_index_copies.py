"""Promises of the copies' memory: what is alike is found again, at any size, and after a restart as before it."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from monitor.adapters.fingerprint import (
    bands,
    containment,
    content_hash,
    figures_shared,
    length,
    sketch,
    without_bands,
)
from monitor.adapters.index_bands import CROWDED, FRESH_KEYS, Bands
from monitor.adapters.index_copies import SCHEMA, Copies
from monitor.adapters.shelf import Shelf
from monitor.domain.copies import Imprint, judge_copy
from monitor.domain.model import CopyCandidate, CopyVerdict, Document, Read, Reading, State, Verdict
from monitor.domain.position import START, Position

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
WORDS = [
    "court",
    "panel",
    "robot",
    "voice",
    "bank",
    "face",
    "fraud",
    "model",
    "city",
    "school",
    "water",
    "train",
    "paper",
    "judge",
    "money",
    "clerk",
    "night",
    "north",
    "glass",
    "field",
]


def text_of(seed: int, sentences: int = 14) -> str:
    chance = random.Random(seed)
    return " ".join(
        " ".join(chance.choices(WORDS, k=9)).capitalize() + f" {chance.randint(100, 9999)}."
        for _ in range(sentences)
    )


def read_of(
    number: int, text: str, *, at: datetime = NOON, title: str = "", publisher: str = "", names: str = ""
) -> Read:
    document = Document(
        title or f"Title {number}", text, publisher=publisher, source_named=names, published_at=at
    )
    return Read(
        number, f"https://a.example/{number}", "a", at, Reading(document, content_hash(text), sketch(text))
    )


def settled(copies: Copies, read: Read) -> CopyVerdict | None:
    """Judge a document and remember what came of it."""
    verdict = judge_copy(copies.recall(read), read)
    state = State.COPY if verdict else State.QUEUED
    copies.learn(read, Verdict(read.article_id, state, (), copy=verdict))
    return verdict


def imprint_of(read: Read, copy_of: int | None) -> Imprint:
    document, reading = read.document, read.reading
    state = State.QUEUED if copy_of is None else State.COPY
    return Imprint(read.article_id, read.url, copy_of, reading.sketch, reading.content_hash, document.title, document.publisher, "", document.published_at, state, 5
    )  # fmt: skip


def test_a_copy_is_found_among_many() -> None:
    copies = Copies()
    for number in range(1, 300):
        assert settled(copies, read_of(number, text_of(number))) is None
    found = settled(copies, read_of(300, "Agency report. " + text_of(77)))
    assert found is not None
    assert (found.original_id, found.containment > 0.9) == (77, True)


def test_a_restart_changes_no_answer() -> None:
    copies, again = Copies(), Copies()
    reads = [read_of(number, text_of(number % 40, 10 + number // 40)) for number in range(1, 121)]
    imprints = []
    for read in reads:
        verdict = settled(copies, read)
        imprints.append(imprint_of(read, verdict.original_id if verdict else None))
    again.take_in(imprints, Position(len(imprints)))
    for seed in range(40):
        asked = read_of(500, text_of(seed, 12))
        assert {one.original_id for one in copies.recall(asked)} == {
            one.original_id for one in again.recall(asked)
        }


def test_the_original_moves_to_the_earliest_publication() -> None:
    copies, text = Copies(), text_of(1)
    assert settled(copies, read_of(1, text, at=NOON)) is None
    first = settled(copies, read_of(2, text, at=NOON - timedelta(hours=5)))
    later = settled(
        copies, read_of(3, text, at=NOON - timedelta(hours=2))
    )  # before the first known, after the second
    earliest = settled(copies, read_of(4, text, at=NOON - timedelta(hours=9)))
    assert [one.earlier for one in (first, later, earliest)] == [True, False, True]


@pytest.mark.parametrize(
    ("names", "named", "earlier"), [("The Wire", "", False), ("", "Local Post", True), ("", "", True)]
)
def test_the_source_that_one_names_says_more_than_the_date(names, named, earlier) -> None:
    copies, text = Copies(), text_of(1)
    settled(copies, read_of(1, text, publisher="The Wire", names=named))
    found = settled(
        copies, read_of(2, text, at=NOON - timedelta(hours=1), publisher="Local Post", names=names)
    )
    assert found is not None
    assert found.earlier is earlier


def test_keys_are_found_whether_fresh_sorted_or_filled() -> None:
    learned, filled = Bands(), Bands()
    import numpy as np

    keys = np.arange(3 * FRESH_KEYS // 2, dtype=np.int64) // 3
    rows = np.arange(len(keys), dtype=np.uint32) // 5
    for row in range(len(keys) // 5):
        learned.learn(row, keys[5 * row : 5 * row + 5].tolist())
    filled.fill(keys, rows)
    for key in (0, 1, 33_333, 66_000, 99_999):
        assert learned.shared([key]) == filled.shared([key])


def test_boilerplate_is_bounded() -> None:
    copies = Bands()
    for row in range(10 * CROWDED):
        copies.learn(row, [1, row + 10])
    assert list(copies.shared([1])) == list(range(CROWDED))


def test_what_is_kept_of_a_fingerprint_compares_as_the_whole() -> None:
    one, other = sketch(text_of(1)), sketch(text_of(1) + text_of(2, 4))
    kept = without_bands(one)
    assert bands(kept) == []
    assert len(kept) < len(one)
    assert (length(kept), containment(kept, other), figures_shared(kept, other)) == (
        length(one),
        containment(one, other),
        figures_shared(one, other),
    )


def test_numbers_are_compared_as_they_are_written() -> None:
    base = "The shares closed at 23.45 dollars, up 1,234 points from 99 in 2025"
    same = sketch(base.replace("1,234", "1234"))
    other = sketch(base.replace("23.45", "45.23").replace("1,234", "1,235").replace("99", "98"))
    assert figures_shared(sketch(base), same) == 1.0
    assert figures_shared(sketch(base), other) == pytest.approx(0.4)


@pytest.mark.parametrize("text", ["本站不承担责任", "All rights reserved."])
def test_a_phrase_that_many_share_makes_no_copy(text) -> None:
    copies = Copies()
    assert settled(copies, read_of(1, text)) is None
    assert settled(copies, read_of(2, text)) is None


# ---------------------------------------------------------------- over restarts

LONG_AGO = NOON - timedelta(days=100)


def kept_copies(folder) -> Copies:
    return Copies(Shelf(folder, "copies", schema=SCHEMA))


def known_of(copies: Copies, seeds: int = 40) -> list[tuple[CopyCandidate, ...]]:
    return [copies.recall(read_of(5000, text_of(seed, 12))) for seed in range(seeds)]


def decided(copies: Copies, numbers: range) -> None:
    for number in numbers:
        settled(copies, read_of(number, text_of(number % 40, 10 + number // 40)))


def test_a_snapshot_is_the_memory_that_it_was(tmp_path) -> None:
    copies, again = kept_copies(tmp_path), kept_copies(tmp_path)
    assert copies.wake(LONG_AGO) == START
    decided(copies, range(1, 121))
    copies.reached(Position(120, 3, "proof"), LONG_AGO)
    copies.keep()
    assert again.wake(LONG_AGO) == Position(120, 3, "proof")
    assert known_of(again) == known_of(copies)
    assert any(map(len, known_of(again)))


def test_snapshots_grow_by_what_is_new(tmp_path) -> None:
    whole = Copies()
    decided(whole, range(1, 121))
    for first, last in ((1, 50), (50, 51), (51, 121)):  # a process for each part
        copies = kept_copies(tmp_path)
        copies.wake(LONG_AGO)
        decided(copies, range(first, last))
        copies.reached(Position(last - 1, 0, "proof"), LONG_AGO)
        copies.keep()
        copies.keep()
        assert known_of(copies)[0] or last < 121
    assert known_of(copies) == known_of(whole)


def test_what_was_learned_but_not_written_is_forgotten(tmp_path) -> None:
    copies = kept_copies(tmp_path)
    decided(copies, range(1, 41))
    copies.reached(Position(40, 0, "proof"), LONG_AGO)
    copies.keep()
    before = known_of(copies)
    decided(copies, range(41, 100))
    copies.forget()
    copies.keep()  # nothing is known for sure: nothing is put
    assert copies.wake(LONG_AGO).seq == 40
    assert known_of(copies) == before


def test_the_memory_of_another_database_is_forgotten_for_good(tmp_path) -> None:
    copies = kept_copies(tmp_path)
    decided(copies, range(1, 10))
    copies.reached(Position(9, 0, "proof"), LONG_AGO)
    copies.keep()
    copies.distrust()
    assert kept_copies(tmp_path).wake(LONG_AGO) == START


def test_a_correction_changes_one_text_in_place() -> None:
    copies = Copies()
    original, copy = read_of(1, text_of(1)), read_of(2, text_of(1))
    copies.take_in([imprint_of(original, None), imprint_of(copy, 1)], Position(2, 0))
    moved = replace(imprint_of(original, None), incident_id=77)
    copies.take_in([moved, replace(imprint_of(copy, 1), incident_id=77)], Position(2, 1))
    (one, other) = copies.recall(read_of(3, text_of(1)))
    assert {one.incident_id, other.incident_id} == {77}
    assert {one.original_id, other.original_id} == {1}
    copies.merge(8, 77)
    assert copies.recall(read_of(3, text_of(1)))[0].incident_id == 8
    assert copies.incident_at("https://a.example/1") == 8


def test_an_original_may_come_after_its_copies(tmp_path) -> None:
    copies = kept_copies(tmp_path)
    copies.take_in([imprint_of(read_of(2, text_of(1)), 9)], Position(1, 0))
    assert {one.original_id for one in copies.recall(read_of(3, text_of(1)))} == {2}
    copies.keep()
    again = kept_copies(tmp_path)
    again.wake(LONG_AGO)
    again.take_in([imprint_of(read_of(9, text_of(1)), None)], Position(2, 0))
    assert {one.original_id for one in again.recall(read_of(3, text_of(1)))} == {9}


def whole_of(copies: Copies, seed: int) -> list[int]:
    """Return the originals that hold the whole of a text."""
    found = copies.recall(read_of(5000, text_of(seed)))
    return [one.original_id for one in found if one.containment == 1]


def test_texts_that_left_the_window_are_forgotten_together(tmp_path) -> None:
    copies = kept_copies(tmp_path)
    imprints = [
        replace(imprint_of(read_of(number, text_of(number)), None), found_at=NOON + timedelta(days=number))
        for number in range(1, 61)
    ]
    copies.take_in([*imprints[:50], replace(imprints[50], copy_of=3)], Position(51, 0))
    copies.keep()
    copies.take_in(imprints[51:], Position(60, 0))
    copies.wake(NOON + timedelta(days=5))
    assert whole_of(copies, 3) == [3], "few are outdated: they stay"
    copies.wake(NOON + timedelta(days=30))
    copies.keep()
    again = kept_copies(tmp_path)
    again.wake(NOON)
    for one in (copies, again):
        assert [whole_of(one, seed) for seed in (3, 40, 51)] == [[], [40], [51]]
        assert one.incident_at("https://a.example/55") == 5
        assert one.incident_at("https://a.example/5") is None
