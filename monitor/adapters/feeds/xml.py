"""XML of the web, made readable: decoded by us, without entities of its own, mended where it breaks in known ways."""

import html
import re

from lxml import etree

from monitor.adapters.decode import decode
from monitor.adapters.inflate import ERRORS, opener_for
from monitor.domain.errors import MonitorError

LARGEST = 48 * 1024 * 1024  # characters of an opened sitemap; feeds were cut before

_DECLARATION = re.compile(r"<\?xml[^>]{0,200}\?>", re.IGNORECASE)
_DOCTYPE = re.compile(r"<!DOCTYPE[^<>\[]{0,500}(?:\[[^\]]{0,2000}\])?\s{0,50}>", re.IGNORECASE)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_NAMED = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)([A-Za-z][A-Za-z0-9]{1,31});")
_BARE = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6});)")
_NUMBER = re.compile(r"&#(?:[xX]([0-9A-Fa-f]+)|([0-9]+));?")
_ROOT = re.compile(r"<(?:[\w-]+:)?(rss|RDF|feed|urlset|sitemapindex)[\s>]", re.IGNORECASE)
_CLOSED = re.compile(
    r"</(?:[\w-]+:)?(?:rss|RDF|feed|urlset|sitemapindex)\s*>\s*(?:<!--.*?-->\s*)*$", re.IGNORECASE | re.DOTALL
)
_CHARACTERS = (range(0x20, 0xD800), range(0xE000, 0xFFFE), range(0x10000, 0x110000))  # by XML 1.0
_LONGEST = 10  # digits, zeros before it included
_ITEM_ENDS = ("</item>", "</entry>", "</url>", "</sitemap>")


def text_of(body: bytes, content_type: str, encoding: str) -> str:
    """Return the text of a body that may be a gzip file, without declaration and leading junk."""
    if body.startswith(b"\x1f\x8b"):
        body = _opened(body)
    text = decode(body, content_type=content_type, override=encoding).lstrip()
    start = max(text.find("<"), 0) if _ROOT.search(text, 0, 4096) else 0
    return _DECLARATION.sub("", text[start:], count=1)


def has_entities(text: str) -> bool:
    """Tell whether a document declares entities: no feed needs them, and bombs are made of them."""
    return "<!ENTITY" in text or "<!entity" in text


def root_of(text: str) -> etree._Element | None:
    """Return the root element, mending what can be mended; None for what only a loose parser can read."""
    text = _DOCTYPE.sub("", text, count=1)  # a document type may make unknown entities lawful
    for mend in (_as_is, _mended, _closed):
        if (mended := mend(text)) is not None and (root := _parsed(mended)) is not None:
            return root
    return None


def _parsed(text: str) -> etree._Element | None:
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        return etree.fromstring(text.encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None


def _as_is(text: str) -> str:
    return text


def _mended(text: str) -> str:
    """Write out HTML's named characters, escape lone ampersands, drop what XML cannot say."""
    text = _NAMED.sub(lambda name: html.unescape(name[0]), _CONTROL.sub("", text))
    return _BARE.sub("&amp;", without_false_characters(text)).strip()


def without_false_characters(text: str) -> str:
    """Drop references by number to what is no character: parsers of XML refuse them, others break over them."""
    return _NUMBER.sub(lambda number: number[0] if _is_character(number) else "", text)


def _is_character(number: re.Match[str]) -> bool:
    digits = number[1] or number[2]
    code = int(digits, 16 if number[1] else 10) if len(digits) <= _LONGEST else 0
    return code in {9, 10, 13} or any(code in span for span in _CHARACTERS)


def _closed(text: str) -> str | None:
    """Cut a document that broke off behind its last whole item and close what is open."""
    text = _mended(text)
    root = _ROOT.search(text, 0, 4096)
    if not root or _CLOSED.search(text[-2000:]):
        return None
    end = (
        max(text.rfind(ending) + len(ending) for ending in _ITEM_ENDS if ending in text)
        if any(e in text for e in _ITEM_ENDS)
        else 0
    )
    opening = text[root.start() + 1 : root.end() - 1]
    channel = "</channel>" if "<channel" in text[:end] and "</channel>" not in text[:end] else ""
    return f"{text[:end]}{channel}</{opening}>" if end else None


def _opened(body: bytes) -> bytes:
    opened, size = [], 0
    try:
        for piece in opener_for("gzip").pieces(body):
            opened.append(piece)
            size += len(piece)
            if size > LARGEST:
                break
    except (*ERRORS, MonitorError):
        pass  # what was opened so far is read as a document that broke off
    return b"".join(opened)
