"""Addresses taken apart once: the same few thousand are asked again and again."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from yarl import URL

from monitor.domain.errors import Permanent
from monitor.domain.urls import fetch_url, host_of, site_of


@dataclass(frozen=True)
class Target:
    """What an address says: what is asked, of whom, and under which keys a server may ask for rest."""

    url: str
    address: URL
    host: str
    place: str  # host and port: whose turn is waited for
    holds: Mapping[str, str]  # by scope: host, domain, url


@lru_cache(maxsize=8192)
def target_of(given: str) -> Target:
    """Return an address taken apart; raises Permanent("bad-url") for one that cannot be asked."""
    url = fetch_url(given)
    host = host_of(url)
    holds = {"host": f"host:{host}", "domain": f"domain:{site_of(url)}", "url": f"url:{url}"}
    try:
        return Target(url, URL(url, encoded=True), host, urlsplit(url).netloc, holds)
    except ValueError as error:
        raise Permanent("bad-url", detail=str(error)) from error
