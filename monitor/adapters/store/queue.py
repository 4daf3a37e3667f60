"""The labelling queue: claims with a lease and a fence token; each verb is one short transaction.

An article waits until `overlap` labellers have it or are done with it. Whoever changes that first locks the
article's row (PostgreSQL) or is the only writer (SQLite), so the count is never wrong, however many ask at once.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import Connection

from monitor.adapters import tables as t
from monitor.adapters.engine import Database
from monitor.adapters.store.claiming import Asked, Claim, claim_all, claim_of, take
from monitor.adapters.store.gathered import Gathered
from monitor.adapters.store.labels import NewLabel, Written, latest_answer, withdraw, write_labels
from monitor.adapters.store.places import rank_new, rank_position
from monitor.adapters.store.queue_rows import Filter, free_expired, lock, recount
from monitor.domain.labelling import Labelling
from monitor.domain.labels import LONGEST_LABELLER, Judgement, checked
from monitor.domain.refused import Refused

A, C, S, L = t.articles.c, t.claims.c, t.skips.c, t.labels.c
LEASE = timedelta(minutes=15)
AT_ONCE = 100
TOGETHER = 100  # claims in one transaction


class Queue:
    """Claims, renews, takes answers; raises Refused with a word and what to do."""

    def __init__(self, database: Database, labelling: Labelling) -> None:
        self._database, self.labelling = database, labelling
        self._claim = Gathered(self._claim_all, most=TOGETHER)

    async def claim(
        self,
        labeller: str,
        *,
        now: datetime,
        count: int = 1,
        lease: timedelta = LEASE,
        wanted: Filter | None = None,
        resume: bool = False,
    ) -> list[Claim]:
        """Return the next articles, best first, fewer or none where fewer wait; `resume` gives held ones first."""
        _check_labeller(labeller)
        return await self._claim(
            Asked(labeller, min(count, AT_ONCE), now, lease, wanted or Filter(), resume=resume)
        )

    async def _claim_all(self, asked: Sequence[Asked]) -> list[list[Claim]]:
        await self.rank()
        return await self._database.write(lambda connection: claim_all(connection, asked))

    async def held(self, labeller: str, *, now: datetime, limit: int = 20) -> list[Claim]:
        """Return what a labeller holds, the first claimed first."""
        mine = (C.labeller == labeller) & (C.leased_until >= now)
        query = sa.select(t.claims).where(mine).order_by(C.claimed_at, C.article_id).limit(limit)
        return await self._database.read(lambda c: [claim_of(row) for row in c.execute(query)])

    async def last_answered(self, labeller: str) -> int | None:
        """Return the article of a labeller's last answer or skip, None where there is none to undo."""
        given = sa.select(L.article_id, L.at).where(L.labeller == labeller, ~L.withdrawn)
        given = given.order_by(L.id.desc()).limit(1)
        skipped = sa.select(S.article_id, S.at).where(S.labeller == labeller, ~S.withdrawn)
        skipped = skipped.order_by(S.id.desc()).limit(1)

        def work(connection: Connection) -> int | None:
            rows = [*connection.execute(given), *connection.execute(skipped)]
            return max(rows, key=lambda row: row.at).article_id if rows else None

        return await self._database.read(work)

    async def renew(
        self, article_id: int, labeller: str, token: str, *, now: datetime, lease: timedelta = LEASE
    ) -> Claim:
        """Lengthen a lease that has not ended; raise Refused `lease-lost` where it has."""

        def work(connection: Connection) -> Claim:
            changed = t.claims.update().where(_mine(article_id, labeller, token, now))
            row = connection.execute(changed.values(leased_until=now + lease).returning(t.claims)).first()
            if row is None:
                raise _lost(article_id)
            return claim_of(row)

        return await self._database.write(work)

    async def label(
        self,
        article_id: int,
        labeller: str,
        token: str,
        judgements: Sequence[Judgement],
        *,
        now: datetime,
        client_id: str = "",
    ) -> Written:
        """Take an answer and end the claim. The same `client_id` again changes nothing and returns the same."""
        checked(judgements, self.labelling.schemes)
        new = NewLabel(article_id, labeller, tuple(judgements), client_id=client_id)

        def work(connection: Connection) -> Written:
            lock(connection, [article_id])
            if again := latest_answer(connection, new):
                return again
            claim = _end(connection, article_id, labeller, token, now)
            written = write_labels(connection, new, now, seconds=(now - claim.claimed_at).total_seconds())
            recount(connection, [article_id])
            return written

        return await self._database.write(work)

    async def skip(
        self, article_id: int, labeller: str, token: str, reason: str, *, now: datetime, final: bool = False
    ) -> None:
        """Give an article to others, with a reason; `final` rejects it for everyone. Both are kept and can be undone."""
        if final and not reason.strip():
            raise Refused("reason-needed", "say why the article is rejected")

        def work(connection: Connection) -> None:
            lock(connection, [article_id])
            _end(connection, article_id, labeller, token, now)
            row = {
                "article_id": article_id,
                "labeller": labeller,
                "at": now,
                "reason": reason[:500],
                "final": final,
            }
            connection.execute(t.skips.insert().values(row))
            recount(connection, [article_id])

        await self._database.write(work)

    async def release(self, article_id: int, labeller: str, token: str, *, now: datetime) -> None:
        """Give an article back as if it had not been claimed."""

        def work(connection: Connection) -> None:
            lock(connection, [article_id])
            _end(connection, article_id, labeller, token, now)
            recount(connection, [article_id])

        await self._database.write(work)

    async def undo(self, article_id: int, labeller: str, *, now: datetime, lease: timedelta = LEASE) -> Claim:
        """Withdraw a labeller's last answer or skip of an article and give it back to them."""

        def work(connection: Connection) -> Claim:
            lock(connection, [article_id])
            if not withdraw(connection, article_id, labeller) and not _unskip(
                connection, article_id, labeller
            ):
                raise Refused("nothing-to-undo", "you have given no answer for this article")
            connection.execute(t.claims.delete().where(C.article_id == article_id, C.labeller == labeller))
            claim = take(connection, article_id, labeller, now, lease)
            recount(connection, [article_id])
            return claim

        return await self._database.write(work)

    async def expire(self, *, now: datetime) -> int:
        """Free the articles whose lease has ended; every claim does this too."""
        return await self._database.write(lambda connection: free_expired(connection, now))

    async def rank(self) -> int:
        """Give newly queued articles their place, and those whose incident has grown a new one; return how many."""
        behind = await self._database.read(
            lambda c: c.execute(sa.select(sa.func.max(A.seq))).scalar() != rank_position(c)
        )
        return await self._database.write(lambda c: rank_new(c, self.labelling)) if behind else 0


