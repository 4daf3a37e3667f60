"""Reads label schemes and the manner of labelling: the shipped ones, and an operator's own beside sources.yaml.

labelling.yaml      schemes: [oecd], overlap: 2, weights: {new: 0.4}, topics: {ai-incidents: {…the same…}}
schemes/*.yaml      further schemes, or others in place of shipped ones with the same id
"""

from functools import cache
from importlib import resources
from pathlib import Path
from typing import Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from monitor.adapters.yaml_text import plain
from monitor.domain import labels
from monitor.domain.errors import ConfigurationError, Problem
from monitor.domain.labelling import Asking, Labelling, Manner
from monitor.domain.labels import Answer, Rule, Scheme
from monitor.domain.priority import Weights

T = TypeVar("T", bound=BaseModel)
Titles = dict[str, str]
Id = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Option(_Strict):
    id: str = Field(pattern=Id)
    title: Titles
    help: Titles = {}
    offered: bool = True


class _Question(_Strict):
    id: str = Field(pattern=Id)
    title: Titles
    answer: Answer
    options: list[_Option] = []
    required: bool = False
    pattern: str = ""
    rule: Rule = Rule.NONE
    agree: bool = False
    help: Titles = {}


class _Scheme(_Strict):
    id: str = Field(pattern=Id)
    version: int = Field(1, ge=1)
    title: Titles
    about: Titles = {}
    questions: list[_Question] = Field(min_length=1)


class _Weights(_Strict):
    new: float = Field(0.3, ge=0, le=10)
    unsure: float = Field(0.2, ge=0, le=10)
    relevance: float = Field(0.3, ge=0, le=10)
    size: float = Field(0.1, ge=0, le=10)
    speed: float = Field(0.1, ge=0, le=10)
    wait: float = Field(0.1, gt=0, le=10)


class _Manner(_Strict):
    schemes: list[str] | None = None
    overlap: int | None = Field(None, ge=1, le=20)
    weights: _Weights | None = None


class _Asking(_Strict):
    name: str = Field(pattern=Id)
    url: str = Field(pattern="^https?://")
    model: str = Field(min_length=1, max_length=100)
    scheme: str = "oecd"
    key_file: str = ""


class _Labelling(_Manner):
    version: Literal[1] = 1
    topics: dict[str, _Manner] = {}
    suggesters: list[_Asking] = []


def load_labelling(folder: Path | None = None) -> Labelling:
    """Return the shipped schemes with what lies in a folder; raise ConfigurationError with every error and its file."""
    problems: list[Problem] = []
    schemes = {scheme.id: scheme for scheme in _shipped()}
    own = sorted((folder / "schemes").glob("*.yaml")) if folder else []
    schemes |= {scheme.id: scheme for scheme in _schemes(own, problems)}
    path = folder / "labelling.yaml" if folder else None
    given = _parsed(path, _Labelling, problems) if path and path.is_file() else _Labelling()
    default = _manner(given, Manner()) if given else Manner()
    topics = {name: _manner(one, default) for name, one in given.topics.items()} if given else {}
    asking = tuple(Asking(**vars(one)) for one in given.suggesters) if given else ()
    named = [name for manner in (default, *topics.values()) for name in manner.schemes]
    problems += [
        Problem(str(path), f"no scheme is called {name!r}", f"there are {', '.join(sorted(schemes))}")
        for name in [*named, *(one.scheme for one in asking)]
        if name not in schemes
    ]
    if problems:
        raise ConfigurationError(problems)
    return Labelling(schemes, default, topics, asking)


@cache
def _shipped() -> tuple[Scheme, ...]:
    problems: list[Problem] = []
    found = _schemes(sorted(Path(str(resources.files("monitor.schemes"))).glob("*.yaml")), problems)
    if problems:
        raise ConfigurationError(problems)
    return tuple(found)


def _schemes(paths: list[Path], problems: list[Problem]) -> list[Scheme]:
    found = [_parsed(path, _Scheme, problems) for path in paths]
    return [_scheme(one) for one in found if one is not None]


def _parsed(path: Path, model: type[T], problems: list[Problem]) -> T | None:
    """Return a checked file; note what is wrong with it."""
    try:
        return model.model_validate(plain(path.read_text("utf-8")) or {})
    except ValidationError as error:
        for one in error.errors(include_url=False):
            at = ".".join(str(part) for part in one["loc"])
            problems.append(Problem(str(path), f"{at}: {one['msg']}"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        problems.append(Problem(str(path), f"cannot be read: {error}"))
    return None


def _scheme(given: _Scheme) -> Scheme:
    questions = tuple(
        labels.Question(
            **{**vars(one), "options": tuple(labels.Option(**vars(option)) for option in one.options)}
        )
        for one in given.questions
    )
    return Scheme(given.id, given.version, given.title, questions, given.about)


def _manner(given: _Manner, default: Manner) -> Manner:
    """Return a manner; what is not said is as in the default."""
    return Manner(
        schemes=tuple(given.schemes) if given.schemes is not None else default.schemes,
        overlap=given.overlap or default.overlap,
        weights=Weights(**given.weights.model_dump()) if given.weights else default.weights,
    )
