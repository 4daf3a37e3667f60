"""Label schemes and the labels that fit them.

A scheme has questions; a label answers one question about one article. What an answer may be depends on the kind:

    choice    the id of one option                      "ai_incident"
    choices   the ids of any number of options          ["safety", "accountability"]
    quoted    ids with the words that show each          [{"id": "T0097", "quote": "…"}]
    text      free words                                "…"
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from monitor.domain.refused import Refused

MOST_IDS, LONGEST = 200, 10_000
LONGEST_LABELLER = 100


class Answer(StrEnum):
    """What an answer to a question looks like."""

    CHOICE = "choice"
    CHOICES = "choices"
    QUOTED = "quoted"
    TEXT = "text"


class Rule(StrEnum):
    """How an incident's value follows from its articles' values."""

    MOST = "most"  # what most original articles say; the earliest of equals
    HIGHEST = "highest"  # the highest option in the scheme's order that any says
    UNION = "union"  # everything that any says
    NONE = "none"


@dataclass(frozen=True)
class Option:
    """One value that can be chosen; titles and help by language."""

    id: str
    title: Mapping[str, str]
    help: Mapping[str, str] = field(default_factory=dict)
    offered: bool = True  # one that is not offered is still taken, as from an import


@dataclass(frozen=True)
class Question:
    """One thing to judge."""

    id: str
    title: Mapping[str, str]
    answer: Answer
    options: tuple[Option, ...] = ()
    required: bool = False
    pattern: str = ""  # of ids that are no listed option
    rule: Rule = Rule.NONE
    agree: bool = False  # whether different values inside one incident contradict each other
    help: Mapping[str, str] = field(default_factory=dict)

    def option(self, identity: str) -> Option | None:
        """Return an option by its id."""
        return next((option for option in self.options if option.id == identity), None)

    def place_of(self, value: Any) -> int:
        """Return where a value stands in the scheme's order, -1 for one that does not."""
        return next((place for place, option in enumerate(self.options) if option.id == value), -1)


@dataclass(frozen=True)
class Scheme:
    """A set of questions, versioned as a whole."""

    id: str
    version: int
    title: Mapping[str, str]
    questions: tuple[Question, ...]
    about: Mapping[str, str] = field(default_factory=dict)

    def question(self, identity: str) -> Question | None:
        """Return a question by its id."""
        return next((question for question in self.questions if question.id == identity), None)


@dataclass(frozen=True)
class Judgement:
    """One answer to one question, as a labeller gives it."""

    scheme: str
    question: str
    value: Any
    rationale: str = ""
    quote: str = ""


def checked(judgements: Sequence[Judgement], schemes: Mapping[str, Scheme], *, whole: bool = True) -> None:
    """Raise Refused for the first judgement that fits no scheme; `whole`: all required questions are answered."""
    if not judgements:
        raise Refused("empty-label", "give at least one judgement")
    for judgement in judgements:
        _check(judgement, _question(judgement, schemes))
    seen = [(judgement.scheme, judgement.question) for judgement in judgements]
    if len(seen) != len(set(seen)):
        raise Refused("invalid-label", "answer each question once")
    for scheme in {judgement.scheme for judgement in judgements} if whole else ():
        _check_whole(schemes[scheme], {question for name, question in seen if name == scheme})


def _question(judgement: Judgement, schemes: Mapping[str, Scheme]) -> Question:
    scheme = schemes.get(judgement.scheme)
    if scheme is None:
        known = ", ".join(sorted(schemes))
        raise Refused("unknown-scheme", f"no scheme is called {judgement.scheme!r}; there are {known}")
    question = scheme.question(judgement.question)
    if question is None:
        known = ", ".join(one.id for one in scheme.questions)
        told = f"scheme {scheme.id} has no question {judgement.question!r}; it has {known}"
        raise Refused("unknown-question", told)
    return question


def _check(judgement: Judgement, question: Question) -> None:
    value = judgement.value
    if question.answer is Answer.TEXT:
        fits = isinstance(value, str) and value.strip() != "" and len(value) <= LONGEST
    elif question.answer is Answer.CHOICE:
        fits = isinstance(value, str) and _known(value, question)
    elif question.answer is Answer.CHOICES:
        fits = _is_list_of_ids(value, question)
    else:
        fits = isinstance(value, list) and _is_list_of_ids([_quoted_id(one) for one in value], question)
    if not fits:
        told = f"{question.id}: {str(value)[:100]!r} is no answer; {_wanted(question)}"
        raise Refused("invalid-label", told)
    if len(judgement.rationale) > LONGEST or len(judgement.quote) > LONGEST:
        raise Refused("invalid-label", f"{question.id}: rationale and quote take {LONGEST} characters")


def _known(identity: str, question: Question) -> bool:
    if question.option(identity) is not None:
        return True
    return bool(question.pattern) and re.fullmatch(question.pattern, identity) is not None


def _is_list_of_ids(value: Any, question: Question) -> bool:
    if not isinstance(value, list) or len(value) > MOST_IDS:
        return False
    return all(isinstance(one, str) and _known(one, question) for one in value) and len(value) == len(
        set(value)
    )


def _quoted_id(one: Any) -> Any:
    """Return the id of `{"id", "quote"}`; None for anything else."""
    if (
        not isinstance(one, dict)
        or not set(one) <= {"id", "quote"}
        or not isinstance(one.get("quote", ""), str)
    ):
        return None
    return one.get("id") if len(one.get("quote", "")) <= LONGEST else None


def _wanted(question: Question) -> str:
    ids = [option.id for option in question.options]
    listed = ", ".join(ids[:8]) + (", …" if len(ids) > 8 else "")  # noqa: PLR2004 - enough to see the pattern
    wanted = listed or question.pattern
    return {
        Answer.CHOICE: f"choose one of {wanted}",
        Answer.CHOICES: f"give a list of {wanted}, each once",
        Answer.QUOTED: f'give a list of {{"id": one of {wanted}, "quote": "…"}}',
        Answer.TEXT: f"write up to {LONGEST} characters",
    }[question.answer]


def _check_whole(scheme: Scheme, answered: set[str]) -> None:
    missing = [one.id for one in scheme.questions if one.required and one.id not in answered]
    if missing:
        raise Refused("incomplete-label", f"{scheme.id}: answer {', '.join(missing)} too")
