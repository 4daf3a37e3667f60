"""What the poll stage writes down: sources, entries, one line per poll."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from monitor.adapters import tables as t
from monitor.adapters.engine import Database
from monitor.adapters.store.rows import entry_to_json, insert_new, state_of, state_row, upsert
from monitor.domain.model import SourceState, State
from monitor.domain.tickets import Ticket, priority_of
from monitor.ports import Found, Poll

AT_ONCE = 200  # rows in one INSERT: SQLite takes 32,766 variables


class Polls:
    """Implements ports.PollStore."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def source_state(self, name: str) -> SourceState:
        """Return what is known of a source; a fresh state for a new one."""
        return (await self.source_states([name]))[name]

    async def source_states(self, names: Sequence[str]) -> dict[str, SourceState]:
        """Return what is known of many sources."""

        def work(connection: Connection) -> dict[str, SourceState]:
            query = sa.select(t.sources)
            if len(names) <= AT_ONCE:  # more are cheaper in one sweep
                query = query.where(t.sources.c.name.in_(list(names)))
            return {row.name: state_of(row) for row in connection.execute(query)}

        known = await self._database.read(work)
        return {name: known.get(name, SourceState(name)) for name in names}

    async def unseen(self, source: str, url_keys: Sequence[str]) -> int:  # noqa: ARG002 - part of the port
        """Count how many of these articles were never seen."""
        wanted = list(dict.fromkeys(url_keys))

        def work(connection: Connection) -> int:
            query = sa.select(sa.func.count()).where(t.articles.c.url_key.in_(wanted))
            return len(wanted) - int(connection.execute(query).scalar_one())

        return await self._database.read(work) if wanted else 0

    async def settle_poll(self, state: SourceState, found: Sequence[Found], poll: Poll) -> int:
        """Note new entries, the source's state and the poll, in one transaction; return how many were new."""
        once = {one.url_key: one for one in found}
        # in one order for all: two polls of the same entries then wait for each other, never in a circle
        rows = [_article_row(once[key], poll) for key in sorted(once)]

        def work(connection: Connection) -> int:
            new: list[str] = []
            for start in range(0, len(rows), AT_ONCE):
                inserted = insert_new(connection, t.articles, rows[start : start + AT_ONCE], "url_key")
                new += inserted.scalars() if inserted else ()
            upsert(connection, t.sources, state_row(state), ["name"])
            connection.execute(t.polls.insert().values(_poll_row(replace(poll, new=len(new)))))
            self._database.announce(connection, *_tickets([once[key] for key in new], poll.at))
            return len(new)

        return await self._database.write(work)

    async def recent(self, source: str, limit: int = 50) -> list[Poll]:
        """Return the last polls of a source, newest first."""

        def work(connection: Connection) -> list[Poll]:
            query = (
                sa.select(t.polls)
                .where(t.polls.c.source == source)
                .order_by(t.polls.c.id.desc())
                .limit(limit)
            )
            return [
                Poll(row.source, row.at, row.outcome, row.entries, row.new, row.seconds, row.detail)
                for row in connection.execute(query)
            ]

        return await self._database.read(work)

    async def entries_per_day(self, since: datetime, now: datetime) -> dict[str, float]:
        """Return how many new entries a day each source brought since then (or since its first poll)."""

        def work(connection: Connection) -> dict[str, float]:
            columns = (t.polls.c.source, sa.func.sum(t.polls.c.new), sa.func.min(t.polls.c.at))
            query = sa.select(*columns).where(t.polls.c.at >= since).group_by(t.polls.c.source)
            rates = {}
            for source, new, first in connection.execute(query):
                days = max((now - first).total_seconds() / 86400, 1.0)
                rates[source] = round(int(new) / days, 2)
            return rates

        return await self._database.read(work)

    async def note_state(self, state: SourceState) -> None:
        """Write a source's state alone, as when it is enabled, disabled or told to poll now."""
        await self._database.write(
            lambda connection: upsert(connection, t.sources, state_row(state), ["name"])
        )


def _tickets(new: Sequence[Found], now: datetime) -> list[Ticket]:
    """Return one ticket per host that has something new, as urgent as its freshest entry."""
    hosts: dict[str, int] = {}
    for one in new:
        hosts[one.host] = max(hosts.get(one.host, 0), priority_of(one.entry.published_at, now))
    return [Ticket("read", host, priority) for host, priority in hosts.items()]


def _article_row(found: Found, poll: Poll) -> dict[str, Any]:
    return {
        "url_key": found.url_key,
        "url": found.entry.url,
        "host": found.host,
        "source": poll.source,
        "entry": entry_to_json(found.entry),
        "found_at": poll.at,
        "state": State.FOUND.value,
        "state_at": poll.at,
        "due_at": poll.at,
    }


def _poll_row(poll: Poll) -> dict[str, Any]:
    return {
        "source": poll.source,
        "at": poll.at,
        "outcome": poll.outcome,
        "entries": poll.entries,
        "new": poll.new,
        "seconds": round(poll.seconds, 3),
        "detail": poll.detail[:500],
    }
