"""Incidents: search and facets; one incident with its timeline, articles, history and corrections."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from monitor.adapters.store.corrections import Change
from monitor.adapters.store.incident_labels import IncidentValue
from monitor.adapters.store.incident_search import Asked, days_of
from monitor.domain.labels import Judgement
from monitor.domain.refused import Refused
from monitor.web.catalogue import language_of
from monitor.web.charts import spread, stacked
from monitor.web.context import Context
from monitor.web.doors import Here, Reader
from monitor.web.pages.labeller import Me
from monitor.web.render import page
from monitor.web.shapes import BIGGEST, IncidentId
from monitor.web.told import Told, back

router = APIRouter(prefix="/incidents", include_in_schema=False)
PAGE = 20
FACETS = ("words", "topic", "language", "country", "publisher", "label", "since", "until")
Field = Annotated[str, Form(max_length=600)]
Number = Annotated[int, Form(ge=1, le=BIGGEST)]


@router.get("")
async def search(
    request: Request, context: Here, _reader: Reader, p: Annotated[int, Query(ge=1, le=500)] = 1
) -> Response:
    """List incidents by words and facets."""
    given = {name: request.query_params.get(name, "")[:300].strip() for name in FACETS}
    asked = Asked(
        **{name: given[name] for name in FACETS[:6]},
        since=_day(given["since"]),
        until=_day(given["until"], 1),
    )
    found, facets = await asyncio.gather(
        context.stores.incident_search.find(asked, limit=PAGE + 1, offset=(p - 1) * PAGE),
        context.stores.incident_search.facets(context.clock.now()),
    )
    chosen = {name: value for name, value in given.items() if value}
    return page(
        request,
        "incidents.html",
        incidents=found[:PAGE],
        facets=facets,
        given=given,
        topics=context.watch.topics(),
        labels=_label_names(request, context),
        more=f"?{urlencode({**chosen, 'p': p + 1})}" if len(found) > PAGE else "",
        back=f"?{urlencode({**chosen, 'p': p - 1})}" if p > 1 else "",
    )


@router.get("/{incident_id}")
async def show(
    request: Request, context: Here, _reader: Reader, incident_id: IncidentId, told: Told
) -> Response:
    """Show one incident; a merged one leads to the one it went into."""
    incident = await context.stores.incidents.one(incident_id)
    if incident is None:
        return page(request, "missing.html", 404, what=f"#{incident_id}")
    if incident.line.id != incident_id:
        return back(f"/incidents/{incident.line.id}", told)
    labels, history = await asyncio.gather(
        context.stores.incident_labels.of(incident_id), context.stores.corrections.history(incident_id)
    )
    days = days_of(incident.articles)
    return page(
        request,
        "incident.html",
        incident=incident,
        values=labels,
        history=history,
        chart=stacked(spread(days), ("queued", "copy")),
        schemes=context.stores.labelling.schemes,
        offered={one.id for one in context.stores.labelling.schemes_for(incident.line.topics)},
        set_by_hand={(one.scheme, one.question, one.value) for one in labels if _one_by_hand(one)},
        told_message=told,
    )


@router.post("/{incident_id}/label")
async def label(
    context: Here, me: Me, incident_id: IncidentId, question: Field, value: Field = ""
) -> Response:
    """Set what the incident is by hand; without a value its articles count again."""
    scheme, _, name = question.partition(":")
    judgement = Judgement(scheme, name, value or None)
    try:
        await context.stores.incident_labels.give(
            incident_id, judgement, me or "local", now=context.clock.now()
        )
    except Refused as refused:
        return back(f"/incidents/{incident_id}", str(refused))
    return RedirectResponse(f"/incidents/{incident_id}", 303)


@router.post("/{incident_id}/{verb}")
async def correct(request: Request, context: Here, me: Me, incident_id: IncidentId, verb: str) -> Response:
    """Correct an incident by hand and show what became of it."""
    async with request.form(max_fields=1200) as form:
        fields = [(name, str(value)) for name, value in form.multi_items()]
    by = {"who": me or "local", "now": context.clock.now()}
    try:
        work = _correction(context, verb, incident_id, fields, by)
        if work is None:
            return RedirectResponse(f"/incidents/{incident_id}", 303)
        change = await work
    except Refused as refused:
        return back(f"/incidents/{incident_id}", str(refused))
    return RedirectResponse(f"/incidents/{_shown_after(change, incident_id)}", 303)


def _correction(
    context: Context, verb: str, incident: int, fields: list[tuple[str, str]], by: dict[str, Any]
) -> Awaitable[Change] | None:
    given, do = dict(fields), context.stores.corrections
    articles = [int(value) for name, value in fields if name == "article" and value.isdigit()]
    title, change = given.get("title", ""), _number(given.get("change", ""))
    verbs: dict[str, Callable[[], Awaitable[Change]]] = {
        "merge": lambda: do.merge(incident, _other(given), reason=given.get("reason", ""), **by),
        "split": lambda: do.split(incident, articles, title=title, **by),
        "move": lambda: do.move(_only(articles), _other(given), out_of=incident, **by),
        "rename": lambda: do.rename(incident, title, **by),
        "confirm": lambda: do.confirm(incident, confirmed=given.get("confirmed") != "no", **by),
        "apart": lambda: do.apart(incident, _other(given), **by),
        "undo": lambda: do.undo(change, **by),
    }
    return verbs[verb]() if verb in verbs else None


def _one_by_hand(value: IncidentValue) -> bool:
    return value.by_hand and isinstance(value.value, str)


def _only(articles: list[int]) -> int:
    if len(articles) != 1:
        raise Refused("cannot-move", "choose the one article that is to be moved")
    return articles[0]


def _other(given: Mapping[str, str]) -> int:
    number = _number(given.get("other", ""))
    if not number:
        raise Refused("unknown-incident", "give the number of the other incident")
    return number


def _number(text: str) -> int:
    """Return a number as people write it, 0 for none."""
    bare = text.strip().lstrip("#")[:18]
    return int(bare) if bare.isascii() and bare.isdigit() else 0


def _shown_after(change: Change, incident: int) -> int:
    return int(change.detail["new"]) if change.what == "split" else incident


def _label_names(request: Request, context: Context) -> dict[str, str]:
    """Return the options of the article label in the reader's language, by facet value."""
    scheme = context.stores.labelling.schemes.get("oecd")
    question = scheme.question("article_label") if scheme else None
    language = language_of(request)
    options = question.options if question else ()
    return {
        f"oecd:article_label:{option.id}": option.title.get(language) or option.title.get("en", option.id)
        for option in options
    }


def _day(text: str, plus: int = 0) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC) + timedelta(days=plus) if text else None
    except (ValueError, OverflowError):
        return None
