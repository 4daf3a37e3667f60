"""Turns what pydantic finds wrong into problems with a place and the nearest valid word."""

import difflib
from collections.abc import Callable, Iterable

from pydantic import BaseModel, ValidationError

from monitor.domain.errors import Problem

Location = tuple[int | str, ...]
_SECRET = frozenset({"proxy"})  # its address may hold a password
LONGEST_SHOWN = 80  # characters of a bad value that an error repeats


def nearest(word: str, words: Iterable[str]) -> str:
    """Return "did you mean …?" for the valid word that is nearest, or the list of valid words."""
    valid = sorted(set(words))
    found = difflib.get_close_matches(str(word), valid, n=1, cutoff=0.5)
    if found:
        return f"did you mean {found[0]!r}?"
    return "valid: " + ", ".join(valid) if valid else ""


def visible(value: str) -> str:
    """Check a name that is shown and sent: a line end would begin something else, NUL no database can hold."""
    if not value.isprintable():
        raise ValueError("holds a line end or another sign that cannot be seen")
    return value


def problems_of(
    error: ValidationError, place: Callable[[Location], str], words: Callable[[Location], Iterable[str]]
) -> list[Problem]:
    """List every error; `place` says where a location stands, `words` which keys are valid there."""
    return [_problem(found, place, words) for found in error.errors(include_url=False)]


def _problem(
    found: object, place: Callable[[Location], str], words: Callable[[Location], Iterable[str]]
) -> Problem:
    assert isinstance(found, dict)  # noqa: S101 - pydantic's own type is not importable at run time
    location: Location = tuple(part for part in found["loc"] if not _is_branch(part))
    where = place(location)
    key = str(location[-1]) if location else ""
    if found["type"] == "extra_forbidden":
        return Problem(where, f"unknown key {key!r}", nearest(key, words(location[:-1])))
    if found["type"] == "missing":
        return Problem(where, f"{key!r} is missing")
    path = ".".join(str(part) for part in location)
    message = str(found["msg"]).removeprefix("Value error, ")
    given = found.get("input")
    if found["type"] in {"enum", "literal_error"}:
        expected = str(found["ctx"]["expected"]).replace(" or ", ", ").split(", ")
        return Problem(
            where, f"{path}: {given!r} is not valid", nearest(str(given), [e.strip("'") for e in expected])
        )
    shown = (
        f" (given: {given!r})"
        if isinstance(given, str | int | float)
        and len(str(given)) < LONGEST_SHOWN
        and key not in _SECRET
        and "@" not in str(given)
        else ""
    )
    return Problem(where, f"{path}: {message}{shown}" if path else message)


def _is_branch(part: int | str) -> bool:
    """Tell pydantic's names for the arms of a union from real keys."""
    return isinstance(part, str) and ("[" in part or part in {"str", "int", "float", "bool", "EverySpec"})


def keys_of(model: type[BaseModel]) -> list[str]:
    """Return the keys a model takes, as they are written in the file."""
    return [info.alias or name for name, info in model.model_fields.items()]
