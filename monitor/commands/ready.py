"""Documents that somebody else has read already: one line of JSON each, believed as far as it can be true."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from monitor.domain.dates import is_plausible
from monitor.domain.errors import Permanent
from monitor.domain.model import Document
from monitor.domain.text import summarize, writable_json
from monitor.domain.urls import url_key

AHEAD = timedelta(days=3660)  # a date this far off is none of an article's
LONGEST_LINE = 8 * 1024 * 1024  # bytes
LONGEST_TITLE, LONGEST_WORD = 500, 200  # characters


@dataclass(frozen=True)
class Ready:
    """One line of a file of documents."""

    url_key: str
    url: str
    document: Document


def ready(raw: bytes, now: datetime) -> Ready | str:
    """Return a document, or why the line is refused."""
    if len(raw) > LONGEST_LINE:
        return "longer than 8 MB"
    try:
        given = orjson.loads(writable_json(raw.decode("utf-8-sig")))
        if not isinstance(given, dict):
            return "is no JSON object"
        url, document = _address(given), document_of(given)
        return _unfit(document, now) or Ready(url_key(url), url, document)
    except UnicodeDecodeError as error:
        return f"is no UTF-8: {error}"
    except orjson.JSONDecodeError as error:
        return f"is no JSON: {error}"
    except (Permanent, ValueError, OverflowError) as error:
        return str(error)


def document_of(given: dict[str, Any]) -> Document:
    """Return the document of one line of design.md's ready documents; raises ValueError for what is none."""
    text, title = _text(given, "text"), _text(given, "title")[:LONGEST_TITLE]
    return Document(
        title=title,
        text=text,
        language=_language(_text(given, "language"), text, title),
        published_at=_moment(given.get("published_at")),
        publisher=_text(given, "publisher")[:LONGEST_WORD],
        country=_text(given, "country")[:LONGEST_WORD],
        authors=_names(given.get("authors")),
        summary=_text(given, "summary") or summarize(text.splitlines(), title),
        reader="ingest",
    )


def _unfit(document: Document, now: datetime) -> str:
    """Return why a document cannot be used; an incident would last until its reports' date, however far off."""
    if not (document.title or document.text):
        return "has neither title nor text"
    if document.published_at and not is_plausible(document.published_at, now, AHEAD):
        return f"published_at is no date of an article: {document.published_at.isoformat()}"
    return ""


def _address(given: dict[str, Any]) -> str:
    """Return the address of a document; one that has but an id gets one of its own."""
    if url := _text(given, "url"):
        return url
    named = given.get("id")
    if isinstance(named, bool) or not isinstance(named, str | int) or named == "":
        raise ValueError("has neither 'url' nor 'id'")
    return f"https://ingest.invalid/{named}"


def _text(given: dict[str, Any], name: str) -> str:
    value = given.get(name)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{name} is no text")
    return value or ""


def _names(given: Any) -> tuple[str, ...]:
    """Return names from a list, or one name."""
    names = [given] if isinstance(given, str) else given or []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError("authors is no list of names")
    return tuple(name[:LONGEST_WORD] for name in names if name)


def _moment(given: Any) -> datetime | None:
    """Return a time in UTC; one without a zone is read as such."""
    if not given and given != 0:
        return None
    try:
        moment = datetime.fromisoformat(str(given))
    except ValueError as error:
        raise ValueError(f"published_at is no ISO 8601 time: {str(given)[:40]!r}") from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _language(stated: str, text: str, title: str) -> str:
    """Return the tag that is stated, as we write it; what states none is asked for its own."""
    from monitor.adapters.language import language_of, normal_tag  # its detector is slow to import

    return normal_tag(stated) or language_of(text, title, "")
