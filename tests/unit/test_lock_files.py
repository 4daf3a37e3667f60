"""The lock files name everything, so that pip installs them without looking for anything else."""

import re
import tomllib
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pinned(lock: str) -> dict[str, str]:
    return {plain(name): version for name, version in PINNED.findall((ROOT / lock).read_text())}


def asked(requirement: Requirement, of: set[str]) -> bool:
    marker = requirement.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in of or {""})


def declared(group: str) -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    texts = [line for line in project["dependency-groups"][group] if isinstance(line, str)]
    return [Requirement(line) for line in project["project"]["dependencies"] + texts]


@pytest.mark.parametrize(
    ("lock", "group"), [("requirements.lock", "build"), ("requirements-dev.lock", "dev")]
)
def test_a_lock_names_whatever_is_needed(lock, group):
    known = pinned(lock)
    todo, seen = declared(group), set()
    while todo:
        requirement = todo.pop()
        assert plain(requirement.name) in known, f"{requirement} is not in {lock}"
        assert requirement.specifier.contains(known[plain(requirement.name)], prereleases=True), str(
            requirement
        )
        if str(requirement) in seen:
            continue
        seen.add(str(requirement))
        further = map(Requirement, distribution(requirement.name).requires or [])
        todo += [one for one in further if asked(one, requirement.extras)]
    assert len(seen) > 20


def test_nothing_installs_a_lock_by_resolving_it_anew():
    """A release made after the lock makes pip refuse the lock where extras are asked for (pip 23)."""
    places = (ROOT / "deploy/task.sh", ROOT / "deploy/Containerfile", ROOT / "docs/deploy.md")
    lines = [
        line for place in places for line in place.read_text().splitlines() if "--require-hashes" in line
    ]
    assert len(lines) == len(places)
    assert all("--no-deps" in line for line in lines)
