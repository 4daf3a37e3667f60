"""The labelling queue as a list: what waits, why in this order, who has it."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from monitor.adapters import tables as t
from monitor.adapters.engine import Database
from monitor.adapters.store.overview import OLDEST_AMONG
from monitor.adapters.store.queue_rows import Filter, conditions, recount
from monitor.adapters.store.queue_rows import waiting as waits
from monitor.domain.model import State

A, D, C = t.articles.c, t.documents.c, t.claims.c


@dataclass(frozen=True)
class Waiting:
    """One article of the queue; `reasons` add up to its priority."""

    article_id: int
    title: str
    url: str
    language: str
    publisher: str
    incident_id: int | None
    queued_at: datetime | None
    label_state: str
    priority: float
    place: float  # the lowest is next
    reasons: Mapping[str, float]
    overlap: int
    claimed_by: tuple[str, ...]
    leased_until: datetime | None


@dataclass(frozen=True)
class Skip:
    """An article that somebody gave back with a reason; `final`: rejected for everyone."""

    article_id: int
    title: str
    labeller: str
    at: datetime
    reason: str
    final: bool


@dataclass(frozen=True)
class Figures:
    """How the queue stands."""

    states: Mapping[str, int]
    oldest_queued_at: datetime | None
    labelled_by: Mapping[str, int]  # answers per labeller


class QueueList:
    """Reads the queue; changes nothing but by `reopen`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def waiting(
        self,
        *,
        label_state: str = "pending",
        wanted: Filter | None = None,
        limit: int = 50,
        after: tuple[float, int] | None = None,
    ) -> list[Waiting]:
        """Return articles of the queue, best first; `after` is place and id of the one that the part before ended with."""
        return await self._database.read(
            lambda c: _waiting(c, label_state, wanted or Filter(), limit=limit, after=after)
        )

    async def one(self, article_id: int) -> Waiting | None:
        """Return how one article stands in the queue, None where it is not in it."""
        found = await self._database.read(lambda c: _waiting(c, "", Filter(), limit=1, article_id=article_id))
        return found[0] if found else None

    async def skipped(self, *, limit: int = 50, before: int | None = None) -> list[tuple[int, Skip]]:
        """Return what was skipped and rejected, newest first, each with its number."""
        s = t.skips.c
        joined = t.skips.join(t.documents, D.article_id == s.article_id)
        query = sa.select(t.skips, D.title).select_from(joined).where(~s.withdrawn)
        query = query.order_by(s.id.desc()).limit(limit)
        query = query if before is None else query.where(s.id < before)
        rows = await self._database.read(lambda c: c.execute(query).all())
        return [
            (row.id, Skip(row.article_id, row.title, row.labeller, row.at, row.reason, row.final))
            for row in rows
        ]

    async def reopen(self, article_id: int) -> None:
        """Let a skipped or rejected article wait again; the record keeps that it was."""
        s = t.skips.c

        def work(connection: Connection) -> None:
            connection.execute(t.skips.update().where(s.article_id == article_id).values(withdrawn=True))
            recount(connection, [article_id])

        await self._database.write(work)

    async def states(self) -> dict[str, int]:
        """Count the queue by label state."""
        query = sa.select(A.label_state, sa.func.count()).where(A.state == State.QUEUED.value)
        rows = await self._database.read(lambda c: c.execute(query.group_by(A.label_state)).all())
        return {str(name): int(count) for name, count in rows}

    async def figures(self) -> Figures:
        """Count the queue."""
        states = await self.states()

        def work(connection: Connection) -> Figures:
            pending = (A.state == State.QUEUED.value) & (A.label_state == "pending")
            first = sa.select(A.queued_at).where(pending).order_by(A.id).limit(OLDEST_AMONG).subquery()
            oldest = sa.select(sa.func.min(first.c.queued_at))
            given = sa.select(t.labels.c.labeller, sa.func.count(sa.distinct(t.labels.c.answer)))
            given = given.where(~t.labels.c.withdrawn).group_by(t.labels.c.labeller)
            return Figures(
                states,
                connection.execute(oldest).scalar(),
                {str(name): int(n) for name, n in connection.execute(given)},
            )

        return await self._database.read(work)


def _waiting(
    connection: Connection,
    state: str,
    wanted: Filter,
    *,
    limit: int,
    after: tuple[float, int] | None = None,
    article_id: int | None = None,
) -> list[Waiting]:
    columns = (
        A.id, A.url, A.incident_id, A.queued_at, A.label_state, A.priority, A.place, A.place_reasons, A.overlap,
    )  # fmt: skip
    joined = t.articles.join(t.documents, D.article_id == A.id)
    query: sa.Select[Any] = sa.select(*columns, D.title, D.language, D.publisher).select_from(joined)
    if (
        state == "pending"
    ):  # and nothing else of the state, or another index looks better than the queue's own
        query = waits(query, wanted)
    else:
        query = query.where(A.state == State.QUEUED.value, *conditions(wanted))
        query = query.where(A.label_state == state) if state else query
    query = query.where(A.id == article_id) if article_id is not None else query
    if after is not None:
        query = query.where((A.place > after[0]) | ((A.place == after[0]) & (A.id > after[1])))
    rows = connection.execute(query.order_by(A.place, A.id).limit(limit)).all()
    claims = _claims(connection, [row.id for row in rows])
    return [_line(row, claims[row.id]) for row in rows]


def _claims(connection: Connection, ids: list[int]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in connection.execute(sa.select(t.claims).where(C.article_id.in_(ids)).order_by(C.labeller)):
        found[row.article_id].append(row)
    return found


def _line(row: Any, claims: list[Any]) -> Waiting:
    return Waiting(
        article_id=row.id,
        title=row.title,
        url=row.url,
        language=row.language,
        publisher=row.publisher,
        incident_id=row.incident_id,
        queued_at=row.queued_at,
        label_state=row.label_state,
        priority=row.priority,
        place=row.place,
        reasons=row.place_reasons or {},
        overlap=row.overlap,
        claimed_by=tuple(claim.labeller for claim in claims),
        leased_until=max((claim.leased_until for claim in claims), default=None),
    )
