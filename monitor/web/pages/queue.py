"""One article at a time: everything needed to judge it, a form from the scheme, a key for everything."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from starlette.datastructures import FormData

from monitor.adapters.store.claiming import Claim
from monitor.adapters.store.incident_search import days_of
from monitor.adapters.store.queue_rows import Filter
from monitor.domain.labels import Answer, Judgement, Question, Scheme
from monitor.domain.refused import Refused
from monitor.web.catalogue import language_of, word
from monitor.web.charts import spread, stacked
from monitor.web.context import Context
from monitor.web.doors import Here
from monitor.web.pages.labeller import COOKIE, Me
from monitor.web.render import page
from monitor.web.told import Told, back

router = APIRouter(prefix="/queue", include_in_schema=False)
YEAR = 365 * 86400
NEXT = 10  # waiting articles shown before one is taken


@router.get("")
async def show(request: Request, context: Here, me: Me, told: Told, ended: bool = False) -> Response:
    """Show the article that is held, else what waits and a button to take the next."""
    claims = await context.stores.queue.held(me, now=context.clock.now()) if me else []
    states, last = await asyncio.gather(
        context.stores.queue_list.states(), context.stores.queue.last_answered(me) if me else _nothing()
    )
    values: dict[str, Any] = {"me": me, "states": states, "last": last, "told_message": told, "ended": ended}
    if not claims:
        await context.stores.queue.rank()
        waiting = await context.stores.queue_list.waiting(limit=NEXT)
        return page(request, "queue_start.html", waiting=waiting, **values)
    return page(request, "queue.html", **values, **await _task(context, claims[0]))


@router.post("/name")
async def choose_name(name: Annotated[str, Form(min_length=1, max_length=100)]) -> Response:
    """Remember who labels at this machine."""
    answer = _on()
    answer.set_cookie(COOKIE, name.strip(), max_age=YEAR, httponly=True, samesite="strict")
    return answer


@router.post("/next")
async def take(context: Here, me: Me, topic: Annotated[str, Form(max_length=200)] = "") -> Response:
    """Take the next article."""
    await context.stores.queue.claim(me, now=context.clock.now(), resume=True, wanted=Filter(topic=topic))
    return _on()


@router.post("/undo")
async def undo(context: Here, me: Me) -> Response:
    """Take the last answer back: its article is shown again."""
    last = await context.stores.queue.last_answered(me)
    if last is not None:
        for claim in await context.stores.queue.held(me, now=context.clock.now()):
            await _quiet(
                context.stores.queue.release(claim.article_id, me, claim.token, now=context.clock.now())
            )
        await context.stores.queue.undo(last, me, now=context.clock.now())
    return _on()


@router.post("/{article_id}/label")
async def label(request: Request, context: Here, me: Me, article_id: int) -> Response:
    """Take the answers of the form and go on to the next article."""
    async with request.form(max_fields=2000, max_part_size=64 * 1024) as form:
        judgements = judgements_of(form, list(context.stores.labelling.schemes.values()))
        token = str(form.get("token", ""))
    try:
        await context.stores.queue.label(
            article_id, me, token, judgements, now=context.clock.now(), client_id=token
        )  # the token as the answer's own id: the same form again changes nothing
    except Refused as refused:
        used = refused.kind == "client-id-used"
        return _on(word(language_of(request), "queue.answered") if used else str(refused))
    return await take(context, me)


@router.post("/{article_id}/skip")
async def skip(  # noqa: PLR0917 - each is a field of the form
    context: Here,
    me: Me,
    article_id: int,
    token: Annotated[str, Form(max_length=100)],
    reason: Annotated[str, Form(max_length=500)] = "",
    final: Annotated[bool, Form()] = False,
) -> Response:
    """Give the article to others, or reject it, and go on to the next."""
    try:
        await context.stores.queue.skip(article_id, me, token, reason, now=context.clock.now(), final=final)
    except Refused as refused:
        return _on(str(refused))
    return await take(context, me)


@router.post("/{article_id}/release")
async def release(
    context: Here, me: Me, article_id: int, token: Annotated[str, Form(max_length=100)]
) -> Response:
    """Give the article back and stop."""
    await _quiet(context.stores.queue.release(article_id, me, token, now=context.clock.now()))
    return _on()


def judgements_of(form: FormData, schemes: list[Scheme]) -> list[Judgement]:
    """Return what the fields say; their names are `kind:scheme:question[:option]`."""
    found = []
    for scheme in schemes:
        for question in scheme.questions:
            at = f"{scheme.id}:{question.id}"
            value = _value(form, at, question)
            if value not in ("", []):
                found.append(
                    Judgement(scheme.id, question.id, value, _words(form, f"r:{at}"), _words(form, f"e:{at}"))
                )
    return found


def _value(form: FormData, at: str, question: Question) -> Any:
    chosen = [str(value) for value in form.getlist(f"q:{at}") if value]
    if question.answer is Answer.QUOTED:
        more = str(form.get(f"more:{at}", "")).replace(",", " ").split()
        ids = list(dict.fromkeys([*chosen, *more]))
        return [{"id": one, "quote": _words(form, f"quote:{at}:{one}")} for one in ids]
    if question.answer is Answer.CHOICES:
        return chosen
    return _plain_ends(chosen[0]) if chosen else ""


def _words(form: FormData, name: str) -> str:
    return _plain_ends(str(form.get(name, "")))


def _plain_ends(text: str) -> str:
    """Return a text without the ends of lines that browsers send."""
    return text.replace("\r\n", "\n").strip()


async def _task(context: Context, claim: Claim) -> dict[str, Any]:
    """Return everything that is known of the claimed article."""
    article = await context.stores.listings.one(claim.article_id)
    incident_id = article.line.incident_id if article else None
    alternative = article.alternative if article else None
    incident, other, copies, waiting, suggested = await asyncio.gather(
        context.stores.incidents.one(incident_id) if incident_id else _nothing(),
        context.stores.incidents.one(alternative["incident_id"]) if alternative else _nothing(),
        context.stores.listings.lines(article.copies if article else ()),
        context.stores.queue_list.one(claim.article_id),
        context.stores.suggestions.of_article(claim.article_id),
    )
    schemes = context.stores.labelling.schemes_for(article.line.topics if article else ())
    return {
        "claim": claim,
        "article": article,
        "incident": incident,
        "other": other,
        "copies": copies,
        "waiting": waiting,
        "suggested": suggested,
        "schemes": schemes,
        "chart": stacked(spread(days_of(incident.articles if incident else ())), ("queued", "copy")),
    }


async def _quiet(work: Any) -> None:
    """Do what need not be done any more where it is too late."""
    try:
        await work
    except Refused:
        return


async def _nothing() -> None:
    return None


def _on(told: str = "") -> Response:
    return back("/queue", told)
