"""The facts that a page states of itself: JSON-LD, OpenGraph and other meta tags, in one cheap pass."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from lxml import etree, html

from monitor.domain.text import one_line, writable_json

LONGEST_JSON = 600_000  # characters of one JSON-LD block
MOST_NODES = 2000  # of all JSON-LD blocks together
MOST_AUTHORS = 12
MOST_CLASSED = 60
MOST_PIECES = 30  # of the text of an element: one that has more is no byline
LONGEST_BYLINE = 120  # characters
ARTICLE_TYPES = re.compile(
    r"(?:Article|Posting|NewsArticle|Report|Review|WebPage|Recipe|HowTo|CreativeWork)$"
)
STRONG_TYPES = re.compile(r"(?:Article|Posting|Report|Review|Recipe)$")

PUBLISHED = (
    "article:published_time", "og:article:published_time", "datepublished", "og:published_time", "pubdate",
    "publishdate", "publish_date", "publication_date", "date.published", "dc.date.issued", "dcterms.issued", "dcterms.created",
    "dc.date.created", "dc.date", "dc.terms.date", "parsely-pub-date", "sailthru.date", "article.published", "citation_publication_date",
    "citation_date", "citation_online_date", "bt:pubdate", "weibo:article:create_at", "weibo: article:create_at", "apub:time", "publishtime", "publish_time", "pubtime",
    "originalpublicationdate", "article_date_original", "cxenseparse:recs:publishtime", "rnews:datepublished",
    "displaydate", "contentdate", "created", "datecreated", "date",
)  # fmt: skip
MODIFIED = (
    "article:modified_time", "og:updated_time", "og:article:modified_time", "datemodified", "dcterms.modified", "dc.date.modified", "last-modified",
    "lastmod", "article.updated", "revision_date", "weibo:article:update_at", "weibo: article:update_at", "apub:time_modified",
)  # fmt: skip
AUTHORS = (
    "author",
    "article:author",
    "og:article:author",
    "dc.creator",
    "dcterms.creator",
    "citation_author",
    "byl",
    "parsely-author",
    "sailthru.author",
    "article:author_name",
    "authors",
    "mediaid",
)
SITES = (
    "og:site_name", "application-name", "apple-mobile-web-app-title", "publisher", "dc.publisher", "twitter:app:name:iphone"
)  # fmt: skip
TITLES = (
    "og:title",
    "twitter:title",
    "dc.title",
    "dcterms.title",
    "citation_title",
    "parsely-title",
    "sailthru.title",
    "headline",
    "title",
)
DESCRIPTIONS = ("og:description", "description", "twitter:description", "dc.description")
IMAGES = (
    "og:image:secure_url",
    "og:image",
    "og:image:url",
    "twitter:image",
    "twitter:image:src",
    "thumbnail",
    "thumbnailurl",
)

_MARKED_AUTHORS = etree.XPath("descendant::*/@rel[.='author']/.. | descendant::*/@itemprop[.='author']/..")
_CLASSED = etree.XPath("//*[contains(@class,'uthor') or contains(@class,'yline')]")
_AUTHOR_CLASS = re.compile(
    r"^(?!.*(?:comment|related|avatar|image|photo|social|bio|box|quote|list|card|widget))(?:.*[\s_-])?(?:author|byline)s?(?:[\s_-]*(?:name|link|by|text))?(?:\s|$)",
    re.IGNORECASE,
)
_CONTROL = re.compile("[\x00-\x1f]+")
_CDATA = re.compile(
    r"^\s*(?:<!--|//\s*<!\[CDATA\[|/\*\s*<!\[CDATA\[\s*\*/)|(?:-->|//\s*\]\]>|/\*\s*\]\]>\s*\*/)\s*$"
)
_TRAILING_COMMA = re.compile(r",\s*([}\]])")


@dataclass(frozen=True)
class Facts:
    """What a page states, raw, the most trusted first."""

    headlines: tuple[str, ...] = ()  # structured data
    titles: tuple[str, ...] = ()  # meta tags
    published: tuple[str, ...] = ()
    modified: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    image: str = ""
    canonical: str = ""
    language: str = ""
    description: str = ""
    article: bool = False  # the page calls itself an article
    free: bool = True  # the page does not say that it is behind a paywall
    body: str = ""  # articleBody, where structured data carries the text


def read_facts(root: html.HtmlElement) -> Facts:
    """Return what structured data and meta tags state."""
    meta = read_meta(root)
    nodes = [node for node in read_json_ld(root) if ARTICLE_TYPES.search(kind_of(node))]
    strong = [node for node in nodes if STRONG_TYPES.search(kind_of(node))]
    return Facts(
        headlines=strings(strong, "headline"),
        titles=every(meta, TITLES),
        published=(
            *strings(strong, "datePublished", "dateCreated"),
            *every(meta, PUBLISHED),
            *strings(nodes, "datePublished", "dateCreated"),
        ),
        modified=(*strings(strong, "dateModified"), *every(meta, MODIFIED), *strings(nodes, "dateModified")),
        authors=unique([*people(strong), *every(meta, AUTHORS)])[:MOST_AUTHORS],
        sites=unique(
            [*every(meta, SITES), *(name for node in nodes for name in names(node.get("publisher")))]
        ),
        image=first(every(meta, IMAGES)) or first(images(nodes)),
        canonical=canonical_of(root, meta),
        language=language_of(root, meta, nodes),
        description=first(every(meta, DESCRIPTIONS)),
        article=bool(strong) or "article" in first(meta.get("og:type", [])).casefold(),
        free=not any(str(node.get("isAccessibleForFree", "")).casefold() == "false" for node in nodes),
        body=max(strings(strong, "articleBody"), key=len, default=""),
    )


def read_meta(root: html.HtmlElement) -> dict[str, list[str]]:
    """Return the contents of all meta tags by their lower-case name, property or itemprop."""
    found: dict[str, list[str]] = {}
    for tag in root.iter("meta"):
        content = one_line(tag.get("content") or "")
        for attribute in ("property", "name", "itemprop", "http-equiv"):
            name = tag.get(attribute)
            if name and content:
                found.setdefault(name.strip().casefold(), []).append(content)
    return found


def every(meta: dict[str, list[str]], names_: tuple[str, ...]) -> tuple[str, ...]:
    """Return the contents of these meta tags, in the order of the names."""
    return tuple(content for name in names_ for content in meta.get(name, ()))


def first(values: tuple[str, ...] | list[str]) -> str:
    """Return the first value, or ""."""
    return values[0] if values else ""


def unique(values: list[str]) -> tuple[str, ...]:
    """Return the values without empty and repeated ones."""
    return tuple(dict.fromkeys(value for value in values if value))


def marked_authors(root: html.HtmlElement) -> tuple[str, ...]:
    """Return the names that elements are marked with: rel=author, itemprop=author, an author's or byline's class."""
    texts = [one_line("".join(map(str, element.itertext()))) for element in found_by(_MARKED_AUTHORS, root)]
    return unique([text for text in texts if len(text) <= LONGEST_BYLINE])[:MOST_AUTHORS]


def classed_authors(root: html.HtmlElement) -> tuple[str, ...]:
    """Return the text of the first element whose class calls it an author's name or a byline, not one of a comment."""
    for element in found_by(_CLASSED, root)[:MOST_CLASSED]:
        if _AUTHOR_CLASS.search((element.get("class") or "")[:LONGEST_BYLINE]):
            text = one_line("".join(map(str, islice(element.itertext(), MOST_PIECES))))
            if 0 < len(text) <= LONGEST_BYLINE:
                return (text,)
    return ()


