"""Verdicts, labels and corrections as they happen: Server-Sent Events that a reader can take up where it broke off."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import asdict, is_dataclass
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Header, Query
from fastapi.responses import StreamingResponse

from monitor.adapters.store.listings import Wanted
from monitor.web.context import Context
from monitor.web.cursors import decode, encode
from monitor.web.doors import Here, Reader
from monitor.web.problems import Refusal

router = APIRouter(tags=["stream"])
EVERY, QUIET = 1.0, 15.0  # seconds between looks, and between signs of life
AT_ONCE = 100
MOST_STREAMS = 64
PARTS = 3  # of a cursor: verdicts, labels, changes

_open: set[object] = set()


@router.get(
    "/stream",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}, "description": "a stream of events"}},
)
async def stream(
    context: Here,
    _reader: Reader,
    since: Annotated[
        str, Query(max_length=200, description="id of the last event; default: from now on")
    ] = "",
    last_event_id: Annotated[str, Header(max_length=200)] = "",
    most: Annotated[int, Query(ge=0, le=10_000, description="end after so many events; 0: never")] = 0,
) -> StreamingResponse:
    """Follow what happens. Events are `verdict`, `label` and `change`; each `id` can be given as `since`."""
    if len(_open) >= MOST_STREAMS:
        raise Refusal(429, "too-many-streams", "too many streams are open; try again later", Retry_After="30")
    given = decode(last_event_id or since, PARTS)
    start = list(given) if given else await _newest(context)
    return StreamingResponse(_events(context, start, most), media_type="text/event-stream")


async def _events(context: Context, at: list[int], most: int) -> AsyncIterator[bytes]:
    mark, sent, quiet = object(), 0, 0.0
    _open.add(mark)
    try:
        yield b"retry: 3000\n\n"
        while True:
            found = await _after(context, at)
            for kind, place, number, body in found:
                at[place] = number
                yield _event(kind, encode(*at), body)
                sent += 1
                if sent == most:
                    return
            quiet = 0.0 if found else quiet + EVERY
            if quiet >= QUIET:
                quiet = 0.0
                yield b": still here\n\n"
            if not found:
                await asyncio.sleep(EVERY)
    finally:
        _open.discard(mark)


async def _newest(context: Context) -> list[int]:
    """Return the numbers of the last verdict, label and change."""
    return [*await context.stores.listings.newest_numbers()]


async def _after(context: Context, at: list[int]) -> list[tuple[str, int, int, Any]]:
    """Return what happened after these numbers: kind, place in the cursor, number, body."""
    stores = context.stores
    part, labels, changes = await asyncio.gather(
        stores.listings.settled(Wanted(), limit=AT_ONCE, after=at[0]),
        stores.judgements.after(at[1], AT_ONCE),
        stores.corrections.after(at[2], AT_ONCE),
    )
    return [
        *(("verdict", 0, line.seq or 0, line) for line in part.lines),
        *(("label", 1, line.id, line) for line in labels),
        *(("change", 2, change.id, change) for change in changes),
    ]


def _event(kind: str, identity: str, body: Any) -> bytes:
    data = orjson.dumps(asdict(body) if is_dataclass(body) and not isinstance(body, type) else body)
    return b"event: %s\nid: %s\ndata: %s\n\n" % (kind.encode(), identity.encode(), data)
