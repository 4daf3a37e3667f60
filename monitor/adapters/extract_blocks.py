"""A page as the row of its text blocks, each with the place it stands in."""

import re
from dataclasses import dataclass, field
from functools import lru_cache

from lxml import html

from monitor.domain.blocks import (
    ARTICLE,
    ASIDE,
    BAD,
    BUTTON,
    COMMENTS,
    FOOTER,
    FORM,
    GOOD,
    HEADER,
    HIDDEN,
    LIST,
    MAIN,
    NAVIGATION,
    TABLE,
    Block,
    Blocks,
    letters,
)
from monitor.domain.text import CJK

BLOCK_TAGS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "center",
        "dd",
        "details",
        "dialog",
        "dir",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "menu",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "thead",
        "tfoot",
        "tr",
        "td",
        "th",
        "caption",
        "ul",
        "br",
    ]
)
SILENT_TAGS = frozenset(
    [
        "script",
        "style",
        "noscript",
        "template",
        "svg",
        "iframe",
        "select",
        "option",
        "textarea",
        "head",
        "object",
        "embed",
        "canvas",
        "video",
        "audio",
        "map",
        "math",
        "datalist",
    ]
)
MOST_BLOCKS = 6000
DEEPEST = 400  # elements; the parser itself cuts at 256

PLACES = {
    "article": ARTICLE, "main": MAIN, "nav": NAVIGATION, "footer": FOOTER, "aside": ASIDE, "header": HEADER, "form": FORM,
    "table": TABLE, "ul": LIST, "ol": LIST, "dl": LIST, "button": BUTTON, "label": FORM,
}  # fmt: skip
ROLES = {
    "main": MAIN, "navigation": NAVIGATION, "contentinfo": FOOTER, "banner": HEADER, "complementary": ASIDE, "search": FORM,
    "dialog": HIDDEN, "alertdialog": HIDDEN, "article": ARTICLE, "button": BUTTON,
}  # fmt: skip

_GOOD = re.compile(r"article|body|content|entry|post|story|text|main|正文", re.IGNORECASE)
_BAD = re.compile(
    r"(?<![a-z])(?:ads?|advert\w*|banner|bio|author|breadcrumbs?|byline|caption|cookie\w*|consent|cta|disclaimer|disclosure|donat\w*|footer|"
    r"hidden|login|masthead|menu|meta|modal|nav\w*|newsletter\w*|pager|paginat\w*|popup|popular|promo\w*|rail|"
    r"recommend\w*|related\w*|share\w*|sharing|sidebar\w*|signup|skip|social\w*|sponsor\w*|subscri\w*|tags?|taboola|toc|toolbar|"
    r"trending|widgets?|more|next|prev\w*|copyright|hot|rank\w*|editor|statement)(?![a-z])",
    re.IGNORECASE,
)
_COMMENTS = re.compile(
    r"(?<![a-z])(?:comments?|respond|replies|disqus\w*|discussion|commentlist|comment-\w+|pinglun)(?![a-z])",
    re.IGNORECASE,
)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SPACE = re.compile(r"\s+")
_WORDS = re.compile(f"[{CJK}]|[^\\W{CJK}]+")


@dataclass(slots=True)
class _Walk:
    blocks: Blocks = field(default_factory=lambda: Blocks([], [0]))
    pieces: list[str] = field(default_factory=list)
    linked: int = 0
    links: list[str] = field(default_factory=list)

    def flush(self, tag: str, chain: tuple[int, ...]) -> None:
        if not self.pieces:
            return
        text = _SPACE.sub(" ", "".join(self.pieces)).strip()
        if text and len(self.blocks.rows) < MOST_BLOCKS:
            self.blocks.rows.append(
                Block(
                    text, tag, chain, self.linked, len(_WORDS.findall(text)), letters(text), tuple(self.links)
                )
            )
        self.pieces.clear()
        self.links.clear()
        self.linked = 0

    def visit(self, element: html.HtmlElement, tag: str, chain: tuple[int, ...], *, link: bool) -> None:
        name = element.tag
        if not isinstance(name, str) or name in SILENT_TAGS or len(chain) > DEEPEST:
            return
        block = name in BLOCK_TAGS
        if block:
            self.flush(tag, chain)
            if name != "br":
                tag, chain = name, (len(self.blocks.places), *chain)
                self.blocks.places.append(places_of(element))
        if name == "a" and (target := element.get("href")):
            self.links.append(target)
        link = link or name == "a"
        self.put(element.text, link=link)
        for child in element:
            self.visit(child, tag, chain, link=link)
            self.put(child.tail, link=link)
        if block:
            self.flush(tag, chain)

    def put(self, text: str | None, *, link: bool) -> None:
        if text:
            self.pieces.append(text)
            if link:
                self.linked += len(text)


def read_blocks(root: html.HtmlElement) -> Blocks:
    """Return the blocks of a page in the order of its markup."""
    body = root.find("body")
    walk = _Walk()
    walk.visit(root if body is None else body, "body", (), link=False)
    return walk.blocks


def places_of(element: html.HtmlElement) -> int:
    """Return what the element says about everything in it."""
    places = PLACES.get(element.tag, 0)
    attributes = element.attrib
    if attributes:
        places |= ROLES.get(attributes.get("role", ""), 0)
        named = f"{attributes.get('class', '')} {attributes.get('id', '')}"
        if named != " ":
            places |= places_of_name(named)
        if (
            "hidden" in attributes
            or attributes.get("aria-hidden") == "true"
            or _HIDDEN.search(attributes.get("style", ""))
        ):
            places |= HIDDEN
    return places


@lru_cache(maxsize=8192)
def places_of_name(named: str) -> int:
    """Return what an element's class and id say about everything in it."""
    words = _CAMEL.sub("-", named)
    places = GOOD if _GOOD.search(words) else 0
    if _BAD.search(words):
        places |= BAD
    if _COMMENTS.search(words):
        places |= COMMENTS
    return places
