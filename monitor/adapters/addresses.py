"""Which addresses may be connected to: the open internet, and what the operator has allowed besides.

The check happens on the very address of the connection, after names are resolved, for every hop: whatever a name
or a redirect says, the kernel is never asked to connect elsewhere.
"""

import asyncio
import socket
from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from monitor.domain.errors import Permanent

_FIRST_FREE_PORT = 1024
_IPV4 = 4
_WEB_PORTS = frozenset({80, 443})
# What ipaddress calls global and yet leads inside: documentation of RFC 6052, 8215, 4291, 3056 and 6890.
_ALSO_INSIDE = tuple(
    ip_network(text)
    for text in ("64:ff9b::/96", "64:ff9b:1::/48", "::/96", "2002::/16", "2001::/32", "192.0.0.0/24")
)
_GLOBAL_V6 = ip_network("2000::/3")  # all that was ever given out to the open internet
_INSIDE_NAMES = (".localhost", ".local", ".internal", ".intranet", ".home.arpa", ".lan")

_REMEMBERED = 4096

AddrInfo = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[Any, ...]]


class AddressPolicy:
    """Refuses addresses of private networks, except those that the operator allows (CIDR notation)."""

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        self._allowed = tuple(ip_network(text, strict=False) for text in allowed)
        self._judged = lru_cache(_REMEMBERED)(self._judge)  # the same few thousand are asked about all day

    def refuses(self, address: str) -> bool:
        """Tell whether this IP address must not be connected to; what is no address is refused."""
        return self._judged(address)

    def _judge(self, address: str) -> bool:
        try:
            given = ip_address(address.partition("%")[0])
        except ValueError:
            return True
        real = getattr(given, "ipv4_mapped", None) or given
        if any(
            candidate.version == network.version and candidate in network
            for candidate in (given, real)
            for network in self._allowed
        ):
            return False
        return _is_inside(real)

    def check(self, address: str) -> None:
        """Raise Permanent("private-address") for an address that must not be connected to."""
        if self.refuses(address):
            raise Permanent("private-address", detail=address)

    def check_literal(self, host: str) -> None:
        """Raise for a host that plainly names an inner address; other names are for the resolver to tell."""
        if _is_literal(host):
            self.check(host)
        elif f".{host}".endswith(_INSIDE_NAMES) and not self._allowed:
            raise Permanent("private-address", detail=host)

    def open_socket(self, info: AddrInfo) -> socket.socket:
        """Make the socket for a connection to an address that was checked; aiohttp calls it for every connection."""
        family, kind, protocol, _, address = info
        self.check(str(address[0]))
        opened = socket.socket(family=family, type=kind, proto=protocol)
        opened.setblocking(False)
        return opened


class CheckedResolver(AbstractResolver):
    """Resolves names to the addresses that may be connected to."""

    def __init__(self, policy: AddressPolicy, inner: AbstractResolver | None = None) -> None:
        self._policy = policy
        self._inner = inner or ThreadedResolver(loop=asyncio.get_running_loop())

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the open addresses of a name; raise Permanent where it has only inner ones."""
        found: Sequence[ResolveResult] = await self._inner.resolve(host, port, family)
        open_ones = [result for result in found if not self._policy.refuses(result["host"])]
        if found and not open_ones:
            raise Permanent("private-address", detail=f"{host} is {found[0]['host']}")
        return open_ones

    async def close(self) -> None:
        """Give back what the resolver holds."""
        await self._inner.close()


def check_port(port: int) -> None:
    """Raise Permanent("refused-port") for a port of another service than the web."""
    if port < _FIRST_FREE_PORT and port not in _WEB_PORTS:
        raise Permanent("refused-port", detail=str(port))


def _is_inside(address: IPv4Address | IPv6Address) -> bool:
    also = any(address.version == network.version and address in network for network in _ALSO_INSIDE)
    outside = (
        address.is_global and not address.is_multicast and (address.version == _IPV4 or address in _GLOBAL_V6)
    )
    return also or not outside


@lru_cache(4096)
def _is_literal(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
