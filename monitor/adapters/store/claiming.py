"""Gives articles to labellers: everybody who asks at the same time is served by one transaction.

The best waiting articles are locked once and handed out in the order of asking; whoever has had most of them, or
asks for something of their own, is served by a query of their own in the same transaction.
"""

import secrets
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from monitor.adapters import tables as t
from monitor.adapters.store.queue_rows import Filter, free_expired, next_ids, recount, waiting

A, C, S, L = t.articles.c, t.claims.c, t.skips.c, t.labels.c


@dataclass(frozen=True)
class Claim:
    """An article that is one labeller's until `leased_until`; `token` is the fence that every answer brings back."""

    article_id: int
    labeller: str
    token: str
    claimed_at: datetime
    leased_until: datetime


@dataclass(frozen=True)
class Asked:
    """Who wants how many articles, of which kind, for how long; `resume`: first what they hold already."""

    labeller: str
    count: int
    now: datetime
    lease: timedelta
    wanted: Filter = field(default_factory=Filter)
    resume: bool = False


@dataclass
class _Candidate:
    """A waiting article: how many more labellers it takes, and who has had it."""

    id: int
    room: int
    had: set[str] = field(default_factory=set)


def claim_all(connection: Connection, asked: Sequence[Asked]) -> list[list[Claim]]:
    """Return the claims of each, the best articles first, fewer or none where fewer wait."""
    free_expired(connection, max(one.now for one in asked))
    given = [_held(connection, one) if one.resume else [] for one in asked]
    missing = [one.count - len(claims) for one, claims in zip(asked, given, strict=True)]
    for wanted in dict.fromkeys(one.wanted for one in asked):
        places = [place for place, one in enumerate(asked) if one.wanted == wanted and missing[place] > 0]
        pool = _candidates(connection, wanted, sum(missing[place] for place in places))
        fresh = {
            place: _made(asked[place], _hand_out(pool, asked[place], missing[place])) for place in places
        }
        _note(connection, [claim for claims in fresh.values() for claim in claims])
        _close(connection, pool)
        for place in places:
            given[place] += fresh[place]
            given[place] += _search(connection, asked[place], asked[place].count - len(given[place]))
    return given


def take(connection: Connection, article_id: int, labeller: str, now: datetime, lease: timedelta) -> Claim:
    """Note that an article is a labeller's."""
    claims = _made(Asked(labeller, 1, now, lease), [article_id])
    _note(connection, claims)
    return claims[0]


def claim_of(row: Any) -> Claim:
    """Return a claim from its row."""
    return Claim(row.article_id, row.labeller, row.token, row.claimed_at, row.leased_until)


def _held(connection: Connection, asked: Asked) -> list[Claim]:
    query = sa.select(t.claims).where(C.labeller == asked.labeller).order_by(C.claimed_at, C.article_id)
    return [claim_of(row) for row in connection.execute(query.limit(asked.count))]


def _candidates(connection: Connection, wanted: Filter, count: int) -> list[_Candidate]:
    """Lock the best waiting articles; those that others hold locked are passed over."""
    if not count:
        return []
    query = waiting(sa.select(A.id, A.overlap), wanted).order_by(A.place, A.id).limit(count)
    rows = connection.execute(query.with_for_update(of=t.articles, skip_locked=True)).all()
    return _with_people(connection, [(row.id, row.overlap) for row in rows])


def _with_people(connection: Connection, rows: Sequence[tuple[int, int]]) -> list[_Candidate]:
    """Count whose these articles are now, that nobody else can claim them."""
    ids = [number for number, _ in rows]
    parts = (
        sa.select(L.article_id, L.labeller, sa.literal(1).label("counts")).where(
            L.article_id.in_(ids), ~L.withdrawn
        ),
        sa.select(C.article_id, C.labeller, sa.literal(1)).where(C.article_id.in_(ids)),
        sa.select(S.article_id, S.labeller, sa.literal(0)).where(S.article_id.in_(ids), ~S.withdrawn),
    )
    had: dict[int, set[str]] = defaultdict(set)
    done: dict[int, set[str]] = defaultdict(set)
    for article, labeller, counts in connection.execute(sa.union_all(*parts)) if ids else ():
        had[article].add(labeller)
        done[article] |= {labeller} if counts else set()
    return [_Candidate(number, overlap - len(done[number]), had[number]) for number, overlap in rows]


def _hand_out(pool: Sequence[_Candidate], asked: Asked, count: int) -> list[int]:
    """Take the best for one labeller that still want somebody, and that they have not had."""
    taken: list[int] = []
    for candidate in pool:
        if len(taken) == count:
            break
        if candidate.room > 0 and asked.labeller not in candidate.had:
            candidate.room -= 1
            candidate.had.add(asked.labeller)
            taken.append(candidate.id)
    return taken


def _made(asked: Asked, ids: Sequence[int]) -> list[Claim]:
    until = asked.now + asked.lease
    return [Claim(one, asked.labeller, secrets.token_urlsafe(12), asked.now, until) for one in ids]


def _note(connection: Connection, claims: Sequence[Claim]) -> None:
    if claims:
        connection.execute(t.claims.insert(), [vars(claim) for claim in claims])


def _close(connection: Connection, pool: Sequence[_Candidate]) -> None:
    """Let the articles that want nobody more leave the queue."""
    full = [one.id for one in pool if one.room <= 0]
    if full:
        connection.execute(t.articles.update().where(A.id.in_(full)).values(label_state="claimed"))


def _search(connection: Connection, asked: Asked, count: int) -> list[Claim]:
    """Look further down for somebody who has had the best."""
    ids = next_ids(connection, asked.labeller, count, asked.wanted) if count > 0 else []
    if not ids:
        return []
    query = sa.select(A.id, A.overlap).where(A.id.in_(ids))
    overlaps = {row.id: row.overlap for row in connection.execute(query)}
    pool = _with_people(connection, [(one, overlaps[one]) for one in ids])
    claims = _made(asked, _hand_out(pool, asked, count))
    _note(connection, claims)
    recount(connection, ids)
    return claims
