"""Where hubs reach us: they confirm what we asked for, and say that a feed has something new.

The addresses are open, for hubs know no token of ours; each carries one that only its hub was told.
"""

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse

from monitor.web.context import Pushes, SourceActions
from monitor.web.problems import Refusal

router = APIRouter(include_in_schema=False)
PATH = "/websub/{source}/{token}"
LARGEST_PUSH = 1024 * 1024  # bytes; hubs send whole entries, which we do not read


@router.get(PATH)
async def confirm(request: Request, source: str, token: str) -> Response:
    """Confirm to a hub what we asked it for; 404 for anything else."""
    challenge = _pushes(request, source, token).confirmed(source, request.query_params)
    if challenge is None:
        raise Refusal(404, "not-found", "we did not ask for this")
    return PlainTextResponse(challenge)


@router.post(PATH)
async def pushed(request: Request, source: str, token: str) -> Response:
    """Poll the source soon; a push that is not signed as agreed is answered alike and changes nothing."""
    pushes, actions = _pushes(request, source, token), _actions(request)
    body = await request.body()
    signature = request.headers.get("x-hub-signature", "")
    if actions and len(body) <= LARGEST_PUSH and pushes.believes(source, body, signature):
        await actions.poll_now(source)
    return Response(status_code=202)


def _pushes(request: Request, source: str, token: str) -> Pushes:
    pushes: Pushes | None = request.app.state.pushes
    if pushes is None or not pushes.knows(source, token):
        raise Refusal(404, "not-found", "there is no such subscription")
    return pushes


def _actions(request: Request) -> SourceActions | None:
    actions: SourceActions | None = request.app.state.source_actions
    return actions
