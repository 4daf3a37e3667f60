"""Builds what the stores take, and brings articles to where a test wants them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from monitor.adapters.engine import Database
from monitor.adapters.store.stores import Stores
from monitor.domain.model import (
    CopyVerdict,
    Entry,
    Outcome,
    Read,
    Reading,
    Screening,
    SourceState,
    State,
    Verdict,
)
from monitor.ports import Found, Poll
from tests.fakes import NOON, reading_of

LEASE = timedelta(minutes=10)


def stores_on(database: Database, *, archive: bool = True) -> Stores:
    return Stores.on(database, topics_of=lambda _: ("topic",), archive=archive)


def found(number: int, host: str = "example.org") -> Found:
    url = f"https://{host}/{number}"
    return Found(f"{host}/{number}", host, Entry(url, title=f"Title {number}", published_at=NOON))


async def add_found(
    stores: Stores, hosts: Sequence[str], *, source: str = "gazette", at: datetime = NOON
) -> int:
    """Note one found article per host named."""
    entries = [found(number, host) for number, host in enumerate(hosts, 1)]
    line = Poll(source, at, "feed", entries=len(entries))
    return await stores.polls.settle_poll(SourceState(source), entries, line)


async def add_read(stores: Stores, count: int, *, at: datetime = NOON) -> list[Read]:
    """Bring articles to state `read` and return them as the decider takes them."""
    await add_found(stores, [f"host{number}.example" for number in range(count)], at=at)
    for article in await stores.articles.claim_found(count, now=at, lease=LEASE):
        await stores.articles.settle_reading(article, reading(article.id), now=at)
    return await stores.verdicts.unsettled(count)


def reading(number: int) -> Reading:
    return reading_of(
        f"Text of article {number}.", title=f"Title {number}", canonical_url="", summary="Short."
    )


def queued(read: Read, incident: int, outcome: Outcome = Outcome.NEW) -> tuple[Read, Verdict]:
    """Say that an article reports on an incident."""
    screening = Screening(("topic",), 0.9, ("word",))
    verdict = Verdict(
        read.article_id,
        State.QUEUED,
        ("shared names",),
        screening=screening,
        outcome=outcome,
        incident_id=incident,
        score=0.8,
    )
    return read, verdict


def copy_of(read: Read, original: int, incident: int) -> tuple[Read, Verdict]:
    """Say that an article copies another."""
    copy = CopyVerdict(original, 0.95, "same text")
    return read, Verdict(read.article_id, State.COPY, ("same text",), copy=copy, incident_id=incident)


def rejected(read: Read) -> tuple[Read, Verdict]:
    """Say that an article is on no topic."""
    return read, Verdict(read.article_id, State.REJECTED, ("no word of the topic",))


async def settle(stores: Stores, *batch: tuple[Read, Verdict], now: datetime = NOON) -> None:
    """Settle verdicts as the decider does."""
    await stores.verdicts.hold(now)
    await stores.verdicts.settle(list(batch), now=now)


async def rows_of(database: Database, query: str) -> list[dict[str, object]]:
    """Run plain SQL as downstream does."""
    return await database.read(lambda c: [dict(row) for row in c.execute(sa.text(query)).mappings()])
