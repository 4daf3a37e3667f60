"""Exports: articles with their labels for other tools, incidents as pages, bundles and feeds."""

import asyncio
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from monitor.adapters.store.listings import Wanted
from monitor.domain.records import IncidentRecord
from monitor.domain.returned import Brought
from monitor.exports import disarm, feeds, label_studio, stix
from monitor.exports.formats import FORMATS, asked_of, begun, write
from monitor.exports.taking_back import parse
from monitor.web.api.articles import wanted_of
from monitor.web.context import Context
from monitor.web.doors import Admin, Here, Reader
from monitor.web.problems import Refusal
from monitor.web.shapes import IncidentId, Word

router = APIRouter(tags=["exports"])
feed_router = APIRouter(tags=["exports"])
Name = Literal["jsonl", "csv", "labels-csv", "label-studio", "doccano", "argilla", "prodigy"]
Tool = Literal["label-studio", "doccano", "argilla", "prodigy", "jsonl", "labels-csv"]
Id = Annotated[str, Query(max_length=64)]
Many = Annotated[int, Query(ge=1, le=200)]
IN_FEED = 50


def _file(*kinds: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"content": {kind: {} for kind in kinds}, "description": "the file"}}


@router.get(
    "/exports/{name}",
    response_class=StreamingResponse,
    responses=_file("application/x-ndjson", "application/json", "text/csv"),
)
async def articles(  # noqa: PLR0917 - each is a query parameter of its own
    context: Here,
    _reader: Reader,
    name: Name,
    wanted: Annotated[Wanted, Depends(wanted_of)],
    labelled: Annotated[bool, Query(description="only articles with a label")] = False,
    scheme: Id = "oecd",
    question: Annotated[str, Query(max_length=64, description="for formats that know one question")] = "",
) -> StreamingResponse:
    """Write decided articles with their labels as a file of another tool, of any size."""
    kind, asked = FORMATS[name], asked_of(context.stores.labelling.schemes, scheme, question)
    records = context.stores.export_rows.articles(wanted, labelled=labelled)
    disposition = {"Content-Disposition": f'attachment; filename="{name}.{kind.suffix}"'}
    pieces = await begun(write(name, records, asked))
    return StreamingResponse(pieces, media_type=kind.media_type, headers=disposition)


@router.post(
    "/imports/{tool}",
    openapi_extra={
        "requestBody": {"required": True, "content": {"application/octet-stream": {"schema": {}}}}
    },
)
async def bring(
    request: Request,
    context: Here,
    _admin: Admin,
    tool: Tool,
    dry_run: Annotated[bool, Query(description="tell what would change, and change nothing")] = True,
) -> Brought:
    """Bring labels back from a tool's file. The same file twice changes nothing; a dry run is the default."""
    try:
        text = (await request.body()).decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refusal(422, "unreadable-file", "send the file in UTF-8") from error
    parsed = await asyncio.to_thread(parse, tool, text, context.stores.labelling.schemes)
    return await context.stores.bringing.bring(tool, parsed, now=context.clock.now(), dry_run=dry_run)


@router.get("/label-studio-interface", response_class=Response, responses=_file("application/xml"))
async def interface(
    context: Here, _reader: Reader, scheme: Id = "oecd", language: Literal["en", "zh"] = "en"
) -> Response:
    """Return the labelling interface that fits exported Label Studio tasks."""
    found = asked_of(context.stores.labelling.schemes, scheme).scheme
    return Response(label_studio.interface([found], language), media_type="application/xml")


@router.get("/incidents/{incident_id}/disarm", response_class=Response, responses=_file("text/markdown"))
async def page(context: Here, _reader: Reader, incident_id: IncidentId) -> Response:
    """Return an incident as a DISARM page in Markdown."""
    text = disarm.page(await record_of(context, incident_id))
    return Response(text, media_type="text/markdown; charset=utf-8")


@router.get(
    "/incidents/{incident_id}/stix", response_class=Response, responses=_file("application/stix+json")
)
async def incident_bundle(context: Here, _reader: Reader, incident_id: IncidentId) -> Response:
    """Return an incident as a STIX 2.1 bundle."""
    found = await record_of(context, incident_id)
    return Response(
        stix.bundle([found], base=base_of(context)), media_type="application/stix+json;version=2.1"
    )


@router.get("/stix", response_class=Response, responses=_file("application/stix+json"))
async def bundle(context: Here, _reader: Reader, topic: Word = "", limit: Many = 100) -> Response:
    """Return the newest incidents of a topic as one STIX 2.1 bundle."""
    found = await latest(context, topic, limit)
    return Response(stix.bundle(found, base=base_of(context)), media_type="application/stix+json;version=2.1")


@feed_router.get("/feeds/incidents.atom", response_class=Response, responses=_file("application/atom+xml"))
async def atom(context: Here, _reader: Reader, topic: Word = "") -> Response:
    """Return the newest incidents as an Atom feed, of one topic or of all."""
    text = feeds.atom(
        await latest(context, topic, IN_FEED),
        title=_title(context, topic),
        base=base_of(context),
        address=_address("/feeds/incidents.atom", topic),
    )
    return Response(text, media_type="application/atom+xml")


@feed_router.get("/feeds/incidents.json", response_class=Response, responses=_file("application/feed+json"))
async def json_feed(context: Here, _reader: Reader, topic: Word = "") -> Response:
    """Return the newest incidents as a JSON Feed, of one topic or of all."""
    text = feeds.json_feed(
        await latest(context, topic, IN_FEED),
        title=_title(context, topic),
        base=base_of(context),
        address=_address("/feeds/incidents.json", topic),
    )
    return Response(text, media_type="application/feed+json")


async def record_of(context: Context, incident_id: int) -> IncidentRecord:
    """Return an incident as it is exported; refuse an unknown one."""
    found = await context.stores.incidents.one(incident_id)
    if found is None:
        raise Refusal(404, "unknown-incident", f"there is no incident {incident_id}")
    return await context.stores.export_rows.incident(found)


async def latest(context: Context, topic: str, limit: int) -> list[IncidentRecord]:
    """Return the incidents that were reported on last."""
    found = await context.stores.incidents.latest(limit, topic=topic)
    return [await context.stores.export_rows.incident(one) for one in found]


def base_of(context: Context) -> str:
    """Return the address under which others reach our pages."""
    return context.settings.PUBLIC_URL.rstrip("/") or f"http://{context.settings.LISTEN}"


def _title(context: Context, topic: str) -> str:
    title = next((one.title or one.name for one in context.watch.topics() if one.name == topic), topic)
    return f"Incidents: {title}" if topic else "Incidents"


def _address(path: str, topic: str) -> str:
    return f"{path}?{urlencode({'topic': topic})}" if topic else path
