"""The keys of `sources.yaml` as pydantic models: each is the documentation of its keys.

docs/sources.md is checked against them by a test.
"""

import re
from datetime import timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from monitor.config import expressions as check
from monitor.config.durations import Duration, parse_duration
from monitor.config.problems import visible
from monitor.domain.errors import Permanent
from monitor.domain.model import Kind
from monitor.domain.urls import fetch_url

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
    like_threshold: float = Field(0.84, ge=0, le=1)


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
    match: Annotated[str, AfterValidator(check.expression)]


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

    name: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(visible)]
    kind: Kind
    url: str
    publisher: Annotated[str, AfterValidator(visible)] = ""
    country: str = Field("", pattern=r"^([A-Z]{2})?$")
    language: str = Field("", pattern=r"^([a-z]{2,3}(-[A-Za-z0-9]{2,8})*)?$")
    timezone: str = "UTC"
    every: Every = EverySpec(min=timedelta(minutes=15), max=timedelta(minutes=15))
    topics: Texts = []
    enabled: bool = True
    reason: str = ""  # why it is disabled
    encoding: Annotated[str, AfterValidator(check.encoding)] = ""
    headers: Annotated[dict[str, str], AfterValidator(check.one_line)] = {}
    cookies: Annotated[dict[str, str], AfterValidator(check.one_line)] = {}
    user_agent: Annotated[str, AfterValidator(visible)] = ""
    proxy: Annotated[str, AfterValidator(check.proxy)] = ""
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
    date_format: Annotated[str, AfterValidator(check.date_format)] = "auto"
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
        try:
            fetch_url(value)
        except Permanent:
            raise ValueError("is no address of a host, without user and password") from None
        return value

    @field_validator("timezone")
    @classmethod
    def _timezone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError("is no time zone of the IANA list, such as Asia/Shanghai") from None
        return value

    @field_validator("select")
    @classmethod
    def _select(cls, value: dict[str, str]) -> dict[str, str]:
        check.known_keys(value, check.SELECT_KEYS)
        for part in value.values():
            if part != ".":
                check.selector(part, xpath=("xpath:",))
        return value

    @field_validator("text")
    @classmethod
    def _text(cls, value: dict[str, str]) -> dict[str, str]:
        check.known_keys(value, check.TEXT_KEYS)
        for part in value.values():
            check.selector(part, xpath=("/", "("))
        return value

    @field_validator("paths")
    @classmethod
    def _paths(cls, value: dict[str, str]) -> dict[str, str]:
        check.known_keys(value, check.PATHS_KEYS)
        check.conditions(value.get("filter", ""))
        return value

    @field_validator("unwrap")
    @classmethod
    def _unwrap(cls, value: str | dict[str, str]) -> str | dict[str, str]:
        if isinstance(value, dict):
            check.known_keys(value, ("pattern",))
        pattern = value.get("pattern", "") if isinstance(value, dict) else value
        if pattern != "jsonp":
            check.expression(pattern)
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
