"""What leaves the daemon: an article with everything that was said of it, and an incident with its articles."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class SaidLabel:
    """A label in force, as it is exported."""

    id: int
    scheme: str
    question: str
    value: Any
    labeller: str
    at: datetime
    rationale: str = ""
    quote: str = ""
    seconds: float | None = None


@dataclass(frozen=True)
class Suggestion:
    """A label that a suggester proposes; it counts for nothing until somebody takes it over."""

    scheme: str
    question: str
    value: Any
    suggester: str
    model: str
    score: float
    rationale: str = ""


@dataclass(frozen=True)
class Record:
    """An article as it is exported."""

    id: int
    url: str
    title: str
    text: str
    language: str
    published_at: datetime | None
    found_at: datetime
    publisher: str
    authors: tuple[str, ...]
    country: str
    source: str
    topics: tuple[str, ...]
    state: str
    label_state: str
    incident_id: int | None
    incident_title: str
    copy_of: int | None
    archive_url: str
    content_hash: str
    archive_state: str = ""
    labels: tuple[SaidLabel, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()


@dataclass(frozen=True)
class Reference:
    """One address that reports on an incident, and where it is archived."""

    url: str
    title: str
    published_at: datetime | None
    authors: tuple[str, ...]
    publisher: str
    archive_url: str
    copy: bool = False
    archive_state: str = ""


@dataclass(frozen=True)
class Technique:
    """A technique that an incident's articles show, with the words that show it."""

    id: str
    name: str
    quote: str


@dataclass(frozen=True)
class IncidentRecord:
    """An incident as it is exported."""

    id: int
    title: str
    summary: str
    topics: tuple[str, ...]
    first_report_at: datetime
    last_report_at: datetime
    updated_at: datetime
    created_at: datetime
    countries: tuple[str, ...]
    languages: tuple[str, ...]
    references: tuple[Reference, ...]
    techniques: tuple[Technique, ...] = ()
    labels: tuple[tuple[str, str, Any], ...] = ()  # scheme, question, value
    gone: tuple[int, ...] = ()  # numbers of incidents that were merged into it
