"""Removes what need not be kept: first the contents of old articles that nobody will label, much later their rows.

Polls and webhook notices are records of what was done: they go after some months, but for notices that still wait.

A row without its contents still says that its address was seen, so that nothing is fetched twice. Articles that are
queued, labelled, copied by others or the first of an incident are never touched, unless their skipping is named.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from monitor.adapters import tables as t
from monitor.adapters.engine import Database
from monitor.adapters.store.webhooks import DELIVERED, GIVEN_UP
from monitor.domain.model import State

AT_ONCE = 500  # rows in one transaction: others write in between
RECORDS_AFTER = timedelta(days=90)  # of polls and of notices to webhooks
ROWS_AFTER = timedelta(days=365)  # after its contents, the row itself
TEMPLATES_AFTER = timedelta(days=180)  # since a page of the site was last read; it is learned again
CONTENTS = (t.documents, t.sketches, t.features, t.vectors, t.versions)

A = t.articles.c


@dataclass(frozen=True)
class Policy:
    """What may go: contents of articles in these states after so many days (0: never), skipped ones where named."""

    days: int
    states: tuple[str, ...] = (State.REJECTED.value, State.FAILED.value)
    skipped: bool = False


@dataclass(frozen=True)
class Pruned:
    """How many rows went, or would go."""

    contents: int = 0
    articles: int = 0
    polls: int = 0
    deliveries: int = 0


class Retention:
    """Looks for what may go, and lets it go in small transactions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def look(self, policy: Policy, *, now: datetime) -> Pruned:
        """Count what would go; nothing is changed."""
        counts = [
            await self._database.read(lambda c, q=query: int(c.execute(_count(q)).scalar_one()))  # type: ignore[misc]
            for query in (
                _with_contents(policy, now),
                _whole_rows(policy, now),
                _old_polls(now),
                _old_deliveries(now),
            )
        ]
        return Pruned(*counts)

    async def prune(
        self, policy: Policy, *, now: datetime, progress: Callable[[int], None] = lambda _: None
    ) -> Pruned:
        """Let everything go that the policy allows; calling it again after an interruption goes on."""
        return Pruned(
            contents=await self._all(_with_contents(policy, now), _remove_contents, progress),
            articles=await self._all(_whole_rows(policy, now), _remove_articles, progress),
            polls=await self._all(_old_polls(now), _remove_polls, progress),
            deliveries=await self._all(_old_deliveries(now), _remove_deliveries, progress),
        )

    async def forget_expired(self, *, now: datetime) -> None:
        """Remove turns, visits and holds that are over, and templates of sites that were not read for long."""

        def work(connection: Connection) -> None:
            connection.execute(t.turns.delete().where(t.turns.c.next_start < now - timedelta(hours=1)))
            connection.execute(t.visits.delete().where(t.visits.c.until < now - timedelta(hours=1)))
            connection.execute(t.holds.delete().where(t.holds.c.until < now))
            unused = (t.templates.c.updated_at < now - TEMPLATES_AFTER) & ~t.templates.c.forbidden
            connection.execute(t.templates.delete().where(unused))

        await self._database.write(work)

    async def _all(
        self,
        query: sa.Select[Any],
        remove: Callable[[Connection, Sequence[int]], None],
        progress: Callable[[int], None],
    ) -> int:
        total = after = 0
        (number,) = query.selected_columns

        def remove_some(connection: Connection) -> Sequence[int]:
            # from where the last ones were: those that went before need not be passed over again
            ids = connection.execute(query.where(number > after).limit(AT_ONCE)).scalars().all()
            if ids:
                remove(connection, ids)
            return ids

        while ids := await self._database.write(remove_some):
            after = ids[-1]
            total += len(ids)
            progress(len(ids))
        return total


def _may_go(policy: Policy, before: datetime) -> sa.ColumnElement[bool]:
    labelled = sa.exists().where(t.labels.c.article_id == A.id)
    founds = A.id.in_(sa.select(t.incidents.c.founded_by))  # all at once: there is no index to ask one by one
    rejected = sa.and_(A.state.in_(policy.states), A.state_at < before)
    skipped = sa.and_(A.state == State.QUEUED.value, A.label_state == "skipped", A.state_at < before)
    wanted = sa.or_(rejected, skipped) if policy.skipped else rejected
    return sa.and_(wanted, ~labelled, ~founds) if policy.days else sa.false()


def _with_contents(policy: Policy, now: datetime) -> sa.Select[Any]:
    before = now - timedelta(days=policy.days)
    has = sa.exists().where(t.documents.c.article_id == A.id)
    return sa.select(A.id).where(_may_go(policy, before), has).order_by(A.id)


def _whole_rows(policy: Policy, now: datetime) -> sa.Select[Any]:
    before = now - timedelta(days=policy.days) - ROWS_AFTER
    copies = t.articles.alias("copies")
    copied = sa.exists().where(copies.c.copy_of == A.id)
    return sa.select(A.id).where(_may_go(policy, before), ~copied).order_by(A.id)


def _old_polls(now: datetime) -> sa.Select[Any]:
    return sa.select(t.polls.c.id).where(t.polls.c.at < now - RECORDS_AFTER).order_by(t.polls.c.id)


def _old_deliveries(now: datetime) -> sa.Select[Any]:
    # once a notice is settled, `due_at` is when; one that waits, as of a disabled webhook, is never too old
    v = t.deliveries.c
    settled = v.state.in_((DELIVERED, GIVEN_UP)) & (v.due_at < now - RECORDS_AFTER)
    return sa.select(v.id).where(settled).order_by(v.id)


def _count(query: sa.Select[Any]) -> sa.Select[Any]:
    return sa.select(sa.func.count()).select_from(query.order_by(None).subquery())


def _remove_contents(connection: Connection, ids: Sequence[int]) -> None:
    for table in CONTENTS:
        connection.execute(table.delete().where(table.c.article_id.in_(ids)))
    number = "article_id" if connection.dialect.name == "postgresql" else "rowid"
    words = sa.text(f"DELETE FROM search_texts WHERE {number} = :id")  # noqa: S608 - one of two names
    connection.execute(words, [{"id": number} for number in ids])
    connection.execute(t.articles.update().where(A.id.in_(ids)).values(entry={}))


def _remove_articles(connection: Connection, ids: Sequence[int]) -> None:
    connection.execute(t.articles.delete().where(A.id.in_(ids)))


def _remove_polls(connection: Connection, ids: Sequence[int]) -> None:
    connection.execute(t.polls.delete().where(t.polls.c.id.in_(ids)))


def _remove_deliveries(connection: Connection, ids: Sequence[int]) -> None:
    connection.execute(t.deliveries.delete().where(t.deliveries.c.id.in_(ids)))
