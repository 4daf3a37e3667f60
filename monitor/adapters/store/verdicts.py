"""What the decide stage takes and leaves: the decider's lock, read documents, verdicts."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import Connection

from monitor.adapters import tables as t
from monitor.adapters.engine import Database
from monitor.adapters.store.again import by_words, note_again, set_aside
from monitor.adapters.store.bounds import bounds_of
from monitor.adapters.store.history import Ways, encoded_among, history_of, members_since
from monitor.adapters.store.imprints import imprints_after, imprints_changed, is_known, position_of
from monitor.adapters.store.merging import DECIDER, head_of, merge_incidents, take_place_of
from monitor.adapters.store.order import next_incident
from monitor.adapters.store.portraits import portray
from monitor.adapters.store.rows import READ_COLUMNS, read_of, upsert
from monitor.adapters.store.settling import note_verdicts, parts_of
from monitor.domain.again import Again
from monitor.domain.bounds import Bounds
from monitor.domain.copies import Imprint
from monitor.domain.errors import Transient
from monitor.domain.model import (
    Outcome,
    Read,
    State,
    Verdict,
)
from monitor.domain.position import START, Position
from monitor.domain.tickets import Ticket
from monitor.ports import Holding

LOCK = "decider"
HOLD = timedelta(seconds=30)
WRONG_CLOCK = timedelta(minutes=10)  # nobody holds it for so long: the clock was wrong when it was written


class Verdicts:
    """Implements ports.DecideStore."""

    def __init__(
        self, database: Database, *, topics_of: Callable[[str], tuple[str, ...]], archive: bool = True
    ) -> None:
        """`topics_of` names the topics a source is watched for; without `archive` no capture is wanted."""
        self._database = database
        self._topics_of = topics_of
        self._archive = archive
        self._token = secrets.token_hex(8)
        self.lasts = HOLD
        self._seen_correction = -1
        self._ways = Ways()
        self.position = START  # what was written when the lock was last asked for
        self.holds = False  # whether the lock was ours then

    async def hold(self, now: datetime) -> Holding:
        """Take or keep the decider's lock for a while."""

        def work(connection: Connection) -> tuple[bool, bool, int, Position]:
            corrections = sa.select(sa.func.max(t.changes.c.id)).where(t.changes.c.who != DECIDER)
            corrected = int(connection.execute(corrections).scalar() or 0)
            held = connection.execute(
                sa.select(t.leases).where(t.leases.c.name == LOCK).with_for_update()
            ).first()
            ours = (
                held is not None and held.token == self._token
            )  # nobody else had it since, however late we are
            if held is not None and not ours and now < held.until < now + WRONG_CLOCK:
                return False, False, corrected, START
            upsert(
                connection,
                t.leases,
                {"name": LOCK, "token": self._token, "until": now + self.lasts},
                ["name"],
            )
            return True, ours, corrected, position_of(connection)

        self.holds = False
        self.holds, kept, corrected, position = await self._database.write(work)
        if not self.holds:
            return Holding.NONE
        unchanged = kept and corrected == self._seen_correction
        self.position, self._seen_correction = position, corrected
        return Holding.KEPT if unchanged else Holding.TAKEN

    async def hold_on(self, now: datetime) -> None:
        """Keep the lock for another while where it is still ours, and take note of nothing."""
        mine = (t.leases.c.name == LOCK) & (t.leases.c.token == self._token)
        longer = t.leases.update().where(mine).values(until=now + self.lasts)
        await self._database.write(lambda connection: connection.execute(longer))

    def forget(self) -> None:
        """Say that what is remembered may differ from what is written: the next `hold` begins anew."""
        self._seen_correction = -1

    async def let_go(self) -> None:
        """Give the lock back, so that a standing-by process need not wait for it to end."""
        mine = (t.leases.c.name == LOCK) & (t.leases.c.token == self._token)
        await self._database.write(lambda connection: connection.execute(t.leases.delete().where(mine)))

    async def members(self, since: datetime) -> list[tuple[int, int]]:
        """Return the articles found since then that are in an incident, with it, copies left out, as they were decided."""
        return await self._database.read(lambda connection: members_since(connection, since))

    async def history(self, articles: Sequence[int]) -> list[tuple[Read, Verdict]]:
        """Return how some articles that are in an incident were decided, in that order."""
        return await self._database.read(lambda connection: history_of(connection, articles, self._ways))

    async def set_aside(self, encoder: str) -> int:
        """Take away the vectors of other encoders, which compare with none of this one; return how many there were."""
        return await self._database.write(lambda connection: set_aside(connection, encoder))

    async def encoded_among(self, articles: Sequence[int]) -> list[int]:
        """Return those of some articles that have a vector."""
        return await self._database.read(lambda connection: encoded_among(connection, articles))

    async def is_known(self, position: Position) -> bool:
        """Tell whether a position is one of this very history."""
        return await self._database.read(lambda connection: is_known(connection, position))

    async def imprints(self, since: datetime, after: int, limit: int) -> list[Imprint]:
        """Return what copies need of the verdicts after a number, of articles found since then, in their order."""
        return await self._database.read(lambda connection: imprints_after(connection, since, after, limit))

    async def imprints_changed(self, position: Position) -> list[Imprint]:
        """Return how earlier verdicts stand now of which corrections and later verdicts have changed something."""
        return await self._database.read(lambda connection: imprints_changed(connection, position))

    async def next_incident(self) -> int:
        """Return the lowest identity that no incident ever had."""
        return await self._database.read(next_incident)

    async def bounds(self) -> Bounds:
        """Return what people said that no merge by itself may cross."""
        return await self._database.read(bounds_of)

    async def unsettled(self, limit: int) -> list[Read]:
        """Return read documents in the order of their ids, with the topics that their sources are watched for."""
        query = (
            READ_COLUMNS.where(t.articles.c.state == State.READ.value).order_by(t.articles.c.id).limit(limit)
        )
        reads = await self._database.read(lambda c: [read_of(row) for row in c.execute(query)])
        return [self._watched(read) for read in reads]

    def _watched(self, read: Read) -> Read:
        return replace(read, topics=self._topics_of(read.source))

    async def by_words(self, since: datetime, limit: int) -> list[tuple[Read, Verdict]]:
        """Return originals found since then that were decided by words alone, the oldest first."""
        found = await self._database.read(lambda connection: by_words(connection, since, limit))
        return [(self._watched(read), verdict) for read, verdict in found]

    async def settle_again(self, again: Sequence[Again], *, now: datetime) -> None:
        """Write what vectors brought in one transaction; raise Transient where the lock was lost."""

        def work(connection: Connection) -> None:
            self._fence(connection, now)
            if not note_again(connection, again, now):
                self.forget()  # the memory has merged what may not be

        await self._database.write(work)

    async def settle(self, batch: Sequence[tuple[Read, Verdict]], *, now: datetime) -> None:
        """Write a batch of verdicts in one transaction; raise Transient where the lock was lost."""

        def work(connection: Connection) -> None:
            self._fence(connection, now)
            seq = int(
                connection.execute(sa.select(sa.func.coalesce(sa.func.max(t.articles.c.seq), 0))).scalar_one()
            )
            numbered = [(number, *one) for number, one in enumerate(batch, seq + 1)]
            for part in parts_of(numbered):
                note_verdicts(connection, part, now, captures=self._archive)
                self._bring_together(connection, part[-1][2], now)
            portray(connection, grown(batch), now)
            if self._archive:
                self._database.announce(connection, Ticket("archive"))

        await self._database.write(work)

    def _bring_together(self, connection: Connection, verdict: Verdict, now: datetime) -> None:
        """Write the merges and the change of an original that a verdict brought."""
        for merge in verdict.merges:
            detail = {"score": merge.score, "reasons": list(merge.reasons), "article": verdict.article_id}
            change = merge_incidents(
                connection, kept=merge.kept, gone=merge.gone, who=DECIDER, now=now, detail=detail
            )
            if change is None:
                self.forget()  # the memory has merged what may not be
        if verdict.state is State.COPY and verdict.copy and verdict.copy.earlier:
            take_place_of(connection, verdict.article_id, head_of(connection, verdict.copy.original_id), now)

    def _fence(self, connection: Connection, now: datetime) -> None:
        mine = (t.leases.c.name == LOCK) & (t.leases.c.token == self._token) & (t.leases.c.until > now)
        # locked until the commit: whoever believes our time is over waits, and then sees these verdicts
        if connection.execute(sa.select(t.leases.c.name).where(mine).with_for_update()).first() is None:
            raise Transient("decider-lock-lost")


def grown(batch: Sequence[tuple[Read, Verdict]]) -> set[int]:
    """Return the incidents that got a further original; those that just began speak for themselves."""
    joined = (verdict for _, verdict in batch if verdict.outcome is Outcome.EXISTING)
    return {one.incident_id for one in joined if one.incident_id is not None and one.state is State.QUEUED}
