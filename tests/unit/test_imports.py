"""Imports run downwards only: every circle begins with one import upwards."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# floor → what it may import of ours, beside its own floor
ALLOWED = {
    "domain": set(),
    "ports": {"domain"},
    "stages": {"ports", "domain"},
    "adapters": {"ports", "domain", ""},
    "config": {"domain"},
    "log": set(),
    "schemes": set(),
    "exports": {"adapters", "domain", "ports", ""},
    "web": {"adapters", "config", "domain", "exports", "ports", "stages", ""},
    "worker": {"domain", "ports"},
    "roles": {"adapters", "domain", "ports", "stages", "worker"},
    "daemon": {"adapters", "config", "domain", "ports"},
    "upkeep": {"adapters", "daemon", "domain", "roles", "stages", "worker"},
    "deciding": {"adapters", "daemon", "domain", "roles", "stages"},
    "line": {"adapters", "daemon", "deciding", "domain", "ports", "roles", "stages", "upkeep", "web", "worker"},
    "tracing": {"adapters", "domain", "line", "log", "ports", "stages"},
    "dispatch": {"adapters", "domain", "line", "worker"},
    "service": {
        "adapters", "config", "daemon", "dispatch", "domain", "line", "ports", "tracing", "upkeep", "worker", "",
    },
    "evaluate": {"adapters", "config", "domain", "ports", "stages"},
    "evaluate_extraction": {"adapters", "domain"},
    "commands": {
        "adapters", "config", "daemon", "domain", "evaluate", "evaluate_extraction", "exports", "line", "log", "ports",
        "service", "stages", "tracing", "upkeep", "web", "worker", "",
    },
    "cli": {"commands", ""},
}  # fmt: skip


def floor_of(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def modules() -> list[Path]:
    return sorted(
        path for path in (ROOT / "monitor").rglob("*.py") if path != ROOT / "monitor" / "__init__.py"
    )


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names if node.module == "monitor"}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_run_downwards(path):
    relative = path.relative_to(ROOT).with_suffix("")
    own = floor_of(".".join(relative.parts))
    reached = {floor_of(name) for name in imported(path) if name.split(".")[0] == "monitor"} - {own}
    reached -= {"__version__"}
    assert reached <= ALLOWED[own], f"{relative} reaches up to {reached - ALLOWED[own]}"


@pytest.mark.parametrize(
    "path", sorted((ROOT / "monitor" / "domain").glob("*.py")), ids=lambda path: path.name
)
def test_the_domain_needs_only_the_standard_library(path):
    import sys

    outside = {name.split(".")[0] for name in imported(path)} - set(sys.stdlib_module_names) - {"monitor"}
    assert not outside


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_files_stay_small(path):
    # tables of characters and names are data; the values and the tables are each one picture
    limit = {
        "folding_table.py": 10_000,
        "names_known.py": 10_000,
        "match_weights.py": 10_000,
        "model.py": 600,
        "tables.py": 560,
    }.get(path.name, 300)
    assert len(path.read_text().splitlines()) <= limit, "is there a room that wants its own file?"
