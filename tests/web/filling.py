"""Fills a database through the stores with the replayed articles, as the stages would have."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from monitor.adapters.store.stores import Stores
from monitor.domain.model import (
    CopyVerdict,
    Document,
    Entry,
    Health,
    Outcome,
    Read,
    Reading,
    Screening,
    SourceState,
    State,
    Verdict,
)
from monitor.domain.urls import url_key
from monitor.ports import Found, Poll

DATA = Path(__file__).parent.parent / "site" / "data"
NOW = datetime(2025, 4, 1, 12, tzinfo=UTC)
TOPIC = "ai-incidents"


def replayed(*names: str) -> list[dict[str, Any]]:
    """Return the replayed articles, oldest first."""
    lines = [line for name in names or ("seeds",) for line in (DATA / f"{name}.jsonl").open()]
    return sorted(map(json.loads, lines), key=lambda row: row["published_at"])


async def fill(stores: Stores, rows: Iterable[dict[str, Any]], *, now: datetime = NOW) -> dict[str, int]:
    """Note, read and decide articles; return their ids by key. What `incident` and `copy_of` say is decided."""
    rows = list(rows)
    await _find(stores, rows, now)
    await _read(stores, {address(row): row for row in rows}, now)
    reads = {read.url: read for read in await stores.verdicts.unsettled(len(rows) + 1)}
    ids = {row["key"]: reads[address(row)].article_id for row in rows if address(row) in reads}
    await _decide(stores, rows, reads, ids, now)
    await _note_sources(stores, now)
    return ids


async def _find(stores: Stores, rows: list[dict[str, Any]], now: datetime) -> None:
    found = [Found(url_key(address(row)), row["host"], Entry(address(row), row["headline"])) for row in rows]
    await stores.polls.settle_poll(SourceState("replay"), found, Poll("replay", now, "feed", len(rows)))


async def _read(stores: Stores, rows: dict[str, dict[str, Any]], now: datetime) -> None:
    while articles := await stores.articles.claim_found(500, now=now, lease=timedelta(minutes=5)):
        for article in articles:
            await stores.articles.settle_reading(article, _reading(rows[article.url]), now=now)


async def _decide(
    stores: Stores, rows: list[dict[str, Any]], reads: dict[str, Read], ids: dict[str, int], now: datetime
) -> None:
    first = await stores.verdicts.next_incident()
    incidents: dict[str, int] = {}
    judged = [
        (reads[address(row)], _verdict(row, ids, incidents, first)) for row in rows if address(row) in reads
    ]
    await stores.verdicts.hold(now)
    for start in range(0, len(judged), 500):
        await stores.verdicts.settle(judged[start : start + 500], now=now + timedelta(seconds=start / 500))
    await stores.verdicts.let_go()


def _verdict(row: dict[str, Any], ids: dict[str, int], incidents: dict[str, int], first: int) -> Verdict:
    article = ids[row["key"]]
    if row.get("relevance") == "off_topic":
        return Verdict(article, State.REJECTED, ("no word of the topic",), Screening((), 0.1, ()))
    original = ids.get(row.get("copy_of") or "")
    known = (row["incident"] or row["key"]) in incidents
    incident = incidents.setdefault(row["incident"] or row["key"], first + len(incidents))
    copied = known and original
    return Verdict(
        article,
        State.COPY if copied else State.QUEUED,
        ("the same names: LinkedIn, Stanford",) if known else ("a new incident: nothing like it is known",),
        Screening((TOPIC,), 0.9, ("AI", "诈骗")),
        copy=CopyVerdict(original, 0.97, "the same text") if copied and original else None,
        outcome=Outcome.EXISTING if known else Outcome.NEW,
        incident_id=incident,
        score=0.83 if known else 0.01,
        priority=0.8 if not known else 0.45,
    )


def _reading(row: dict[str, Any]) -> Reading:
    document = Document(
        title=row["headline"],
        text="\n".join(row["paragraphs"]),
        language=row["language"],
        authors=tuple(row["authors"] or ()),
        publisher=row["publisher"],
        country=row["country"] or "",
        published_at=datetime.fromisoformat(row["published_at"]).astimezone(UTC),
        canonical_url=address(row),
        summary=row["summary"] or "",
        reader="trafilatura",
    )
    return Reading(document, content_hash=row["key"], sketch=b"")


def address(row: dict[str, Any]) -> str:
    """Return where a replayed article stands."""
    return f"https://{row['host']}{row['path']}"


async def _note_sources(stores: Stores, now: datetime) -> None:
    for name, status, reason in (
        ("replay", Health.OK, ""),
        ("old-feed", Health.STALE, "nothing new for 90 days; usual gap 2 days"),
        ("wall", Health.BLOCKED, "403: a bot check stands before the feed"),
    ):
        state = SourceState(name, status, reason, since=now - timedelta(days=3), last_polled_at=now)
        poll = Poll(name, now, "feed" if status is Health.OK else "failed", entries=20, new=3, seconds=0.2)
        await stores.polls.settle_poll(state, [], poll)