def found_by(path: etree.XPath, root: html.HtmlElement) -> list[html.HtmlElement]:
    """Return the elements that a compiled path finds."""
    found = path(root)
    return (
        [element for element in found if isinstance(element, html.HtmlElement)]
        if isinstance(found, list)
        else []
    )


# ---------------------------------------------------------------- JSON-LD


def read_json_ld(root: html.HtmlElement) -> list[dict[str, Any]]:
    """Return every object of every JSON-LD block, the outer before the inner."""
    found: list[dict[str, Any]] = []
    for script in root.iter("script"):
        if "ld+json" in (script.get("type") or ""):
            for node in objects(load_json(script.text or "")):
                found.append(node)
                if len(found) >= MOST_NODES:
                    return found
    return found


def load_json(text: str) -> Any:
    """Return what a block of JSON holds, forgiving what pages get wrong; None where it is beyond that."""
    if len(text) > LONGEST_JSON:
        return None
    clean = writable_json(_CDATA.sub("", _CONTROL.sub(" ", text))).strip().rstrip(";")
    for attempt in (clean, _TRAILING_COMMA.sub(r"\1", clean)):
        try:
            return json.loads(attempt, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def objects(value: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """Yield the objects of a JSON value that may be articles: lists, graphs and main entities."""
    if isinstance(value, list) and depth <= 4:  # noqa: PLR2004 - a graph in a list in a graph
        for part in value:
            yield from objects(part, depth + 1)
    elif isinstance(value, dict) and depth <= 4:  # noqa: PLR2004
        yield value
        for key in ("@graph", "mainEntity", "mainEntityOfPage", "itemReviewed", "hasPart"):
            if isinstance(value.get(key), list | dict):
                yield from objects(value[key], depth + 1)


def kind_of(node: dict[str, Any]) -> str:
    """Return the type of a node; of several the one that names an article."""
    kinds = node.get("@type") or ""
    listed = [str(kind) for kind in (kinds if isinstance(kinds, list) else [kinds])]
    return next((kind for kind in listed if STRONG_TYPES.search(kind)), listed[0] if listed else "")


def strings(nodes: list[dict[str, Any]], *keys: str) -> tuple[str, ...]:
    """Return the plain text values under these keys."""
    values = [node.get(key) for key in keys for node in nodes]
    flat = [value[0] if isinstance(value, list) and value else value for value in values]
    return tuple(plain(value) for value in flat if isinstance(value, str | int) and plain(value))


def plain(value: object) -> str:
    """Return a value as text without markup."""
    text = str(value).strip()
    return html_text(text) if "<" in text or "&" in text else text


def html_text(markup: str) -> str:
    """Return the text of a piece of markup."""
    try:
        return "".join(map(str, html.fromstring(f"<div>{markup}</div>").itertext())).strip()
    except (ValueError, AssertionError, html.etree.ParserError):
        return markup


def people(nodes: list[dict[str, Any]]) -> list[str]:
    """Return the names of the authors of these nodes."""
    return [name for node in nodes for key in ("author", "creator") for name in names(node.get(key))]


def names(value: Any) -> list[str]:
    """Return the names that a person, an organisation, a plain string or a list of them goes by."""
    if isinstance(value, list):
        return [name for part in value[:MOST_AUTHORS] for name in names(part)]
    if isinstance(value, dict):
        return names(value.get("name"))
    return [one_line(plain(value))] if isinstance(value, str) and value.strip() else []


def images(nodes: list[dict[str, Any]]) -> list[str]:
    """Return the addresses of the lead images."""
    found = [node.get(key) for node in nodes for key in ("image", "thumbnailUrl")]
    flat = [value[0] if isinstance(value, list) and value else value for value in found]
    return [str(value.get("url", "")) if isinstance(value, dict) else str(value) for value in flat if value]


# ---------------------------------------------------------------- links and language


def canonical_of(root: html.HtmlElement, meta: dict[str, list[str]]) -> str:
    """Return the address that the page states as its own."""
    for link in root.iter("link"):
        if (link.get("rel") or "").casefold() == "canonical" and link.get("href"):
            return str(link.get("href")).strip()
    return first(meta.get("og:url", []))


def language_of(root: html.HtmlElement, meta: dict[str, list[str]], nodes: list[dict[str, Any]]) -> str:
    """Return the language that the page declares, as it declares it."""
    declared = (
        root.get("lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang") or root.get("xml:lang")
    )
    return (
        declared
        or first(strings(nodes, "inLanguage"))
        or first(every(meta, ("og:locale", "content-language", "language")))
    ).strip()
