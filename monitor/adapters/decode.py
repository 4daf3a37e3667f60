"""Bytes of the web become text: byte order mark, valid UTF-8, then what is declared, then what it looks like.

Declarations lie often enough that one which does not fit the bytes is passed over.
"""

import codecs
import re

import cchardet

_TOLERATED = 0.002  # share of characters that may be broken under a declared encoding
_LOOKED_AT = 4096  # bytes at the start where pages declare their encoding
_DETECTED_FROM = 256 * 1024  # bytes; enough to tell, and a bound on time
_WESTERN = frozenset(
    {"iso-8859-1", "latin-1", "latin1", "iso8859-1", "windows-1252", "cp1252", "us-ascii", "ascii"}
)
_WESTERN_MOST = 0.12  # share of high bytes that a Western text may have

# The encodings that people mean when they write these names.
_MEANT = {
    "gb2312": "gb18030",
    "gb_2312-80": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "cp936": "gb18030",
    "big5": "big5hkscs",
    "big-5": "big5hkscs",
    "x-x-big5": "big5hkscs",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "utf8": "utf-8",
    "unicode": "utf-16",
}
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_NO_TEXT = frozenset(
    {"utf-7", "unicode-escape", "raw-unicode-escape"}
)  # they make half characters, and hide markup
_CHARSET = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([A-Za-z0-9_:.-]{2,30})""")
_SHIFTS = re.compile(rb"\x1b\$[@B]")  # ISO-2022-JP passes for ASCII


def decode(body: bytes, *, content_type: str = "", override: str = "") -> str:
    """Return the text of a body; `override` is the operator's word and wins. Never raises, whatever the bytes."""
    if override and (text := _as(body, override, tolerated=1.0)) is not None:
        return text.removeprefix("\ufeff")
    for mark, name in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    if wide := _wide(body):
        return body.decode(wide, "replace")
    shifted = _SHIFTS.search(body, 0, _DETECTED_FROM)
    if (text := _as(body, "iso2022_jp", tolerated=_TOLERATED) if shifted else _utf8(body)) is not None:
        return text
    for name in _declared(body, content_type):
        if (text := _as(body, name, tolerated=_TOLERATED)) is not None:
            return text
    return _guessed(body)


def _utf8(body: bytes) -> str | None:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        cut = error.reason == "unexpected end of data" and error.start >= len(body) - 3
        return body[: error.start].decode("utf-8") if cut else None


def _wide(body: bytes) -> str:
    """Tell UTF-16 without a mark by the zeros beside the first signs of markup."""
    start = body[:4]
    if start[:1] in b"<{[" and start[1::2] == b"\0\0":
        return "utf-16-le"
    return "utf-16-be" if start[::2] == b"\0\0" and start[1:2] in (b"<", b"{", b"[") else ""


def _declared(body: bytes, content_type: str) -> list[str]:
    """Return the declared names in the order of trust; a header's Latin-1 is a server's default and says nothing."""
    header = _CHARSET.search(content_type.encode("utf-8", "replace"))
    inside = _CHARSET.search(body[:_LOOKED_AT])
    by_header = header[1].decode().lower() if header else ""
    by_page = inside[1].decode().lower() if inside else ""
    names = ["" if by_header in _WESTERN else by_header, by_page]
    if by_page in _WESTERN:
        names[1] = "cp1252" if _high_share(body) <= _WESTERN_MOST else ""
    return [name for name in names if name]


def _high_share(body: bytes) -> float:
    sample = body[:_DETECTED_FROM]
    return len(sample.translate(None, bytes(range(128)))) / max(len(sample), 1)


def _as(body: bytes, name: str, *, tolerated: float) -> str | None:
    meant = _MEANT.get(name.lower(), name)
    try:
        if codecs.lookup(meant).name in _NO_TEXT:
            return None
        text = body.decode(meant, "replace")
    except (LookupError, UnicodeError, ValueError, TypeError):
        return None  # no encoding, or one that makes no text
    return text if text.count("\ufffd") <= tolerated * len(text) else None


def _guessed(body: bytes) -> str:
    name = cchardet.detect(body[:_DETECTED_FROM]).get("encoding") or "utf-8"
    for attempt in (name, "utf-8", "gb18030"):
        if (text := _as(body, attempt, tolerated=_TOLERATED)) is not None:
            return text
    return body.decode("utf-8" if name.lower() == "ascii" else "cp1252", "replace")
