"""What every route asks for: the context, and that whoever asks may."""

from typing import Annotated

from fastapi import Depends, Request

from monitor.web.context import Context
from monitor.web.identity import Identity, Scope
from monitor.web.problems import Refusal


def context_of(request: Request) -> Context:
    """Return what the application was built on."""
    context: Context = request.app.state.context
    return context


def identity_of(request: Request) -> Identity:
    """Return who asks; the guard has let them in."""
    identity: Identity | None = request.scope.get("state", {}).get("identity")
    if identity is None:
        raise Refusal(401, "token-needed", "send `Authorization: Bearer TOKEN`", WWW_Authenticate="Bearer")
    return identity


class Needs:
    """A dependency that lets in whoever holds a scope."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    def __call__(self, identity: Annotated[Identity, Depends(identity_of)]) -> Identity:
        """Return who asks; refuse who may not."""
        if not identity.may(self.scope):
            raise Refusal(
                403,
                "scope-needed",
                f"this needs a token with the scope `{self.scope}`; yours has `{identity.scope}`",
            )
        return identity


Here = Annotated[Context, Depends(context_of)]
Reader = Annotated[Identity, Depends(Needs(Scope.READ))]
Labeller = Annotated[Identity, Depends(Needs(Scope.LABEL))]
Admin = Annotated[Identity, Depends(Needs(Scope.ADMIN))]
