"""Labels that cannot all be right, with the articles they were given to."""

from fastapi import APIRouter, Request, Response

from monitor.web.doors import Here, Reader
from monitor.web.render import page

router = APIRouter(include_in_schema=False)
SHOWN = 50  # contradictions on the page; the command and the API list all


@router.get("/contradictions")
async def show(request: Request, context: Here, _reader: Reader) -> Response:
    """Show where labellers, copies or the articles of one incident contradict each other."""
    found = await context.stores.judgements.contradictions()
    first = found[:SHOWN]
    named = {held.article_id for one in first for held in one.labels}
    lines = await context.stores.listings.lines(sorted(named))
    return page(
        request,
        "contradictions.html",
        contradictions=first,
        more=len(found) - len(first),
        articles={line.id: line for line in lines},
        schemes=context.stores.labelling.schemes,
    )
