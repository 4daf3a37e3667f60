"""What stands around one incident: the names it had, what people said of it, and the incidents nearest to it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy import Connection

from monitor.adapters import tables as t
from monitor.adapters.embed import likeness, unpack
from monitor.adapters.store.merging import number_now, numbers_of
from monitor.domain.central import nearest, resemblance, telling
from monitor.domain.text import tokens

H, I, N, V = t.changes.c, t.incidents.c, t.incident_labels.c, t.vectors.c  # noqa: E741 - as H and N
AROUND = 200  # incidents before and after in time that are looked at
RELATED = 5
NEAR = 0.25
SAID = ("confirm", "rename")


@dataclass(frozen=True)
class Related:
    """Another incident that is much like one, and how much (0 – 1)."""

    id: int
    title: str
    first_report_at: datetime
    last_report_at: datetime
    score: float


@dataclass(frozen=True)
class Fact:
    """What a person said of an incident and still holds: `confirm`, `rename`, `apart`, or a label's name."""

    what: str
    value: Any
    by: str
    at: datetime
    rationale: str = ""


def aliases_of(connection: Connection, incidents: Sequence[int]) -> dict[int, tuple[int, ...]]:
    """Return the numbers that lead to each incident since merges."""
    query = sa.select(I.id, I.merged_into).where(I.merged_into.in_(list(incidents))).order_by(I.id)
    found: dict[int, tuple[int, ...]] = {}
    for row in connection.execute(query):
        found[row.merged_into] = (*found.get(row.merged_into, ()), row.id)
    return found


def facts_of(connection: Connection, incident: int) -> tuple[Fact, ...]:
    """Return what people said of an incident, oldest first; what was taken back or said anew is left out.

    Of what went into it since, labels and `apart` hold for it too; a title and a `confirm` meant the smaller one.
    """
    own = sa.select(t.changes).where(H.incident_id == incident, H.what.in_(SAID), H.undone_by.is_(None))
    rows = connection.execute(own.order_by(H.id))
    facts: dict[object, Fact] = {row.what: Fact(row.what, row.detail["new"], row.who, row.at) for row in rows}
    if "confirm" in facts and not facts["confirm"].value:
        del facts["confirm"]
    facts |= {("apart", fact.value): fact for fact in _apart(connection, incident)}
    for row in labels_of(connection, incident):
        name = f"{row.scheme}:{row.question}"
        facts[name] = Fact(name, row.value, row.labeller, row.at, row.rationale)
    return tuple(sorted(facts.values(), key=lambda fact: fact.at))


def labels_of(connection: Connection, incident: int) -> Sequence[Any]:
    """Return the labels by hand in force: of those that went into an incident, then its own, which overrule them."""
    mine = sa.select(t.incident_labels).where(N.incident_id.in_(numbers_of(incident)), ~N.withdrawn)
    return connection.execute(mine.order_by(N.incident_id == incident, N.id)).all()


def _apart(connection: Connection, incident: int) -> Iterator[Fact]:
    """Yield from which incidents one was told apart, under the numbers that all of them have now."""
    numbers = set(connection.execute(numbers_of(incident)).scalars())
    other = sa.cast(H.detail["other"].as_string(), sa.Text)
    ours = H.incident_id.in_(numbers) | other.in_([str(number) for number in numbers])
    said = sa.select(t.changes).where(ours, H.what == "apart", H.undone_by.is_(None)).order_by(H.id)
    for row in connection.execute(said).all():
        for number in {row.incident_id, row.detail["other"]} - numbers:
            yield Fact("apart", number_now(connection, number), row.who, row.at)


def related_to(connection: Connection, incident: Any, central: Any) -> tuple[Related, ...]:
    """Return the incidents nearest to one, given as a row, by meaning or by words; of those near it in time."""
    rows = [*_beside(connection, incident, later=False), *_beside(connection, incident, later=True)]
    bags = telling([tokens(f"{row.title} {row.summary}") for row in (incident, *rows)])
    scores = [
        max(resemblance(bags[0], bag), _meaning(central, row))
        for row, bag in zip(rows, bags[1:], strict=True)
    ]
    return tuple(
        Related(row.id, row.title, row.first_report_at, row.last_report_at, round(scores[at], 3))
        for at in nearest(scores, RELATED, NEAR)
        for row in (rows[at],)
    )


def _beside(connection: Connection, incident: Any, *, later: bool) -> Sequence[Any]:
    """Return the incidents last reported on before or after, the closest ones, with the vectors of their founders."""
    when, place = incident.last_report_at, sa.tuple_(I.last_report_at, I.id)
    here = sa.tuple_(sa.literal(when, t.UtcDateTime()), sa.literal(incident.id))
    beyond = place > here if later else place < here
    order = (I.last_report_at, I.id) if later else (I.last_report_at.desc(), I.id.desc())
    joined = t.incidents.outerjoin(t.vectors, V.article_id == I.founded_by)
    query = sa.select(t.incidents, V.model, V.vector).select_from(joined)
    query = query.where(I.merged_into.is_(None), beyond).order_by(*order).limit(AROUND)
    return connection.execute(query).all()


def _meaning(central: Any, row: Any) -> float:
    """Return how alike two reports are in meaning; nothing where they were not encoded by the same model."""
    if central is None or not central.vector or not row.vector or central.model != row.model:
        return 0.0
    one, other = unpack(central.vector), unpack(row.vector)
    return likeness(float(np.dot(one, other))) if len(one) == len(other) else 0.0
