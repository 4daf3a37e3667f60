"""An edit of sources.yaml is noticed however it is saved, and not before it is whole."""

import os
import shutil
from pathlib import Path

import pytest

from monitor.config.changes import Changes


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "sources.yaml"
    path.write_text("version: 1\n")
    return path


def looks(changes: Changes, count: int = 3) -> list[bool]:
    return [changes.settled() for _ in range(count)]


def test_what_stands_still_is_no_change(file: Path):
    assert looks(Changes(file)) == [False] * 3


def test_what_is_still_written_is_waited_for(file: Path):
    changes = Changes(file)
    for part in range(3):
        file.write_text("version: 1\n" + "# half\n" * part)
        os.utime(file, ns=(0, part))
        assert not changes.settled()
    assert looks(changes) == [True, False, False]


def test_a_file_that_goes_and_comes_back_is_two_changes(file: Path):
    changes = Changes(file)
    file.unlink()
    assert looks(changes) == [False, True, False]
    file.write_text("version: 1\n")
    assert looks(changes) == [False, True, False]


def test_another_file_of_the_same_time_and_size_is_a_change(file: Path):
    changes, other = Changes(file), file.with_name("other.yaml")
    other.write_text("version: 2\n")
    shutil.copystat(file, other)
    other.replace(file)
    assert looks(changes) == [False, True, False]


def test_a_link_that_leads_elsewhere_is_a_change(tmp_path: Path):
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "sources.yaml").write_text(f"# {name:6}\n")
        os.utime(tmp_path / name / "sources.yaml", ns=(0, 0))
    data = tmp_path / "data"
    data.symlink_to("first")
    changes = Changes(data / "sources.yaml")
    swapped = tmp_path / "swapped"
    swapped.symlink_to("second")
    swapped.replace(data)
    assert looks(changes) == [False, True, False]


def test_what_was_read_on_demand_is_not_read_again(file: Path):
    changes = Changes(file)
    file.write_text("version: 1 # edited\n")
    changes.take()
    assert looks(changes) == [False] * 3
