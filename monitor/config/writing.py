"""Adds sources to `sources.yaml`: text is appended to the list, nothing that stands there is rewritten.

The new text is checked as a whole before it replaces the file, in one step, so that a reader never meets half of it.
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from monitor.config.lines import LARGEST, Lines, Loader
from monitor.config.sources import Configuration, read_sources
from monitor.config.specs import SourceSpec
from monitor.domain.errors import ConfigurationError, Permanent, Problem
from monitor.domain.model import Source
from monitor.domain.urls import fetch_url

Row = Mapping[str, Any]

LONGEST = 200  # characters of a text that a foreign file brings
_NEEDED = frozenset({"name", "kind", "url"})
_EMPTY = "version: 1\n\n"
_BY_HAND = "write the sources as a list with dashes under `sources:`, or add them by hand"


def add_sources(path: Path, rows: Iterable[Row]) -> list[str]:
    """Add sources that are not listed yet, by address, to a file (made where there is none); return their names.

    Raises ConfigurationError, and leaves the file alone, where it is wrong before or would be after.
    """
    path = path.resolve()  # a link stays a link
    before, text = _seen(path), _text_of(path)
    old = read_sources(Lines(str(path), text))
    added = unlisted(rows, old.sources.values())
    if not added:
        return []
    following = appended(str(path), text, added)
    _check(str(path), old, following, [str(row["name"]) for row in added])
    if _seen(path) != before:
        raise ConfigurationError([Problem(str(path), "was changed meanwhile", "try again")])
    replace_file(path, following)
    return [str(row["name"]) for row in added]


def unlisted(rows: Iterable[Row], listed: Iterable[Source]) -> list[Row]:
    """Return the rows whose address no source has yet, each address once."""
    urls = {_address(source.url) for source in listed}
    wanted = {_address(str(row["url"])): row for row in reversed([*rows])}
    return [row for url, row in reversed(wanted.items()) if url not in urls]


def usable(row: Row) -> dict[str, Any]:
    """Return a row of a foreign file without the keys whose values are not valid here.

    Raises Permanent where name, kind or address are not.
    """
    kept = {key: value[:LONGEST] if key == "publisher" else value for key, value in row.items()}
    try:
        SourceSpec.model_validate(kept)
    except ValidationError as error:
        wrong = {str(found["loc"][0]) for found in error.errors() if found["loc"]}
        if not wrong or wrong & _NEEDED:
            raise Permanent("bad-source", detail=str(error.errors()[0]["msg"])[:LONGEST]) from None
        return {key: value for key, value in kept.items() if key not in wrong}
    return kept


def appended(name: str, text: str, rows: Sequence[Row]) -> str:
    """Return the text of a sources file with rows at the end of its list; raises ConfigurationError where it has none."""
    newline = "\r\n" if "\r\n" in text else "\n"
    given = _list_in(text)
    if given is None:  # no `sources:` at all
        addition, at = f"sources:\n{as_yaml(rows, 2)}", len(text)
    elif isinstance(given, yaml.SequenceNode) and given.value and not given.flow_style:
        addition, at = as_yaml(rows, given.start_mark.column), _end_of(text, given)
    elif isinstance(given, yaml.SequenceNode) and not given.value:  # `[]` holds nothing that could be lost
        addition, at = as_yaml(rows, 2), _line_end(text, given.end_mark.index)
        text = text[: given.start_mark.index] + "  " + text[given.start_mark.index + 2 :]
    else:
        raise ConfigurationError([Problem(name, "its sources cannot be added to", _BY_HAND)])
    gap = newline if at and not text[:at].endswith(("\n", "\r")) else ""
    return text[:at] + gap + addition.replace("\n", newline) + text[at:]


def as_yaml(rows: Iterable[Row], indent: int) -> str:
    """Return rows as they stand in the file: a list with dashes at a column."""
    blocks = [
        yaml.safe_dump(dict(row), sort_keys=False, allow_unicode=True, width=1_000_000).splitlines()
        for row in rows
    ]
    margin = " " * indent
    return "".join(
        f"{margin}{'- ' if number == 0 else '  '}{line}\n"
        for block in blocks
        for number, line in enumerate(block)
    )


def replace_file(path: Path, text: str) -> None:
    """Write a file in one step: whoever reads sees the old one or the new one; its rights stay.

    A pipe or a device is written to: a file in its place would be another one.
    """
    if path.exists() and not path.is_file():
        path.write_text(text, "utf-8", newline="")
        return
    path = path.resolve()  # a link stays a link
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        _keep_rights(path, name)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def _keep_rights(path: Path, name: str) -> None:
    if not path.exists():
        Path(name).chmod(0o644)
        return
    shutil.copymode(path, name)
    with contextlib.suppress(OSError):  # only root may give a file away
        os.chown(name, path.stat().st_uid, path.stat().st_gid)


def _seen(path: Path) -> tuple[int, int] | None:
    return (path.stat().st_mtime_ns, path.stat().st_size) if path.exists() else None


def _text_of(path: Path) -> str:
    if not path.exists():
        return _EMPTY
    try:
        return path.read_bytes().decode()
    except (OSError, UnicodeDecodeError):
        Lines.of(path)  # says what is wrong
        raise


def _address(url: str) -> str:
    try:
        return fetch_url(url)
    except Permanent:
        return url


def _check(name: str, old: Configuration, text: str, names: list[str]) -> None:
    """Make sure that the new text says all that the old one said, and the new sources beside it."""
    if len(text.encode()) > LARGEST:
        raise ConfigurationError([Problem(name, f"would be larger than {LARGEST} bytes")])
    new = read_sources(Lines(name, text))
    same = all(new.sources.get(known) == source for known, source in old.sources.items())
    if not same or set(new.sources) - set(old.sources) != set(names) or new.topics != old.topics:
        raise ConfigurationError([Problem(name, "its sources cannot be added to", _BY_HAND)])


def _list_in(text: str) -> yaml.Node | None:
    """Return what stands under `sources:`, None where the key is not there."""
    root = yaml.compose(text, Loader=Loader)
    if not isinstance(root, yaml.MappingNode):
        return None
    return next((value for key, value in root.value if key.value == "sources"), None)


def _end_of(text: str, given: yaml.SequenceNode) -> int:
    """Return the place behind the last source and the comments that belong to it."""
    leaf: yaml.Node = given
    while leaf.value and isinstance(leaf, yaml.CollectionNode) and not leaf.flow_style:
        last = leaf.value[-1]
        leaf = last[1] if isinstance(last, tuple) else last
    at = leaf.end_mark.index
    end = at if at and text[at - 1] == "\n" else _line_end(text, at)
    place, rest = end, text[end:].splitlines(keepends=True)
    if all(not line.strip() or line.lstrip().startswith("#") for line in rest):
        return len(text)
    for line in rest:  # comments further in belong to the list, those at the margin to what follows
        end += len(line)
        if line.strip() and not line.startswith((" ", "\t")):
            break
        place = end if line.lstrip().startswith("#") else place
    return place


def _line_end(text: str, index: int) -> int:
    """Return the place behind the line that holds a place."""
    found = text.find("\n", index)
    return len(text) if found < 0 else found + 1
