"""Words for the page that a form leads back to: in its address, sealed, so that no link can put others there."""

import hmac
import secrets
from hashlib import blake2b
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, Query
from fastapi.responses import RedirectResponse

LONGEST = 300
_KEY = secrets.token_bytes(16)  # of this process: words from before a restart are old anyway


def back(address: str, words: str = "") -> RedirectResponse:
    """Lead to a page, which tells the words."""
    cut = words[:LONGEST]
    return RedirectResponse(f"{address}?told={quote(f'{_seal(cut)}.{cut}')}" if cut else address, 303)


def opened(told: Annotated[str, Query(max_length=2 * LONGEST)] = "") -> str:
    """Return the words of an address, "" where they are not ours."""
    seal, _, words = told.partition(".")
    return words if hmac.compare_digest(seal.encode(), _seal(words).encode()) else ""


def _seal(words: str) -> str:
    return blake2b(words.encode(errors="replace"), key=_KEY, digest_size=9).hexdigest()


Told = Annotated[str, Depends(opened)]
