"""The API explained on one page, made from its own OpenAPI document."""

from typing import Any

from fastapi import APIRouter, Request, Response

from monitor.web.doors import Reader
from monitor.web.render import page

router = APIRouter(include_in_schema=False)


@router.get("/api/docs")
async def docs(request: Request, _reader: Reader) -> Response:
    """Show every operation with its parameters and bodies."""
    document: dict[str, Any] = request.app.openapi()
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            tag = (operation.get("tags") or ["other"])[0]
            groups.setdefault(tag, []).append({"path": path, "method": method.upper(), **operation})
    schemas = document.get("components", {}).get("schemas", {})
    return page(request, "api.html", document=document, groups=groups, schemas=schemas, kind=kind_of)


def kind_of(schema: Any) -> str:
    """Return a schema's type in a few words."""
    if not isinstance(schema, dict):
        return ""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " | ".join(kind_of(one) for one in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(str(one) or '""' for one in schema["enum"])
    kind = str(schema.get("type", "any"))
    return f"list of {kind_of(schema['items'])}" if kind == "array" and "items" in schema else kind
