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
)

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
FRAME_TAGS = frozenset({"nav", "footer"})  # never the article; skipped, as long as the page closes them
FEWEST_BLOCKS = 4
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
    r"(?<![a-z])(?:comments?|respond|replies|disqus\w*|discussion|commentlist|comment-\w+|pinglun|cmts?|gentie|liuyan)(?![a-z])",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass(slots=True)
class _Walk:
    blocks: Blocks = field(default_factory=lambda: Blocks([], [0], [""]))
    skipped: frozenset[str] = SILENT_TAGS | FRAME_TAGS
    pieces: list[str] = field(default_factory=list)
    linked: int = 0
    links: list[str] = field(default_factory=list)

    def visit(self, element: html.HtmlElement, tag: str, chain: tuple[int, ...], *, link: bool) -> None:
        name = element.tag
        if not isinstance(name, str) or name in self.skipped or len(chain) > DEEPEST:
            return
        block = name in BLOCK_TAGS
        if block:
            self.flush(tag, chain)
            if name != "br":
                tag, chain = name, self.enter(element, chain)
        elif name == "a":
            link = True
            self.links.append(element.get("href") or "")
        self.put(element.text, link=link)
        for child in element:
            self.visit(child, tag, chain, link=link)
            self.put(child.tail, link=link)
        if block:
            self.flush(tag, chain)

    def enter(self, element: html.HtmlElement, chain: tuple[int, ...]) -> tuple[int, ...]:
        """Note what an element says of itself and return the chain of everything in it."""
        places, sign = described(element)
        self.blocks.places.append(places)
        self.blocks.signs.append(sign)
        return (len(self.blocks.places) - 1, *chain)

    def put(self, text: str | None, *, link: bool) -> None:
        if text and (self.pieces or not text.isspace()):
            self.pieces.append(text)
            if link:
                self.linked += len(text)

    def flush(self, tag: str, chain: tuple[int, ...]) -> None:
        if not self.pieces:
            return
        text = " ".join("".join(self.pieces).split())
        if text and len(self.blocks.rows) < MOST_BLOCKS:
            self.blocks.rows.append(Block(text, tag, chain, self.linked, tuple(filter(None, self.links))))
        self.pieces.clear()
        self.links.clear()
        self.linked = 0


def read_blocks(root: html.HtmlElement) -> Blocks:
    """Return the blocks of a page in the order of its markup."""
    body = root.find("body")
    start = root if body is None else body
    walk = _Walk()
    walk.visit(start, "body", (), link=False)
    if len(walk.blocks.rows) < FEWEST_BLOCKS:  # a menu that is never closed swallows the page
        walk = _Walk(skipped=SILENT_TAGS)
        walk.visit(start, "body", (), link=False)
    return walk.blocks


def described(element: html.HtmlElement) -> tuple[int, str]:
    """Return what an element says about everything in it, and its sign."""
    get = element.get
    hidden = (
        get("hidden") is not None or get("aria-hidden") == "true" or bool(_HIDDEN.search(get("style") or ""))
    )
    return described_by(str(element.tag), get("id") or "", get("class") or "", get("role") or "", hidden)


@lru_cache(maxsize=8192)
def described_by(tag: str, identity: str, classes: str, role: str, hidden: bool) -> tuple[int, str]:
    """Return the places of an element with these attributes, and its sign: tag, id and classes without numbers.

    A name with a number in it is of one page only; the others are the same on every page of a site.
    """
    places = (
        PLACES.get(tag, 0)
        | ROLES.get(role, 0)
        | (HIDDEN if hidden else 0)
        | places_of_name(f"{classes} {identity}")
    )
    names = [f"#{identity}"] if identity else []
    names += sorted(f".{name}" for name in classes.split())
    return places, tag + "".join(name for name in names if not _NUMBER.search(name))


def places_of_name(named: str) -> int:
    """Return what an element's class and id say about everything in it."""
    words = _CAMEL.sub("-", named)
    places = GOOD if _GOOD.search(words) else 0
    if _BAD.search(words):
        places |= BAD
    if _COMMENTS.search(words):
        places |= COMMENTS
    return places
