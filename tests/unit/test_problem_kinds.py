"""Every kind of error that the API can answer with stands in docs/api.md, beside its status, and no other."""

import ast
import re
from pathlib import Path

from monitor.web.problems import CONFLICT, UNKNOWN, WITHOUT_NAME

ROOT = Path(__file__).parents[2]
RAISES = ("monitor/web", "monitor/adapters/store", "monitor/domain/labels.py", "monitor/exports")
COMMANDS_ALONE = {"unknown-tool", "page-without-line"}  # the API asks for these in another way
ROW = re.compile(r"^\| (\d{3}) \| ([^|]+) \|", re.MULTILINE)


def documented() -> dict[str, set[str]]:
    """Return the kinds of each status as the table of errors lists them."""
    found: dict[str, set[str]] = {}
    for status, cell in ROW.findall((ROOT / "docs/api.md").read_text()):
        found.setdefault(status, set()).update(re.findall(r"`([^`]+)`", cell))
    return found


def raised() -> set[str]:
    """Return the kinds that stand in the code: of refusals, and of problems that are answered as they are."""
    found = set()
    for root in RAISES:
        path = ROOT / root
        for file in [path] if path.is_file() else path.rglob("*.py"):
            calls = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call)]
            found |= {kind for call in calls for kind in kinds_of(call)}
    return found


def kinds_of(call: ast.Call) -> list[str]:
    place = {"Refused": call.args[:1], "Refusal": call.args[1:2], "problem": []}.get(ast.unparse(call.func))
    if place is None:
        return []
    named = [word.value for word in call.keywords if word.arg == "kind"]
    return [str(one.value) for one in [*place, *named] if isinstance(one, ast.Constant)]


def test_every_kind_is_documented_and_no_other() -> None:
    every = set.union(*documented().values())
    assert len(raised()) > 40
    assert every == (raised() | set(WITHOUT_NAME.values())) - COMMANDS_ALONE


def test_kinds_stand_beside_their_status() -> None:
    assert documented()["409"] == CONFLICT
    assert documented()["404"] >= UNKNOWN
    assert all(kind in documented()[str(status)] for status, kind in WITHOUT_NAME.items())
    assert not CONFLICT - raised()  # none that nobody raises any more
