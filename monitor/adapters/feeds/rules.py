"""An operator's expressions, run by RE2: no expression and no text can make it slow."""

from functools import lru_cache
from typing import Any

import re2

from monitor.domain.errors import Permanent


def found(expression: str, text: str) -> bool:
    """Tell whether an expression is found in a text; raises Permanent("bad-expression") for one that is none."""
    return compiled(expression).search(text.encode("utf-8", "replace").decode()) is not None


@lru_cache(maxsize=1024)
def compiled(expression: str) -> Any:
    """Return an expression, compiled once; the dot also means a new line."""
    options = re2.Options()
    options.dot_nl = True
    options.log_errors = False
    try:
        return re2.compile(expression, options)
    except re2.error as error:
        raise Permanent("bad-expression", detail=f"{expression[:80]}: {error}") from error
