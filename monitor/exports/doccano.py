"""doccano: JSON Lines for text classification, with spans for quoted words."""

import json
from typing import Any

from monitor.domain.records import Record


def line(record: Record, scheme: str, question: str) -> str:
    """Return one line: the values of a question as labels, each once; quoted words as `[start, end, id]`."""
    values: list[Any] = []
    spans: list[list[Any]] = []
    for label in record.labels:
        if (label.scheme, label.question) != (scheme, question):
            continue
        for one in label.value if isinstance(label.value, list) else [label.value]:
            identity = one["id"] if isinstance(one, dict) else one
            quote = one.get("quote", "") if isinstance(one, dict) else ""
            values += [identity] if identity not in values else []
            start = record.text.find(quote) if quote else -1
            spans += [[start, start + len(quote), identity]] if start >= 0 else []
    meta = {
        "article_id": record.id,
        "url": record.url,
        "title": record.title,
        "language": record.language,
        "incident_id": record.incident_id,
        "archive_url": record.archive_url,
        "archive_state": record.archive_state,
        "scheme": scheme,
        "question": question,
        "labellers": sorted({label.labeller for label in record.labels}),
    }
    found = {
        "id": record.id,
        "text": record.text or record.title,
        "label": values,
        "spans": spans,
        "meta": meta,
    }
    return json.dumps(found, ensure_ascii=False) + "\n"
