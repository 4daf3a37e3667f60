"""What an incident is called and how it is summed up: in the words of its most central original."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy import Connection

from monitor.adapters import tables as t
from monitor.adapters.embed import unpack
from monitor.domain.central import most_central, resemblance
from monitor.domain.model import State
from monitor.domain.text import tokens

A, D, H, I, V = t.articles.c, t.documents.c, t.changes.c, t.incidents.c, t.vectors.c  # noqa: E741 - as A and D
MOST = 24  # originals that are compared, the first ones: what so many agree on, more do not change


def portray(connection: Connection, incidents: Iterable[int], now: datetime) -> None:
    """Give incidents the title and the summary of their most central originals; a person's word stays."""
    for incident in sorted(set(incidents)):
        central = central_of(connection, incident)
        if central is None or _is_confirmed(connection, incident):
            continue
        values = {"summary": central.summary, "updated_at": now}
        if central.title and not _is_named_by_hand(connection, incident):
            values["title"] = central.title
        connection.execute(t.incidents.update().where(I.id == incident).values(values))


def central_of(connection: Connection, incident: int) -> Any:
    """Return the original (id, title, summary, model, vector) that is most like all others, None without any."""
    own = (A.incident_id == incident, A.state == State.QUEUED.value, ~A.roundup)
    joined = t.articles.join(t.documents, D.article_id == A.id).outerjoin(t.vectors, V.article_id == A.id)
    query = sa.select(A.id, D.title, D.summary, V.model, V.vector).select_from(joined).where(*own)
    rows = connection.execute(query.order_by(A.id).limit(MOST)).all()
    rows = [row for row in rows if row.title] or rows
    return rows[most_central(likenesses(rows))] if rows else None


def likenesses(rows: Sequence[Any]) -> list[list[float]]:
    """Return how alike texts are, each against each: by meaning where all were encoded alike, else by words."""
    if all(row.vector for row in rows) and len({(row.model, len(row.vector)) for row in rows}) == 1:
        whole = np.stack([unpack(row.vector) for row in rows])
        return [[float(value) for value in line] for line in whole @ whole.T]
    words = [tokens(f"{row.title} {row.summary}") for row in rows]
    return [[resemblance(one, other) for other in words] for one in words]


def _is_confirmed(connection: Connection, incident: int) -> bool:
    return bool(connection.execute(sa.select(I.confirmed).where(I.id == incident)).scalar())


def _is_named_by_hand(connection: Connection, incident: int) -> bool:
    """Tell whether a person named it, by renaming it or by splitting it off under a title."""
    new = sa.cast(H.detail["new"].as_string(), sa.Text) == str(incident)
    titled = sa.cast(H.detail["title"].as_string(), sa.Text).is_not(None)
    said = ((H.what == "rename") & (H.incident_id == incident)) | ((H.what == "split") & new & titled)
    return connection.execute(sa.select(H.id).where(said, H.undone_by.is_(None)).limit(1)).first() is not None
