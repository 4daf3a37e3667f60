"""The soak, for a few seconds: what it looks at stays within bounds, and its verdict finds what grows."""

import importlib.util
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.e2e.conftest import ROOT

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def soak():
    spec = importlib.util.spec_from_file_location("soak", ROOT / "benchmarks" / "soak.py")
    sys.modules["soak"] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_tenth_of_a_day_at_a_thousand_times_speed(soak, tmp_path: Path):
    *_, last = soak.run(0.1, 1000, 3, tmp_path, more={"MONITOR_EMBEDDINGS": "off"})
    assert soak.BROKEN.search((tmp_path / "log").read_text()) is None
    assert last.articles > 0
    assert last.handles < 150
    assert last.threads < 30


def test_the_verdict_finds_what_grows_and_spares_what_does_not(soak):
    steady = [soak.Sample(day, 100 * day, 0, 200.0, 300.0, 100, 20, 10, 30) for day in range(1, 21)]
    assert soak.verdict(steady) == []
    leaking = [replace(one, handles=100 + 5 * at) for at, one in enumerate(steady)]
    assert [line.split(":")[0] for line in soak.verdict(leaking)] == ["handles"]
    stuck = [*steady[:-1], replace(steady[-1], waiting=500)]
    assert soak.verdict(stuck) == ["500 articles wait"]
