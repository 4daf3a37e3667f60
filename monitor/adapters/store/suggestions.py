"""Proposed labels: by any suggester, with model, score and rationale; they count for nothing by themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from monitor.adapters import tables as t
from monitor.adapters.engine import Database
from monitor.adapters.store.judgements import in_force
from monitor.adapters.store.queue_rows import Filter, waiting
from monitor.adapters.store.rows import upsert
from monitor.domain.labelling import Labelling
from monitor.domain.labels import Judgement, checked
from monitor.domain.records import Suggestion
from monitor.domain.refused import Refused

A, D, L, S = t.articles.c, t.documents.c, t.labels.c, t.suggestions.c
MOST_EXAMPLES = 5000
SOON = 1000  # waiting articles, the next ones: proposals for all would never keep up with what is learned
READ = 3000  # signs of a text that suggesters are given
LONGEST_NAME = 100


@dataclass(frozen=True)
class Example:
    """A labelled article as a suggester learns from it."""

    title: str
    text: str
    value: Any


@dataclass(frozen=True)
class Unseen:
    """A waiting article that a suggester has said nothing about."""

    article_id: int
    title: str
    text: str
    language: str
    publisher: str
    topics: tuple[str, ...]


class Suggestions:
    """Keeps one proposal per article, question and suggester: the last one."""

    def __init__(self, database: Database, labelling: Labelling) -> None:
        self._database, self._labelling = database, labelling

    async def put(self, given: Sequence[tuple[int, Suggestion]], *, now: datetime) -> None:
        """Write proposals; raise Refused for one that fits no scheme or belongs to no decided article."""
        for _, one in given:
            checked([Judgement(one.scheme, one.question, one.value)], self._labelling.schemes, whole=False)
            if not 0.0 <= one.score <= 1.0:
                raise Refused("invalid-score", "a score lies between 0 and 1")
            if not 0 < len(one.suggester) <= LONGEST_NAME or len(one.model) > LONGEST_NAME:
                raise Refused("invalid-suggester", f"names take 1 to {LONGEST_NAME} signs")

        def work(connection: Connection) -> None:
            ids = {article for article, _ in given}
            known = set(
                connection.execute(sa.select(A.id).where(A.id.in_(ids), A.seq.is_not(None))).scalars()
            )
            if missing := ids - known:
                raise Refused("unknown-article", f"there is no decided article {min(missing)}")
            for article, one in given:
                row = {**vars(one), "article_id": article, "rationale": one.rationale[:2000], "at": now}
                upsert(connection, t.suggestions, row, ["article_id", "scheme", "question", "suggester"])

        await self._database.write(work)

    async def of_article(self, article_id: int) -> list[Suggestion]:
        """Return what is proposed for an article, the surest first."""
        query = (
            sa.select(t.suggestions).where(S.article_id == article_id).order_by(S.score.desc(), S.suggester)
        )
        rows = await self._database.read(lambda c: c.execute(query).all())
        return [
            Suggestion(
                row.scheme, row.question, row.value, row.suggester, row.model, row.score, row.rationale
            )
            for row in rows
        ]

    async def examples(self, scheme: str, question: str) -> list[Example]:
        """Return the newest labelled articles for a question."""
        joined = t.labels.join(t.documents, D.article_id == L.article_id)
        text = sa.func.substr(D.text, 1, READ).label("text")
        query = sa.select(D.title, text, L.value).select_from(joined)
        query = query.where(L.scheme == scheme, L.question == question, in_force())
        rows = await self._database.read(
            lambda c: c.execute(query.order_by(L.id.desc()).limit(MOST_EXAMPLES)).all()
        )
        return [Example(row.title, row.text, row.value) for row in rows]

    async def last_label(self) -> int:
        """Return the number of the last label, 0 where there is none."""
        return int(await self._database.read(lambda c: c.execute(sa.select(sa.func.max(L.id))).scalar()) or 0)

    async def unseen(
        self, suggester: str, model: str, limit: int = 100, *, without: Sequence[int] = ()
    ) -> list[Unseen]:
        """Return the next of those articles that are soon labelled about which a model has said nothing."""
        soon = waiting(sa.select(A.id), Filter()).order_by(A.place, A.id).limit(SOON).subquery()
        said = sa.exists().where(S.article_id == A.id, S.suggester == suggester, S.model == model)
        text = sa.func.substr(D.text, 1, READ).label("text")
        query = sa.select(A.id, A.topics, D.title, text, D.language, D.publisher).select_from(
            soon.join(t.articles, A.id == soon.c.id).join(t.documents, D.article_id == A.id)
        )
        query = query.where(~said, A.id.not_in(list(without))).order_by(A.place, A.id)
        rows = await self._database.read(lambda c: c.execute(query.limit(limit)).all())
        return [
            Unseen(row.id, row.title, row.text, row.language, row.publisher, tuple(row.topics or ()))
            for row in rows
        ]
