"""Corrections by hand: merge, split, move, rename, confirm, hold apart; each is recorded and can be undone.

Every correction takes the decider's lock away first: what it is judging now was judged from a world that no longer
is, so its batch is refused and it remembers everything anew.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from monitor.adapters import tables as t
from monitor.adapters.engine import Database
from monitor.adapters.store.admitting import admit, want_captures
from monitor.adapters.store.merging import merge_incidents, numbers_of
from monitor.adapters.store.order import in_order, next_incident
from monitor.adapters.store.portraits import portray
from monitor.adapters.store.undoing import UNDO, refresh, send
from monitor.adapters.store.verdicts import LOCK
from monitor.domain.model import State
from monitor.domain.refused import Refused

A, H, I = t.articles.c, t.changes.c, t.incidents.c  # noqa: E741 - as A and H
LONGEST_TITLE = 500


@dataclass(frozen=True)
class Change:
    """One line of an incident's history."""

    id: int
    at: datetime
    who: str
    what: str
    incident_id: int | None
    detail: dict[str, Any]
    undone_by: int | None


class Corrections:
    """Changes incidents by hand; raises Refused where the incidents are not as the request believes."""

    def __init__(self, database: Database, *, archive: bool = False) -> None:
        self._database, self._archive = database, archive

    async def merge(self, kept: int, gone: int, *, who: str, now: datetime, reason: str = "") -> Change:
        """Make two incidents one; `gone` leads to `kept` from now on."""

        def work(connection: Connection) -> int:
            standing(connection, [kept, gone])
            detail = {"reason": reason} if reason else {}
            made = merge_incidents(connection, kept=kept, gone=gone, who=who, now=now, detail=detail)
            if made is None:
                raise Refused("cannot-merge", "choose two different incidents that were not merged")
            return made

        return await self._correct(work, now)

    async def split(
        self, incident_id: int, articles: Sequence[int], *, who: str, now: datetime, title: str = ""
    ) -> Change:
        """Make an incident of its own from some articles of one; copies go with their originals."""

        def work(connection: Connection) -> int:
            old = standing(connection, [incident_id])[incident_id]
            chosen = _originals(connection, articles, incident_id)
            if len(chosen) == _size(connection, incident_id):
                raise Refused("cannot-split", "leave at least one article in the incident")
            new = _found(connection, old, chosen, title, now)
            moved = send(connection, [row.id for row in chosen], new)
            detail = {"new": new, "old": incident_id, "articles": moved} | ({"title": title} if title else {})
            made = _note(connection, "split", incident_id, detail, who=who, now=now)
            refresh(connection, [incident_id, new], now)  # after the note: a title by hand stays
            return made

        return await self._correct(work, now)

    async def move(
        self, article_id: int, incident_id: int, *, who: str, now: datetime, out_of: int | None = None
    ) -> Change:
        """Put an article, with its copies, into another incident; refuse where it is no more where it was seen."""

        def work(connection: Connection) -> int:
            standing(connection, [incident_id])
            (row,) = _originals(connection, [article_id], out_of)
            if row.state == State.REJECTED.value:
                raise Refused("cannot-move", f"article {article_id} was rejected: admit it instead")
            if row.incident_id == incident_id:
                raise Refused("cannot-move", f"article {article_id} is in incident {incident_id} already")
            if row.incident_id is not None and _size(connection, row.incident_id) == 1:
                told = f"it is the only article of incident {row.incident_id}: merge the incidents instead"
                raise Refused("cannot-move", told)
            moved = send(connection, [article_id], incident_id)
            refresh(connection, [incident_id, row.incident_id], now)
            detail = {"article": article_id, "articles": moved, "old": row.incident_id, "new": incident_id}
            return _note(connection, "move", incident_id, detail, who=who, now=now)

        return await self._correct(work, now)

    async def admit(self, article_id: int, incident_id: int | None, *, who: str, now: datetime) -> Change:
        """Pull a rejected article in, with its copies: into an incident, or (None) as the first of a new one."""

        def work(connection: Connection) -> int:
            if incident_id is not None:
                standing(connection, [incident_id])
            detail = admit(connection, article_id, incident_id, now)
            if self._archive:
                want_captures(connection, detail["articles"], now)
            made = _note(connection, "admit", detail["new"], detail, who=who, now=now)
            refresh(connection, [detail["new"]], now)
            return made

        return await self._correct(work, now)

    async def rename(self, incident_id: int, title: str, *, who: str, now: datetime) -> Change:
        """Give an incident another title."""
        title = " ".join(title.split())
        if not 0 < len(title) <= LONGEST_TITLE:
            raise Refused("invalid-title", f"a title has 1 to {LONGEST_TITLE} signs")

        def work(connection: Connection) -> int:
            old = standing(connection, [incident_id])[incident_id]
            _change_row(connection, incident_id, {"title": title, "updated_at": now})
            detail = {"old": old.title, "new": title}
            return _note(connection, "rename", incident_id, detail, who=who, now=now)

        return await self._correct(work, now)

    async def confirm(self, incident_id: int, *, who: str, now: datetime, confirmed: bool = True) -> Change:
        """Say that an incident is what it should be: the decider merges it into no other by itself."""

        def work(connection: Connection) -> int:
            old = standing(connection, [incident_id])[incident_id]
            _change_row(connection, incident_id, {"confirmed": confirmed, "updated_at": now})
            portray(connection, [incident_id], now)  # it was left alone while it was confirmed
            called = {} if confirmed else {"title": old.title, "summary": old.summary}
            detail = {"old": old.confirmed, "new": confirmed} | called
            return _note(connection, "confirm", incident_id, detail, who=who, now=now)

        return await self._correct(work, now)

    async def apart(self, incident_id: int, other: int, *, who: str, now: datetime) -> Change:
        """Say that two incidents are not one, however alike they are."""

        def work(connection: Connection) -> int:
            standing(connection, [incident_id, other])
            if incident_id == other:
                raise Refused("cannot-part", "choose two different incidents")
            return _note(connection, "apart", incident_id, {"other": other}, who=who, now=now)

        return await self._correct(work, now)

    async def undo(self, change_id: int, *, who: str, now: datetime) -> Change:
        """Take a correction back, the decider's merges too; refuse where later ones build on it."""

        def work(connection: Connection) -> int:
            row = connection.execute(sa.select(t.changes).where(H.id == change_id)).first()
            if row is None:
                raise Refused("unknown-change", f"there is no change {change_id}")
            if row.undone_by is not None or row.what not in UNDO:
                raise Refused("cannot-undo", f"change {change_id} is undone already, or cannot be")
            detail = {"undoes": change_id, "what": row.what}
            made = _note(connection, "undo", row.incident_id, detail, who=who, now=now)
            connection.execute(t.changes.update().where(H.id == change_id).values(undone_by=made))
            UNDO[row.what](connection, row, now)  # after the note: what was said by hand holds no more
            return made

        return await self._correct(work, now)

    async def history(self, incident_id: int | None = None, *, limit: int = 100) -> list[Change]:
        """Return what was changed, newest first: of one incident, with those that went into it, or of all."""

        def work(connection: Connection) -> list[Change]:
            query = sa.select(t.changes).order_by(H.id.desc()).limit(limit)
            if incident_id is not None:
                query = query.where(_concerns(incident_id))
            return [_change(row) for row in connection.execute(query)]

        return await self._database.read(work)

    async def after(self, change_id: int, limit: int = 100) -> list[Change]:
        """Return changes in the order of their writing."""
        query = sa.select(t.changes).where(H.id > change_id).order_by(H.id).limit(limit)
        return await self._database.read(lambda c: [_change(row) for row in c.execute(query)])

    async def _correct(self, work: Callable[[Connection], int], now: datetime) -> Change:
        def locked(connection: Connection) -> Change:
            ended = {"until": now - timedelta(seconds=1)}
            connection.execute(t.leases.update().where(t.leases.c.name == LOCK).values(ended))
            in_order(connection, "changes")
            made = work(connection)
            return _change(connection.execute(sa.select(t.changes).where(H.id == made)).one())

        return await self._database.write(locked)


