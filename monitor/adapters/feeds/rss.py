"""RSS 0.9x – 2.0, RDF and Atom: a quick pass over well-formed XML, and a patient parser for the rest."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from lxml import etree

from monitor.adapters.feeds.collect import Draft, collect, plain
from monitor.adapters.feeds.loose import loose_feed
from monitor.adapters.feeds.periods import period_of
from monitor.adapters.feeds.xml import root_of
from monitor.domain.model import Feed, Source

_XML = "{http://www.w3.org/XML/1998/namespace}"
_ATOM = "http://www.w3.org/2005/Atom"
# The first known prefix of a namespace; elements of the feed's own namespace have none.
_PREFIXES = {
    "": "",
    _ATOM: "",
    "http://purl.org/atom/ns#": "",
    "http://purl.org/rss/1.0/": "",
    "http://my.netscape.com/rdf/simple/0.9/": "",
    "http://channel.netscape.com/rdf/simple/0.9/": "",
    "http://backend.userland.com/rss2": "",
    "http://blogs.law.harvard.edu/tech/rss": "",
    "http://purl.org/dc/elements/1.1/": "dc:",
    "http://purl.org/dc/terms/": "dcterms:",
    "http://purl.org/rss/1.0/modules/content/": "content:",
    "http://purl.org/rss/1.0/modules/syndication/": "sy:",
    "http://search.yahoo.com/mrss/": "media:",
    "http://search.yahoo.com/mrss": "media:",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes:",
    "http://rssnamespace.org/feedburner/ext/1.0": "feedburner:",
    "http://www.w3.org/1999/xhtml": "xhtml:",
}
_ROOTS = frozenset({"rss", "rdf", "feed", "channel"})
_ITEMS = frozenset({"item", "entry"})
_DATES = ("pubdate", "published", "issued", "dcterms:issued", "dcterms:created", "dc:date", "created", "updated", "dcterms:modified",
          "modified", "date")  # fmt: skip
_SUMMARIES = ("description", "summary", "media:description", "itunes:summary", "dc:description", "subtitle")
# The whole article; TechTarget puts it into a <body> of its own.
_CONTENTS = ("content:encoded", "content", "body", "xhtml:body", "fulltext")
_MARKUP = frozenset({"content", "body", "xhtml:body", "title", "summary", "description"})
_WHOLE = 1_500  # characters from which a summary is rather the article


def parse_rss(source: Source, text: str, *, url: str, now: datetime) -> Feed:
    """Return the entries of an RSS, RDF or Atom document."""
    root = root_of(text)
    if root is None:
        return loose_feed(source, text, url=url, now=now)
    name = _local(root)
    if name in {"urlset", "sitemapindex"}:
        return Feed("not-a-feed", detail="this is a sitemap: write kind: sitemap")
    if name not in _ROOTS:
        return Feed("html" if name == "html" else "not-a-feed", detail=f"the root element is <{name}>")
    return _quick_feed(source, root, url=url, now=now)


def _local(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2].lower()


@dataclass
class _Names:
    """Short names of elements: `title`, `dc:date`, … whatever prefix the document gave them."""

    own: str
    _known: dict[str, str] = field(default_factory=dict)

    def of(self, element: etree._Element) -> str:
        """Return the short name of an element, in lower case; "" for a namespace that is not known."""
        tag = element.tag
        if tag not in self._known:
            space, _, local = str(tag).rpartition("}")
            space = space.removeprefix("{")
            prefix = "" if space == self.own else _PREFIXES.get(space)
            self._known[tag] = "" if prefix is None else f"{prefix}{local.lower()}"
        return self._known[tag]


def _quick_feed(source: Source, root: etree._Element, *, url: str, now: datetime) -> Feed:
    names = _Names(str(root.tag).rpartition("}")[0].removeprefix("{"))
    head = next((child for child in root if names.of(child) == "channel"), root)
    items = [child for parent in dict.fromkeys((head, root)) for child in parent if names.of(child) in _ITEMS]
    if not items:
        items = [element for element in root.iter() if names.of(element) in _ITEMS]
    about = _fields(head, names, skip=_ITEMS)
    base = root.get(f"{_XML}base") or head.get(f"{_XML}base") or url
    collected = collect(source, items, lambda item: _draft(item, names), base=base, now=now)
    links = [link for link in head if names.of(link) == "link"]
    return Feed(
        collected.outcome,
        collected.entries,
        collected.rejected,
        ttl=_asked_rest(about),
        hub=_link(links, "hub"),
        self_url=_link(links, "self"),
        title=plain(about.get("title", ""), 200),
        language=(about.get("language") or about.get("dc:language") or root.get(f"{_XML}lang") or "").strip()[
            :35
        ],
    )


def _fields(element: etree._Element, names: _Names, skip: frozenset[str] = frozenset()) -> dict[str, str]:
    """Return the text of an element's children by short name; the first one of a name that has text counts."""
    fields: dict[str, str] = {}
    for child in element:
        name = names.of(child)
        if name and name not in skip and not fields.get(name):
            fields[name] = _text(child, name)
    return fields


