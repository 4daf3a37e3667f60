"""Labels: written once, never overwritten; a newer one supersedes an older one, a withdrawn one counts no more."""

import secrets
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from monitor.adapters import tables as t
from monitor.adapters.store.order import in_order
from monitor.domain.labels import Judgement
from monitor.domain.refused import Refused

L = t.labels.c
LONGEST_CLIENT_ID = 200


@dataclass(frozen=True)
class NewLabel:
    """One labeller's answer about one article; the same `client_id` is written once."""

    article_id: int
    labeller: str
    judgements: tuple[Judgement, ...]
    client_id: str = ""
    origin: str = ""


@dataclass(frozen=True)
class Written:
    """What became of an answer: the ids of its labels; `repeated` where it had been written before."""

    answer: str
    label_ids: tuple[int, ...]
    repeated: bool = False


def latest_answer(connection: Connection, new: NewLabel) -> Written | None:
    """Return what this very answer became, where it was given before; raise Refused where the id was another's."""
    if not new.client_id:
        return None
    ids = [_client_id(new, judgement) for judgement in new.judgements]
    rows = connection.execute(sa.select(t.labels).where(L.client_id.in_(ids)).order_by(L.id)).all()
    if not rows:
        return None
    same = {(row.scheme, row.question): row.value for row in rows if row.article_id == new.article_id}
    if same != {(one.scheme, one.question): one.value for one in new.judgements}:
        raise Refused("client-id-used", "this client_id was used for another answer; choose a new one")
    return Written(rows[0].answer, tuple(row.id for row in rows), repeated=True)


def write_labels(
    connection: Connection, new: NewLabel, now: datetime, *, seconds: float | None = None
) -> Written:
    """Write an answer; each label supersedes the same labeller's label for the same question."""
    if len(new.client_id) > LONGEST_CLIENT_ID:
        raise Refused("invalid-label", f"client_id takes {LONGEST_CLIENT_ID} characters")
    in_order(connection, "labels")
    current = _current(connection, new.article_id, new.labeller)
    answer = secrets.token_urlsafe(9)
    rows = [
        {
            "article_id": new.article_id,
            "scheme": judgement.scheme,
            "question": judgement.question,
            "value": judgement.value,
            "labeller": new.labeller,
            "at": now,
            "rationale": judgement.rationale,
            "quote": judgement.quote,
            "supersedes": current.get((judgement.scheme, judgement.question)),
            "client_id": _client_id(new, judgement) if new.client_id else None,
            "answer": answer,
            "origin": new.origin,
            "seconds": seconds,
        }
        for judgement in new.judgements
    ]
    inserted = connection.execute(t.labels.insert().returning(L.id, sort_by_parameter_order=True), rows)
    return Written(answer, tuple(inserted.scalars()))


def withdraw(connection: Connection, article_id: int, labeller: str) -> bool:
    """Withdraw a labeller's last answer about an article; what it superseded counts again."""
    mine = (L.article_id == article_id) & (L.labeller == labeller) & ~L.withdrawn
    answer = connection.execute(sa.select(L.answer).where(mine).order_by(L.id.desc()).limit(1)).scalar()
    if answer is None:
        return False
    connection.execute(t.labels.update().where(mine, L.answer == answer).values(withdrawn=True))
    return True


def _current(connection: Connection, article_id: int, labeller: str) -> dict[tuple[str, str], int]:
    mine = (L.article_id == article_id) & (L.labeller == labeller) & ~L.withdrawn
    query = sa.select(L.scheme, L.question, L.id).where(mine).order_by(L.id)
    return {(row.scheme, row.question): row.id for row in connection.execute(query)}


def _client_id(new: NewLabel, judgement: Judgement) -> str:
    return f"{new.client_id}/{judgement.scheme}/{judgement.question}"
