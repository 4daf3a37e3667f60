"""Host names: one spelling each, and the registrable domain by rule of thumb instead of a list to keep fresh."""

import ipaddress
import re
from functools import lru_cache


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Second labels under a country that many registrants share (com.cn, co.uk, or.jp, …).
_SHARED_SECOND = _words(
    "ac asn co com edu ed gen go gob gouv gov govt gv id idv in ind info ltd me mil ne net nom or org plc sch web",
)
_CHINESE_PROVINCES = _words(
    """ah bj cq fj gd gs gx gz ha hb he hi hk hl hn jl js jx ln mo nm nx qh sc sd sh sn sx tj tw xj xz yn zj""",
)
# Hosts under which every name is another publisher.
_SHARED_HOSTS = _words(
    """
    blogspot.com github.io gitlab.io medium.com substack.com wordpress.com tumblr.com weebly.com wixsite.com
    pages.dev workers.dev netlify.app vercel.app web.app firebaseapp.com herokuapp.com azurewebsites.net
    cloudfront.net amazonaws.com typepad.com livejournal.com ghost.io hatenablog.com fc2.com
    """,
)
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*")
_LONGEST_NAME = 253
_COUNTRY = 2  # letters of a country's domain
_PARTS, _PART_MOST = 4, 255  # of an IPv4 address


@lru_cache(maxsize=4096)  # a few hosts make up most of a day's addresses
def canonical_host(host: str) -> str:
    """Return a host as a lower-case ASCII name or a plain IP address; raises ValueError for what is neither."""
    if ":" in host and "%" not in host:  # a zone names an interface of one machine
        return str(ipaddress.IPv6Address(host))
    name = _ascii(host).rstrip(".")
    labels = name.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        return str(_ipv4(labels))
    if len(name) > _LONGEST_NAME or not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError(host)
    return name


@lru_cache(maxsize=4096)
def site_of_host(host: str) -> str:
    """Return the registrable domain of a canonical host; an IP address or a single name is its own; "" for a suffix."""
    labels = host.split(".")
    if ":" in host or labels[-1].isdecimal() or (len(labels) == 1 and not _may_be_suffix(host)):
        return host
    own = _suffix_length(labels) + 1
    return ".".join(labels[-own:]) if len(labels) >= own else ""


def _may_be_suffix(label: str) -> bool:
    """Tell whether a lone label is rather a top-level domain than a machine in the local network."""
    return not label or len(label) == _COUNTRY or label in _SHARED_SECOND


def _suffix_length(labels: list[str]) -> int:
    if ".".join(labels[-2:]) in _SHARED_HOSTS:
        return 2
    country = len(labels[-1]) == _COUNTRY and len(labels) > 1
    shared = country and labels[-2] in _SHARED_SECOND
    province = labels[-1] == "cn" and len(labels) > 1 and labels[-2] in _CHINESE_PROVINCES
    return 2 if shared or province else 1


def _ascii(host: str) -> str:
    """Return the ASCII form; full-width dots and letters fold as browsers fold them."""
    try:
        return host.lower().encode("idna").decode("ascii").lower() if not host.isascii() else host.lower()
    except UnicodeError as error:
        raise ValueError(host) from error


def _ipv4(labels: list[str]) -> ipaddress.IPv4Address:
    """Read the forms that system libraries read: fewer than four parts, octal and hexadecimal numbers."""
    numbers = [_number(label) for label in labels]
    *heads, last = numbers
    if (
        len(numbers) > _PARTS
        or any(number > _PART_MOST for number in heads)
        or last >= 256 ** (_PARTS - len(heads))
    ):
        raise ValueError(".".join(labels))
    return ipaddress.IPv4Address(last + sum(number << (24 - 8 * place) for place, number in enumerate(heads)))


def _number(label: str) -> int:
    if not _NUMBER.fullmatch(label):
        raise ValueError(label)
    if label.startswith("0x"):
        return int(label[2:] or "0", 16)
    return int(label, 8) if label.startswith("0") and len(label) > 1 else int(label)