def _text(element: etree._Element, name: str) -> str:
    if len(element) == 0:
        return element.text or ""
    if name in _MARKUP:  # XHTML inside
        return (element.text or "") + "".join(etree.tostring(child, encoding="unicode") for child in element)
    return "".join(str(text) for text in element.itertext())


def _draft(item: etree._Element, names: _Names) -> Draft:
    fields = _fields(item, names)
    first = _first_of(fields)
    content, summary = first(_CONTENTS), first(_SUMMARIES)
    return Draft(
        url=_article_link(item, names, fields),
        title=first(("title", "media:title", "dc:title")),
        summary=summary or content,
        published=first(_DATES),
        authors=tuple(_authors(item, names)),
        content=content or (summary if len(summary) > _WHOLE else ""),
        language=item.get(f"{_XML}lang") or fields.get("dc:language", ""),
        publisher=_publisher(item, names, fields),
        identity=first(("guid", "id", "dc:identifier")) or item.get(_ABOUT, ""),
        base=item.get(f"{_XML}base", ""),
    )


_ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"


def _first_of(fields: dict[str, str]) -> Callable[[tuple[str, ...]], str]:
    return lambda names: next((fields[name] for name in names if fields.get(name, "").strip()), "")


def _article_link(item: etree._Element, names: _Names, fields: dict[str, str]) -> str:
    """Return where the article stands: before a feed service's detour, after every guess that is none."""
    if direct := fields.get("feedburner:origlink", "").strip():
        return direct
    links = [child for child in item if names.of(child) == "link"]
    written = next((link.text for link in links if link.text and link.text.strip()), "")
    if found := _link(links, "alternate") or written:
        return found
    guid = next((child for child in item if names.of(child) == "guid"), None)
    permalink = guid is not None and guid.get("isPermaLink", "true").lower() != "false"
    named = fields.get("guid", "") if permalink else fields.get("id") or item.get(_ABOUT) or ""
    return named.strip() if named.strip().startswith(("http://", "https://")) else ""


def _link(links: list[etree._Element], relation: str) -> str:
    """Return the address of a link with a relation; a page rather than its other forms."""
    found = [link for link in links if link.get("href") and (link.get("rel") or "alternate") == relation]
    pages = [
        link
        for link in found
        if (link.get("type") or "text/html").lower() in {"text/html", "application/xhtml+xml"}
    ]
    return next((link.get("href", "") for link in pages or found), "")


def _authors(item: etree._Element, names: _Names) -> Iterator[str]:
    for child in item:
        name = names.of(child)
        if name in {"author", "dc:creator", "itunes:author", "creator"}:
            parts = [part for part in child if names.of(part) == "name"]
            yield from ((part.text or "") for part in parts) if parts else _named(child.text or "")


def _named(text: str) -> list[str]:
    """Read `mail@example.com (Name)` as RSS writes authors, and a mere address as nobody."""
    mail, _, name = text.partition("(")
    if "@" in mail:
        return [name.rstrip(") ")] if name else []
    return [text]


def _publisher(item: etree._Element, names: _Names, fields: dict[str, str]) -> str:
    origin = next((child for child in item if names.of(child) == "source"), None)
    if origin is None:
        return fields.get("dc:publisher", "")
    title = next((part.text for part in origin if names.of(part) == "title"), None)
    return title or (origin.text or "").strip() or fields.get("dc:publisher", "")


def _asked_rest(about: dict[str, str]) -> timedelta | None:
    return period_of(
        about.get("ttl", ""), about.get("sy:updateperiod", ""), about.get("sy:updatefrequency", "")
    )
