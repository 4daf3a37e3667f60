"""Addresses as other formats take them: only signs of RFC 3986, so that they neither end a link nor break a parser."""

from urllib.parse import quote

SAFE = "%/:?#@!$&'*+,;=~-._[]"


def uri(url: str) -> str:
    """Return an address with every other sign encoded; what is encoded already stays."""
    return quote(url, safe=SAFE)


def link(url: str) -> str:
    """Return an address that may stand in Markdown's brackets."""
    return quote(url, safe=SAFE.replace("[]", ""))
