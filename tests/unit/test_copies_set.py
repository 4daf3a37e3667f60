"""A floor under what was reached on reprints and on what only looks like them."""

import json
import runpy
from pathlib import Path

import pytest

from monitor.evaluate import evaluate_copies

DATA = Path(__file__).parents[1] / "data"
FLOOR = {"light": 0.99, "medium": 0.95, "cut": 0.92, "rewritten": 0.75, "traditional": 0.99}
STRANGERS = ("quote", "follow-up", "ticker", "form", "headline")


def test_reprints_are_found_and_strangers_are_not() -> None:
    figures = evaluate_copies(DATA / "copies/copies.jsonl")
    assert figures["articles"] >= 400
    assert figures["precision"] >= 0.99
    assert {kind: share for kind, share in figures["by_kind"].items() if share < FLOOR.get(kind, 0.0)} == {}
    assert all(figures["by_kind"][kind] >= 0.97 for kind in STRANGERS)


@pytest.mark.parametrize("name", ["dev", "test"])
def test_copy_groups_that_were_not_tuned_on(name) -> None:
    figures = evaluate_copies(DATA / f"incidents/{name}.jsonl")
    assert (figures["precision"], figures["recall"]) >= (0.99, 0.99)


def test_the_set_can_be_made_again() -> None:
    """The same seed gives the same texts."""
    made = runpy.run_path(str(DATA / "copies/make.py"))["the_set"]()
    kept = [json.loads(line) for line in (DATA / "copies/copies.jsonl").read_text("utf-8").splitlines()]
    assert [(one.kind, one.title, one.text) for one in made] == [
        (row["kind"], row["title"], row["text"]) for row in kept
    ]
