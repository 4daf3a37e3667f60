"""Parameters that a route of the API does not know are refused: an ignored filter answers with everything."""

from typing import Any

from fastapi import Request

from monitor.web.problems import Refusal

LONGEST = 100  # signs of a name that are said back


async def only_known(request: Request) -> None:
    """Refuse a query with a parameter that this route does not take, and name those that it takes."""
    if not request.query_params:
        return
    known = _taken_by(request.scope["route"].dependant)
    unknown = [name for name in request.query_params if name not in known]
    if unknown:
        takes = f"there are {', '.join(sorted(known))}" if known else "this takes none"
        raise Refusal(400, "unknown-parameter", f"no parameter is called {unknown[0][:LONGEST]!r}; {takes}")


def _taken_by(dependant: Any) -> set[str]:
    """Return the names of the query parameters of a route and of all that it depends on."""
    own = {field.alias for field in dependant.query_params}
    return own.union(*map(_taken_by, dependant.dependencies))
