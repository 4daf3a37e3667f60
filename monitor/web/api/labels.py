"""Labels: schemes, what is in force and how it came to be, contradictions and agreement."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from monitor.adapters.store.incident_labels import IncidentValue
from monitor.adapters.store.judgements import LabelLine
from monitor.adapters.store.labels import NewLabel, Written
from monitor.domain.agreement import Agreement
from monitor.domain.consensus import Contradiction
from monitor.domain.labels import Judgement, Scheme
from monitor.web.api.queue import Body, JudgementBody, Name, name_of
from monitor.web.cursors import Cursor, Limit, decode, encode
from monitor.web.doors import Here, Labeller, Reader
from monitor.web.problems import Refusal
from monitor.web.shapes import ArticleId, IncidentId, Word

router = APIRouter(tags=["labels"])


class LabelBody(Body):
    """Judgements about an article that was not claimed: a copy that differs, a correction."""

    labeller: Name = ""
    judgements: list[JudgementBody] = Field(min_length=1, max_length=50)
    client_id: str = Field("", max_length=200)


class IncidentLabelBody(Body):
    """A value set by hand; null withdraws it, so that the articles count again."""

    labeller: Name = ""
    judgement: JudgementBody


@dataclass(frozen=True)
class LabelPage:
    """Labels in the order of their writing; go on with `next`, which is there whenever a label is."""

    labels: tuple[LabelLine, ...]
    next: str | None


@router.get("/schemes")
async def schemes(context: Here, _reader: Reader) -> list[Scheme]:
    """List every label scheme with its questions and options."""
    return list(context.stores.labelling.schemes.values())


@router.get("/labels")
async def labels(
    context: Here, _reader: Reader, scheme: Word = "", limit: Limit = 100, cursor: Cursor = ""
) -> LabelPage:
    """Follow labels: new ones come at the end, none is ever missed; withdrawn and superseded ones say so."""
    position = decode(cursor)
    found = await context.stores.judgements.after(position[0] if position else 0, limit, scheme=scheme)
    return LabelPage(tuple(found), encode(found[-1].id) if found else None)


@router.get("/labels/contradictions")
async def contradictions(context: Here, _reader: Reader) -> list[Contradiction]:
    """List labels that cannot all be right: between labellers, copies, or the articles of one incident."""
    return await context.stores.judgements.contradictions()


@router.get("/labels/agreement")
async def agreement(
    context: Here,
    _reader: Reader,
    scheme: Annotated[str, Query(max_length=64)] = "oecd",
    question: Annotated[str, Query(max_length=64)] = "article_label",
) -> Agreement:
    """Measure how far labellers agree on a question: percent and Krippendorff's alpha."""
    known = context.stores.labelling.schemes.get(scheme)
    if known is None or known.question(question) is None:
        raise Refusal(
            404, "unknown-question", f"there is no question {scheme}/{question}; see /api/v1/schemes"
        )
    return await context.stores.judgements.agreement(scheme, question)


@router.get("/articles/{article_id}/labels")
async def of_article(context: Here, _reader: Reader, article_id: ArticleId) -> list[LabelLine]:
    """Return an article's labels with their history; a copy shows its original's too, as `inherited`."""
    return await context.stores.judgements.of_article(article_id)


@router.post("/articles/{article_id}/labels", status_code=201)
async def give(context: Here, labeller: Labeller, article_id: ArticleId, body: LabelBody) -> Written:
    """Label an article without a claim; on a copy this overrules its original's label, for this copy alone."""
    judgements = tuple(one.judgement() for one in body.judgements)
    new = NewLabel(article_id, name_of(labeller, body.labeller), judgements, client_id=body.client_id)
    return await context.stores.judgements.give(new, now=context.clock.now())


@router.get("/incidents/{incident_id}/labels")
async def of_incident(context: Here, _reader: Reader, incident_id: IncidentId) -> list[IncidentValue]:
    """Return what an incident is said to be: set by hand, else by each question's rule from its articles."""
    return await context.stores.incident_labels.of(incident_id)


@router.post("/incidents/{incident_id}/labels", status_code=204)
async def give_incident(
    context: Here, labeller: Labeller, incident_id: IncidentId, body: IncidentLabelBody
) -> None:
    """Set or withdraw a value by hand."""
    judgement: Judgement = body.judgement.judgement()
    name = name_of(labeller, body.labeller)
    await context.stores.incident_labels.give(incident_id, judgement, name, now=context.clock.now())
