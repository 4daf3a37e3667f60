"""Who asks: a token's name and scopes; without any token, the loopback is trusted."""

import hmac
import ipaddress
from dataclasses import dataclass
from enum import StrEnum

from starlette.requests import HTTPConnection

from monitor.web.context import Context

COOKIE = "monitor_token"


class Scope(StrEnum):
    """What a token allows; each one includes those before it."""

    READ = "read"
    LABEL = "label"
    ADMIN = "admin"


ORDER = (Scope.READ, Scope.LABEL, Scope.ADMIN)


@dataclass(frozen=True)
class Identity:
    """Someone who was let in; `scope` is the highest that they hold."""

    name: str
    scope: Scope

    def may(self, scope: Scope) -> bool:
        """Tell whether they hold a scope."""
        return ORDER.index(self.scope) >= ORDER.index(scope)


LOCAL = Identity("local", Scope.ADMIN)


def presented(connection: HTTPConnection) -> str:
    """Return the token that came along, from the header or the page's cookie; "" where none did."""
    kind, _, value = connection.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return value.strip()
    return connection.cookies.get(COOKIE, "")


async def identify(connection: HTTPConnection, context: Context) -> Identity | None:
    """Return who asks, or None: a token is needed where one is set, else a connection from this machine.

    An unknown token in the header is an error; an old cookie is none.
    """
    token = presented(connection)
    found = await known(token, context) if token else None
    if found is not None or "authorization" in connection.headers:
        return found
    return LOCAL if not needed(context) and is_local(connection) else None


async def known(token: str, context: Context) -> Identity | None:
    """Return whose token this is."""
    expected = context.settings.API_TOKEN.get_secret_value()
    if expected and hmac.compare_digest(token.encode(), expected.encode()):
        return Identity("admin", Scope.ADMIN)
    found = await context.stores.tokens.find(token, now=context.clock.now())
    return Identity(found.name, Scope(found.scope)) if found else None


def needed(context: Context) -> bool:
    """Tell whether everyone must bring a token."""
    return bool(context.settings.API_TOKEN.get_secret_value())


def is_local(connection: HTTPConnection) -> bool:
    """Tell whether the connection comes from this machine itself, not through a proxy on it."""
    if connection.headers.get("x-forwarded-for") or connection.headers.get("forwarded"):
        return False
    try:
        return connection.client is not None and ipaddress.ip_address(connection.client.host).is_loopback
    except ValueError:
        return False
