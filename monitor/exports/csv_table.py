"""CSV: one row per article, or one per label. No cell acts when a spreadsheet opens it.

A cell that begins like a formula gets an apostrophe before it, which spreadsheets take as "this is text"
(OWASP, CSV Injection); reading it back, `plain` takes it away again.
"""

import csv
import io
from typing import Any

from monitor.domain.records import Record, SaidLabel
from monitor.domain.text import printable

BOM = "\ufeff"  # without it, spreadsheets guess the encoding of Chinese wrongly
ACTING = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")
ARTICLE_COLUMNS = (
    "article_id",
    "url",
    "title",
    "language",
    "publisher",
    "country",
    "published_at",
    "found_at",
    "source",
    "topics",
    "state",
    "label_state",
    "incident_id",
    "incident_title",
    "copy_of",
    "archive_url",
    "archive_state",
    "labels",
    "text",
)
LABEL_COLUMNS = (
    "article_id",
    "url",
    "scheme",
    "question",
    "value",
    "labeller",
    "at",
    "rationale",
    "quote",
    "archive_url",
    "archive_state",
)


def safe(value: object) -> str:
    """Return a cell that is text, whatever it holds; control characters are dropped."""
    text = "" if value is None else printable(str(value))
    return f"'{text}" if text.startswith(ACTING) else text


def plain(cell: str) -> str:
    """Return what `safe` was given."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(ACTING) else cell


def article_head() -> str:
    """Return the first line of a table of articles."""
    return BOM + _row(ARTICLE_COLUMNS)


def article_row(record: Record) -> str:
    """Return one article's row."""
    said = "; ".join(
        f"{one.scheme}:{one.question}={shown(one.value)} ({one.labeller})" for one in record.labels
    )
    values: dict[str, object] = {
        **vars(record),
        "article_id": record.id,
        "published_at": record.published_at.isoformat() if record.published_at else "",
        "found_at": record.found_at.isoformat(),
        "topics": "; ".join(record.topics),
        "labels": said,
    }
    return _row([values[name] for name in ARTICLE_COLUMNS])


def label_head() -> str:
    """Return the first line of a table of labels."""
    return BOM + _row(LABEL_COLUMNS)


def label_rows(record: Record) -> str:
    """Return a row for each label of an article."""
    return "".join(_row(_label(record, one)) for one in record.labels)


def shown(value: Any) -> str:
    """Return a value as one cell: lists with commas between, quotes left out."""
    if isinstance(value, list):
        return ", ".join(str(one["id"] if isinstance(one, dict) else one) for one in value)
    return str(value)


def _label(record: Record, one: SaidLabel) -> list[object]:
    return [
        record.id,
        record.url,
        one.scheme,
        one.question,
        shown(one.value),
        one.labeller,
        one.at.isoformat(),
        one.rationale,
        one.quote,
        record.archive_url,
        record.archive_state,
    ]


def _row(cells: Any) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow([safe(cell) for cell in cells])
    return buffer.getvalue()