def _concerns(incident_id: int) -> sa.ColumnElement[bool]:
    """Ask for the changes of an incident: its own, of those that went into it, and where it is the other one."""
    other = [("split", "new"), ("move", "old"), ("apart", "other"), ("merge", "gone")]
    said = [
        (H.what == what) & (sa.cast(H.detail[name].as_string(), sa.Text) == str(incident_id))
        for what, name in other
    ]
    return sa.or_(H.incident_id.in_(numbers_of(incident_id)), *said)


def standing(connection: Connection, ids: Sequence[int]) -> dict[int, Any]:
    """Return incidents that were not merged; raise Refused with the one that a merged one went into."""
    query = sa.select(t.incidents).where(I.id.in_(list(ids))).with_for_update()
    rows = {row.id: row for row in connection.execute(query)}
    for one in ids:
        if one not in rows:
            raise Refused("unknown-incident", f"there is no incident {one}")
        if rows[one].merged_into is not None:
            raise Refused(
                "merged-incident", f"incident {one} is part of incident {rows[one].merged_into} now"
            )
    return rows


def _originals(connection: Connection, ids: Sequence[int], incident_id: int | None = None) -> list[Any]:
    """Return articles as they are, oldest first; raise Refused for copies and for articles of other incidents."""
    rows = connection.execute(sa.select(t.articles).where(A.id.in_(list(ids))).order_by(A.id)).all()
    if not ids or {row.id for row in rows} != set(ids) or any(row.seq is None for row in rows):
        raise Refused("unknown-article", "choose articles that were decided")
    if copy := next((row for row in rows if row.copy_of is not None), None):
        raise Refused("is-copy", f"article {copy.id} is a copy of {copy.copy_of}: choose the original")
    if incident_id is not None and any(row.incident_id != incident_id for row in rows):
        raise Refused("other-incident", f"choose articles of incident {incident_id}")
    return list(rows)


