"""Snapshots: what was put is taken, and nothing else is."""

import numpy as np
import pytest

from monitor.adapters.shelf import SEAL, Shelf

KIND = np.dtype([("article", "i8"), ("state", "u1")])


def some(number: int = 3) -> dict[str, np.ndarray]:
    texts = np.zeros(number, KIND)
    texts["article"] = np.arange(number)
    return {
        "texts": texts,
        "run-0": np.arange(10, dtype=np.uint64),
        "none": np.zeros((0, 4), np.float32),
    }


def shelf(folder, schema: int = 1) -> Shelf:
    return Shelf(folder, "copies", schema=schema)


def files(folder) -> set[str]:
    return {path.name for path in (folder / "copies").iterdir()}


def test_what_was_put_is_taken_by_the_next_process(tmp_path):
    assert shelf(tmp_path).take() is None
    assert shelf(tmp_path).put(some(), {"seq": 7, "of": "a database"}) is not None
    kept = shelf(tmp_path).take()
    assert kept is not None
    assert kept.notes == {"seq": 7, "of": "a database"}
    for name, array in some().items():
        assert np.array_equal(kept.arrays[name], array)
        assert kept.arrays[name].dtype == array.dtype
        assert not kept.arrays[name].size or not kept.arrays[name].flags.writeable


def test_a_new_snapshot_replaces_the_old_one_and_leaves_the_same_files_alone(tmp_path):
    one = shelf(tmp_path)
    one.put(some(), {"seq": 1})
    before = files(tmp_path)
    one.put(some(5), {"seq": 2}, same={"run-0"})
    assert len(files(tmp_path)) == len(before)
    assert {name for name in files(tmp_path) if name.startswith("run-0")} <= before
    kept = shelf(tmp_path).take()
    assert kept is not None
    assert len(kept.arrays["texts"]) == 5
    assert kept.notes == {"seq": 2}


def test_what_another_process_swept_away_is_written_again(tmp_path):
    one, other = shelf(tmp_path), shelf(tmp_path)
    one.put(some(), {"seq": 1})
    other.put({"texts": some()["texts"]}, {"seq": 2})
    one.put(some(), {"seq": 3}, same={"run-0", "none"})
    kept = shelf(tmp_path).take()
    assert kept is not None
    assert kept.arrays.keys() == some().keys()


def test_a_piece_can_be_read_from_its_file(tmp_path):
    one = shelf(tmp_path)
    one.put(some(), {})
    path, start = one.whereabouts("run-0")
    assert np.frombuffer(path.read_bytes()[start:], np.uint64).tolist() == list(range(10))


def damaged(path) -> None:
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("start", ["texts", "run-0", SEAL])
def test_a_flipped_bit_makes_it_none(tmp_path, start):
    shelf(tmp_path).put(some(), {})
    (path,) = (tmp_path / "copies").glob(f"{start}*")
    damaged(path)
    assert shelf(tmp_path).take() is None


@pytest.mark.parametrize("content", [b"", b"\n", b"{}", b"\x80\x04N.", b"0" * 100])
def test_what_is_no_seal_makes_it_none_and_is_replaced(tmp_path, content):
    shelf(tmp_path).put(some(), {})
    (tmp_path / "copies" / SEAL).write_bytes(content)
    assert shelf(tmp_path).take() is None
    assert shelf(tmp_path).put(some(), {"seq": 1})
    assert shelf(tmp_path).take() is not None


def test_a_snapshot_of_another_schema_is_none(tmp_path):
    shelf(tmp_path).put(some(), {})
    assert shelf(tmp_path, schema=2).take() is None


def test_a_file_that_is_missing_or_cut_makes_it_none(tmp_path):
    shelf(tmp_path).put(some(), {})
    (path,) = (tmp_path / "copies").glob("run-0*")
    path.write_bytes(path.read_bytes()[:-8])
    assert shelf(tmp_path).take() is None
    path.unlink()
    assert shelf(tmp_path).take() is None


def test_a_seal_cannot_lead_elsewhere(tmp_path):
    one = shelf(tmp_path)
    one.put(some(), {})
    row = {"file": "../../elsewhere.npy", "digest": "", "size": 0, "shape": [], "type": ""}
    one._sealed({"form": 1, "schema": 1, "notes": {}, "arrays": {"texts": row}})
    assert shelf(tmp_path).take() is None


def test_objects_are_not_written(tmp_path):
    assert shelf(tmp_path).put({"texts": np.array([{}], dtype=object)}, {}) is None
    assert shelf(tmp_path).take() is None


def test_a_folder_that_cannot_be_written_to_is_no_error(tmp_path):
    (tmp_path / "copies").write_text("in the way")
    assert shelf(tmp_path).put(some(), {}) is None


def test_what_was_dropped_is_gone(tmp_path):
    one = shelf(tmp_path)
    one.put(some(), {})
    one.drop()
    one.drop()
    assert shelf(tmp_path).take() is None
