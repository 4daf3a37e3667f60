"""`sources.yaml`: what an operator watches, as pydantic models that become domain values.

Each model is the documentation of its keys; docs/sources.md is checked against them by a test.
"""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from monitor.config.durations import Duration, parse_duration
from monitor.config.lines import Lines, Location
from monitor.config.problems import keys_of, nearest, problems_of
from monitor.domain.errors import ConfigurationError, Problem
from monitor.domain.model import Expectation, Interval, Kind, Paging, Rule, Source, Topic

SHORTEST = timedelta(seconds=10)  # nobody may be asked more often
FIELDS = Literal["title", "url", "text", "author"]


def _texts(value: Any) -> Any:
    return [str(part) for part in value] if isinstance(value, list) else value


Texts = Annotated[list[str], BeforeValidator(_texts)]


class _Spec(BaseModel):
    model_config = ConfigDict(extra="forbid")


class TopicSpec(_Spec):
    """One topic: a document is on it with one word of `any`, one of `and` where given, and none of `not`."""

    title: str = ""
    any: Texts = []
    and_: Texts = Field([], alias="and")
    not_: Texts = Field([], alias="not")
    like: Texts = []
    like_threshold: float = Field(0.86, ge=0, le=1)


class EverySpec(_Spec):
    """An adaptive interval: between `min` and `max`, following the source's own rhythm."""

    min: Duration = timedelta(minutes=5)
    max: Duration = timedelta(hours=6)


def _every(value: Any) -> Any:
    return value if isinstance(value, dict) else {"min": parse_duration(value), "max": parse_duration(value)}


Every = Annotated[EverySpec, BeforeValidator(_every)]


class RuleSpec(_Spec):
    """A regular expression (RE2) on one field of an entry."""

    field: FIELDS = "title"
    match: str


class PageSpec(_Spec):
    """Further pages of a roll."""

    param: str = "page"
    start: int = 1
    max: int = Field(1, ge=1, le=50)


class ExpectSpec(_Spec):
    """What a living source delivers."""

    min_items: int = Field(0, ge=0)
    max_silence: Duration | None = None


class SourceSpec(_Spec):
    """One source."""

    name: str
    kind: Kind
    url: str
    publisher: str = ""
    country: str = Field("", pattern=r"^([A-Z]{2})?$")
    language: str = Field("", pattern=r"^([a-z]{2,3}(-[A-Za-z0-9]{2,8})*)?$")
    timezone: str = "UTC"
    every: Every = EverySpec(min=timedelta(minutes=15), max=timedelta(minutes=15))
    topics: Texts = []
    enabled: bool = True
    reason: str = ""  # why it is disabled
    encoding: str = ""
    headers: dict[str, str] = {}
    cookies: dict[str, str] = {}
    user_agent: str = ""
    proxy: str = ""
    method: Literal["GET", "POST"] = "GET"
    body: dict[str, Any] | None = None
    timeout: Duration = timedelta(seconds=30)
    max_entries: int = Field(500, ge=1, le=50_000)
    robots: Literal["obey", "ignore"] = "obey"
    ignore_validators: bool = False
    retry_scope: Literal["host", "domain", "url"] = "host"
    keep: list[RuleSpec] = []
    block: list[RuleSpec] = []
    select: dict[str, str] = {}
    paths: dict[str, str] = {}
    date_format: str = "auto"
    unwrap: str | dict[str, str] = ""
    url_template: str = ""
    page: PageSpec | None = None
    expect: ExpectSpec = Field(default_factory=lambda: ExpectSpec.model_validate({}))
    full_text: bool = False
    text: dict[str, str] = {}

    @field_validator("url")
    @classmethod
    def _url(cls, value: str) -> str:
        if not re.match(r"https?://[^/\s]+", value):
            raise ValueError("is no http(s) address")
        return value

    @field_validator("timezone")
    @classmethod
    def _timezone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError("is no time zone of the IANA list, such as Asia/Shanghai") from None
        return value

    @field_validator("every")
    @classmethod
    def _often(cls, value: EverySpec) -> EverySpec:
        if value.min < SHORTEST or value.max < value.min:
            raise ValueError(f"must be at least {SHORTEST.seconds}s, and max not under min")
        return value

    @model_validator(mode="after")
    def _needs(self) -> "SourceSpec":
        if self.kind is Kind.LISTING and "link" not in self.select and "item" not in self.select:
            raise ValueError("a listing needs `select` with item and link")
        if self.kind is Kind.JSON and not self.paths:
            raise ValueError("a json source needs `paths` with items, title and url (or url_template)")
        return self


class FileSpec(_Spec):
    """The whole file."""

    version: Literal[1]
    topics: dict[str, TopicSpec] = {}
    defaults: dict[str, Any] = {}
    sources: list[dict[str, Any]] = []
    publishers: dict[str, list[str]] = {}


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
        if name in seen:
            problems.append(Problem(lines.place((*at, "name")), f"source {name!r} stands twice"))
        seen |= {str(name)} if name else set()
        wanted = given.get("topics")
        for topic in wanted if isinstance(wanted, list) else []:
            if topic not in topics:
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
