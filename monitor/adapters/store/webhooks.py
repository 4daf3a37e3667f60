"""Webhooks and their deliveries: what is to be told is written down first, so that nothing is forgotten."""

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy import Connection

from monitor.adapters import tables as t
from monitor.adapters.engine import Database
from monitor.adapters.store.order import in_order, move_position, position
from monitor.domain.model import State
from monitor.domain.refused import Refused
from monitor.domain.webhooks import KINDS, WAITS, next_try

A, D, L, H = t.articles.c, t.documents.c, t.labels.c, t.changes.c
W, V = t.webhooks.c, t.deliveries.c
AT_ONCE = 200
LEASE = timedelta(seconds=60)
FAR = 2 * max(WAITS)  # no notice is ever put off for so long: the clock was wrong when it was
WAITING, DELIVERED, GIVEN_UP = "waiting", "delivered", "given-up"


@dataclass(frozen=True)
class Webhook:
    """An address that wants to be told; its secret is shown once, when it is made."""

    id: int
    url: str
    kinds: tuple[str, ...]
    disabled: bool
    created_at: datetime


@dataclass(frozen=True)
class Delivery:
    """One notice on its way to one webhook."""

    id: int
    webhook_id: int
    notice: str
    kind: str
    created_at: datetime
    state: str
    attempts: int
    due_at: datetime
    status: int | None
    reason: str


@dataclass(frozen=True)
class Parcel:
    """A delivery with everything that sending it takes."""

    delivery: Delivery
    url: str
    secret: str
    body: bytes


class Webhooks:
    """Keeps webhooks, writes down what they are to be told, and hands it out for sending."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, url: str, kinds: Sequence[str], *, now: datetime) -> tuple[int, str]:
        """Note a webhook; return its number and its secret. It hears of what happens from now on."""
        if unknown := set(kinds) - set(KINDS):
            raise Refused("unknown-kind", f"{min(unknown)!r} is none of {', '.join(KINDS)}")
        secret = "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
        row = {"url": url, "secret": secret, "kinds": list(kinds or KINDS), "created_at": now}

        def work(connection: Connection) -> int:
            if connection.execute(sa.select(sa.func.count()).select_from(t.webhooks)).scalar_one() == 0:
                for name, newest in _newest(connection).items():
                    move_position(connection, name, newest)
            return int(connection.execute(t.webhooks.insert().values(row).returning(W.id)).scalar_one())

        return await self._database.write(work), secret

    async def all(self) -> list[Webhook]:
        """List webhooks."""
        rows = await self._database.read(lambda c: c.execute(sa.select(t.webhooks).order_by(W.id)).all())
        return [Webhook(row.id, row.url, tuple(row.kinds), row.disabled, row.created_at) for row in rows]

    async def remove(self, webhook_id: int) -> bool:
        """Forget a webhook and its deliveries; False where there is none of that number."""

        def work(connection: Connection) -> bool:
            connection.execute(t.deliveries.delete().where(V.webhook_id == webhook_id))
            return connection.execute(t.webhooks.delete().where(W.id == webhook_id)).rowcount > 0

        return await self._database.write(work)

    async def disable(self, webhook_id: int, *, disabled: bool) -> bool:
        """Stop telling a webhook, or go on with it."""
        changed = t.webhooks.update().where(W.id == webhook_id).values(disabled=disabled)
        return await self._database.write(lambda c: c.execute(changed).rowcount > 0)

    async def note(self, *, now: datetime) -> int:
        """Write down what happened since the last time for every webhook that wants to know; return how much."""
        behind = await self._database.read(_behind)
        return await self._database.write(lambda connection: _note(connection, now)) if behind else 0

    async def waited_for(self, *, now: datetime) -> list[int]:
        """Return the webhooks for which something is due."""
        query = sa.select(V.webhook_id).where(_due(now)).distinct()
        return await self._database.read(lambda c: list(c.execute(query).scalars()))

    async def due(self, *, now: datetime, webhook: int | None = None, limit: int = 10) -> list[Parcel]:
        """Hand out deliveries that are due; each is another's again when its minute is over."""

        def work(connection: Connection) -> list[Parcel]:
            its = sa.true() if webhook is None else V.webhook_id == webhook
            ids = sa.select(V.id).where(_due(now), its).order_by(V.due_at, V.id).limit(limit)
            chosen = list(connection.execute(ids.with_for_update(skip_locked=True)).scalars())
            lease = {"due_at": now + LEASE, "attempts": V.attempts + 1}
            connection.execute(t.deliveries.update().where(V.id.in_(chosen)).values(lease))
            joined = t.deliveries.join(t.webhooks, W.id == V.webhook_id)
            query = sa.select(t.deliveries, W.url, W.secret).select_from(joined).where(V.id.in_(chosen))
            return [
                Parcel(_delivery(row), row.url, row.secret, orjson.dumps(row.body))
                for row in connection.execute(query.order_by(V.id))
            ]

        return await self._database.write(work)

    async def settle(self, delivery: Delivery, status: int | None, reason: str, *, now: datetime) -> None:
        """Note what came of a try: delivered, to be tried again later, or given up."""
        done = status is not None and 200 <= status < 300  # noqa: PLR2004 - success
        again = None if done else next_try(delivery.attempts, now)
        state = DELIVERED if done else WAITING if again else GIVEN_UP
        changes = {"state": state, "status": status, "reason": reason[:500], "due_at": again or now}
        mine = (V.id == delivery.id) & (V.attempts == delivery.attempts)
        await self._database.write(lambda c: c.execute(t.deliveries.update().where(mine).values(changes)))

    async def log(
        self, webhook_id: int | None = None, *, limit: int = 50, before: int | None = None
    ) -> list[Delivery]:
        """Return deliveries, newest first."""
        query = sa.select(t.deliveries).order_by(V.id.desc()).limit(limit)
        query = query if webhook_id is None else query.where(V.webhook_id == webhook_id)
        query = query if before is None else query.where(V.id < before)
        return await self._database.read(lambda c: [_delivery(row) for row in c.execute(query)])

    async def again(self, delivery_id: int, *, now: datetime) -> bool:
        """Send a delivery once more, whatever came of it."""
        changes = {"state": WAITING, "due_at": now, "attempts": 0, "reason": ""}
        changed = t.deliveries.update().where(V.id == delivery_id).values(changes)
        return await self._database.write(lambda c: c.execute(changed).rowcount > 0)


