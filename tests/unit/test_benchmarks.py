"""The benchmarks can be found, and each tells what it takes."""

from benchmarks.__main__ import ASKED_FOR, HERE, found


def test_every_benchmark_says_in_a_line_what_it_measures():
    assert all(line.endswith((".", "?")) for line in found().values())
    assert {*found()} >= ASKED_FOR


def test_every_benchmark_takes_help():
    texts = {name: (HERE / f"{name}.py").read_text("utf-8") for name in found()}
    assert [name for name, text in texts.items() if "ArgumentParser" not in text] == []


def test_what_the_others_are_made_of_is_not_listed():
    assert {path.stem for path in HERE.glob("*.py") if "__main__" not in path.read_text("utf-8")}.isdisjoint(
        found()
    )
