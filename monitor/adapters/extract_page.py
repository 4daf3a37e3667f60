"""A page's bytes, decoded and parsed under limits; refuses what is no page and what would take for ever."""

import re
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from lxml import etree, html

from monitor.adapters.decode import decode
from monitor.domain.errors import Permanent
from monitor.domain.model import Page

MOST_BYTES = 8 * 1024 * 1024
MOST_ELEMENTS = 30_000  # above it a page is read by the linear reader alone
MOST_EVER = 400_000  # elements; above it nothing is read
BINARY = (
    b"%PDF-",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"RIFF",
    b"\x00\x00\x00",
    b"ID3",
    b"\x7fELF",
)
MARKUP_TYPES = ("html", "xml", "text/plain", "octet-stream", "text/")
CONTROL_SHARE = 0.02  # of the first bytes: above it they are no text in any encoding we meet
SAMPLE = 4096
CONTROL = bytes(byte for byte in range(32) if byte not in b"\t\n\f\r\x1b")

# What lxml.html chooses for each element in Python costs as much as the parsing; nothing here asks for forms.
_ALIKE = etree.ElementDefaultClassLookup(
    element=html.HtmlElement,
    comment=html.HtmlComment,
    pi=html.HtmlProcessingInstruction,
    entity=html.HtmlEntity,
)

_TAG = re.compile(
    rb"<\s*(?:!doctype|html|head|body|div|p|article|title|meta|\?xml|table|script|!--)", re.IGNORECASE
)


@dataclass(frozen=True)
class Tree:
    """A parsed page: its root, its address, its base for links, and how many elements it has."""

    root: html.HtmlElement
    url: str
    base: str
    alive: tuple[object, ...]  # every element: lxml makes them anew at each visit unless somebody holds them

    @property
    def heavy(self) -> bool:
        """Whether the page is too large for the thorough readers."""
        return len(self.alive) > MOST_ELEMENTS

    @property
    def host(self) -> str:
        """The host that the page came from."""
        return (urlsplit(self.url).hostname or "").removeprefix("www.")

    def absolute(self, link: str) -> str:
        """Return a link as an http(s) address, or "" where it is none."""
        try:
            joined = urljoin(self.base, link.strip())
        except ValueError:
            return ""
        return joined if joined.startswith(("http://", "https://")) else ""


def parse_page(page: Page, encoding: str = "") -> Tree:
    """Return the parsed page; raises Permanent for not-html, too-large, too-complex and empty pages."""
    check_bytes(page)
    text = decode(page.body, content_type=page.content_type, override=encoding)
    return parse_markup(text, page.final_url or page.url)


def parse_markup(text: str, url: str) -> Tree:
    """Return the parsed markup of an address."""
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    parser.set_element_class_lookup(_ALIKE)
    try:
        root = html.document_fromstring(text.replace("\0", "").encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError, AssertionError) as error:
        raise Permanent("no-article", detail="there is nothing to parse") from error
    alive = tuple(root.iter())
    elements = len(alive)
    if elements > MOST_EVER:
        raise Permanent("too-complex", detail=f"{elements} elements")
    return Tree(root, url, base_of(root, url), alive)


def base_of(root: html.HtmlElement, url: str) -> str:
    """Return the address that the page's relative links start from."""
    stated = root.find(".//base[@href]")
    try:
        return urljoin(url, stated.get("href", "")) if stated is not None else url
    except ValueError:
        return url


def check_bytes(page: Page) -> None:
    """Refuse a body that is too large, empty or no markup."""
    if len(page.body) > MOST_BYTES:
        raise Permanent("too-large", detail=f"{len(page.body)} bytes")
    if not page.body.strip():
        raise Permanent("no-article", detail="the page is empty")
    kind = page.content_type.partition(";")[0].strip().casefold()
    if (kind and not any(part in kind for part in MARKUP_TYPES)) or is_binary(page.body[:SAMPLE]):
        raise Permanent("not-html", detail=kind)


def is_binary(sample: bytes) -> bool:
    """Tell whether bytes are no text: a known signature, or control bytes that text has not."""
    if sample.startswith(BINARY) and not _TAG.search(sample):
        return True
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")) or sample[:64].count(b"\0") >= len(sample[:64]) // 3 > 0:
        return not _looks_utf16(sample)
    return len(sample) - len(sample.translate(None, CONTROL)) > CONTROL_SHARE * len(sample)


def _looks_utf16(sample: bytes) -> bool:
    """Every second byte of Latin markup in UTF-16 is a zero."""
    return b"<\0" in sample or b"\0<" in sample