def _size(connection: Connection, incident_id: int) -> int:
    query = sa.select(sa.func.count()).where(A.incident_id == incident_id, A.copy_of.is_(None))
    return int(connection.execute(query).scalar_one())


def _found(connection: Connection, old: Any, articles: Sequence[Any], title: str, now: datetime) -> int:
    """Found an incident on articles of another one."""
    new = next_incident(connection)
    named = sa.select(t.documents.c.title).where(t.documents.c.article_id == articles[0].id)
    row = {
        "id": new,
        "title": " ".join(title.split())[:LONGEST_TITLE] or connection.execute(named).scalar() or old.title,
        "summary": "",
        "topics": list(old.topics),
        "founded_by": articles[0].id,
        "first_report_at": old.first_report_at,
        "last_report_at": old.last_report_at,
        "created_at": now,
        "updated_at": now,
    }
    connection.execute(t.incidents.insert().values(row))
    return new


def _change_row(connection: Connection, incident_id: int, values: dict[str, Any]) -> None:
    connection.execute(t.incidents.update().where(I.id == incident_id).values(values))


def _note(
    connection: Connection,
    what: str,
    incident_id: int | None,
    detail: dict[str, Any],
    *,
    who: str,
    now: datetime,
) -> int:
    row = {"at": now, "who": who, "what": what, "incident_id": incident_id, "detail": detail}
    return int(connection.execute(t.changes.insert().values(row).returning(H.id)).scalar_one())


def _change(row: Any) -> Change:
    return Change(row.id, row.at, row.who, row.what, row.incident_id, dict(row.detail), row.undone_by)
