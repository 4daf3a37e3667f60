"""YAML as plain data, with the line of every value: safe loading only, no tags, no duplicate keys."""

import re
from pathlib import Path
from typing import Any

import yaml
from yaml.constructor import SafeConstructor

from monitor.domain.errors import ConfigurationError, Problem

try:  # the same grammar in C: thousands of sources in a tenth of the time
    from yaml import CSafeLoader as _Safe
except ImportError:  # a PyYAML that was built without libyaml
    from yaml import SafeLoader as _Safe  # type: ignore[assignment]

Location = tuple[int | str, ...]
LARGEST = 8 * 1024 * 1024  # bytes
DEEPEST = 50  # levels; libyaml's own recursion ends the whole process where a file has tens of thousands
MOST_PARTS = 1_000_000  # values; a few lines of aliases of aliases make billions of them


class Loader(_Safe):
    """Safe loading where only true and false are booleans, so that `country: NO` is Norway."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile("^(?:true|True|false|False)$"), list("tTfF")
)


class Lines:
    """The data of a YAML file and where each part of it stands."""

    def __init__(self, name: str, text: str) -> None:
        """Parse `text`; raise ConfigurationError with the line where it is no YAML or a key stands twice."""
        self.name = name
        self.problems: list[Problem] = []
        self._lines: dict[Location, int] = {}
        try:
            _refuse_depth(name, text)
            node = yaml.compose(text, Loader=Loader)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise ConfigurationError([Problem(f"{name}:{line}", f"is no YAML: {error.problem}")]) from None
        except yaml.YAMLError as error:
            raise ConfigurationError([Problem(name, f"is no YAML: {error}")]) from None
        self._scalars, self._parts = SafeConstructor(), 0
        self.data: Any = self._plain(node, ()) if node else None

    @classmethod
    def of(cls, path: Path) -> "Lines":
        """Read a file; raise ConfigurationError where that fails."""
        try:
            if path.stat().st_size > LARGEST:
                raise ConfigurationError([Problem(str(path), f"is larger than {LARGEST} bytes")])
            return cls(str(path), path.read_text(encoding="utf-8"))
        except OSError as error:
            raise ConfigurationError([Problem(str(path), f"cannot be read: {error.strerror}")]) from None
        except UnicodeDecodeError:
            raise ConfigurationError([Problem(str(path), "is not UTF-8")]) from None

    def place(self, location: Location) -> str:
        """Return file and line of a location, or of the nearest thing around it."""
        while location and location not in self._lines:
            location = location[:-1]
        return f"{self.name}:{self._lines.get(location, 1)}"

    def _plain(self, node: yaml.Node, at: Location) -> Any:
        self._lines.setdefault(at, node.start_mark.line + 1)
        self._count(node, at)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, at)
        if isinstance(node, yaml.SequenceNode):
            return [self._plain(part, (*at, number)) for number, part in enumerate(node.value)]
        return self._scalar(node)

    def _count(self, node: yaml.Node, at: Location) -> None:
        """Raise ConfigurationError where aliases make a file endless, or as good as."""
        self._parts += 1
        if len(at) > DEEPEST or self._parts > MOST_PARTS:
            place = f"{self.name}:{node.start_mark.line + 1}"
            raise ConfigurationError([Problem(place, "its aliases make it too deep or too large")])

    def _scalar(self, node: yaml.Node) -> Any:
        """Return a number, a date or a text; what is none of the tag that it bears is a problem."""
        try:
            return self._scalars.construct_object(node)
        except (yaml.YAMLError, ValueError, OverflowError):
            place = f"{self.name}:{node.start_mark.line + 1}"
            self.problems.append(
                Problem(place, f"{node.value!r:.100} is no value; quote it where it is a text")
            )
            return str(node.value)

    def _mapping(self, node: yaml.MappingNode, at: Location) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            line = key_node.start_mark.line + 1
            if key in found:
                self.problems.append(Problem(f"{self.name}:{line}", f"key {key!r} stands twice"))
            self._lines[(*at, key)] = line
            found[key] = self._plain(value_node, (*at, key))
        return found


def _refuse_depth(name: str, text: str) -> None:
    """Raise ConfigurationError where lists stand in lists too deep to be composed."""
    depth = 0
    for event in yaml.parse(text, Loader=Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            place = f"{name}:{event.start_mark.line + 1 if event.start_mark else 1}"
            raise ConfigurationError([Problem(place, f"has more than {DEEPEST} levels")])
