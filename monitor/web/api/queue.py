"""The labelling queue: claim, renew, label, skip, release, undo. Answers to a claim bring back its token."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from monitor.adapters.store.claiming import Claim
from monitor.adapters.store.labels import Written
from monitor.adapters.store.listings import Full
from monitor.adapters.store.queue_list import Figures, Skip, Waiting
from monitor.adapters.store.queue_rows import Filter
from monitor.domain.labels import LONGEST, LONGEST_LABELLER, MOST_IDS, Judgement
from monitor.web.cursors import Cursor, Limit, decode, encode
from monitor.web.doors import Here, Labeller, Reader
from monitor.web.identity import Identity, Scope
from monitor.web.problems import Refusal
from monitor.web.shapes import BIGGEST, ArticleId, Word

router = APIRouter(prefix="/queue", tags=["queue"])
MICRO = 1_000_000  # places have six decimals
Text = Annotated[str, Field(max_length=LONGEST, pattern=r"^[^\x00]*$")]
Name = Annotated[
    str, Field(max_length=LONGEST_LABELLER, description="whoever labels; default: the token's name")
]
Seconds = Annotated[int, Field(ge=5, le=86400, description="length of the lease")]


class Body(BaseModel):
    """A request body; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class ClaimRequest(Body):
    """Which articles are wanted, by whom, for how long."""

    labeller: Name = ""
    count: int = Field(1, ge=1, le=100)
    lease_seconds: Seconds = 900
    topic: str = Field("", max_length=200)
    source: str = Field("", max_length=200)
    language: str = Field("", max_length=35)
    incident_id: int | None = Field(None, ge=1, le=BIGGEST)
    resume: bool = Field(False, description="first what this labeller holds already")


class Held(Body):
    """Whose claim it is, and its token."""

    labeller: Name = ""
    token: str = Field(max_length=100)


class Renewal(Held):
    """A lease to lengthen."""

    lease_seconds: Seconds = 900


class JudgementBody(Body):
    """One answer to one question of a scheme."""

    scheme: str = Field(max_length=64)
    question: str = Field(max_length=64)
    value: Any = Field(description=f"as the question asks: an option, a list of at most {MOST_IDS}, or text")
    rationale: Text = ""
    quote: Text = ""

    def judgement(self) -> Judgement:
        """Return the value that the stores take."""
        return Judgement(self.scheme, self.question, self.value, self.rationale, self.quote)


class LabelRequest(Held):
    """An answer; the same `client_id` again changes nothing."""

    judgements: list[JudgementBody] = Field(min_length=1, max_length=50)
    client_id: str = Field("", max_length=200)


class SkipRequest(Held):
    """Why the article is given to others, or rejected for everyone (`final`)."""

    reason: str = Field("", max_length=500, pattern=r"^[^\x00]*$")
    final: bool = False


class Undo(Body):
    """Whose last answer is withdrawn."""

    labeller: Name = ""


@dataclass(frozen=True)
class Task:
    """A claim with everything needed to judge."""

    claim: Claim
    article: Full
    schemes: tuple[str, ...]


@dataclass(frozen=True)
class Tasks:
    """Claims; none when nothing waits."""

    tasks: tuple[Task, ...]


@dataclass(frozen=True)
class QueuePage:
    """Articles of the queue, best first."""

    articles: tuple[Waiting, ...]
    next: str | None


@dataclass(frozen=True)
class SkipPage:
    """Skipped and rejected articles, newest first."""

    skips: tuple[Skip, ...]
    next: str | None


def name_of(identity: Identity, asked: str) -> str:
    """Return who labels: a token labels as itself; this machine and admins may label for others."""
    if not asked or asked == identity.name:
        return identity.name
    if identity.scope is not Scope.ADMIN:
        raise Refusal(403, "other-labeller", f"your token labels as {identity.name!r}, not as {asked!r}")
    return asked


