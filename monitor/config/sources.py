"""`sources.yaml`: what an operator watches, checked as a whole and turned into domain values."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from monitor.config.lines import Lines, Location
from monitor.config.problems import keys_of, nearest, problems_of
from monitor.config.specs import EverySpec, ExpectSpec, FileSpec, PageSpec, RuleSpec, SourceSpec, TopicSpec
from monitor.domain.errors import ConfigurationError, Problem
from monitor.domain.model import Expectation, Interval, Paging, Rule, Source, Topic


@dataclass(frozen=True)
class Configuration:
    """Everything `sources.yaml` says."""

    topics: dict[str, Topic] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)
    publishers: dict[str, tuple[str, ...]] = field(default_factory=dict)  # name → aliases and hosts
    disabled: dict[str, str] = field(default_factory=dict)  # source → reason

    @property
    def enabled(self) -> list[Source]:
        """The sources that are polled."""
        return [source for source in self.sources.values() if source.enabled]


def load_sources(path: Path) -> Configuration:
    """Read `sources.yaml`; raise ConfigurationError that lists every error with its line and the nearest word."""
    return read_sources(Lines.of(path))


def read_sources(lines: Lines) -> Configuration:
    """Check and convert the data of a sources file."""
    raw = lines.data if isinstance(lines.data, dict) else {}
    problems = list(lines.problems)
    try:
        file = FileSpec.model_validate(lines.data or {})
    except ValidationError as error:
        problems += problems_of(error, lines.place, _words)
        file = FileSpec(version=1)
    _check_defaults(lines, _mapping(raw.get("defaults")), problems)
    specs = _collect_sources(lines, raw, problems)
    _check_references(lines, raw, problems)
    if problems:
        raise ConfigurationError(sorted(problems, key=_line))
    return Configuration(
        topics={name: _topic(name, spec) for name, spec in file.topics.items()},
        sources={spec.name: _source(spec) for spec in specs},
        publishers={name: tuple(aliases) for name, aliases in file.publishers.items()},
        disabled={spec.name: spec.reason for spec in specs if not spec.enabled},
    )


def _line(problem: Problem) -> int:
    number = problem.where.rpartition(":")[2]
    return int(number) if number.isdigit() else 0


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _listed(raw: dict[str, Any]) -> list[tuple[Location, dict[str, Any]]]:
    given = raw.get("sources")
    rows = enumerate(given if isinstance(given, list) else [])
    return [(("sources", number), row) for number, row in rows if isinstance(row, dict)]


def _check_defaults(lines: Lines, defaults: dict[str, Any], problems: list[Problem]) -> None:
    for key in defaults:
        if key not in keys_of(SourceSpec):
            problem = Problem(
                lines.place(("defaults", key)), f"unknown key {key!r}", nearest(key, keys_of(SourceSpec))
            )
            problems.append(problem)


def _collect_sources(lines: Lines, raw: dict[str, Any], problems: list[Problem]) -> list[SourceSpec]:
    known = set(keys_of(SourceSpec))
    defaults = {key: value for key, value in _mapping(raw.get("defaults")).items() if key in known}
    specs = []
    for at, given in _listed(raw):
        try:
            specs.append(SourceSpec.model_validate({**defaults, **given}))
        except ValidationError as error:
            problems += problems_of(error, lambda found, at=at: lines.place((*at, *found)), _source_words)  # type: ignore[misc]
    return specs


def _check_references(lines: Lines, raw: dict[str, Any], problems: list[Problem]) -> None:
    topics, seen = _mapping(raw.get("topics")), set[str]()
    for at, given in [(("defaults",), _mapping(raw.get("defaults"))), *_listed(raw)]:
        name = given.get("name")
        if isinstance(name, str) and name in seen:
            problems.append(Problem(lines.place((*at, "name")), f"source {name!r} stands twice"))
        seen |= {str(name)} if name else set()
        wanted = given.get("topics")
        for topic in wanted if isinstance(wanted, list) else []:
            if str(topic) not in map(str, topics):
                where = lines.place((*at, "topics"))
                problems.append(
                    Problem(where, f"unknown topic {topic!r}", nearest(str(topic), map(str, topics)))
                )


_NESTED: dict[str, type[BaseModel]] = {
    "every": EverySpec,
    "page": PageSpec,
    "expect": ExpectSpec,
    "keep": RuleSpec,
    "block": RuleSpec,
}


def _source_words(at: Location) -> list[str]:
    """Return the keys that are valid at a place inside a source."""
    names = [part for part in at if isinstance(part, str)]
    return keys_of(_NESTED[names[0]]) if names and names[0] in _NESTED else keys_of(SourceSpec)


def _words(at: Location) -> list[str]:
    return keys_of(TopicSpec) if at and at[0] == "topics" else keys_of(FileSpec)


def _topic(name: str, spec: TopicSpec) -> Topic:
    return Topic(
        name=name,
        title=spec.title or name,
        any=tuple(spec.any),
        all_of=tuple(spec.and_),
        none_of=tuple(spec.not_),
        like=tuple(spec.like),
        like_threshold=spec.like_threshold,
    )


def _source(spec: SourceSpec) -> Source:
    same = (
        "name",
        "kind",
        "url",
        "publisher",
        "country",
        "language",
        "timezone",
        "enabled",
        "encoding",
        "headers",
    )
    more = (
        "cookies",
        "user_agent",
        "proxy",
        "method",
        "body",
        "timeout",
        "max_entries",
        "robots",
        "select",
        "paths",
    )
    rest = ("ignore_validators", "retry_scope", "date_format", "url_template", "full_text", "text")
    return Source(
        **{key: getattr(spec, key) for key in (*same, *more, *rest)},
        topics=tuple(spec.topics),
        every=Interval(spec.every.min, spec.every.max),
        keep=tuple(Rule(rule.field, rule.match) for rule in spec.keep),
        block=tuple(Rule(rule.field, rule.match) for rule in spec.block),
        unwrap=spec.unwrap.get("pattern", "") if isinstance(spec.unwrap, dict) else spec.unwrap,
        page=Paging(spec.page.param, spec.page.start, spec.page.max) if spec.page else None,
        expect=Expectation(spec.expect.min_items, spec.expect.max_silence),
    )
