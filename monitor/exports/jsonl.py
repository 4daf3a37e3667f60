"""JSON Lines: one document a line, as `ingest` and `evaluate` read them, with its labels beside it."""

import json
from typing import Any

from monitor.domain.records import Record


def document(record: Record) -> dict[str, Any]:
    """Return an article as the fields that other tools of ours read, and what was said of it."""
    return {
        "id": str(record.id),
        "url": record.url,
        "title": record.title,
        "text": record.text,
        "language": record.language,
        "published_at": record.published_at.isoformat() if record.published_at else None,
        "publisher": record.publisher,
        "authors": list(record.authors),
        "country": record.country,
        "source": record.source,
        "topics": list(record.topics),
        "state": record.state,
        "incident": str(record.incident_id) if record.incident_id is not None else None,
        "copy_group": str(record.copy_of or record.id),
        "archive_url": record.archive_url or None,
        "archive_state": record.archive_state or None,
        "labels": [
            {
                "scheme": one.scheme,
                "question": one.question,
                "value": one.value,
                "labeller": one.labeller,
                "at": one.at.isoformat(),
                "rationale": one.rationale,
                "quote": one.quote,
            }
            for one in record.labels
        ],
        "suggestions": [vars(one) for one in record.suggestions],
    }


def line(record: Record) -> str:
    """Return one line."""
    return json.dumps(document(record), ensure_ascii=False) + "\n"
