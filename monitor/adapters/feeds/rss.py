"""RSS 0.9x – 2.0, RDF and Atom: a quick pass over well-formed XML, and a patient parser for the rest."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

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
_MODIFIED = ("updated", "dcterms:modified", "modified")
_SUMMARIES = ("description", "summary", "media:description", "itunes:summary", "dc:description", "subtitle")
# The whole article; TechTarget puts it into a <body> of its own.
_CONTENTS = ("content:encoded", "content", "body", "xhtml:body", "fulltext")
_MARKUP = frozenset({"content", "body", "xhtml:body", "title", "summary", "description"})
_AUTHORS = ("dc:creator", "author", "itunes:author", "creator")
_PAGES = frozenset({"text/html", "application/xhtml+xml"})
_ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"
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
    about = _Parts(head, names)
    base = root.get(f"{_XML}base") or head.get(f"{_XML}base") or url
    collected = collect(source, items, lambda item: _draft(_Parts(item, names)), base=base, now=now)
    return Feed(
        collected.outcome,
        collected.entries,
        collected.rejected,
        ttl=period_of(about.text("ttl"), about.text("sy:updateperiod"), about.text("sy:updatefrequency")),
        hub=_link(about.all("link"), "hub"),
        self_url=_link(about.all("link"), "self"),
        title=plain(about.text("title"), 200),
        language=(about.text("language", "dc:language") or root.get(f"{_XML}lang") or "").strip()[:35],
    )


class _Parts:
    """The children of an element by short name."""

    def __init__(self, element: etree._Element, names: _Names) -> None:
        self.element, self.names = element, names
        self._parts: dict[str, list[etree._Element]] = {}
        for child in element:
            self._parts.setdefault(names.of(child), []).append(child)

    def all(self, name: str) -> list[etree._Element]:
        """Return the children of a name."""
        return self._parts.get(name, [])

    def text(self, *names: str) -> str:
        """Return the first text that there is under one of these names, in their order."""
        for name in names:
            for child in self._parts.get(name, ()):
                if (text := _text(child, name)) and not text.isspace():
                    return text
        return ""


def _text(element: etree._Element, name: str) -> str:
    if len(element) == 0:
        return element.text or ""
    if name in _MARKUP:  # XHTML inside
        return (element.text or "") + "".join(etree.tostring(child, encoding="unicode") for child in element)
    return "".join(str(text) for text in element.itertext())


def _draft(item: _Parts) -> Draft:
    content, summary = item.text(*_CONTENTS), item.text(*_SUMMARIES)
    return Draft(
        url=_article_link(item),
        title=item.text("title", "media:title", "dc:title"),
        summary=summary or content,
        published=item.text(*_DATES),
        modified=item.text(*_MODIFIED),
        authors=tuple(_authors(item)),
        content=content or (summary if len(summary) > _WHOLE else ""),
        language=item.element.get(f"{_XML}lang") or item.text("dc:language"),
        publisher=_publisher(item),
        identity=item.text("guid", "id", "dc:identifier") or item.element.get(_ABOUT, ""),
        base=item.element.get(f"{_XML}base", ""),
    )


def _article_link(item: _Parts) -> str:
    """Return where the article stands: before a feed service's detour, after every guess that is none."""
    links = item.all("link")
    if found := item.text("feedburner:origlink") or _link(links, "alternate") or item.text("link"):
        return found
    permalink = any(guid.get("isPermaLink", "true").lower() != "false" for guid in item.all("guid"))
    named = (item.text("guid") if permalink else item.text("id") or item.element.get(_ABOUT, "")).strip()
    return named if named.startswith(("http://", "https://")) else ""


def _link(links: list[etree._Element], relation: str) -> str:
    """Return the address of a link with a relation; a page rather than its other forms."""
    found = [link for link in links if link.get("href") and (link.get("rel") or "alternate") == relation]
    pages = [link for link in found if (link.get("type") or "text/html").lower() in _PAGES]
    return next((link.get("href", "") for link in pages or found), "")


def _authors(item: _Parts) -> Iterator[str]:
    for kind in _AUTHORS:
        for author in item.all(kind):
            parts = _Parts(author, item.names).all("name") if len(author) else []
            yield from ((part.text or "") for part in parts) if parts else _named(author.text or "")


def _publisher(item: _Parts) -> str:
    origin = next(iter(item.all("source")), None)
    if origin is None:
        return item.text("dc:publisher")
    return (
        _Parts(origin, item.names).text("title") or (origin.text or "").strip() or item.text("dc:publisher")
    )


def _named(text: str) -> list[str]:
    """Read `mail@example.com (Name)` as RSS writes authors, and a mere address as nobody."""
    mail, _, name = text.partition("(")
    if "@" in mail:
        return [name.rstrip(") ")] if name else []
    return [text]
