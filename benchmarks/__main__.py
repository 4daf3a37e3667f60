"""Runs the benchmarks: `make bench` lists them, `make bench NAME …` runs one, `make bench all` every one in turn."""

import ast
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
PARTS = {"__main__", "boosting", "made_queue", "made_web"}  # what the others are made of


def found() -> dict[str, str]:
    """Return the benchmarks with the first line of their docstrings."""
    files = sorted(path for path in HERE.glob("*.py") if path.stem not in PARTS)
    told = {path.stem: ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "" for path in files}
    return {name: text.partition("\n")[0] for name, text in told.items()}


def run(name: str, *arguments: str) -> int:
    print(f"== {name} {' '.join(arguments)}", flush=True)
    return subprocess.run([sys.executable, str(HERE / f"{name}.py"), *arguments], check=False).returncode


def main() -> int:
    names, given = found(), sys.argv[1:]
    if given == ["all"]:
        return max(run(name) for name in names if not name.startswith(("train", "soak")))
    if given and given[0] in names:
        return run(*given)
    if given:
        print(f"no benchmark {given[0]!r}", file=sys.stderr)
    print("make bench NAME …, of these:\n" + "\n".join(f"  {name:12} {text}" for name, text in names.items()))
    return 2 if given else 0


if __name__ == "__main__":
    sys.exit(main())
