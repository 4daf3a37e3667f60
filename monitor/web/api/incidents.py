"""Incidents: lists and one with everything that reports on it."""

from dataclasses import dataclass

from fastapi import APIRouter

from monitor.adapters.store.incidents import Incident, IncidentLine
from monitor.web.cursors import Cursor, Limit, decode, encode
from monitor.web.doors import Here, Reader
from monitor.web.problems import Refusal
from monitor.web.shapes import IncidentId, Word

router = APIRouter(prefix="/incidents", tags=["incidents"])


@dataclass(frozen=True)
class IncidentPage:
    """Some incidents; `next` asks for the following ones, None at the end."""

    incidents: tuple[IncidentLine, ...]
    next: str | None


@router.get("")
async def incidents(
    context: Here, _reader: Reader, topic: Word = "", limit: Limit = 50, cursor: Cursor = ""
) -> IncidentPage:
    """List incidents, the last founded first."""
    position = decode(cursor)
    found = await context.stores.incidents.part(
        limit=limit + 1, before=position[0] if position else None, topic=topic
    )
    more = len(found) > limit
    return IncidentPage(tuple(found[:limit]), encode(found[limit - 1].id) if more else None)


@router.get("/{incident_id}")
async def incident(context: Here, _reader: Reader, incident_id: IncidentId) -> Incident:
    """Return an incident with its articles, oldest first; a merged one answers as the one it went into."""
    found = await context.stores.incidents.one(incident_id)
    if found is None:
        raise Refusal(404, "unknown-incident", f"there is no incident {incident_id}")
    return found
