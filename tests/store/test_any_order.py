"""Whatever the decider, editors and labellers do, in any order: nothing hangs in the air, and what is taken back is back."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from monitor.adapters import tables as t
from monitor.adapters.engine import Database
from monitor.adapters.store.portraits import _is_confirmed, _is_named_by_hand, central_of
from monitor.adapters.store.queue import Queue
from monitor.adapters.store.queue_rows import recount
from monitor.adapters.store.stores import Stores
from monitor.domain.model import CopyVerdict, Mention, Merge, Outcome, Read, State, Verdict
from monitor.domain.refused import Refused
from tests.fakes import NOON
from tests.store.rows import add_read, copy_of, queued, rejected, settle, stores_on
from tests.store.test_queue import YES, wants

SOON, LATER = NOON + timedelta(seconds=5), NOON + timedelta(minutes=1)
BY = {"who": "ann", "now": SOON}
ARTICLES = 12

A, C, D, I, N = t.articles.c, t.claims.c, t.documents.c, t.incidents.c, t.mentions.c  # noqa: E741 - as elsewhere
ARRIVE = ("new", "further", "copy", "earlier", "off topic", "roundup", "merging")
CORRECT = ("merge", "split", "move", "admit", "rename", "confirm", "apart", "undo")
LABEL = ("claim", "answer", "skip", "take back")
STEPS = st.tuples(
    st.sampled_from(ARRIVE + CORRECT + LABEL + ("new", "further", "undo")),
    st.integers(0, 9),
    st.integers(0, 9),
)


@dataclass(frozen=True)
class Stand:
    """What is looked at: rows by their numbers."""

    incidents: dict[int, Any]
    articles: dict[int, Any]
    mentions: tuple[tuple[int, int], ...]

    @property
    def standing(self) -> list[int]:
        return [one for one, row in self.incidents.items() if row.merged_into is None]

    def in_(self, *states: str) -> list[int]:
        return [one for one, row in self.articles.items() if row.state in states]

    def members(self, incident: int) -> list[int]:
        return [
            one for one, row in self.articles.items() if row.incident_id == incident and row.copy_of is None
        ]


def look(connection: Connection) -> Stand:
    incidents = sa.select(I.id, I.title, I.merged_into, I.confirmed, I.first_report_at, I.last_report_at)
    articles = sa.select(A.id, A.state, A.incident_id, A.copy_of, A.roundup).where(A.seq.is_not(None))
    mentions = sa.select(N.article_id, N.incident_id).order_by(N.article_id, N.incident_id)
    return Stand(
        {row.id: row for row in connection.execute(incidents.order_by(I.id))},
        {row.id: row for row in connection.execute(articles.order_by(A.id))},
        tuple((row.article_id, row.incident_id) for row in connection.execute(mentions)),
    )


def faults(connection: Connection) -> list[str]:
    """Return what must never be, in words."""
    now = look(connection)
    found = [
        f"{one} leads to {row.merged_into}"
        for one, row in now.incidents.items()
        if row.merged_into and row.merged_into not in now.standing
    ]
    found += [f"incident {one} is empty" for one in now.standing if not now.members(one)]
    found += [
        f"article {one} is in {row.incident_id}"
        for one, row in now.articles.items()
        if row.incident_id and row.incident_id not in now.standing
    ]
    found += [f"{one} mentions {other}" for one, other in now.mentions if other not in now.standing]
    for one, row in now.articles.items():
        head = now.articles.get(row.copy_of or one)
        if head is None or head.copy_of is not None or head.incident_id != row.incident_id:
            found.append(f"copy {one} is not with its original {row.copy_of}")
    held = sa.select(C.article_id).join(t.articles, A.id == C.article_id).where(A.state != State.QUEUED.value)
    found += [f"{one} is claimed" for one in connection.execute(held).scalars()]
    return found + [told for one in now.standing for told in _untrue(connection, now.incidents[one])]


def _untrue(connection: Connection, incident: Any) -> list[str]:
    """Return where an incident says something else than its articles."""
    when = sa.func.coalesce(D.published_at, A.found_at, type_=t.UtcDateTime())
    reach = sa.select(sa.func.min(when, type_=t.UtcDateTime()), sa.func.max(when, type_=t.UtcDateTime()))
    joined = reach.select_from(t.articles.join(t.documents, D.article_id == A.id))
    dates = connection.execute(joined.where(A.incident_id == incident.id)).one()
    found = [] if tuple(dates) == (incident.first_report_at, incident.last_report_at) else ["dates"]
    if not (_is_confirmed(connection, incident.id) or _is_named_by_hand(connection, incident.id)):
        central = central_of(connection, incident.id)
        found += ["title"] if central and central.title != incident.title else []
    return [f"{one} of incident {incident.id}" for one in found]


def label_states(connection: Connection) -> tuple[dict[int, str], dict[int, str]]:
    """Return how articles are said to stand in the queue, and how they truly do."""
    query = sa.select(A.id, A.label_state).where(A.state == State.QUEUED.value)
    said = {row.id: row.label_state for row in connection.execute(query)}
    recount(connection, list(said))
    return said, {row.id: row.label_state for row in connection.execute(query)}


def everything(connection: Connection) -> list[list[str]]:
    kept = [table for table in t.metadata.sorted_tables if table.name != "leases"]
    return [sorted(map(repr, connection.execute(sa.select(table)))) for table in kept]


class World:
    """A database, the articles that have yet to arrive, and whoever changes something."""

    def __init__(self, database: Database, stores: Stores, reads: Sequence[Read], overlap: int) -> None:
        self.database, self.stores, self.coming = database, stores, list(reads)
        self.queue = Queue(database, wants(overlap))

    async def step(self, what: str, one: int, two: int) -> None:
        now = await self.database.read(look)
        if what in ARRIVE:
            await self._arrive(what, now, one, two)
        elif what in LABEL:
            await self._label(what, "abc"[one % 3])
        else:
            await self._correct(what, now, one, two)
        assert await self.database.read(faults) == []
        said, truly = await self.database.write(label_states)
        assert said == truly

    async def _arrive(self, what: str, now: Stand, one: int, two: int) -> None:
        if not self.coming:
            return
        read, first, second = self.coming.pop(0), _pick(now.standing, one), _pick(now.standing, two)
        further = queued(read, first, Outcome.EXISTING)
        if what == "off topic":
            verdict = rejected(read)
        elif not now.standing or what == "new":
            verdict = queued(read, await self.stores.verdicts.next_incident())
        elif what in {"copy", "earlier"}:
            verdict = self._copy(read, now, one, earlier=what == "earlier")
        elif what == "roundup":
            mentions = tuple(Mention(each, 0.9, "a part") for each in sorted({first, second}))
            verdict = read, Verdict(read.article_id, State.QUEUED, (), roundup=True, mentions=mentions)
        elif what == "merging" and first != second:
            verdict = read, replace(further[1], merges=(Merge(first, second, 0.9, ("alike",)),))
        else:
            verdict = further
        await settle(self.stores, verdict, now=SOON)

    @staticmethod
    def _copy(read: Read, now: Stand, one: int, *, earlier: bool) -> tuple[Read, Verdict]:
        head = _pick(
            [each for each in now.in_("queued", "rejected") if now.articles[each].copy_of is None], one
        )
        if now.articles[head].state == "rejected":
            return read, replace(rejected(read)[1], copy=CopyVerdict(head, 0.9, "same text"))
        _, verdict = copy_of(read, head, now.articles[head].incident_id)
        copy = CopyVerdict(head, 0.9, "same text", earlier)
        return read, replace(verdict, copy=copy)

    async def _correct(self, what: str, now: Stand, one: int, two: int) -> None:
        """Correct something, and take it back at once every other time."""
        before = await self.database.read(everything)
        try:
            change = await self._change(what, now, one, two)
        except Refused:
            assert await self.database.read(everything) == before
            return
        if what != "undo" and (one + two) % 2:
            await self.stores.corrections.undo(change.id, **BY)
            then = await self.database.read(look)
            then.incidents.pop(change.detail.get("new") if what == "split" else None, None)
            assert then == now

    async def _change(self, what: str, now: Stand, one: int, two: int) -> Any:
        by_hand, first, second = self.stores.corrections, _pick(now.incidents, one), _pick(now.incidents, two)
        some, title = now.members(first)[: 1 + two % 2], "Named" * (two % 3 == 0)
        changes = [each.id for each in await by_hand.history(limit=10)]
        ways: dict[str, Callable[[], Awaitable[Any]]] = {
            "merge": lambda: by_hand.merge(first, second, **BY),
            "split": lambda: by_hand.split(first, some, title=title, **BY),
            "move": lambda: by_hand.move(_pick(now.articles, two), first, **BY),
            "admit": lambda: by_hand.admit(
                _pick(now.in_("rejected"), one), second if two % 2 else None, **BY
            ),
            "rename": lambda: by_hand.rename(first, f"Name {two}", **BY),
            "confirm": lambda: by_hand.confirm(first, confirmed=bool(two % 3), **BY),
            "apart": lambda: by_hand.apart(first, second, **BY),
            "undo": lambda: by_hand.undo(_pick(changes, one), **BY),
        }
        return await ways[what]()

    async def _label(self, what: str, who: str) -> None:
        held = await self.queue.held(who, now=LATER)
        last = await self.queue.last_answered(who)
        if what == "claim":
            await self.queue.claim(who, now=LATER)
        elif what == "take back" and last is not None:
            await self._take_back(last, who)
        elif what == "answer" and held:
            await self.queue.label(held[0].article_id, who, held[0].token, YES, now=LATER)
        elif what == "skip" and held:
            await self.queue.skip(held[0].article_id, who, held[0].token, "unclear", now=LATER)

    async def _take_back(self, article: int, who: str) -> None:
        now = await self.database.read(look)
        if now.articles[article].state == "queued":
            await self.queue.undo(article, who, now=LATER)


def _pick(numbers: Any, which: int) -> int:
    """Return one of some numbers; one that there is not where there are none."""
    known = list(numbers)
    return int(known[which % len(known)]) if known else 999


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(STEPS, min_size=8, max_size=30), st.integers(1, 2))
def test_nothing_hangs_in_the_air(
    sqlite_template: Path, steps: list[tuple[str, int, int]], overlap: int
) -> None:
    async def live(folder: str) -> None:
        file = shutil.copy(sqlite_template, folder)
        database = Database(f"sqlite:///{file}")
        try:
            stores = stores_on(database)
            world = World(database, stores, await _scattered(database, stores), overlap)
            for step in steps:
                await world.step(*step)
        finally:
            database.close()

    with TemporaryDirectory() as folder:
        asyncio.run(live(folder))


async def _scattered(database: Database, stores: Stores) -> list[Read]:
    """Return articles that were published on different days."""
    await add_read(stores, ARTICLES)

    def work(connection: Connection) -> None:
        for number in connection.execute(sa.select(A.id)).scalars():
            at = NOON - timedelta(days=number * 7 % 10)
            connection.execute(t.documents.update().where(D.article_id == number).values(published_at=at))

    await database.write(work)
    return await stores.verdicts.unsettled(ARTICLES)