def _end(connection: Connection, article_id: int, labeller: str, token: str, now: datetime) -> Claim:
    """End a claim that is still held; the token is the fence against answers that come too late."""
    ended = t.claims.delete().where(_mine(article_id, labeller, token, now)).returning(t.claims)
    row = connection.execute(ended).first()
    if row is None:
        raise _lost(article_id)
    return claim_of(row)


def _unskip(connection: Connection, article_id: int, labeller: str) -> bool:
    mine = (S.article_id == article_id) & (S.labeller == labeller) & ~S.withdrawn
    return connection.execute(t.skips.update().where(mine).values(withdrawn=True)).rowcount > 0


def _mine(article_id: int, labeller: str, token: str, now: datetime) -> sa.ColumnElement[bool]:
    return (
        (C.article_id == article_id) & (C.labeller == labeller) & (C.token == token) & (C.leased_until >= now)
    )


def _lost(article_id: int) -> Refused:
    told = (
        f"your claim of article {article_id} has ended or was another's; nothing was written: claim it again"
    )
    return Refused("lease-lost", told)


def _check_labeller(labeller: str) -> None:
    if not labeller.strip() or len(labeller) > LONGEST_LABELLER or not labeller.isprintable():
        raise Refused("invalid-labeller", f"a labeller's name has 1 to {LONGEST_LABELLER} visible signs")
