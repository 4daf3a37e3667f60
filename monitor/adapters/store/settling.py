"""Writes verdicts down: articles, incidents, mentions and captures, each with one statement for many."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from monitor.adapters import tables as t
from monitor.adapters.store.merging import head_of
from monitor.domain.errors import Transient
from monitor.domain.model import CaptureState, Outcome, Read, State, Verdict

Numbered = tuple[int, Read, Verdict]  # with its place in the order of all decisions

A, I = t.articles.c, t.incidents.c  # noqa: E741 - as A
SETTLED = t.articles.update().where(A.id == sa.bindparam("of"), A.state == State.READ.value)
WHEN = sa.bindparam("when", type_=t.UtcDateTime())
REPORTED = (
    t.incidents.update()
    .where(I.id == sa.bindparam("of"))
    .values(
        first_report_at=sa.case((I.first_report_at > WHEN, WHEN), else_=I.first_report_at),
        last_report_at=sa.case((I.last_report_at < WHEN, WHEN), else_=I.last_report_at),
        updated_at=sa.bindparam("now", type_=t.UtcDateTime()),
    )
)


def parts_of(batch: Sequence[Numbered]) -> Iterator[list[Numbered]]:
    """Yield a batch in parts that may be written as one: what no other looks at first, then the rest in its order.

    A copy asks what its original stands for by then, and a merge moves what is there: each ends a part of its own.
    """
    alone = [one for one in batch if _stands_alone(one[2])]
    if alone:
        yield alone
    rest = (one for one in batch if not _stands_alone(one[2]))
    for moves, part in groupby(rest, key=lambda one: bool(one[2].copy or one[2].merges)):
        together = list(part)
        yield from [[one] for one in together] if moves else [together]


def _stands_alone(verdict: Verdict) -> bool:
    plain = not (verdict.copy or verdict.merges or verdict.mentions)
    return plain and verdict.state is State.REJECTED and verdict.incident_id is None


def note_verdicts(connection: Connection, part: Sequence[Numbered], now: datetime, *, captures: bool) -> None:
    """Write one part; raise Transient where one of its articles was settled meanwhile."""
    _note_incidents(connection, part, now)
    rows = [_verdict_row(connection, number, verdict, now) for number, _, verdict in part]
    if connection.execute(SETTLED, rows).rowcount != len(rows):
        raise Transient("settled-meanwhile", detail=", ".join(str(row["of"]) for row in rows)[:200])
    _insert(connection, t.mentions, [row for *_, verdict in part for row in _mention_rows(verdict)])
    if captures:
        wanted = [one for one in part if one[2].state in {State.QUEUED, State.COPY}]
        _insert(connection, t.captures, [_capture_row(read, verdict, now) for _, read, verdict in wanted])


def _insert(connection: Connection, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(table.insert(), rows)


def _verdict_row(connection: Connection, seq: int, verdict: Verdict, now: datetime) -> dict[str, Any]:
    return {
        "of": verdict.article_id,
        "state": verdict.state.value,
        "state_at": now,
        "seq": seq,
        "queued_at": now if verdict.state is State.QUEUED else None,
        "reason": "; ".join(verdict.reasons)[:500] if verdict.state is State.REJECTED else "",
        "topics": list(verdict.screening.topics) if verdict.screening else [],
        "relevance": verdict.screening.relevance if verdict.screening else None,
        "screen_reasons": list(verdict.screening.reasons) if verdict.screening else [],
        "copy_of": head_of(connection, verdict.copy.original_id) if verdict.copy else None,
        "copy_score": verdict.copy.containment if verdict.copy else None,
        "incident_id": verdict.incident_id,
        "match": _match_word(verdict),
        "match_score": verdict.score,
        "match_reasons": list(verdict.reasons),
        "match_evidence": asdict(verdict.evidence) if verdict.evidence else None,
        "alternative": asdict(verdict.alternative) if verdict.alternative else None,
        "roundup": verdict.roundup,
        "words_only": verdict.words_only,
        "priority": verdict.priority,
    }


def _match_word(verdict: Verdict) -> str | None:
    """Return the word that downstream reads: an unsure match is queued as new with its alternative beside it."""
    if verdict.outcome is None:
        return None
    return "existing" if verdict.outcome is Outcome.EXISTING else "new"


def _note_incidents(connection: Connection, part: Sequence[Numbered], now: datetime) -> None:
    """Write the incidents that begin, then how far reports of the others reach."""
    theirs = [one for one in part if one[2].incident_id is not None and not one[2].roundup]
    new = [one for one in theirs if _founds(one[2])]
    _insert(connection, t.incidents, [_incident_row(read, verdict, now) for _, read, verdict in new])
    further = [
        {"of": verdict.incident_id, "when": read.when, "now": now}
        for _, read, verdict in theirs
        if not _founds(verdict)
    ]
    if further:
        connection.execute(REPORTED, further)


def _founds(verdict: Verdict) -> bool:
    return verdict.outcome is not Outcome.EXISTING and verdict.state is State.QUEUED


def _incident_row(read: Read, verdict: Verdict, now: datetime) -> dict[str, Any]:
    return {
        "id": verdict.incident_id,
        "title": read.document.title or read.document.summary[:200] or read.url,
        "summary": read.document.summary,
        "topics": list(verdict.screening.topics) if verdict.screening else [],
        "founded_by": read.article_id,
        "first_report_at": read.when,
        "last_report_at": read.when,
        "created_at": now,
        "updated_at": now,
    }


def _mention_rows(verdict: Verdict) -> list[dict[str, Any]]:
    best = {one.incident_id: one for one in sorted(verdict.mentions, key=lambda one: one.score)}
    return [
        {
            "article_id": verdict.article_id,
            "incident_id": mention.incident_id,
            "score": mention.score,
            "segment": mention.segment[:2000],
        }
        for mention in best.values()
    ]


def _capture_row(read: Read, verdict: Verdict, now: datetime) -> dict[str, Any]:
    """Want the page archived, originals before copies."""
    return {
        "article_id": verdict.article_id,
        "url": read.url,
        "state": CaptureState.WANTED.value,
        "due_at": now,
        "priority": verdict.priority + (1.0 if verdict.state is State.QUEUED else 0.0),
        "created_at": now,
        "updated_at": now,
    }
