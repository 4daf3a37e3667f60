"""Articles: lists, look-up by address, one with everything known."""

from dataclasses import dataclass, replace
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query

from monitor.adapters.store.listings import ArticleLine, Full, Wanted
from monitor.adapters.store.versions import Version
from monitor.domain.errors import MonitorError
from monitor.domain.urls import url_key
from monitor.web.cursors import Cursor, Limit, decode, encode
from monitor.web.doors import Here, Reader
from monitor.web.problems import Refusal
from monitor.web.shapes import ArticleId, Moment, Word

router = APIRouter(prefix="/articles", tags=["articles"])
StateWord = Literal["", "found", "read", "queued", "copy", "rejected", "failed"]


@dataclass(frozen=True)
class ArticlePage:
    """Some articles; `next` asks for the following ones: None at the end, with `settled` where no article is."""

    articles: tuple[ArticleLine, ...]
    next: str | None


def wanted_of(  # noqa: PLR0917 - each is a query parameter of its own
    state: StateWord = "",
    source: Word = "",
    incident: Annotated[int | None, Query(ge=1, le=2**62)] = None,
    language: Word = "",
    publisher: Word = "",
    country: Word = "",
    topic: Word = "",
    label_state: Word = "",
    since: Annotated[Moment | None, Query(description="published (else found) at or after")] = None,
    until: Annotated[Moment | None, Query(description="published (else found) before")] = None,
) -> Wanted:
    """Return which articles the query asks for."""
    return Wanted(state, source, incident, language, publisher, country, topic, label_state, since, until)


def looked_for(
    wanted: Annotated[Wanted, Depends(wanted_of)],
    text: Annotated[Word, Query(description='words and "phrases" that its title or text holds')] = "",
) -> Wanted:
    """Return which articles the query asks for, by their words as well: those that are not decided have none yet."""
    return replace(wanted, words=text)


@router.get("")
async def articles(
    context: Here,
    _reader: Reader,
    wanted: Annotated[Wanted, Depends(looked_for)],
    order: Annotated[
        Literal["newest", "settled"], Query(description="last found first, or as decided")
    ] = "newest",
    limit: Limit = 50,
    cursor: Cursor = "",
) -> ArticlePage:
    """List articles. `order=settled` is the one to follow: new decisions come at the end, none is ever missed."""
    position = decode(cursor)
    if order == "settled":
        after = position[0] if position else 0
        lines = (await context.stores.listings.settled(wanted, limit=limit, after=after)).lines
        return ArticlePage(
            lines, encode(lines[-1].seq or 0) if lines else None
        )  # to ask again for what comes
    part = await context.stores.listings.part(wanted, limit=limit, before=position[0] if position else None)
    return ArticlePage(part.lines, None if part.after is None else encode(part.after))


@router.get("/lookup")
async def lookup(
    context: Here, _reader: Reader, url: Annotated[str, Query(min_length=1, max_length=4096)]
) -> Full:
    """Find the article at an address, however the address is spelled (www, tracking parameters, AMP)."""
    try:
        key = url_key(url)
    except MonitorError as error:
        raise Refusal(422, "invalid-url", str(error)) from error
    found = await context.stores.listings.by_key(key)
    if found is None:
        raise Refusal(404, "unknown-article", "no article at this address was ever seen")
    return found


@router.get("/{article_id}")
async def article(context: Here, _reader: Reader, article_id: ArticleId) -> Full:
    """Return one article with its text, match and archive."""
    found = await context.stores.listings.one(article_id)
    if found is None:
        raise Refusal(404, "unknown-article", f"there is no article {article_id}")
    return found


@router.get("/{article_id}/versions")
async def versions(context: Here, _reader: Reader, article_id: ArticleId) -> list[Version]:
    """Return what an article said at each later look at its address, the first reading first."""
    found = await context.stores.versions.of(article_id)
    if not found:
        raise Refusal(404, "unknown-article", f"there is no text of article {article_id}")
    return found
