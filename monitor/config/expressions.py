"""What an operator writes for other engines (expressions, selectors, encodings), tried before anything is polled with it.

Each function returns its value unchanged or raises ValueError with what is wrong.
"""

import codecs
import re
from collections.abc import Iterable, Mapping
from typing import Any

import re2
from cssselect import HTMLTranslator, SelectorError
from lxml import etree

from monitor.config.problems import nearest

SELECT_KEYS = ("item", "link", "title", "time", "summary", "author")
PATHS_KEYS = ("items", "url", "title", "date", "summary", "author", "content", "language", "publisher", "id", "filter")  # fmt: skip
TEXT_KEYS = ("text", "title", "date", "author", "drop")
_CONDITION = re.compile(r"\s*[\w.@-]+\s*(?:==|!=|=)")
_ANY = etree.Element("any")
_LINE_END = re.compile(r"[\r\n\0]")


def expression(value: str) -> str:
    """Check a regular expression of RE2."""
    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(value, options)
    except re2.error as error:
        raise ValueError(f"is no expression of RE2: {_said(error)}") from None
    return value


def selector(value: str, *, xpath: tuple[str, ...]) -> str:
    """Check a selector: XPath where it begins with one of the marks, else CSS."""
    mark = next((mark for mark in xpath if value.startswith(mark)), None)
    try:
        if mark is None:
            HTMLTranslator().css_to_xpath(value)
        else:
            # an unknown function is noticed only when it is called
            etree.XPath(value.removeprefix(mark) if mark.endswith(":") else value)(_ANY)
    except (SelectorError, etree.XPathError) as error:
        raise ValueError(f"is no selector: {error}") from None
    return value


def encoding(value: str) -> str:
    """Check the name of a character set."""
    try:
        codecs.lookup(value or "utf-8")
    except (LookupError, ValueError):
        raise ValueError("is no encoding, such as gb18030") from None
    return value


def date_format(value: str) -> str:
    """Check a way to read dates."""
    if value not in {"auto", "epoch", "epoch_ms"} and "%" not in value:
        raise ValueError("is none of auto, epoch, epoch_ms, nor a pattern such as %Y-%m-%d %H:%M")
    return value


def proxy(value: str) -> str:
    """Check the address of a proxy."""
    if value and not re.match(r"https?://[^/\s]+", value):
        raise ValueError("is no http(s) address of a proxy")
    return value


def conditions(value: str) -> str:
    """Check the conditions of `filter`."""
    for part in value.split(",") if value else ():
        if not _CONDITION.match(part):
            raise ValueError(f"{part.strip()!r} is no condition such as `kind == 10`")
    return value


def one_line(given: Mapping[str, str]) -> dict[str, str]:
    """Check headers or cookies: a line end would begin another one."""
    for name, value in given.items():
        if _LINE_END.search(name + value):
            raise ValueError(f"{name!r} holds a line end")
    return dict(given)


def known_keys(given: Mapping[str, Any], words: Iterable[str]) -> None:
    """Raise for a key that means nothing."""
    for key in given:
        if key not in words:
            raise ValueError(f"unknown key {key!r} ({nearest(key, words)})")


def _said(error: Exception) -> str:
    said = error.args[0] if error.args else error
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
