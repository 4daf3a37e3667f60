"""What the decider remembers of its own decisions: which article is in which incident, and how it was decided."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from monitor.adapters import tables as t
from monitor.adapters.store.merging import DECIDER
from monitor.adapters.store.rows import READ_COLUMNS, read_of
from monitor.domain.model import CopyVerdict, Merge, Outcome, Read, Screening, State, Verdict

AT_ONCE = 500  # ids in one question

A, H = t.articles.c, t.changes.c
MERGED = t.incidents.alias("merged")
IN_FORCE = sa.func.coalesce(MERGED.c.merged_into, A.incident_id).label("incident_in_force")
SAID = (A.state, A.copy_of, A.copy_score, A.topics, A.relevance, A.match, A.match_score, A.roundup)
OF_INCIDENTS = (A.state == State.QUEUED.value) & A.incident_id.is_not(None)


@dataclass
class Ways:
    """Where articles were before the changes moved them, and what the decider merged when it had decided about one."""

    upto: int = 0  # the last change that is in it
    first: dict[int, int] = field(default_factory=dict)
    merges: defaultdict[int, list[Merge]] = field(default_factory=lambda: defaultdict(list))

    def follow(self, connection: Connection) -> None:
        """Take note of the changes since the last time; those that were taken back happened too."""
        moves = H.what.in_(("merge", "split", "move"))
        query = sa.select(H.id, H.who, H.what, H.detail).where(H.id > self.upto, moves).order_by(H.id)
        for row in connection.execute(query):
            self.upto, before = row.id, row.detail["gone" if row.what == "merge" else "old"]
            for article in row.detail["articles"] if before is not None else ():
                self.first.setdefault(article, before)
            if row.who == DECIDER and "article" in row.detail:
                self.merges[row.detail["article"]].append(Merge(row.detail["kept"], before, 0.0, ()))

    def as_decided(self, verdict: Verdict) -> Verdict:
        """Return the verdict of a report with the incident that it named and with its merges, copy or not by now."""
        number = verdict.article_id
        named = self.first.get(number, verdict.incident_id)
        merges = tuple(self.merges.get(number, ()))
        return replace(verdict, state=State.QUEUED, copy=None, incident_id=named, merges=merges)


def members_since(connection: Connection, since: datetime) -> list[tuple[int, int]]:
    """Return the articles found since then that report on an incident, with it, in the order of their decisions.

    Copies are left out. An article that took the place of an original stands under that one, which was learned.
    """
    query = (
        sa.select(A.id, A.seq, IN_FORCE)
        .select_from(t.articles.outerjoin(MERGED, MERGED.c.id == A.incident_id))
        .where(OF_INCIDENTS, A.found_at >= since)
    )
    known = _learned_before(connection)
    rows = [
        (*known.get(row.id, (row.seq, row.id)), row.incident_in_force) for row in connection.execute(query)
    ]
    return [(article, incident) for _, article, incident in sorted(rows)]


def _learned_before(connection: Connection) -> dict[int, tuple[int, int]]:
    """Return, by the original of today, the number and the article of the one that was the first to be decided."""
    gave_way = sa.text("copy_of IS NOT NULL AND copy_score IS NULL")  # in the words of its index
    rows = connection.execute(sa.select(A.copy_of, A.seq, A.id).where(gave_way)).all()
    return {row.copy_of: (row.seq, row.id) for row in sorted(rows, key=lambda row: row.seq, reverse=True)}


def history_of(connection: Connection, articles: Sequence[int], ways: Ways) -> list[tuple[Read, Verdict]]:
    """Return how some articles that report on an incident were decided; they are given in that order."""
    ways.follow(connection)
    query = (
        READ_COLUMNS.add_columns(*SAID, IN_FORCE)
        .outerjoin(MERGED, MERGED.c.id == A.incident_id)
        .where(A.incident_id.is_not(None))
        .order_by(A.seq)
    )
    return [
        (read_of(row), ways.as_decided(verdict_of(row)))
        for start in range(0, len(articles), AT_ONCE)
        for row in connection.execute(query.where(A.id.in_(articles[start : start + AT_ONCE])))
    ]


def encoded_among(connection: Connection, articles: Sequence[int]) -> list[int]:
    """Return those of some articles that have a vector."""
    return [
        article
        for start in range(0, len(articles), AT_ONCE)
        for article in connection.execute(
            sa.select(t.vectors.c.article_id).where(
                t.vectors.c.article_id.in_(articles[start : start + AT_ONCE])
            )
        ).scalars()
    ]


def verdict_of(row: Any) -> Verdict:
    """Restore what was decided, without the reasons."""
    return Verdict(
        article_id=row.id,
        state=State(row.state),
        reasons=(),
        screening=Screening(tuple(row.topics or ()), row.relevance or 0.0, ()),
        copy=CopyVerdict(row.copy_of, row.copy_score or 1.0, "") if row.copy_of else None,
        outcome=Outcome(row.match) if row.match else None,
        incident_id=row.incident_in_force,
        score=row.match_score,
        roundup=row.roundup,
    )
