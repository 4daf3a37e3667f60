"""The pages that articles were read from, on their way to be looked at again."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from monitor.adapters import tables as t
from monitor.adapters.engine import Database
from monitor.adapters.store.rows import entry_from_json, insert_new, unindexed
from monitor.domain.model import Article, Entry, State
from monitor.domain.watching import FIRST_LOOK, TOUCHED, Link, Watched, brought_forward, is_touched
from monitor.ports import Found

PER_SITE = 2  # of one batch, so that no site is asked often
TOP_UP = 500  # articles that are taken under watch at once
A_DAY = timedelta(days=1)
FROM_ENTRY = "entry"  # a text that came with the feed says nothing of the page

w = t.watches.c
a = t.articles.c


class Watches:
    """Implements ports.WatchStore; every settling statement checks the lease's token."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take_watched(self, limit: int, *, now: datetime, lease: timedelta) -> list[Watched]:
        """Lease pages that are due to be looked at again, few of one site."""
        token = secrets.token_hex(8)

        def work(connection: Connection) -> list[Watched]:
            ids = [row.article_id for row in connection.execute(_due(limit, now))]
            if not ids:
                return []
            changes = {"lease_token": token, "leased_until": now + lease}
            connection.execute(t.watches.update().where(w.article_id.in_(ids)).values(changes))
            rows = connection.execute(_whole().where(w.article_id.in_(ids)).order_by(w.due_at))
            return [_watched(row) for row in rows]

        await self._top_up()
        due = sa.select(w.article_id).where(w.due_at <= now).limit(1)
        if not await self._database.read(lambda connection: connection.execute(due).first()):
            return []
        return await self._database.write(work)

    async def settle_watched(self, watched: Watched, *, due_at: datetime, now: datetime) -> bool:
        """Write down what a look brought; False where the lease was lost."""
        held = (w.article_id == watched.article.id) & (w.lease_token == watched.token)
        changes = {
            "state": watched.state.value,
            "since": watched.since,
            "reason": watched.reason,
            "final_url": watched.final_url,
            "looks": watched.looks,
            "failures": watched.failures,
            "baseline": watched.baseline,
            "looked_at": now,
            "due_at": due_at,
            "lease_token": "",
            "leased_until": None,
        }
        statement = t.watches.update().where(held).values(changes)
        return await self._database.write(lambda connection: connection.execute(statement).rowcount == 1)

    async def note_edited(self, source: str, shown: Sequence[Found], *, now: datetime) -> int:
        """Let pages be looked at soon that their source calls edited, so many of a source a day; return how many."""
        entries = {one.url_key: one.entry for one in shown}

        def asked(connection: Connection) -> list[tuple[Any, Entry]]:
            rows = connection.execute(_held_by(source, list(entries))).all()
            known = [(row, entries[row.url_key]) for row in rows]
            said = [(row, entry_from_json(row.url, row.entry), entry) for row, entry in known]
            return [(row, new) for row, old, new in said if is_touched(old, new, row.seen_at, now)]

        def work(connection: Connection) -> int:
            free = TOUCHED - int(connection.execute(_touched_since(source, now - A_DAY)).scalar_one())
            for row, entry in touched[: max(0, free)]:
                due = {"due_at": brought_forward(row.due_at, row.seen_at, now), "touched_at": now}
                connection.execute(t.watches.update().where(w.article_id == row.id).values(due))
                said = {"title": entry.title or row.entry.get("title", "")}
                said |= {"modified_at": entry.modified_at.isoformat()} if entry.modified_at else {}
                connection.execute(
                    t.articles.update().where(a.id == row.id).values(entry={**row.entry, **said})
                )
            return min(len(touched), max(0, free))

        touched = await self._database.read(asked) if entries else []
        return await self._database.write(work) if touched else 0

    async def waiting(self, now: datetime) -> tuple[int, datetime | None]:
        """Return how many pages are watched, and when the next one is due."""
        query = sa.select(sa.func.count(), sa.func.min(w.due_at))
        count, first = await self._database.read(lambda connection: connection.execute(query).one())
        return int(count), first if first is None or first > now else now

    async def counts(self) -> dict[str, int]:
        """Return how many pages are in each state."""
        query = sa.select(w.state, sa.func.count()).group_by(w.state)
        return await self._database.read(
            lambda connection: {str(state): int(count) for state, count in connection.execute(query)}
        )

    async def dead(self, article_ids: Sequence[int]) -> dict[int, tuple[Link, str, datetime]]:
        """Return which of these articles' pages are gone or changed: state, reason and since when."""
        ended = w.state.in_([Link.GONE.value, Link.CHANGED.value])
        query = sa.select(w.article_id, w.state, w.reason, w.since).where(
            ended, w.article_id.in_(list(article_ids))
        )
        return await self._database.read(
            lambda connection: {
                row.article_id: (Link(row.state), row.reason, row.since) for row in connection.execute(query)
            }
        )

    async def _top_up(self) -> None:
        """Take under watch what was decided since the last time: articles that are queued, and copies."""
        known = sa.select(sa.func.coalesce(sa.func.max(w.seq), 0)).scalar_subquery()
        fresh = (
            sa.select(a.id, a.seq, a.state_at, t.documents.c.content_hash, t.documents.c.reader)
            .join(t.documents, t.documents.c.article_id == a.id)
            .where(a.seq > known, unindexed(a.state).in_([State.QUEUED.value, State.COPY.value]))
            .order_by(a.seq)
            .limit(TOP_UP)
        )

        def work(connection: Connection) -> None:
            rows = connection.execute(fresh).all()
            insert_new(connection, t.watches, [_new(row) for row in rows], "article_id")
            for row in rows:  # one that was decided anew keeps what is known of its page
                connection.execute(t.watches.update().where(w.article_id == row.id).values(seq=row.seq))

        if await self._database.read(lambda connection: connection.execute(fresh.limit(1)).first()):
            await self._database.write(work)


