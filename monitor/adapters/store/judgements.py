"""Labels as a record: what is in force, how it came to be, where it contradicts itself."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from monitor.adapters import tables as t
from monitor.adapters.engine import Database
from monitor.adapters.store.labels import NewLabel, Written, latest_answer, write_labels
from monitor.adapters.store.queue_rows import recount
from monitor.adapters.store.rows import unindexed
from monitor.domain.agreement import Agreement, agreement, differs, jaccard
from monitor.domain.consensus import Contradiction, Held, contradictions, plain
from monitor.domain.labelling import Labelling
from monitor.domain.labels import Answer, checked
from monitor.domain.refused import Refused

A, L, I = t.articles.c, t.labels.c, t.incidents.c  # noqa: E741 - as A and L
MOST_GROUPS = 200


@dataclass(frozen=True)
class LabelLine:
    """One label. `inherited`: given to the original that the article copies; `in_force`: neither withdrawn nor superseded."""

    id: int
    article_id: int
    scheme: str
    question: str
    value: Any
    labeller: str
    at: datetime
    rationale: str
    quote: str
    answer: str
    origin: str
    supersedes: int | None
    withdrawn: bool
    in_force: bool
    inherited: bool = False


class Judgements:
    """Reads labels, and takes those that need no claim."""

    def __init__(self, database: Database, labelling: Labelling) -> None:
        self._database, self._labelling = database, labelling

    async def give(self, new: NewLabel, *, now: datetime) -> Written:
        """Label any decided article without a claim: a copy that differs, a correction, an import."""
        checked(new.judgements, self._labelling.schemes, whole=False)

        def work(connection: Connection) -> Written:
            query = sa.select(A.id).where(A.id == new.article_id, A.seq.is_not(None)).with_for_update()
            if connection.execute(query).first() is None:
                raise Refused("unknown-article", f"there is no decided article {new.article_id}")
            if again := latest_answer(connection, new):
                return again
            written = write_labels(connection, new, now)
            recount(connection, [new.article_id])
            return written

        return await self._database.write(work)

    async def of_article(self, article_id: int) -> list[LabelLine]:
        """Return an article's labels with their history, oldest first; a copy has its original's beside its own."""

        def work(connection: Connection) -> list[LabelLine]:
            original = connection.execute(sa.select(A.copy_of).where(A.id == article_id)).scalar()
            own = _lines(connection, L.article_id == article_id)
            if original is None:
                return own
            overruled = {(line.scheme, line.question) for line in own if line.in_force}
            theirs = _lines(connection, L.article_id == original)
            return [
                *own,
                *(_inherited(line, (line.scheme, line.question) not in overruled) for line in theirs),
            ]

        return await self._database.read(work)

    async def of_incident(self, incident_id: int) -> list[Held]:
        """Return the labels in force of an incident's articles."""
        a, i = t.articles.alias("theirs").c, t.incidents.alias("gone").c
        merged = sa.select(i.id).where(i.merged_into == incident_id)
        theirs = sa.select(a.id).where((a.incident_id == incident_id) | a.incident_id.in_(merged))
        mine = L.article_id.in_(theirs), _incident_in_force() == incident_id, A.incident_id.is_not(None)
        return await self._database.read(lambda c: held(c, *mine))

    async def after(self, label_id: int, limit: int = 100, *, scheme: str = "") -> list[LabelLine]:
        """Return labels in the order of their writing: whoever remembers the last id misses none."""
        wanted = L.id > label_id if not scheme else sa.and_(L.id > label_id, L.scheme == scheme)
        return await self._database.read(lambda c: _lines(c, wanted, limit))

    async def contradictions(self) -> list[Contradiction]:
        """List labels that cannot all be right: between labellers, copies, or the articles of one incident."""
        agreeing = [
            (scheme.id, question.id)
            for scheme in self._labelling.schemes.values()
            for question in scheme.questions
            if question.agree
        ]

        def work(connection: Connection) -> list[Contradiction]:
            originals, incidents = _suspects(connection, agreeing)
            rows = held(connection, original_of().in_(originals) | _incident_in_force().in_(incidents))
            return contradictions(rows, self._labelling.schemes)

        return await self._database.read(work)

    async def agreement(self, scheme: str, question: str) -> Agreement:
        """Measure how far labellers agree on a question, over the articles that several judged."""
        asked = self._labelling.schemes[scheme].question(question)

        def work(connection: Connection) -> list[Held]:
            several = sa.select(L.article_id).where(L.scheme == scheme, L.question == question, ~L.withdrawn)
            several = several.group_by(L.article_id).having(sa.func.count(sa.distinct(L.labeller)) > 1)
            return held(connection, L.article_id.in_(several), L.scheme == scheme, L.question == question)

        units: dict[int, dict[str, Any]] = defaultdict(dict)
        for one in await self._database.read(work):
            units[one.article_id][one.labeller] = plain(one.value)
        many = asked is not None and asked.answer in {Answer.CHOICES, Answer.QUOTED}
        return agreement(list(units.values()), jaccard if many else differs)