FOLLOWERS = {"told-verdicts": A.seq, "told-labels": L.id, "told-changes": H.id}


def _due(now: datetime) -> sa.ColumnElement[bool]:
    enabled = sa.select(W.id).where(~W.disabled)
    past = (V.due_at <= now) | (V.due_at > now + FAR)
    return (V.state == WAITING) & past & V.webhook_id.in_(enabled)


def _newest(connection: Connection) -> dict[str, int]:
    return {
        name: int(connection.execute(sa.select(sa.func.max(column))).scalar() or 0)
        for name, column in FOLLOWERS.items()
    }


def _behind(connection: Connection) -> bool:
    if connection.execute(sa.select(W.id).limit(1)).first() is None:
        return False
    return any(newest > position(connection, name) for name, newest in _newest(connection).items())


def _note(connection: Connection, now: datetime) -> int:
    in_order(connection, "deliveries")
    hooks = connection.execute(sa.select(t.webhooks)).all()
    written = 0
    for name, read in (("told-verdicts", _verdicts), ("told-labels", _labels), ("told-changes", _changes)):
        found = read(connection, position(connection, name))
        if not found:
            continue
        rows = [
            {
                "webhook_id": hook.id,
                "notice": f"{name}-{number}-{kind}",
                "kind": kind,
                "body": {"type": kind, "timestamp": now.isoformat(), "data": data},
                "created_at": now,
                "state": WAITING,
                "due_at": now,
            }
            for number, kind, data in found
            for hook in hooks
            if kind in hook.kinds and not hook.disabled
        ]
        for row in rows:
            connection.execute(t.deliveries.insert().values(row))
        written += len(rows)
        move_position(connection, name, found[-1][0])
    return written


def _verdicts(connection: Connection, after: int) -> list[tuple[int, str, dict[str, Any]]]:
    """Return verdicts as notices; every number is there, also those that nobody is told of."""
    joined = t.articles.join(t.documents, D.article_id == A.id)
    columns = (
        A.seq,
        A.id,
        A.url,
        A.state,
        A.match,
        A.incident_id,
        A.topics,
        D.title,
        D.publisher,
        D.language,
    )
    query = sa.select(*columns).select_from(joined).where(A.seq > after).order_by(A.seq).limit(AT_ONCE)
    found: list[tuple[int, str, dict[str, Any]]] = []
    for row in connection.execute(query):
        data = {
            "article_id": row.id,
            "incident_id": row.incident_id,
            "url": row.url,
            "title": row.title,
            "publisher": row.publisher,
            "language": row.language,
            "topics": row.topics,
        }
        queued = row.state == State.QUEUED.value
        new = queued and row.match == "new" and row.incident_id is not None
        found.append((row.seq, "incident.new" if new else "", data))
        found.append((row.seq, "article.queued" if queued else "", data))
    return found


def _labels(connection: Connection, after: int) -> list[tuple[int, str, dict[str, Any]]]:
    columns = (L.id, L.article_id, L.scheme, L.question, L.value, L.labeller, L.rationale, L.quote)
    query = sa.select(*columns).where(L.id > after).order_by(L.id).limit(AT_ONCE)
    return [
        (row["id"], "label.given", {**row, "label_id": row["id"]})
        for row in connection.execute(query).mappings()
    ]


def _changes(connection: Connection, after: int) -> list[tuple[int, str, dict[str, Any]]]:
    columns = (H.id, H.who, H.what, H.incident_id, H.detail)
    query = sa.select(*columns).where(H.id > after).order_by(H.id).limit(AT_ONCE)
    return [(row["id"], "incident.changed", dict(row)) for row in connection.execute(query).mappings()]


def _delivery(row: Any) -> Delivery:
    names = [name for name in Delivery.__dataclass_fields__ if name != "body"]
    return Delivery(**{name: getattr(row, name) for name in names})
