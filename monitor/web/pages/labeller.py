"""Who sits before the page: the token's name, or the name that somebody at this machine chose."""

from typing import Annotated

from fastapi import Depends, Request

from monitor.web.doors import Labeller
from monitor.web.identity import LOCAL

COOKIE = "monitor_labeller"


def labeller_of(request: Request, identity: Labeller) -> str:
    """Return the labeller's name, "" where nobody has chosen one yet."""
    if identity.name != LOCAL.name:
        return identity.name
    return request.cookies.get(COOKIE, "")[:100]


Me = Annotated[str, Depends(labeller_of)]