def _held_by(source: str, url_keys: list[str]) -> sa.Select[Any]:
    """Ask for watched articles of a source, and when their pages were last seen."""
    seen = sa.func.coalesce(w.looked_at, t.documents.c.read_at, type_=t.UtcDateTime()).label("seen_at")
    return (
        sa.select(a.id, a.url, a.url_key, a.entry, w.due_at, seen)
        .join(t.watches, w.article_id == a.id)
        .join(t.documents, t.documents.c.article_id == a.id)
        .where(a.url_key.in_(url_keys), a.source == source)
        .where(sa.or_(w.touched_at.is_(None), w.touched_at < seen))  # the others are looked at soon anyway
        .order_by(a.id.desc())
    )


def _touched_since(source: str, since: datetime) -> sa.Select[Any]:
    joined = t.watches.join(t.articles, a.id == w.article_id)
    return sa.select(sa.func.count()).select_from(joined).where(w.touched_at > since, a.source == source)


def _new(row: Any) -> dict[str, Any]:
    return {
        "article_id": row.id,
        "seq": row.seq,
        "state": Link.UNSEEN.value,
        "baseline": "" if row.reader == FROM_ENTRY else row.content_hash,
        "due_at": row.state_at + FIRST_LOOK,
    }


def _due(limit: int, now: datetime) -> sa.Select[Any]:
    free = sa.or_(w.leased_until.is_(None), w.leased_until < now)
    window = (
        sa.select(w.article_id, w.due_at, a.host)
        .join(t.articles, a.id == w.article_id)
        .where(w.due_at <= now, free)
        .order_by(w.due_at)
        .limit(limit * 20)
        .subquery()
    )
    place = sa.func.row_number().over(partition_by=window.c.host, order_by=window.c.due_at).label("place")
    ranked = sa.select(window.c.article_id, window.c.due_at, place).subquery()
    fair = (
        sa.select(ranked.c.article_id)
        .where(ranked.c.place <= PER_SITE)
        .order_by(ranked.c.due_at)
        .limit(limit)
    )
    return sa.select(w.article_id).where(w.article_id.in_(fair), free).with_for_update(skip_locked=True)


def _whole() -> sa.Select[Any]:
    return (
        sa.select(t.watches, a.id, a.url, a.source, a.entry, a.found_at, t.sketches.c.sketch)
        .join(t.articles, a.id == w.article_id)
        .outerjoin(t.sketches, t.sketches.c.article_id == w.article_id)
    )


def _watched(row: Any) -> Watched:
    article = Article(row.id, row.url, row.source, entry_from_json(row.url, row.entry), row.found_at)
    return Watched(
        article=article,
        state=Link(row.state),
        since=row.since,
        reason=row.reason,
        final_url=row.final_url,
        looks=row.looks,
        failures=row.failures,
        baseline=row.baseline,
        sketch=bytes(row.sketch or b""),
        token=row.lease_token,
    )
