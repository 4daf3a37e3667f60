"""What a worker process makes of a page: document, fingerprint, and a vector where it can matter."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from monitor.domain.errors import ConfigurationError, MonitorError
from monitor.domain.model import Document, Entry, Hints, Page, Reading, Topic
from monitor.domain.screen import screen
from monitor.domain.templates import Experience, TemplateState

REHEARSAL = Page(
    "http://a.example/rehearsal",
    "http://a.example/rehearsal",
    "text/html",
    b"<!doctype html><html lang=en><head><title>The rehearsal</title></head><body><article><h1>The rehearsal</h1>"
    b"<p class=byline>By Ann Example, 1 March 2026</p>"
    + b"<p>Before the first page of the day is read, a page that nobody will see is read to the end.</p>" * 8
    + b"</article></body></html>",
    datetime(2026, 3, 1, tzinfo=UTC),
)


@dataclass(frozen=True)
class Plan:
    """What a worker process is to do beside reading."""

    topics: tuple[Topic, ...] = ()
    encode: bool = False
    publishers: tuple[tuple[str, tuple[str, ...]], ...] = ()  # name, other names and hosts


def warm_up(*, encoder: bool = False) -> None:
    """Import what reading needs, and read a page: tables, and the encoder, are made when they are first used."""
    from monitor.adapters import feeds  # noqa: F401

    plan = Plan((Topic("rehearsals", any=("rehearsal",)),), encoder)
    with contextlib.suppress(MonitorError):
        read_by_site(REHEARSAL, Hints(), plan, TemplateState("a.example"))


def read_article(page: Page, hints: Hints, plan: Plan) -> Reading:
    """Read a page; raises Permanent where it holds no article."""
    from monitor.adapters.extract import read_page

    return complete(read_page(page, replace(hints, publishers=plan.publishers)), plan)


def read_by_site(page: Page, hints: Hints, plan: Plan, state: TemplateState) -> tuple[Reading, Experience]:
    """Read a page with what is known of its site; return too what that reading says about it."""
    from monitor.adapters.extract_template import read_with

    document, experience = read_with(page, replace(hints, publishers=plan.publishers), state)
    return complete(document, plan), experience


def read_entry_article(entry: Entry, hints: Hints, plan: Plan) -> Reading:
    """Read an entry that carries the whole text."""
    from monitor.adapters.extract import read_entry

    return complete(read_entry(entry, replace(hints, publishers=plan.publishers)), plan)


def complete(document: Document, plan: Plan) -> Reading:
    """Compute everything that later stages need of a document."""
    from monitor.adapters.fingerprint import content_hash, sketch
    from monitor.adapters.index_features import features, packed

    near = worth_encoding(document, plan.topics)
    vector, model = _encoded(document) if near and plan.encode else (None, "")
    text = document.text or document.title
    compared = packed(features(document.title, document.text)) if near else b""
    return Reading(document, content_hash(text), sketch(text), vector, model, compared)


def complete_all(documents: list[Document], plan: Plan) -> list[Reading]:
    """Complete many documents, for imports."""
    return [complete(document, plan) for document in documents]


def worth_encoding(document: Document, topics: Sequence[Topic]) -> bool:
    """Tell whether a vector can matter: it costs as much as the whole reading, and most news is on no topic."""
    plain = [replace(topic, like=()) for topic in topics if not topic.like]
    near = [replace(topic, like=(), all_of=(), none_of=()) for topic in topics if topic.like and topic.any]
    return any(topic.like and not topic.any for topic in topics) or screen(document, [*plain, *near]).passed


def _encoded(document: Document) -> tuple[bytes | None, str]:
    from monitor.adapters.embed import MODEL, encode, passage

    try:
        (vector,) = encode([passage(document.title, document.text)])
    except ConfigurationError:  # no encoder on this platform: words alone decide, and the verdict says so
        return None, ""
    return vector or None, MODEL
