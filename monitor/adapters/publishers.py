"""The table of publishers: the shipped one in YAML, and what the operator adds in sources.yaml before it."""

from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from monitor.adapters.yaml_text import plain
from monitor.domain.errors import ConfigurationError, Problem
from monitor.domain.publishers import Publisher, Publishers, table

KEYS = frozenset({"name", "country", "hosts", "also"})

Own = tuple[tuple[str, tuple[str, ...]], ...]  # name → other names and hosts, as sources.yaml has them


@lru_cache(maxsize=4)
def load_publishers(own: Own = ()) -> Publishers:
    """Return the shipped table with the operator's own entries in front."""
    text = (files("monitor") / "data" / "publishers.yaml").read_text("utf-8")
    mine = [Publisher(name, "", tuple(filter(_is_host, aliases)), aliases) for name, aliases in own]
    return table([*mine, *parse_publishers(text, "publishers.yaml")])


def _is_host(alias: str) -> bool:
    return "." in alias and " " not in alias and alias.isascii()


def parse_publishers(text: str, where: str) -> list[Publisher]:
    """Return the publishers of a YAML text; raises ConfigurationError with every problem in it."""
    try:
        content = plain(text)
    except yaml.YAMLError as error:
        raise ConfigurationError([Problem(where, f"is no YAML: {error}")]) from error
    rows = content.get("publishers") if isinstance(content, dict) else None
    if not isinstance(rows, list):
        raise ConfigurationError([Problem(where, "needs a list `publishers`")])
    problems = [
        problem
        for number, row in enumerate(rows, start=1)
        if (problem := problem_of(row, f"{where}, entry {number}"))
    ]
    if problems:
        raise ConfigurationError(problems)
    return [publisher_of(row) for row in rows]


def problem_of(row: Any, where: str) -> Problem | None:
    """Return what is wrong with one entry."""
    if not isinstance(row, dict) or not row.get("name"):
        return Problem(where, "needs a name")
    unknown = sorted(set(row) - KEYS)
    return (
        Problem(where, f"unknown key {unknown[0]!r}", f"one of {', '.join(sorted(KEYS))}")
        if unknown
        else None
    )


def publisher_of(row: dict[str, Any]) -> Publisher:
    """Return one entry as a value."""
    return Publisher(
        name=str(row["name"]),
        country=str(row.get("country") or ""),
        hosts=tuple(str(host) for host in row.get("hosts") or ()),
        also=tuple(str(name) for name in row.get("also") or ()),
    )
