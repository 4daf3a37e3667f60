"""Takes corrections back: each kind restores what its record says, and refuses where later changes build on it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from monitor.adapters import tables as t
from monitor.adapters.store.admitting import send_out
from monitor.adapters.store.merging import move_everything
from monitor.adapters.store.portraits import portray
from monitor.domain.refused import Refused

A, D, H, I = t.articles.c, t.documents.c, t.changes.c, t.incidents.c  # noqa: E741 - as A, D and H


def send(connection: Connection, originals: Sequence[int], incident_id: int) -> list[int]:
    """Put originals with their copies into an incident; return everything that moved."""
    ours = A.id.in_(list(originals)) | A.copy_of.in_(list(originals))
    moved = t.articles.update().where(ours).values(incident_id=incident_id).returning(A.id)
    return sorted(connection.execute(moved).scalars())


def refresh(connection: Connection, incidents: Sequence[int | None], now: datetime) -> None:
    """Make the dates, the title and the summary of incidents those of their articles."""
    when = sa.func.coalesce(D.published_at, A.found_at, type_=t.UtcDateTime())
    joined = t.articles.join(t.documents, D.article_id == A.id)
    for incident in incidents:
        if incident is None:
            continue
        query = sa.select(sa.func.min(when, type_=t.UtcDateTime()), sa.func.max(when, type_=t.UtcDateTime()))
        first, last = connection.execute(query.select_from(joined).where(A.incident_id == incident)).one()
        dates = {"first_report_at": first, "last_report_at": last} if first else {}
        connection.execute(t.incidents.update().where(I.id == incident).values(dates | {"updated_at": now}))
    portray(connection, [one for one in incidents if one is not None], now)


def _merge(connection: Connection, change: Any, now: datetime) -> None:
    kept, gone = change.detail["kept"], change.detail["gone"]
    row = connection.execute(sa.select(t.incidents).where(I.id == gone)).one()
    if row.merged_into != kept:
        raise Refused(
            "cannot-undo", f"incident {gone} is part of {row.merged_into} now: undo that merge first"
        )
    _back(connection, change.detail["articles"], kept, gone)
    _hold_something(connection, [kept, gone])
    _mentions_back(connection, change.detail, kept, gone)
    earlier = change.detail.get("earlier") or _merged_before(connection, change.id, gone)
    connection.execute(t.incidents.update().where(I.id == gone).values(merged_into=None))
    connection.execute(t.incidents.update().where(I.id.in_(earlier)).values(merged_into=gone))
    refresh(connection, [kept, gone], now)


def _mentions_back(connection: Connection, detail: dict[str, Any], kept: int, gone: int) -> None:
    """Let roundups mention an incident again: those that were moved, and those that mentioned both."""
    n = t.mentions.c
    ours = n.article_id.in_(detail.get("mentions", [])) & (n.incident_id == kept)
    connection.execute(t.mentions.update().where(ours).values(incident_id=gone))
    both = detail.get("mentioned_both", [])
    there = sa.select(A.id).where(A.id.in_([row["article_id"] for row in both]))
    known = set(connection.execute(there).scalars())
    rows = [row | {"incident_id": gone} for row in both if row["article_id"] in known]
    if rows:
        connection.execute(t.mentions.insert(), rows)


def _merged_before(connection: Connection, change_id: int, incident_id: int) -> list[int]:
    """Return what had been merged into an incident; for changes that do not say so themselves."""
    query = sa.select(t.changes).where(H.what == "merge", H.undone_by.is_(None), H.id < change_id)
    rows = connection.execute(query)
    return [row.detail["gone"] for row in rows if row.detail["kept"] == incident_id]


def _split(connection: Connection, change: Any, now: datetime) -> None:
    """Join the parts again; the new incident leads to the old one, as after a merge."""
    old, new = change.detail["old"], change.detail["new"]
    rows = {row.id: row for row in connection.execute(sa.select(t.incidents).where(I.id.in_([old, new])))}
    if old not in rows:
        raise Refused("cannot-undo", f"incident {old} was taken back since")
    if rows[old].merged_into is not None or rows[new].merged_into is not None:
        raise Refused("cannot-undo", "one of the parts was merged since: undo that merge first")
    rest = sa.select(A.id).where(A.incident_id == new, A.id.not_in(change.detail["articles"])).limit(1)
    if connection.execute(rest).first() is not None:
        raise Refused("cannot-undo", f"incident {new} has further articles by now: merge it instead")
    move_everything(connection, old, new, now)
    connection.execute(t.incidents.update().where(I.id == new).values(merged_into=old))
    refresh(connection, [old], now)


def _move(connection: Connection, change: Any, now: datetime) -> None:
    detail = change.detail
    old, new = detail["old"], detail["new"]
    if old is not None:
        _stands(connection, old)
    at = connection.execute(sa.select(A.incident_id).where(A.id == detail["article"])).scalar()
    if at != new:
        raise Refused("cannot-undo", f"article {detail['article']} is in incident {at} now")
    _back(connection, detail["articles"], new, old)
    _hold_something(connection, [new])
    refresh(connection, [old, new], now)


def _rename(connection: Connection, change: Any, now: datetime) -> None:
    _is_last(connection, change)
    values = {"title": change.detail["old"], "updated_at": now}
    connection.execute(t.incidents.update().where(I.id == change.incident_id).values(values))
    portray(connection, [change.incident_id], now)  # reports may have come while it had a name by hand


def _confirm(connection: Connection, change: Any, now: datetime) -> None:
    _is_last(connection, change)
    called = {name: change.detail[name] for name in ("title", "summary") if name in change.detail}
    values = {"confirmed": change.detail["old"], "updated_at": now} | called
    connection.execute(t.incidents.update().where(I.id == change.incident_id).values(values))
    portray(connection, [change.incident_id], now)


def _admit(connection: Connection, change: Any, now: datetime) -> None:
    send_out(connection, change)
    if not change.detail["founded"]:
        _hold_something(connection, [change.detail["new"]])
    refresh(connection, [change.detail["new"]], now)


def _apart(_connection: Connection, _change: Any, _now: datetime) -> None:
    """Nothing to restore: an undone record is not read."""


def _back(connection: Connection, articles: Sequence[int], held_by: int, to: int | None) -> None:
    """Send articles back, with the copies that they have by now; those that somebody moved on since stay."""
    listed = A.id.in_(list(articles))
    heads = list(connection.execute(sa.select(sa.func.coalesce(A.copy_of, A.id)).where(listed)).scalars())
    ours = (listed | A.id.in_(heads) | A.copy_of.in_(heads)) & (A.incident_id == held_by)
    connection.execute(t.articles.update().where(ours).values(incident_id=to))


def _hold_something(connection: Connection, incidents: Sequence[int]) -> None:
    """Raise Refused where an incident would be left without any article."""
    for incident in incidents:
        if connection.execute(sa.select(A.id).where(A.incident_id == incident).limit(1)).first() is None:
            raise Refused(
                "cannot-undo", f"incident {incident} would have no article: undo first what moved them"
            )


def _stands(connection: Connection, incident_id: int) -> None:
    """Raise Refused where an incident was merged or taken back since."""
    row = connection.execute(sa.select(I.merged_into).where(I.id == incident_id)).first()
    if row is None:
        raise Refused("cannot-undo", f"incident {incident_id} was taken back since")
    if row.merged_into is not None:
        told = f"incident {incident_id} is part of {row.merged_into} now: undo that merge first"
        raise Refused("cannot-undo", told)


def _is_last(connection: Connection, change: Any) -> None:
    """Raise Refused where a later change of the same kind still holds."""
    later = (H.what == change.what) & (H.incident_id == change.incident_id) & (H.id > change.id)
    query = sa.select(sa.func.max(H.id)).where(later, H.undone_by.is_(None))
    last = connection.execute(query).scalar()
    if last is not None:
        raise Refused("cannot-undo", f"change {last} came later: undo that first")


UNDO: Mapping[str, Callable[[Connection, Any, datetime], None]] = {
    "merge": _merge,
    "split": _split,
    "move": _move,
    "rename": _rename,
    "confirm": _confirm,
    "apart": _apart,
    "admit": _admit,
}
