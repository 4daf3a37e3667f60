"""Suggestions: proposed labels by tools, with model, score and rationale."""

from typing import Any

from fastapi import APIRouter
from pydantic import Field

from monitor.domain.records import Suggestion
from monitor.web.api.queue import Body
from monitor.web.doors import Here, Labeller, Reader
from monitor.web.shapes import ArticleId

router = APIRouter(prefix="/articles/{article_id}/suggestions", tags=["labels"])


class SuggestionBody(Body):
    """A proposed label; a later one of the same suggester takes its place."""

    scheme: str = Field(max_length=64)
    question: str = Field(max_length=64)
    value: Any
    suggester: str = Field(min_length=1, max_length=100, pattern=r"^[^\x00]*$")
    model: str = Field("", max_length=100, pattern=r"^[^\x00]*$")
    score: float = Field(ge=0, le=1)
    rationale: str = Field("", max_length=2000, pattern=r"^[^\x00]*$")


@router.get("")
async def suggestions(context: Here, _reader: Reader, article_id: ArticleId) -> list[Suggestion]:
    """Return what is proposed for an article, the surest first."""
    return await context.stores.suggestions.of_article(article_id)


@router.put("", status_code=204)
async def put(context: Here, _labeller: Labeller, article_id: ArticleId, body: SuggestionBody) -> None:
    """Propose a label; it counts for nothing until somebody takes it over."""
    one = Suggestion(**body.model_dump())
    await context.stores.suggestions.put([(article_id, one)], now=context.clock.now())
