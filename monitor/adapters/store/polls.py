"""What the poll stage writes down: sources, entries, one line per poll."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from monitor.adapters import tables as t
from monitor.adapters.engine import Database
from monitor.adapters.store.gathered import Gathered
from monitor.adapters.store.rows import entry_to_json, new_among, state_of, state_row, upsert_all
from monitor.domain.model import SourceState, State
from monitor.domain.tickets import Ticket, priority_of
from monitor.ports import Found, Poll

AT_ONCE = 200  # polls in one transaction
KEYS_AT_ONCE = 5000  # in one question: SQLite takes 32,766 variables
FEW = 500  # names that are asked for one by one; for more the whole table is read


@dataclass(frozen=True)
class _Settled:
    """What one poll leaves behind."""

    state: SourceState
    found: Sequence[Found]
    poll: Poll


class Polls:
    """Implements ports.PollStore; calls that come together share a statement and a transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._settle = Gathered(self._settle_all, most=AT_ONCE)
        self._ask = Gathered(self._unseen_all, most=AT_ONCE)

    async def source_state(self, name: str) -> SourceState:
        """Return what is known of a source; a fresh state for a new one."""
        return (await self.source_states([name]))[name]

    async def source_states(self, names: Sequence[str]) -> dict[str, SourceState]:
        """Return what is known of many sources."""
        query = sa.select(t.sources)
        if len(names) <= FEW:
            query = query.where(t.sources.c.name.in_(names))
        known = await self._database.read(lambda c: {row.name: state_of(row) for row in c.execute(query)})
        return {name: known.get(name, SourceState(name)) for name in names}

    async def unseen(self, source: str, url_keys: Sequence[str]) -> frozenset[str]:  # noqa: ARG002 - part of the port
        """Return those of these articles that were never seen."""
        return await self._ask(frozenset(url_keys)) if url_keys else frozenset()

    async def _unseen_all(self, asked: Sequence[frozenset[str]]) -> list[frozenset[str]]:
        wanted = list(frozenset().union(*asked))
        key = t.articles.c.url_key

        def work(connection: Connection) -> set[str]:
            seen: set[str] = set()
            for start in range(0, len(wanted), KEYS_AT_ONCE):
                query = sa.select(key).where(key.in_(wanted[start : start + KEYS_AT_ONCE]))
                seen.update(connection.execute(query).scalars())
            return seen

        seen = await self._database.read(work)
        return [keys - seen for keys in asked]

    async def settle_poll(self, state: SourceState, found: Sequence[Found], poll: Poll) -> int:
        """Note new entries, the source's state and the poll, in one transaction; return how many were new."""
        return await self._settle(_Settled(state, found, poll))

    async def _settle_all(self, settled: Sequence[_Settled]) -> list[int]:
        def work(connection: Connection) -> list[int]:
            new = [0] * len(settled)
            fresh = _note_entries(connection, settled)
            for place, *_ in fresh:
                new[place] += 1
            states = {one.state.name: one.state for one in settled}
            upsert_all(connection, t.sources, [state_row(states[name]) for name in sorted(states)], ["name"])
            lines = [_poll_row(one.poll, count) for one, count in zip(settled, new, strict=True)]
            connection.execute(t.polls.insert(), lines)
            self._database.announce(connection, *_tickets([(found, at) for _, found, at in fresh]))
            return new

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
        await self._database.write(lambda c: upsert_all(c, t.sources, [state_row(state)], ["name"]))


def _note_entries(connection: Connection, settled: Sequence[_Settled]) -> list[tuple[int, Found, datetime]]:
    """Insert the articles that were never seen; return each with the place of its poll and the time."""
    once: dict[str, tuple[int, Found, datetime]] = {}
    for place, one in enumerate(settled):
        for found in one.found:
            once.setdefault(found.url_key, (place, found, one.poll.at))
    # in one order for all: two processes with the same entries then wait for each other, never in a circle
    articles = [_article_row(once[key][1], settled[once[key][0]].poll) for key in sorted(once)]
    return [once[key] for key in new_among(connection, t.articles, articles, "url_key")]


def _tickets(fresh: Sequence[tuple[Found, datetime]]) -> list[Ticket]:
    """Return one ticket per host that has something new, as urgent as its freshest entry."""
    hosts: dict[str, int] = {}
    for one, at in fresh:
        hosts[one.host] = max(hosts.get(one.host, 0), priority_of(one.entry.published_at, at))
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


def _poll_row(poll: Poll, new: int) -> dict[str, Any]:
    return {
        "source": poll.source,
        "at": poll.at,
        "outcome": poll.outcome,
        "entries": poll.entries,
        "new": new,
        "seconds": round(poll.seconds, 3),
        "detail": poll.detail[:500],
    }