def original_of() -> sa.ColumnElement[int]:
    """Ask for the original of the article at hand; it may be the article itself."""
    return sa.func.coalesce(A.copy_of, A.id)


def _incident_in_force() -> sa.ColumnElement[int]:
    return sa.func.coalesce(I.merged_into, A.incident_id)


def in_force() -> sa.ColumnElement[bool]:
    """Ask whether a label counts: not withdrawn, and no newer one of the same labeller for the same question."""
    newer = t.labels.alias("newer")
    same = (  # found by the article: by the question, each label would be held against all others
        newer.c.article_id == L.article_id,
        unindexed(newer.c.scheme) == L.scheme,
        newer.c.question == L.question,
        newer.c.labeller == L.labeller,
    )
    return ~L.withdrawn & ~sa.exists().where(*same, newer.c.id > L.id, ~newer.c.withdrawn)


def held(connection: Connection, *conditions: sa.ColumnElement[bool]) -> list[Held]:
    """Return labels in force with their articles, in the order of their writing."""
    joined = t.labels.join(t.articles, A.id == L.article_id).outerjoin(t.incidents, I.id == A.incident_id)
    columns = (*_HELD, original_of().label("original_id"), _incident_in_force().label("incident"))
    query = sa.select(*columns).select_from(joined).where(in_force(), *conditions).order_by(L.id)
    return [
        Held(
            row.id,
            row.article_id,
            row.original_id,
            row.incident,
            row.scheme,
            row.question,
            row.value,
            row.labeller,
            row.at,
        )
        for row in connection.execute(query)
    ]


_HELD = (L.id, L.article_id, L.scheme, L.question, L.value, L.labeller, L.at)


def _suspects(connection: Connection, agreeing: Sequence[tuple[str, str]]) -> tuple[list[int], list[int]]:
    """Return the originals, and the incidents, about which labels differ."""
    joined = t.labels.join(t.articles, A.id == L.article_id).outerjoin(t.incidents, I.id == A.incident_id)
    differ = sa.func.count(sa.distinct(sa.cast(L.value, sa.Text))) > 1
    originals = sa.select(original_of()).select_from(joined).where(in_force())
    originals = originals.group_by(original_of(), L.scheme, L.question).having(differ).limit(MOST_GROUPS)
    asked = sa.tuple_(L.scheme, L.question).in_(list(agreeing))
    incidents = sa.select(_incident_in_force()).select_from(joined)
    incidents = incidents.where(in_force(), asked, A.incident_id.is_not(None))
    incidents = (
        incidents.group_by(_incident_in_force(), L.scheme, L.question).having(differ).limit(MOST_GROUPS)
    )
    return list(connection.execute(originals).scalars()), list(connection.execute(incidents).scalars())


def _lines(connection: Connection, wanted: sa.ColumnElement[bool], limit: int = 1000) -> list[LabelLine]:
    query = sa.select(t.labels, in_force().label("in_force")).where(wanted).order_by(L.id).limit(limit)
    return [
        LabelLine(
            id=row.id,
            article_id=row.article_id,
            scheme=row.scheme,
            question=row.question,
            value=row.value,
            labeller=row.labeller,
            at=row.at,
            rationale=row.rationale,
            quote=row.quote,
            answer=row.answer,
            origin=row.origin,
            supersedes=row.supersedes,
            withdrawn=row.withdrawn,
            in_force=bool(row.in_force),
        )
        for row in connection.execute(query)
    ]


def _inherited(line: LabelLine, holds: bool) -> LabelLine:
    return LabelLine(**{**vars(line), "inherited": True, "in_force": line.in_force and holds})
