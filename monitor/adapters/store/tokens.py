"""Tokens of the API: only their digests are kept."""

import contextlib
import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import Connection

from monitor.adapters import tables as t
from monitor.adapters.engine import Database
from monitor.domain.errors import MonitorError
from monitor.domain.labels import LONGEST_LABELLER
from monitor.domain.refused import Refused
from monitor.domain.retries import must_wait

K = t.tokens.c
FRESH = timedelta(seconds=10)  # how long a look-up is remembered: a revoked token ends within it
RESERVED = {"admin", "local"}


@dataclass(frozen=True)
class Token:
    """A token without its secret."""

    name: str
    scope: str
    created_at: datetime
    used_at: datetime | None


class Tokens:
    """Makes, finds and revokes tokens."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[str, tuple[Token | None, datetime]] = {}

    async def make(self, name: str, scope: str, *, now: datetime) -> str:
        """Return a new token; it is shown this once."""
        if not name.strip() or len(name) > LONGEST_LABELLER or not name.isprintable() or name in RESERVED:
            raise Refused("invalid-name", f"choose a name of 1 to {LONGEST_LABELLER} visible signs")
        secret = "im_" + secrets.token_urlsafe(30)
        row = {"name": name, "digest": digest(secret), "scope": scope, "created_at": now}

        def work(connection: Connection) -> None:
            if connection.execute(sa.select(K.name).where(K.name == name)).first() is not None:
                raise Refused("name-used", f"there is a token {name!r} already; revoke it first")
            connection.execute(t.tokens.insert().values(row))

        await self._database.write(work)
        return secret

    async def find(self, secret: str, *, now: datetime) -> Token | None:
        """Return whose token this is, None for an unknown one; looked up at most every ten seconds."""
        key = digest(secret)
        token, until = self._known.get(key, (None, now))
        if must_wait(until, now, FRESH):
            return token
        query = sa.select(t.tokens).where(K.digest == key)
        row = await self._database.read(lambda c: c.execute(query).first())
        token = Token(row.name, row.scope, row.created_at, row.used_at) if row else None
        if len(self._known) > 1000:  # noqa: PLR2004 - many guesses must not fill the memory
            self._known.clear()
        self._known[key] = (token, now + FRESH)
        if token is not None:
            used = t.tokens.update().where(K.digest == key).values(used_at=now)
            with contextlib.suppress(MonitorError):  # a full disk keeps nobody from looking
                await self._database.write(lambda c: c.execute(used))
        return token

    async def all(self) -> list[Token]:
        """List tokens by name."""
        query = sa.select(t.tokens).order_by(K.name)
        rows = await self._database.read(lambda c: c.execute(query).all())
        return [Token(row.name, row.scope, row.created_at, row.used_at) for row in rows]

    async def revoke(self, name: str) -> bool:
        """End a token; False where there is none of that name."""
        gone = t.tokens.delete().where(K.name == name)
        self._known.clear()
        return bool(await self._database.write(lambda c: c.execute(gone).rowcount))


def digest(secret: str) -> str:
    """Return what is stored in place of a token; it is long and random, so a plain hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()
