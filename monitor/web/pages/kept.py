"""A page as the local archive kept it: shown shut in, without scripts, without the network, with no origin."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from monitor.adapters.warc import Kept, WarcArchive
from monitor.domain.errors import MonitorError
from monitor.web.doors import Here, Reader
from monitor.web.render import page

router = APIRouter(include_in_schema=False)
SHUT_IN = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
SHOWN = ("text/html", "text/plain", "application/xhtml+xml")


@router.get("/kept")
async def kept(
    request: Request, context: Here, _reader: Reader, url: Annotated[str, Query(max_length=8000)]
) -> Response:
    """Show the newest record of an address in the local archive."""
    local = WarcArchive(context.settings.DATA_DIR / "warc")
    try:
        found = await local.show(url)
    except (MonitorError, OSError):
        return page(request, "missing.html", 404, what=url)
    finally:
        await local.close()
    return _shown(found)


def _shown(found: Kept) -> Response:
    """Return the bytes as they were; what is no text is only offered to be stored."""
    stated = {name.lower(): value for name, value in found.headers.items()}.get("content-type", "text/html")
    is_text = stated.partition(";")[0].strip().lower() in SHOWN
    headers = {
        "Content-Security-Policy": SHUT_IN,
        "Memento-Datetime": f"{found.at:%a, %d %b %Y %H:%M:%S} GMT",  # RFC 7089
        "Content-Disposition": "inline" if is_text else "attachment",
    }
    media_type = (
        stated if is_text and stated.isascii() and stated.isprintable() else "application/octet-stream"
    )
    return Response(found.body, headers=headers, media_type=media_type)
