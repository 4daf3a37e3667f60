"""Tokens with scopes: `read` looks, `label` labels and corrects, `admin` does everything."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field

from monitor.adapters.store.tokens import Token
from monitor.web.api.queue import Body
from monitor.web.doors import Admin, Here
from monitor.web.identity import Scope
from monitor.web.problems import Refusal

router = APIRouter(prefix="/tokens", tags=["tokens"])
Name = Annotated[str, Path(max_length=100)]


class TokenBody(Body):
    """Whose token it is and what it allows; labels are given in this name."""

    name: str = Field(min_length=1, max_length=100)
    scope: Scope


@dataclass(frozen=True)
class NewToken:
    """A token; it is shown this once."""

    name: str
    scope: Scope
    token: str


@router.get("")
async def tokens(context: Here, _admin: Admin) -> list[Token]:
    """List tokens without their secrets."""
    return await context.stores.tokens.all()


@router.post("", status_code=201)
async def make(context: Here, _admin: Admin, body: TokenBody) -> NewToken:
    """Make a token."""
    token = await context.stores.tokens.make(body.name, body.scope.value, now=context.clock.now())
    return NewToken(body.name, body.scope, token)


@router.delete("/{name}", status_code=204)
async def revoke(context: Here, _admin: Admin, name: Name) -> None:
    """End a token; it is refused within ten seconds."""
    if not await context.stores.tokens.revoke(name):
        raise Refusal(404, "unknown-token", f"there is no token {name!r}")
