"""Runs the benchmarks: `make bench` lists them, `make bench NAME …` runs one, `make bench all` every one in turn."""

import ast
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
# what the others are made of
PARTS = {"__main__", "boosting", "made_full", "made_queue", "made_web", "matching_passes", "matching_views"}
# what has to be told something first, teaches, or takes a quarter of an hour
ASKED_FOR = {
    "extraction",
    "full",
    "full_postgres",
    "make_encoder",
    "rivals",
    "soak",
    "train_encoder",
    "train_match",
}


def found() -> dict[str, str]:
    """Return the benchmarks with the first line of their docstrings."""
    files = sorted(path for path in HERE.glob("*.py") if path.stem not in PARTS)
    told = {path.stem: ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "" for path in files}
    return {name: text.partition("\n")[0] for name, text in told.items()}


def run(name: str, *arguments: str) -> int:
    print(f"== {name} {' '.join(arguments)}", flush=True)
    return subprocess.run([sys.executable, str(HERE / f"{name}.py"), *arguments], check=False).returncode


def run_all(names: list[str]) -> int:
    left = sorted(ASKED_FOR & {*names})
    print(f"without what has to be asked for by itself: {', '.join(left)}", flush=True)
    return max(run(name) for name in names if name not in ASKED_FOR)


def main() -> int:
    names, given = found(), sys.argv[1:]
    if given == ["all"]:
        return run_all([*names])
    if given and given[0] in names:
        return run(*given)
    asked = not given or given[0] in ("-h", "--help")
    if not asked:
        print(f"no benchmark {given[0]!r}", file=sys.stderr)
    lines = "\n".join(f"  {name:14} {text}" for name, text in names.items())
    print(f"make bench NAME …, or all, of these (each takes --help):\n{lines}")
    return 0 if asked else 2


if __name__ == "__main__":
    sys.exit(main())