@router.get("")
async def waiting(  # noqa: PLR0917 - each is a query parameter of its own
    context: Here,
    _reader: Reader,
    label_state: Literal["pending", "claimed", "labelled", "skipped"] = "pending",
    topic: Word = "",
    source: Word = "",
    language: Word = "",
    incident: Annotated[int | None, Query(ge=1, le=BIGGEST)] = None,
    limit: Limit = 50,
    cursor: Cursor = "",
) -> QueuePage:
    """List the queue, best first, with the reasons for the order."""
    at = decode(cursor, 2)
    after = None if at is None else (at[0] / MICRO, at[1])
    wanted = Filter(topic, source, language, incident)
    lines = await context.stores.queue_list.waiting(
        label_state=label_state, wanted=wanted, limit=limit + 1, after=after
    )
    last = lines[limit - 1] if len(lines) > limit else None
    more = encode(round(last.place * MICRO), last.article_id) if last else None
    return QueuePage(tuple(lines[:limit]), more)


@router.get("/figures")
async def figures(context: Here, _reader: Reader) -> Figures:
    """Return how many articles wait, are claimed, labelled and skipped, and who gave how many answers."""
    return await context.stores.queue_list.figures()


@router.get("/skips")
async def skips(context: Here, _reader: Reader, limit: Limit = 50, cursor: Cursor = "") -> SkipPage:
    """List what was skipped and rejected, with who and why."""
    position = decode(cursor)
    found = await context.stores.queue_list.skipped(limit=limit + 1, before=position[0] if position else None)
    more = encode(found[limit - 1][0]) if len(found) > limit else None
    return SkipPage(tuple(skip for _, skip in found[:limit]), more)


@router.post("/claim")
async def claim(context: Here, labeller: Labeller, body: ClaimRequest) -> Tasks:
    """Claim the next articles: nobody else gets them until the lease ends."""
    claims = await context.stores.queue.claim(
        name_of(labeller, body.labeller),
        now=context.clock.now(),
        count=body.count,
        lease=timedelta(seconds=body.lease_seconds),
        wanted=Filter(body.topic, body.source, body.language, body.incident_id),
        resume=body.resume,
    )
    tasks = [await _task(context, one) for one in claims]
    return Tasks(tuple(task for task in tasks if task is not None))


@router.post("/{article_id}/renew")
async def renew(context: Here, labeller: Labeller, article_id: ArticleId, body: Renewal) -> Claim:
    """Lengthen a lease; 409 where it has ended."""
    return await context.stores.queue.renew(
        article_id,
        name_of(labeller, body.labeller),
        body.token,
        now=context.clock.now(),
        lease=timedelta(seconds=body.lease_seconds),
    )


@router.post("/{article_id}/label")
async def label(context: Here, labeller: Labeller, article_id: ArticleId, body: LabelRequest) -> Written:
    """Answer a claim; 409 where its lease has ended, and then nothing was written."""
    return await context.stores.queue.label(
        article_id,
        name_of(labeller, body.labeller),
        body.token,
        [one.judgement() for one in body.judgements],
        now=context.clock.now(),
        client_id=body.client_id,
    )


@router.post("/{article_id}/skip", status_code=204)
async def skip(context: Here, labeller: Labeller, article_id: ArticleId, body: SkipRequest) -> None:
    """Give a claimed article to others with a reason, or reject it for everyone."""
    await context.stores.queue.skip(
        article_id,
        name_of(labeller, body.labeller),
        body.token,
        body.reason,
        now=context.clock.now(),
        final=body.final,
    )


@router.post("/{article_id}/release", status_code=204)
async def release(context: Here, labeller: Labeller, article_id: ArticleId, body: Held) -> None:
    """Give a claimed article back as if it had not been claimed."""
    await context.stores.queue.release(
        article_id, name_of(labeller, body.labeller), body.token, now=context.clock.now()
    )


@router.post("/{article_id}/undo")
async def undo(context: Here, labeller: Labeller, article_id: ArticleId, body: Undo) -> Claim:
    """Withdraw the labeller's last answer or skip, and claim the article again."""
    return await context.stores.queue.undo(
        article_id, name_of(labeller, body.labeller), now=context.clock.now()
    )


@router.post("/{article_id}/reopen", status_code=204)
async def reopen(
    context: Here, _labeller: Labeller, article_id: Annotated[int, Path(ge=1, le=BIGGEST)]
) -> None:
    """Let a skipped or rejected article wait again."""
    await context.stores.queue_list.reopen(article_id)


async def _task(context: Any, one: Claim) -> Task | None:
    article = await context.stores.listings.one(one.article_id)
    if article is None:
        return None
    schemes = context.stores.labelling.schemes_for(article.line.topics)
    return Task(one, article, tuple(scheme.id for scheme in schemes))
