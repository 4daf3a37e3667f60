"""What the read stage takes and leaves: found articles under a lease, documents, failures."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from itertools import compress
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from monitor.adapters import tables as t
from monitor.adapters.engine import Database
from monitor.adapters.store.gathered import Gathered
from monitor.adapters.store.rows import document_row, entry_from_json, upsert_all
from monitor.domain.model import Article, Reading, State
from monitor.domain.tickets import BACKFILL, MOST_FOUND, MOST_READ, Backlog, Ticket

DECIDE = Ticket("decide")
FAR = timedelta(days=2)  # no lease or wait is ever so long: the clock was wrong when it was written
WINDOW = 20  # times as many of the longest due are looked at for a fair choice among hosts
PER_HOST = 2  # leased at once for one host, so that one large source does not fill the batch
TOGETHER = 50  # readings in one transaction

Settled = tuple[Article, Reading, datetime]


class Articles:
    """Implements ports.ReadStore; every settling statement checks the lease's token."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._settle = Gathered(self._settle_all, most=TOGETHER, apart=database.patience)

    async def claim_found(
        self, limit: int, *, now: datetime, lease: timedelta, busy_hosts: Sequence[str] = ()
    ) -> list[Article]:
        """Lease found articles that are due, few per host and none of busy hosts; each claim counts as an attempt."""
        token = secrets.token_hex(8)

        def work(connection: Connection) -> list[Article]:
            given = {
                "lease_token": token,
                "leased_until": now + lease,
                "most": limit,
                "window": limit * WINDOW,
            }
            asked = {**given, "now": now, "far": now + FAR, "busy": list(busy_hosts)}
            rows = connection.execute(_claim(), asked)
            return sorted((_article(row) for row in rows), key=lambda one: one.id)

        return await self._database.write(work)

    async def waiting(self, now: datetime) -> tuple[int, datetime | None]:
        """Return how many found articles wait, and when the next one is due or its lease ends."""

        def work(connection: Connection) -> tuple[int, datetime | None]:
            a = t.articles.c
            when = sa.case(
                (sa.and_(a.leased_until.is_not(None), a.leased_until > a.due_at), a.leased_until),
                else_=a.due_at,
            )
            query = sa.select(sa.func.count(), sa.func.min(when)).where(a.state == State.FOUND.value)
            count, first = connection.execute(query).one()
            return int(count), first

        count, first = await self._database.read(work)
        return count, first if first is None or first > now else now

    async def settle_reading(self, article: Article, reading: Reading, *, now: datetime) -> bool:
        """Move found → read with its document; False where the lease was lost."""
        return await self._settle((article, reading, now))

    async def _settle_all(self, settled: Sequence[Settled]) -> list[bool]:
        def work(connection: Connection) -> list[bool]:
            held = _still_held(connection, [article for article, *_ in settled])
            kept = list(compress(settled, held))
            if kept:
                connection.execute(HELD, [_ended(one) | _is_read(now) for one, _, now in kept])
                write_readings(connection, [(one.id, reading, now) for one, reading, now in kept])
                self._database.announce(connection, DECIDE)
            return held

        return await self._database.write(work)

    async def postpone(self, article: Article, reason: str, due_at: datetime) -> bool:
        """Give the article back, due later."""
        changes = {"reason": reason[:500], "due_at": due_at}
        return await self._database.write(lambda connection: _settle(connection, article, changes))

    async def give_back(self, article: Article) -> bool:
        """Give an untouched article back as if it had not been leased: the attempt is not counted."""
        changes = {"attempts": max(article.attempts - 1, 0)}
        return await self._database.write(lambda connection: _settle(connection, article, changes))

    async def fail(self, article: Article, reason: str, *, now: datetime) -> bool:
        """Move found → failed with its reason."""
        changes = {"state": State.FAILED.value, "state_at": now, "reason": reason[:500]}
        return await self._database.write(lambda connection: _settle(connection, article, changes))

    async def release_leases(self) -> int:
        """Take back every lease; only for the one process that owns an embedded database."""
        changes = {"lease_token": "", "leased_until": None}

        def work(connection: Connection) -> int:
            mine = (
                t.articles.c.state == State.FOUND.value,
                t.articles.c.lease_token != "",
            )  # no others are leased
            held = connection.execute(t.articles.update().where(*mine).values(changes))
            leased = t.captures.c.leased_until.is_not(None)
            connection.execute(t.captures.update().where(leased).values(changes))
            connection.execute(t.leases.delete())  # the decider's lock of a process that was killed
            return held.rowcount

        return await self._database.write(work)

    async def retry(self, ids: Sequence[int] | None, *, now: datetime) -> int:
        """Send failed articles (these, or all) back to `found`; return how many."""

        def work(connection: Connection) -> int:
            wanted = t.articles.c.state == State.FAILED.value
            if ids is not None:
                wanted = sa.and_(wanted, t.articles.c.id.in_(list(ids)))
            changes = {
                "state": State.FOUND.value,
                "state_at": now,
                "due_at": now,
                "attempts": 0,
                "reason": "",
            }
            statement = t.articles.update().where(wanted).values(changes).returning(t.articles.c.host)
            hosts = list(connection.execute(statement).scalars())
            self._database.announce(connection, *[Ticket("read", host, BACKFILL) for host in set(hosts)])
            return len(hosts)

        return await self._database.write(work)

    async def claim_host(
        self, host: str, limit: int, *, now: datetime, lease: timedelta, take_over: bool = False
    ) -> list[Article]:
        """Lease found articles of one host, the most urgent first; `take_over` those too that a dead reader leased."""
        changes = _leased(secrets.token_hex(8), now + lease)
        due = _is_due(now, take_over=take_over)
        ids = (
            sa.select(t.articles.c.id)
            .where(t.articles.c.host == host, due)
            .order_by(t.articles.c.due_at, t.articles.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        statement = t.articles.update().where(t.articles.c.id.in_(ids.cte("due").select())).values(changes)

        def work(connection: Connection) -> list[Article]:
            rows = connection.execute(statement.returning(t.articles))
            return sorted((_article(row) for row in rows), key=lambda one: one.id)

        return await self._database.write(work)

    async def hosts_due(self, limit: int, *, now: datetime) -> dict[str, datetime]:
        """Return hosts with articles to read, and when the newest of those was found."""
        a = t.articles.c
        newest = sa.func.max(a.found_at).label("newest")
        query = sa.select(a.host, newest).where(_is_due(now)).group_by(a.host).limit(limit)
        return await self._database.read(lambda c: {row.host: row.newest for row in c.execute(query)})

    async def backlog(self) -> Backlog:
        """Return how much waits to be read and to be decided, counted no further than matters."""

        def count(connection: Connection, state: State, most: int) -> int:
            some = sa.select(sa.literal(1)).where(t.articles.c.state == state.value).limit(most).subquery()
            return int(connection.execute(sa.select(sa.func.count()).select_from(some)).scalar_one())

        return await self._database.read(
            lambda c: Backlog(count(c, State.FOUND, MOST_FOUND), count(c, State.READ, MOST_READ))
        )


def write_readings(connection: Connection, readings: Sequence[tuple[int, Reading, datetime]]) -> None:
    """Write the documents of articles, with their sketches, their vectors and what matching compares of them."""
    documents = [document_row(article, reading) | {"read_at": now} for article, reading, now in readings]
    sketches = [{"article_id": article, "sketch": reading.sketch} for article, reading, _ in readings]
    features = [
        {"article_id": article, "features": reading.features}
        for article, reading, _ in readings
        if reading.features
    ]
    vectors = [
        {"article_id": article, "model": reading.vector_model, "vector": reading.vector}
        for article, reading, _ in readings
        if reading.vector is not None
    ]
    written = ((t.documents, documents), (t.sketches, sketches), (t.features, features), (t.vectors, vectors))
    for table, rows in written:
        upsert_all(connection, table, rows, ["article_id"])


def _leased(token: str, until: datetime) -> dict[str, Any]:
    return {"lease_token": token, "leased_until": until, "attempts": t.articles.c.attempts + 1}


def _is_due(now: Any, *, far: Any = None, take_over: bool = False) -> sa.ColumnElement[bool]:
    """Found, due, and leased by nobody who still has it."""
    a, far = t.articles.c, now + FAR if far is None else far
    free = sa.or_(a.leased_until.is_(None), a.leased_until < now, a.leased_until > far)
    due = sa.or_(a.due_at <= now, a.due_at > far)
    return sa.and_(a.state == State.FOUND.value, due, sa.true() if take_over else free)


@cache  # building it costs more than running it
def _claim() -> Any:
    """Lease due articles, newest finds last, at most PER_HOST of one host."""
    a, now, far = t.articles.c, sa.bindparam("now", type_=_time()), sa.bindparam("far", type_=_time())
    due = sa.and_(_is_due(now, far=far), a.host.not_in(sa.bindparam("busy", expanding=True)))
    window = sa.select(a.id, a.host).where(due).order_by(a.due_at, a.id).limit(_count("window")).subquery()
    place = sa.func.row_number().over(partition_by=window.c.host, order_by=window.c.id).label("place")
    ranked = sa.select(window.c.id, place).subquery()
    fair = (
        sa.select(ranked.c.id)
        .where(ranked.c.place <= PER_HOST)
        .order_by(ranked.c.place, ranked.c.id)
        .limit(_count("most"))
    )
    lock = sa.select(a.id).where(a.id.in_(fair), due).with_for_update(skip_locked=True).scalar_subquery()
    return t.articles.update().where(a.id.in_(lock)).values(attempts=a.attempts + 1).returning(t.articles)


def _time() -> Any:
    return t.articles.c.due_at.type


def _count(name: str) -> Any:
    return sa.bindparam(name, type_=sa.Integer())


HELD = t.articles.update().where(
    t.articles.c.id == sa.bindparam("of"), t.articles.c.lease_token == sa.bindparam("held_with")
)

LEASES = (
    sa.select(t.articles.c.id, t.articles.c.lease_token)
    .where(t.articles.c.id.in_(sa.bindparam("ids", expanding=True)))
    .order_by(t.articles.c.id)
    .with_for_update()
)


def _settle(connection: Connection, article: Article, changes: dict[str, Any]) -> bool:
    """Change an article whose lease we still hold, and end the lease."""
    return connection.execute(HELD, _ended(article) | changes).rowcount == 1


def _ended(article: Article) -> dict[str, Any]:
    return {"lease_token": "", "leased_until": None, "of": article.id, "held_with": article.token}


def _is_read(now: datetime) -> dict[str, Any]:
    return {"state": State.READ.value, "state_at": now, "due_at": now}


def _still_held(connection: Connection, articles: Sequence[Article]) -> list[bool]:
    """Tell of each whether its lease is ours, and lock the articles until the commit; a lease ends but once."""
    rows = connection.execute(LEASES, {"ids": sorted(article.id for article in articles)})
    tokens = {row.id: row.lease_token for row in rows}
    held: list[bool] = []
    for article in articles:
        held.append(bool(article.token) and tokens.get(article.id) == article.token)
        tokens[article.id] = "" if held[-1] else tokens.get(article.id, "")
    return held


def _article(row: Any) -> Article:
    entry = entry_from_json(row.url, row.entry)
    return Article(row.id, row.url, row.source, entry, row.found_at, row.host, row.attempts, row.lease_token)
