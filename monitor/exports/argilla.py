"""Argilla: records with suggestions and responses; a question's name is `scheme_question`."""

import json
import uuid
from typing import Any

from monitor.domain.records import Record, SaidLabel

PEOPLE = uuid.UUID("6f1f4b1e-6a0f-5f0c-9b0e-2f6f8d0d1a11")  # whoever labels gets an id that never changes


def question_name(scheme: str, question: str) -> str:
    """Return a question's name as Argilla allows it: lower case, no dots."""
    return f"{scheme}__{question}".lower().replace(".", "_").replace("-", "_")


def line(record: Record) -> str:
    """Return one record."""
    by_labeller: dict[str, list[SaidLabel]] = {}
    for label in record.labels:
        by_labeller.setdefault(label.labeller, []).append(label)
    best: dict[str, Any] = {}
    for one in sorted(record.suggestions, key=lambda one: one.score):
        name = question_name(one.scheme, one.question)  # one suggestion per question: the surest
        value = {"question_name": name, "value": _plain(one.value), "agent": f"{one.suggester}/{one.model}"}
        best[name] = value | {"score": round(one.score, 4)}
    found = {
        "id": str(record.id),
        "fields": {"title": record.title, "text": record.text or record.title},
        "metadata": {
            "article_id": record.id,
            "url": record.url,
            "language": record.language,
            "publisher": record.publisher,
            "incident_id": record.incident_id,
            "published_at": record.published_at.isoformat() if record.published_at else None,
            "archive_url": record.archive_url or None,
            "archive_state": record.archive_state or None,
        },
        "suggestions": list(best.values()),
        "responses": [_response(name, labels) for name, labels in by_labeller.items()],
    }
    return json.dumps(found, ensure_ascii=False) + "\n"


def _response(labeller: str, labels: list[SaidLabel]) -> dict[str, Any]:
    values = {question_name(one.scheme, one.question): {"value": _plain(one.value)} for one in labels}
    user = str(uuid.uuid5(PEOPLE, labeller))
    return {"user_id": user, "user_name": labeller, "status": "submitted", "values": values}


def _plain(value: Any) -> Any:
    return (
        [one["id"] if isinstance(one, dict) else one for one in value] if isinstance(value, list) else value
    )
