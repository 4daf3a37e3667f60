"""The articles that the replayed web publishes: one JSON line each in `data/*.jsonl`."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Article:
    """One published article, as its publisher has it."""

    key: str
    publisher: str
    host: str
    path: str
    channel: str
    page_title: str
    headline: str
    published_at: datetime
    country: str
    language: str
    authors: tuple[str, ...]
    source_named: str | None
    paragraphs: tuple[str, ...]
    summary: str
    copy_group: str | None = None
    copy_of: str | None = None
    incident: str | None = None
    relevance: str = "distractor"

    @property
    def url(self) -> str:
        """The address at which the article is served."""
        return f"http://{self.host}{self.path}"

    @property
    def text(self) -> str:
        """The article text alone, one paragraph a line."""
        return "\n".join(self.paragraphs)

    @property
    def author(self) -> str:
        """All authors in one line."""
        return ", ".join(self.authors)


def from_record(record: dict[str, Any]) -> Article:
    """Build an article from one JSON object; unknown keys are ignored."""
    known = {name: record[name] for name in _NAMES if name in record}
    known["published_at"] = datetime.fromisoformat(record["published_at"])
    known["authors"] = tuple(record["authors"])
    known["paragraphs"] = tuple(record["paragraphs"])
    return Article(**known)


def load(files: Iterable[Path] | None = None) -> list[Article]:
    """Read articles, oldest first; without `files` everything that `data/` holds."""
    found = sorted(DATA.glob("*.jsonl")) if files is None else files
    lines = (line for file in found for line in file.read_text("utf-8").split("\n") if line.strip())
    articles = [from_record(json.loads(line)) for line in lines]
    return sorted(articles, key=lambda article: (article.published_at, article.key))


_NAMES = tuple(spec.name for spec in fields(Article))
