"""Brings labels back from other tools: the same file twice changes nothing, and a dry run changes nothing at all."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from monitor.adapters import tables as t
from monitor.adapters.engine import Database
from monitor.adapters.store.judgements import in_force
from monitor.adapters.store.labels import NewLabel, write_labels
from monitor.adapters.store.queue_rows import recount
from monitor.domain.consensus import plain
from monitor.domain.errors import MonitorError
from monitor.domain.labelling import Labelling
from monitor.domain.labels import LONGEST_LABELLER, Judgement, checked
from monitor.domain.refused import Refused
from monitor.domain.returned import Brought, Difference, Parsed, Returned
from monitor.domain.text import printable
from monitor.domain.urls import url_key

A, L = t.articles.c, t.labels.c
MOST = 20_000
MOST_PROBLEMS = 200
Key = tuple[int, str, str, str]  # article, labeller, scheme, question


class Bringing:
    """Takes labels that were given elsewhere."""

    def __init__(self, database: Database, labelling: Labelling) -> None:
        self._database, self._labelling = database, labelling

    async def bring(self, tool: str, parsed: Parsed, *, now: datetime, dry_run: bool = True) -> Brought:
        """Write new and changed labels, all or none; what a labeller has said later here stands."""
        if len(parsed.labels) > MOST:
            raise Refused("too-many-labels", f"bring at most {MOST} labels at once")

        def work(connection: Connection) -> Brought:
            problems = list(parsed.problems)
            found = self._sorted_out(connection, parsed.labels, problems)
            known = _known(connection, sorted({key[0] for key in found}))
            found = {key: _with_quotes(one, known.get(key)) for key, one in found.items()}
            wanted = {key: one for key, one in found.items() if _differs(one, known.get(key))}
            older = {key for key, one in wanted.items() if _is_older(one, known.get(key))}
            changes = {key: one for key, one in wanted.items() if key not in older}
            if not dry_run:
                _write(connection, tool, changes, now)
            return Brought(
                tuple(_difference(key, one, known.get(key)) for key, one in changes.items()),
                same=len(found) - len(wanted),
                older=len(older),
                problems=_told(problems),
                written=not dry_run,
            )

        return await (self._database.read if dry_run else self._database.write)(work)

    def _sorted_out(
        self, connection: Connection, labels: Sequence[Returned], problems: list[str]
    ) -> dict[Key, Returned]:
        """Return the labels that fit, by article; of several for one question the last one."""
        articles = _articles(connection, labels)
        found: dict[Key, Returned] = {}
        for one in labels:
            said = f"{one.labeller} on {one.article_id or one.url}"
            article = articles.get(one.article_id or one.url)
            if article is None:
                problems.append(f"{said}: no such article")
                continue
            if not 0 < len(one.labeller.strip()) <= LONGEST_LABELLER or not one.labeller.isprintable():
                problems.append(f"{said}: no name of a labeller")
                continue
            try:
                checked([one.judgement], self._labelling.schemes, whole=False)
            except Refused as refused:
                problems.append(f"{said}: {refused}")
                continue
            found[article, one.labeller, one.judgement.scheme, one.judgement.question] = one
        return found


def _articles(connection: Connection, labels: Sequence[Returned]) -> dict[int | str, int]:
    """Return the decided articles that the labels speak of, by number and by address."""
    numbers = [one.article_id for one in labels if one.article_id is not None]
    keys = {one.url: _key(one.url) for one in labels if one.article_id is None and one.url}
    by_number = sa.select(A.id).where(A.id.in_(numbers), A.seq.is_not(None))
    by_key = sa.select(A.url_key, A.id).where(A.url_key.in_(list(keys.values())), A.seq.is_not(None))
    ids = {row.url_key: row.id for row in connection.execute(by_key)}
    found: dict[int | str, int] = {number: number for number in connection.execute(by_number).scalars()}
    return found | {url: ids[key] for url, key in keys.items() if key in ids}


def _key(url: str) -> str:
    try:
        return url_key(url)
    except MonitorError:
        return ""


def _known(connection: Connection, articles: Sequence[int]) -> dict[Key, Any]:
    query = sa.select(t.labels).where(L.article_id.in_(list(articles)), in_force())
    return {
        (row.article_id, row.labeller, row.scheme, row.question): row for row in connection.execute(query)
    }


def _with_quotes(one: Returned, known: Any) -> Returned:
    """Give ids that came back without their words those said here: some files have no place for them."""
    value = one.judgement.value
    if known is None or not _are_quoted(value) or not _are_quoted(known.value):
        return one
    said = {part["id"]: part["quote"] for part in known.value}
    whole = [{**part, "quote": part["quote"] or said.get(part["id"], "")} for part in value]
    return replace(one, judgement=replace(one.judgement, value=whole))


def _are_quoted(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(part, dict) for part in value)


def _told(problems: list[str]) -> tuple[str, ...]:
    more = len(problems) - MOST_PROBLEMS
    return (*problems[:MOST_PROBLEMS], *([f"and {more} more"] if more > 0 else []))


def _differs(one: Returned, known: Any) -> bool:
    if known is None or plain(known.value) != plain(one.judgement.value):
        return True
    said = one.judgement
    return _says_more(said.rationale, known.rationale) or _says_more(said.quote, known.quote)


def _says_more(text: str, known: str) -> bool:
    """Tell whether words changed: what a table leaves out of them is no change, and silence neither."""
    return bool(text) and printable(text) != printable(known)


def _is_older(one: Returned, known: Any) -> bool:
    return known is not None and one.at is not None and one.at < known.at


def _difference(key: Key, one: Returned, known: Any) -> Difference:
    article, labeller, scheme, question = key
    was = None if known is None else known.value
    return Difference(article, labeller, scheme, question, was, one.judgement.value)


def _write(connection: Connection, tool: str, changes: Mapping[Key, Returned], now: datetime) -> None:
    """Write each labeller's labels about an article as one answer."""
    answers: dict[tuple[int, str], list[Returned]] = {}
    for (article, labeller, _, _), one in changes.items():
        answers.setdefault((article, labeller), []).append(one)
    for (article, labeller), given in answers.items():
        judgements: tuple[Judgement, ...] = tuple(one.judgement for one in given)
        at = max((one.at for one in given if one.at is not None), default=now).astimezone(UTC)
        new = NewLabel(article, labeller, judgements, origin=tool)
        write_labels(connection, new, min(at, now), seconds=given[0].seconds)
    recount(connection, sorted({article for article, _ in answers}))
