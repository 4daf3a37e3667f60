"""Logging in with a token, choosing a language."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from monitor.web import catalogue, identity
from monitor.web.doors import Here
from monitor.web.render import page

router = APIRouter(include_in_schema=False)
YEAR = 365 * 86400
Field = Annotated[str, Form(max_length=2000)]


@router.get("/login")
async def ask(request: Request, next: str = "/") -> Response:  # noqa: A002 - the word in the address
    """Ask for a token."""
    return page(request, "login.html", next=_own(next), wrong=False)


@router.post("/login")
async def log_in(request: Request, context: Here, token: Field = "", next: Field = "/") -> Response:  # noqa: A002
    """Keep a known token in a cookie that scripts cannot read and other sites cannot use."""
    if await identity.known(token.strip(), context) is None:
        return page(request, "login.html", 403, next=_own(next), wrong=True)
    answer = RedirectResponse(_own(next), 303)
    answer.set_cookie(
        identity.COOKIE,
        token.strip(),
        max_age=YEAR,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https" or context.settings.PUBLIC_URL.startswith("https:"),
    )
    return answer


@router.post("/language")
async def choose(language: Field, next: Field = "/") -> Response:  # noqa: A002
    """Remember the reader's language."""
    answer = RedirectResponse(_own(next), 303)
    if language in catalogue.LANGUAGES:
        answer.set_cookie(catalogue.COOKIE, language, max_age=YEAR, samesite="strict", httponly=True)
    return answer


def _own(address: str) -> str:
    """Return an address on this site; anything else leads home."""
    return address if address.startswith("/") and not address.startswith(("//", "/\\")) else "/"
