"""What an article's answer means: a page to read, trouble that will pass, or the end."""

from datetime import timedelta

from monitor.domain.errors import Permanent, Transient
from monitor.domain.model import Page, Response

OK = range(200, 300)
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 530})
REFUSED = frozenset({401, 402, 403, 407, 451})
GONE = frozenset({404, 410})


def page_of(response: Response, *, challenge: str, retry_after: timedelta | None) -> Page:
    """Return the page; raise Transient for an answer that may be better later, Permanent for one that will not.

    `challenge` names the wall that was put up instead of the page ("" for none): it is never an article.
    """
    status = response.status
    if challenge:
        raise Transient("blocked", detail=challenge, retry_after=retry_after)
    if status in PASSING:
        raise Transient(f"http-{status}", retry_after=retry_after)
    if status in GONE:
        raise Permanent("gone", detail=f"http-{status}")
    if status in REFUSED:
        raise Permanent("refused", detail=f"http-{status}")
    if status not in OK:
        raise Permanent(f"http-{status}")
    if response.truncated:
        raise Permanent("too-large", detail=f"over {len(response.body)} bytes")
    if not response.body.strip():
        raise Permanent("empty-page")
    content_type = response.headers.get("content-type", "")
    return Page(response.url, response.final_url, content_type, response.body, response.fetched_at)
