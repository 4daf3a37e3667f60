"""Corrections of incidents by hand, their history, and taking them back."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from monitor.adapters.store.corrections import Change
from monitor.web.api.queue import Body
from monitor.web.doors import Here, Labeller, Reader
from monitor.web.shapes import BIGGEST, ArticleId, IncidentId

router = APIRouter(tags=["corrections"])
Number = Annotated[int, Field(ge=1, le=BIGGEST)]


class MergeBody(Body):
    """The incident that becomes part of this one."""

    gone: Number
    reason: str = Field("", max_length=500, pattern=r"^[^\x00]*$")


class SplitBody(Body):
    """The articles that become an incident of their own."""

    articles: list[Number] = Field(min_length=1, max_length=1000)
    title: str = Field("", max_length=500, pattern=r"^[^\x00]*$")


class MoveBody(Body):
    """The article that belongs here."""

    article_id: Number


class AdmitBody(Body):
    """The incident that the article belongs to; none: it is the first report of a new one."""

    incident_id: Number | None = None


class RenameBody(Body):
    """The better title."""

    title: str = Field(min_length=1, max_length=500, pattern=r"^[^\x00]*$")


class ConfirmBody(Body):
    """Whether the incident is what it should be."""

    confirmed: bool = True


class ApartBody(Body):
    """The incident that this one is not."""

    other: Number


@router.get("/incidents/{incident_id}/changes")
async def history(context: Here, _reader: Reader, incident_id: IncidentId) -> list[Change]:
    """Return what was changed about an incident, newest first."""
    return await context.stores.corrections.history(incident_id)


@router.get("/changes")
async def changes(
    context: Here, _reader: Reader, limit: Annotated[int, Query(ge=1, le=500)] = 100
) -> list[Change]:
    """Return what was changed about all incidents, newest first."""
    return await context.stores.corrections.history(limit=limit)


@router.post("/incidents/{incident_id}/merge")
async def merge(context: Here, who: Labeller, incident_id: IncidentId, body: MergeBody) -> Change:
    """Make another incident part of this one; its address leads here from now on."""
    return await context.stores.corrections.merge(
        incident_id, body.gone, who=who.name, now=context.clock.now(), reason=body.reason
    )


@router.post("/incidents/{incident_id}/split")
async def split(context: Here, who: Labeller, incident_id: IncidentId, body: SplitBody) -> Change:
    """Make an incident of its own from some articles; `detail.new` is its id."""
    return await context.stores.corrections.split(
        incident_id, body.articles, who=who.name, now=context.clock.now(), title=body.title
    )


@router.post("/incidents/{incident_id}/move")
async def move(context: Here, who: Labeller, incident_id: IncidentId, body: MoveBody) -> Change:
    """Put an article, with its copies, into this incident."""
    return await context.stores.corrections.move(
        body.article_id, incident_id, who=who.name, now=context.clock.now()
    )


@router.post("/articles/{article_id}/admit")
async def admit(context: Here, who: Labeller, article_id: ArticleId, body: AdmitBody) -> Change:
    """Pull a rejected article in, with its copies; `detail.new` is its incident."""
    return await context.stores.corrections.admit(
        article_id, body.incident_id, who=who.name, now=context.clock.now()
    )


@router.post("/incidents/{incident_id}/rename")
async def rename(context: Here, who: Labeller, incident_id: IncidentId, body: RenameBody) -> Change:
    """Give the incident another title."""
    return await context.stores.corrections.rename(
        incident_id, body.title, who=who.name, now=context.clock.now()
    )


@router.post("/incidents/{incident_id}/confirm")
async def confirm(context: Here, who: Labeller, incident_id: IncidentId, body: ConfirmBody) -> Change:
    """Say that the incident is what it should be, or no longer."""
    return await context.stores.corrections.confirm(
        incident_id, who=who.name, now=context.clock.now(), confirmed=body.confirmed
    )


@router.post("/incidents/{incident_id}/apart")
async def apart(context: Here, who: Labeller, incident_id: IncidentId, body: ApartBody) -> Change:
    """Say that two incidents are not one, however alike they are."""
    return await context.stores.corrections.apart(
        incident_id, body.other, who=who.name, now=context.clock.now()
    )


@router.post("/changes/{change_id}/undo")
async def undo(context: Here, who: Labeller, change_id: IncidentId) -> Change:
    """Take a change back; 409 where later ones build on it."""
    return await context.stores.corrections.undo(change_id, who=who.name, now=context.clock.now())
