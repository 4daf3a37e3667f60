"""What labels say together: of an incident by its articles, and where they contradict each other."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from monitor.domain.labels import Answer, Question, Rule, Scheme


@dataclass(frozen=True)
class Held:
    """A label that is in force, and the article that it was given to."""

    label_id: int
    article_id: int
    original_id: int  # the article itself where it is no copy
    incident_id: int | None
    scheme: str
    question: str
    value: Any
    labeller: str
    at: datetime


@dataclass(frozen=True)
class Contradiction:
    """Labels that cannot all be right. `among` is labellers, copies or incident."""

    among: str
    scheme: str
    question: str
    incident_id: int | None
    labels: tuple[Held, ...]


def plain(value: Any) -> Any:
    """Return a value that can be compared and counted: a set of ids for lists, without their quotes."""
    if isinstance(value, list):
        return frozenset(one["id"] if isinstance(one, dict) else one for one in value)
    return value


def derived(question: Question, labels: Sequence[Held]) -> Any:
    """Return an incident's value by the question's rule, None where no article has one.

    Each original counts once, whatever the number of its copies and labellers.
    """
    values = [_of_article(question, held) for held in _by_article(labels).values()]
    if not values or question.rule is Rule.NONE:
        return None
    if question.rule is Rule.UNION:
        chosen = set().union(*(value if isinstance(value, frozenset) else {value} for value in values))
        return sorted(chosen, key=lambda one: (question.place_of(one), str(one)))
    if question.rule is Rule.HIGHEST:
        return max(values, key=question.place_of)
    return _most(values)


def contradictions(labels: Iterable[Held], schemes: Mapping[str, Scheme]) -> list[Contradiction]:
    """List where labellers, copies of one text, or the articles of one incident say different things."""
    found: list[Contradiction] = []
    groups: dict[tuple[str, str, int], list[Held]] = defaultdict(list)
    incidents: dict[tuple[str, str, int], list[Held]] = defaultdict(list)
    for held in labels:
        question = _question(held, schemes)
        if question is None or question.answer is Answer.TEXT:
            continue
        groups[held.scheme, held.question, held.original_id].append(held)
        if question.agree and held.incident_id is not None:
            incidents[held.scheme, held.question, held.incident_id].append(held)
    for (scheme, question_id, _), group in groups.items():
        if _differ(group):
            among = "copies" if len({held.article_id for held in group}) > 1 else "labellers"
            found.append(Contradiction(among, scheme, question_id, group[0].incident_id, tuple(group)))
    for (scheme, question_id, incident), group in incidents.items():
        if _differ(group) and len({held.original_id for held in group}) > 1:
            found.append(Contradiction("incident", scheme, question_id, incident, tuple(group)))
    return found


def _question(held: Held, schemes: Mapping[str, Scheme]) -> Question | None:
    scheme = schemes.get(held.scheme)
    return scheme.question(held.question) if scheme else None


def _differ(group: Sequence[Held]) -> bool:
    return len({plain(held.value) for held in group}) > 1


def _by_article(labels: Sequence[Held]) -> dict[int, list[Held]]:
    """Group labels by original, the earliest labelled first."""
    grouped: dict[int, list[Held]] = defaultdict(list)
    for held in sorted(labels, key=lambda held: held.label_id):
        grouped[held.original_id].append(held)
    return grouped


def _of_article(question: Question, labels: Sequence[Held]) -> Any:
    """Return what one article's labels say: what most labellers do."""
    values = [plain(held.value) for held in labels]
    return max(values, key=question.place_of) if question.rule is Rule.HIGHEST else _most(values)


def _most(values: Sequence[Any]) -> Any:
    """Return the commonest value, the first of equals."""
    counts = Counter(values)
    return max(values, key=lambda value: counts[value])
