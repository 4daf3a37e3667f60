"""The articles of incidents, straight from the tables: the view of the same rows cannot use an index."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from monitor.adapters import tables as t

A, D, C, N, W = t.articles.c, t.documents.c, t.captures.c, t.mentions.c, t.watches.c


@dataclass(frozen=True)
class IncidentArticle:
    """One article of an incident; `copy_of` names its original, `mention` says that it is a roundup."""

    article_id: int
    title: str
    url: str
    publisher: str
    language: str
    country: str
    published_at: datetime | None
    found_at: datetime
    copy_of: int | None
    mention: bool
    match: str | None
    match_score: float | None
    match_reasons: tuple[str, ...]
    archive_url: str
    archive_state: str
    label_state: str = "pending"
    state: str = "queued"
    link_state: str = ""  # the page when it was last looked at; "": not yet
    link_since: datetime | None = None


COLUMNS = (
    A.id,
    A.url,
    A.found_at,
    A.copy_of,
    A.match,
    A.match_score,
    A.match_reasons,
    A.label_state,
    A.state,
    D.title,
    D.publisher,
    D.language,
    D.country,
    D.published_at,
    C.archive_url,
    C.state.label("archive_state"),
    W.state.label("link_state"),
    W.since.label("link_since"),
)
JOINED = (
    t.articles.join(t.documents, D.article_id == A.id)
    .outerjoin(t.captures, C.article_id == A.id)
    .outerjoin(t.watches, W.article_id == A.id)
)


def reports_of(connection: Connection, incident_ids: Sequence[int]) -> dict[int, list[IncidentArticle]]:
    """Return the articles of incidents by incident, oldest first; what was merged into one counts as its own."""
    home = _homes(connection, incident_ids)
    own = sa.select(*COLUMNS, A.incident_id.label("belongs"), sa.null().label("score")).select_from(JOINED)
    mentioned = sa.select(*COLUMNS, N.incident_id.label("belongs"), N.score.label("score")).select_from(
        JOINED.join(t.mentions, N.article_id == A.id)
    )
    found: dict[int, list[IncidentArticle]] = defaultdict(list)
    for query in (own.where(A.incident_id.in_(list(home))), mentioned.where(N.incident_id.in_(list(home)))):
        for row in connection.execute(query):
            found[home[row.belongs]].append(_report(row))
    for articles in found.values():
        articles.sort(key=lambda one: (one.published_at or one.found_at, one.article_id))
    return found


def _homes(connection: Connection, incident_ids: Sequence[int]) -> dict[int, int]:
    """Return every identity that these incidents have or had, and where it belongs now."""
    i = t.incidents.c
    gone = sa.select(i.id, i.merged_into).where(i.merged_into.in_(list(incident_ids)))
    return {one: one for one in incident_ids} | {row.id: row.merged_into for row in connection.execute(gone)}


def link_state_of(row: Any) -> str:
    """Return how the page was at the last look, "" before the first."""
    return "" if row.link_state in {None, "unseen"} else str(row.link_state)


def _report(row: Any) -> IncidentArticle:
    mention = row.score is not None
    return IncidentArticle(
        article_id=row.id,
        title=row.title,
        url=row.url,
        publisher=row.publisher,
        language=row.language,
        country=row.country,
        published_at=row.published_at,
        found_at=row.found_at,
        copy_of=row.copy_of,
        mention=mention,
        match="mention" if mention else row.match,
        match_score=row.score if mention else row.match_score,
        match_reasons=tuple(row.match_reasons or ()),
        archive_url=row.archive_url or "",
        archive_state=row.archive_state or "",
        label_state=row.label_state,
        state=row.state,
        link_state=link_state_of(row),
        link_since=row.link_since,
    )
