"""Search over titles and texts, and one article with everything that is known of it."""

import asyncio
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from monitor.adapters.store.listings import Wanted
from monitor.adapters.store.search import Hit
from monitor.domain.model import State
from monitor.domain.refused import Refused
from monitor.web.doors import Here, Reader
from monitor.web.pages.labeller import Me
from monitor.web.render import page
from monitor.web.shapes import BIGGEST, ArticleId
from monitor.web.told import Told, back

router = APIRouter(include_in_schema=False)
PAGE = 20
GIVEN = ("q", "state", "language", "source")


@router.get("/search")
async def search(
    request: Request,
    context: Here,
    _reader: Reader,
    p: Annotated[int, Query(ge=1, le=500)] = 1,
    before: Annotated[int | None, Query(ge=1, le=BIGGEST)] = None,
) -> Response:
    """Show the articles that hold the words, or without words the newest."""
    given = {name: request.query_params.get(name, "")[:300].strip() for name in GIVEN}
    wanted = Wanted(state=given["state"], language=given["language"], source=given["source"])
    chosen = {name: value for name, value in given.items() if value}
    if given["q"]:
        hits = await context.stores.search.find(given["q"], wanted, limit=PAGE + 1, offset=(p - 1) * PAGE)
        more = {"p": p + 1} if len(hits) > PAGE else None
    else:
        part = await context.stores.listings.part(wanted, limit=PAGE, before=before)
        hits = [Hit(line, line.summary, ()) for line in part.lines]
        more = {"before": part.after} if part.after else None
    facets = await context.stores.incident_search.facets(context.clock.now())
    return page(
        request,
        "search.html",
        hits=[(hit, pieces(hit)) for hit in hits[:PAGE]],
        given=given,
        states=[state.value for state in State],
        facets=facets,
        more=f"?{urlencode({**chosen, **more})}" if more else "",
    )


@router.get("/articles/{article_id}")
async def article(
    request: Request,
    context: Here,
    _reader: Reader,
    article_id: ArticleId,
    told: Told,
) -> Response:
    """Show one article."""
    found = await context.stores.listings.one(article_id)
    if found is None:
        return page(request, "missing.html", 404, what=f"#{article_id}")
    labels, incident, copies, original = await asyncio.gather(
        context.stores.judgements.of_article(article_id),
        context.stores.incidents.one(found.line.incident_id or 0),
        context.stores.listings.lines(found.copies),
        context.stores.listings.lines([found.line.copy_of] if found.line.copy_of else []),
    )
    values: dict[str, Any] = {"article": found, "labels": labels, "incident": incident, "copies": copies}
    return page(
        request,
        "article.html",
        told_message=told,
        original=original[0] if original else None,
        schemes=context.stores.labelling.schemes,
        kept_here=context.settings.ARCHIVE in {"warc", "both"},
        **values,
    )


@router.post("/articles/{article_id}/admit")
async def admit(
    context: Here,
    me: Me,
    article_id: ArticleId,
    other: Annotated[str, Form(max_length=30, pattern=r"^\s*#?[0-9]{0,18}\s*$")] = "",
) -> Response:
    """Pull a rejected article in and show the incident that it is in now."""
    incident = int(other.strip().lstrip("#") or 0) or None
    by: dict[str, Any] = {"who": me or "local", "now": context.clock.now()}
    try:
        change = await context.stores.corrections.admit(article_id, incident, **by)
    except Refused as refused:
        return back(f"/articles/{article_id}", str(refused))
    return RedirectResponse(f"/incidents/{change.detail['new']}", 303)


def pieces(hit: Hit) -> list[tuple[str, bool]]:
    """Cut a snippet into pieces, marked and unmarked."""
    cut, at = [], 0
    for start, end in hit.marks:
        cut += [(hit.snippet[at:start], False), (hit.snippet[start:end], True)]
        at = end
    return [piece for piece in [*cut, (hit.snippet[at:], False)] if piece[0]]
