"""Reads what is exported, some hundred articles at a time, so that an export of any size needs little memory."""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from monitor.adapters import tables as t
from monitor.adapters.engine import Database
from monitor.adapters.store.incident_labels import IncidentLabels
from monitor.adapters.store.incidents import Incident
from monitor.adapters.store.judgements import in_force
from monitor.adapters.store.listings import Wanted, conditions_of
from monitor.domain.labelling import Labelling
from monitor.domain.records import IncidentRecord, Record, Reference, SaidLabel, Suggestion, Technique

A, D, I, L, S = t.articles.c, t.documents.c, t.incidents.c, t.labels.c, t.suggestions.c  # noqa: E741 - as A and D
AT_ONCE = 200
COLUMNS = (
    A.id,
    A.url,
    A.source,
    A.topics,
    A.state,
    A.label_state,
    A.copy_of,
    A.found_at,
    D.title,
    D.text,
    D.language,
    D.published_at,
    D.publisher,
    D.authors,
    D.country,
    D.content_hash,
    I.id.label("incident_id"),
    I.title.label("incident_title"),
    t.captures.c.archive_url,
    t.captures.c.state.label("archive_state"),
)


class ExportRows:
    """Yields articles and incidents with everything that was said of them."""

    def __init__(self, database: Database, labelling: Labelling, incident_labels: IncidentLabels) -> None:
        self._database, self._labelling, self._incident_labels = database, labelling, incident_labels

    async def articles(self, wanted: Wanted, *, labelled: bool = False) -> AsyncIterator[Record]:
        """Yield decided articles in the order of their ids; `labelled`: only those with a label in force."""
        after = 0
        while True:
            found = await self._database.read(
                partial(_records, wanted=wanted, after=after, labelled=labelled)
            )
            for record in found:
                yield record
            if len(found) < AT_ONCE:
                return
            after = found[-1].id

    async def incident(self, incident: Incident) -> IncidentRecord:
        """Return an incident with its references, archived addresses, techniques and labels."""
        ids = [one.article_id for one in incident.articles]
        row, labels, gone, authors = await self._database.read(
            lambda c: (
                c.execute(sa.select(t.incidents).where(I.id == incident.line.id)).one(),
                _labels(c, ids),
                list(c.execute(sa.select(I.id).where(I.merged_into == incident.line.id)).scalars()),
                {
                    row.article_id: row.authors
                    for row in c.execute(sa.select(D.article_id, D.authors).where(D.article_id.in_(ids)))
                },
            )
        )
        values = await self._incident_labels.of(incident.line.id)
        return IncidentRecord(
            id=row.id,
            title=row.title,
            summary=row.summary,
            topics=tuple(row.topics),
            first_report_at=row.first_report_at,
            last_report_at=row.last_report_at,
            updated_at=row.updated_at,
            created_at=row.created_at,
            countries=tuple(sorted({one.country for one in incident.articles} - {""})),
            languages=incident.line.languages,
            references=tuple(_reference(one, authors.get(one.article_id) or ()) for one in incident.articles),
            techniques=tuple(self._techniques(labels)),
            labels=tuple((one.scheme, one.question, one.value) for one in values),
            gone=tuple(gone),
        )

    def _techniques(self, labels: Mapping[int, Sequence[SaidLabel]]) -> list[Technique]:
        """Return each technique once, with the words of the first label that quotes any."""
        scheme = self._labelling.schemes.get("disarm")
        question = scheme.question("techniques") if scheme else None
        found: dict[str, Technique] = {}
        given = [label for article in labels.values() for label in article]
        for label in sorted(given, key=lambda one: one.id):
            if (label.scheme, label.question) != ("disarm", "techniques") or not isinstance(
                label.value, list
            ):
                continue
            for one in label.value:
                option = question.option(one["id"]) if question else None
                name = option.title.get("en", "") if option else ""
                known = found.setdefault(one["id"], Technique(one["id"], name, one.get("quote", "")))
                if not known.quote:
                    found[one["id"]] = replace(known, quote=one.get("quote", ""))
        return list(found.values())


def _records(connection: Connection, wanted: Wanted, after: int, labelled: bool) -> list[Record]:
    joined = (
        t.articles.join(t.documents, D.article_id == A.id)
        .outerjoin(t.incidents, I.id == A.incident_id)
        .outerjoin(t.captures, t.captures.c.article_id == A.id)
    )
    query = sa.select(*COLUMNS).select_from(joined)
    query = query.where(A.id > after, A.seq.is_not(None), *conditions_of(wanted))
    if labelled:
        query = query.where(sa.exists().where(L.article_id == A.id, ~L.withdrawn))
    rows = connection.execute(query.order_by(A.id).limit(AT_ONCE)).all()
    ids = [row.id for row in rows]
    labels, suggestions = _labels(connection, ids), _suggestions(connection, ids)
    return [_record(row, labels.get(row.id, []), suggestions.get(row.id, [])) for row in rows]


def _labels(connection: Connection, ids: Sequence[int]) -> dict[int, list[SaidLabel]]:
    found: dict[int, list[SaidLabel]] = defaultdict(list)
    query = sa.select(t.labels).where(L.article_id.in_(list(ids)), in_force()).order_by(L.id)
    for row in connection.execute(query):
        label = SaidLabel(
            row.id,
            row.scheme,
            row.question,
            row.value,
            row.labeller,
            row.at,
            row.rationale,
            row.quote,
            row.seconds,
        )
        found[row.article_id].append(label)
    return found


def _suggestions(connection: Connection, ids: Sequence[int]) -> dict[int, list[Suggestion]]:
    found: dict[int, list[Suggestion]] = defaultdict(list)
    query = sa.select(t.suggestions).where(S.article_id.in_(list(ids))).order_by(S.suggester, S.question)
    for row in connection.execute(query):
        found[row.article_id].append(
            Suggestion(
                row.scheme, row.question, row.value, row.suggester, row.model, row.score, row.rationale
            )
        )
    return found


def _record(row: Any, labels: list[SaidLabel], suggestions: list[Suggestion]) -> Record:
    return Record(
        id=row.id,
        url=row.url,
        title=row.title,
        text=row.text,
        language=row.language,
        published_at=row.published_at,
        found_at=row.found_at,
        publisher=row.publisher,
        authors=tuple(row.authors or ()),
        country=row.country,
        source=row.source,
        topics=tuple(row.topics or ()),
        state=row.state,
        label_state=row.label_state,
        incident_id=row.incident_id,
        incident_title=row.incident_title or "",
        copy_of=row.copy_of,
        archive_url=row.archive_url or "",
        content_hash=row.content_hash,
        archive_state=row.archive_state or "",
        labels=tuple(labels),
        suggestions=tuple(suggestions),
    )


def _reference(one: Any, authors: Sequence[str]) -> Reference:
    return Reference(
        url=one.url,
        title=one.title,
        published_at=one.published_at,
        authors=tuple(authors),
        publisher=one.publisher,
        archive_url=one.archive_url,
        copy=one.copy_of is not None,
        archive_state=one.archive_state,
    )
