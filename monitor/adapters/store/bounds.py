"""Reads from the history of changes what no merge by itself may cross."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from monitor.adapters import tables as t
from monitor.domain.bounds import Bounds, pair

H, I = t.changes.c, t.incidents.c  # noqa: E741 - as elsewhere


def bounds_of(connection: Connection) -> Bounds:
    """Return what people said: confirmed, apart, split, and merges that were taken back."""
    confirmed = sa.select(I.id).where(I.confirmed, I.merged_into.is_(None))
    said = sa.select(t.changes).where(
        (H.what.in_(("apart", "split")) & H.undone_by.is_(None))
        | ((H.what == "merge") & H.undone_by.is_not(None))
    )
    pairs = {two for row in connection.execute(said) for two in _told_apart(row)}
    named = {one for two in pairs for one in two}
    merged = sa.select(I.id, I.merged_into).where(I.id.in_(named), I.merged_into.is_not(None))
    names = {row.id: row.merged_into for row in connection.execute(merged)}
    standing = (pair(names.get(one, one), names.get(other, other)) for one, other in pairs)
    return Bounds(
        frozenset(connection.execute(confirmed).scalars()),
        frozenset(two for two in standing if two[0] != two[1]),
    )


def _told_apart(change: Any) -> Iterator[tuple[int, int]]:
    detail = change.detail
    if change.what == "apart":
        yield pair(change.incident_id, detail["other"])
    elif change.what == "split":
        yield pair(detail["old"], detail["new"])
    else:
        yield pair(detail["kept"], detail["gone"])
