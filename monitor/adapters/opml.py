"""OPML both ways: lists of feeds as other readers know them, with what only we know in attributes of our own."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from lxml import etree

from monitor.adapters.decode import decode
from monitor.adapters.discover import name_for
from monitor.domain.errors import Permanent
from monitor.domain.model import Kind, Source
from monitor.domain.urls import fetch_url

LARGEST = 10 * 1024 * 1024  # bytes
MOST_FEEDS = 20_000
NAMESPACE = "urn:monitor:opml"
_OURS = f"{{{NAMESPACE}}}"
_PLAIN = ("kind", "country", "language", "timezone")


@dataclass(frozen=True)
class Outline:
    """One feed of an OPML file, ready to be listed; `reason` says why it is switched off ("" for one that is not)."""

    url: str
    title: str = ""
    name: str = ""
    reason: str = ""
    fields: tuple[tuple[str, str], ...] = ()


def read_opml(body: bytes) -> list[Outline]:
    """Return the feeds of an OPML file, each address once.

    Raises Permanent for a file that is too long, declares entities, or is none.
    """
    if len(body) > LARGEST:
        raise Permanent("opml-too-large", detail=f"over {LARGEST} bytes")
    text = decode(body)
    if "<!ENTITY" in text.upper():
        raise Permanent("opml-entities", detail="it declares entities of its own")
    outlines: dict[str, Outline] = {}
    for element in _root(text).iter("outline"):
        if (outline := _outline(element)) and len(outlines) < MOST_FEEDS:
            outlines.setdefault(outline.url, outline)
    return list(outlines.values())


def _root(text: str) -> etree._Element:
    declared = text.partition("?>")[2] if text.lstrip().startswith("<?xml") else text
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=True)
    try:
        root = etree.fromstring(declared.strip().encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError as error:
        raise Permanent("no-opml", detail=str(error)) from error
    if root is None or root.tag != "opml":
        raise Permanent("no-opml")
    return root


def _outline(element: etree._Element) -> Outline | None:
    named = {str(name).lower(): str(value) for name, value in element.attrib.items()}
    try:
        url = fetch_url(named.get("xmlurl", ""))
    except Permanent:
        return None
    fields = tuple((key, named[f"{_OURS}{key}"]) for key in _PLAIN if named.get(f"{_OURS}{key}"))
    return Outline(
        url,
        named.get("title") or named.get("text", ""),
        named.get(f"{_OURS}name", ""),
        named.get(f"{_OURS}disabled", ""),
        fields,
    )


def unlisted(outlines: Iterable[Outline], listed: Iterable[Source]) -> list[dict[str, object]]:
    """Return the entries for `sources.yaml` of feeds that no source has yet, by address: twice imported is once listed."""
    known = list(listed)
    urls, taken = {_cleaned(source.url) for source in known}, [source.name for source in known]
    rows: list[dict[str, object]] = []
    for outline in outlines:
        if outline.url not in urls:
            name = (
                outline.name if outline.name and outline.name not in taken else name_for(outline.url, taken)
            )
            urls.add(outline.url)
            taken.append(name)
            rows.append(_row(outline, name))
    return rows


def _cleaned(url: str) -> str:
    try:
        return fetch_url(url)
    except Permanent:
        return url


def _row(outline: Outline, name: str) -> dict[str, object]:
    row: dict[str, object] = {"name": name, "kind": "rss", "url": outline.url}
    row |= {"publisher": outline.title} if outline.title else {}
    row |= {key: value for key, value in outline.fields if key != "kind" or value in {Kind.RSS, Kind.SITEMAP}}
    return row | ({"enabled": False, "reason": outline.reason} if outline.reason else {})


def write_opml(sources: Sequence[Source], reasons: Mapping[str, str], *, title: str = "Sources") -> str:
    """Return an OPML file of the feeds and sitemaps; `reasons` says why a source is dead or switched off."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<opml version="2.0" xmlns:monitor={quoteattr(NAMESPACE)}>',
        f"  <head><title>{quoteattr(title)[1:-1]}</title></head>",
        "  <body>",
        *(
            _line(source, reasons.get(source.name, ""))
            for source in sources
            if source.kind in {Kind.RSS, Kind.SITEMAP}
        ),
        "  </body>",
        "</opml>",
    ]
    return "\n".join(lines) + "\n"


def _line(source: Source, reason: str) -> str:
    shown = source.publisher or source.name
    own = {key: str(getattr(source, key)) for key in _PLAIN} | {"name": source.name}
    own |= {"disabled": reason or "switched off"} if reason or not source.enabled else {}
    attributes = {"type": "rss", "text": shown, "title": shown, "xmlUrl": source.url}
    attributes |= {f"monitor:{key}": value for key, value in own.items() if value}
    return (
        "    <outline "
        + " ".join(f"{name}={quoteattr(_clean(value))}" for name, value in attributes.items())
        + "/>"
    )


def _clean(text: str) -> str:
    return "".join(char for char in text if char.isprintable())
