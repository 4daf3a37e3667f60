"""Prodigy: JSON Lines of the `choice` interface, one line per labeller and question."""

import hashlib
import json
from typing import Any

from monitor.domain.labels import Question, Scheme
from monitor.domain.records import Record, SaidLabel


def lines(record: Record, scheme: Scheme, question: Question) -> str:
    """Return a line for each labeller's answer; one without an answer where nobody has labelled the article."""
    given = [one for one in record.labels if (one.scheme, one.question) == (scheme.id, question.id)]
    asked: list[SaidLabel | None] = [*given] or [None]
    return "".join(_line(record, scheme, question, one) for one in asked)


def _line(record: Record, scheme: Scheme, question: Question, label: SaidLabel | None) -> str:
    text = record.text or record.title
    found: dict[str, Any] = {
        "text": text,
        "meta": {
            "article_id": record.id,
            "url": record.url,
            "title": record.title,
            "archive_url": record.archive_url,
            "archive_state": record.archive_state,
            "scheme": scheme.id,
            "question": question.id,
        },
        "options": [{"id": one.id, "text": one.title.get("en", one.id)} for one in question.options],
        "_input_hash": _hash(str(record.id), text),
        "_task_hash": _hash(str(record.id), text, scheme.id, str(scheme.version), question.id),
        "_view_id": "choice",
    }
    if label is not None:
        values = label.value if isinstance(label.value, list) else [label.value]
        found |= {
            "accept": [one["id"] if isinstance(one, dict) else one for one in values],
            "spans": _spans(record, values),
            "answer": "accept",
            "_annotator_id": label.labeller,
            "_timestamp": int(label.at.timestamp()),
        }
    return json.dumps(found, ensure_ascii=False) + "\n"


def _spans(record: Record, values: list[Any]) -> list[dict[str, Any]]:
    spans = []
    for one in values:
        quote = one.get("quote", "") if isinstance(one, dict) else ""
        start = record.text.find(quote) if quote else -1
        if start >= 0:
            spans.append({"start": start, "end": start + len(quote), "label": one["id"]})
    return spans


def _hash(*parts: str) -> int:
    """Return a signed 32-bit number that is the same for the same parts."""
    return int.from_bytes(hashlib.sha256("\x1f".join(parts).encode()).digest()[:4], "big", signed=True)
