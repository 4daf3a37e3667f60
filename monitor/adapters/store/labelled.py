"""What of an article's way only SQL knows: which articles a poll found, which labels were given since, and when."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import Connection

from monitor.adapters import tables as t
from monitor.adapters.engine import Database
from monitor.adapters.store.rows import upsert

FOLLOWER = "labels told"
AT_ONCE = 500


@dataclass(frozen=True)
class Labelled:
    """One answer: when its article was queued, when the labeller claimed it (where that is known) and answered."""

    article_id: int
    queued_at: datetime | None
    claimed_at: datetime
    at: datetime
    labels: int


class Steps:
    """Reads when an article came and was labelled."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def found_by(self, source: str, at: datetime, most: int) -> list[int]:
        """Return the articles that a source's poll at this moment found."""
        a = t.articles.c
        query = sa.select(a.id).where(a.source == source, a.found_at == at).order_by(a.id.desc()).limit(most)
        return await self._database.read(lambda connection: list(connection.execute(query).scalars()))

    async def newly_labelled(self) -> list[Labelled]:
        """Return the answers given since the last call, of whichever process; the first call returns none."""
        newest, held = await self._database.read(_where)
        if held == newest:
            return []
        if held is None:
            await self._database.write(lambda connection: _note(connection, newest))
            return []
        done, position = await self._database.read(lambda connection: _answers(connection, held))
        await self._database.write(lambda connection: _note(connection, position))
        return done


def _where(connection: Connection) -> tuple[int, int | None]:
    newest = connection.execute(sa.select(sa.func.coalesce(sa.func.max(t.labels.c.id), 0))).scalar_one()
    position = sa.select(t.positions.c.position).where(t.positions.c.name == FOLLOWER)
    return int(newest), connection.execute(position).scalar()


def _note(connection: Connection, position: int) -> None:
    upsert(connection, t.positions, {"name": FOLLOWER, "position": position}, ["name"])


def _answers(connection: Connection, after: int) -> tuple[list[Labelled], int]:
    label, article = t.labels.c, t.articles.c
    query = (
        sa.select(label.id, label.answer, label.at, label.seconds, label.article_id, article.queued_at)
        .join(t.articles, article.id == label.article_id)
        .where(label.id > after)
        .order_by(label.id)
        .limit(AT_ONCE)
    )
    rows = connection.execute(query).all()
    answers = {(row.article_id, row.answer): row for row in rows}
    counts = {key: sum((row.article_id, row.answer) == key for row in rows) for key in answers}
    done = [
        Labelled(
            row.article_id, row.queued_at, row.at - timedelta(seconds=row.seconds or 0), row.at, counts[key]
        )
        for key, row in answers.items()
    ]
    return done, rows[-1].id if rows else after
