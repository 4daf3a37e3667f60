"""Label Studio: tasks with annotations and predictions, and the labelling interface that fits them.

Formats: labelstud.io/guide/task_format and /guide/predictions. A question is the control `scheme.question`; quoted
words are regions of the text.
"""

import json
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import quoteattr

from monitor.domain.labels import Answer, Question, Scheme
from monitor.domain.records import Record, SaidLabel, Suggestion

TEXT = "text"


def control(scheme: str, question: str) -> str:
    """Return the name of a question's control."""
    return f"{scheme}.{question}"


def task(record: Record) -> str:
    """Return one task as JSON."""
    by_labeller: dict[str, list[SaidLabel]] = {}
    for label in record.labels:
        by_labeller.setdefault(label.labeller, []).append(label)
    by_model: dict[str, list[Suggestion]] = {}
    for suggestion in record.suggestions:
        by_model.setdefault(f"{suggestion.suggester}/{suggestion.model}", []).append(suggestion)
    found = {
        "data": {
            "text": record.text or record.title,
            "title": record.title,
            "url": record.url,
            "article_id": record.id,
            "language": record.language,
            "publisher": record.publisher,
            "published_at": record.published_at.isoformat() if record.published_at else None,
            "incident_id": record.incident_id,
            "archive_url": record.archive_url,
            "archive_state": record.archive_state,
        },
        "meta": {"source": record.source, "content_hash": record.content_hash},
        "annotations": [_annotation(record, labels) for labels in by_labeller.values()],
        "predictions": [_prediction(record, model, given) for model, given in by_model.items()],
    }
    return json.dumps(found, ensure_ascii=False)


def interface(schemes: Sequence[Scheme], language: str = "en") -> str:
    """Return the XML of the labelling interface for some schemes."""
    controls = "".join(
        _control(scheme, question, language) for scheme in schemes for question in scheme.questions
    )
    names = [control(scheme.id, question.id) for scheme in schemes for question in scheme.questions]
    text = f'  <Header value="$title"/>\n  <Text name="{TEXT}" value="$text"/>\n'
    return f"<View>\n{text}{_marks('evidence', names)}{controls}</View>\n"


def _annotation(record: Record, labels: list[SaidLabel]) -> dict[str, Any]:
    result = [part for label in labels for part in _result(record, label)]
    return {
        "result": result,
        "was_cancelled": False,
        "ground_truth": False,
        "lead_time": next((label.seconds for label in labels if label.seconds is not None), None),
        "created_at": min(label.at for label in labels).isoformat(),
        "meta": {"labeller": labels[0].labeller},
    }


def _prediction(record: Record, model: str, given: list[Suggestion]) -> dict[str, Any]:
    result = [part for suggestion in given for part in _result(record, suggestion)]
    return {"model_version": model, "score": round(min(one.score for one in given), 4), "result": result}


def _result(record: Record, label: SaidLabel | Suggestion) -> list[dict[str, Any]]:
    """Return a label as regions: its choices, its text, its quoted words."""
    name, value = control(label.scheme, label.question), label.value
    quotes = [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
    ids = (
        [one["id"] if isinstance(one, dict) else one for one in value] if isinstance(value, list) else [value]
    )
    parts = [_part(name, label, "choices", {"choices": ids})]
    for one in quotes:
        parts += _region(record, f"{name}.quote", label, one.get("quote", ""), one["id"])
    if isinstance(label, SaidLabel) and label.quote:
        parts += _region(record, "evidence", label, label.quote, name)
    if label.rationale:
        parts.append(_part(f"{name}.why", label, "textarea", {"text": [label.rationale]}))
    return parts


def _region(
    record: Record, name: str, label: SaidLabel | Suggestion, quote: str, mark: str
) -> list[dict[str, Any]]:
    """Return the place of quoted words in the text; none where they do not stand there."""
    start = record.text.find(quote) if quote else -1
    if start < 0:
        return []
    value = {"start": start, "end": start + len(quote), "text": quote, "labels": [mark]}
    return [_part(name, label, "labels", value, extra=f"{mark}-{start}")]


def _part(
    name: str, label: SaidLabel | Suggestion, kind: str, value: dict[str, Any], extra: str = ""
) -> dict[str, Any]:
    identity = f"{getattr(label, 'id', label.question)}-{name}{'-' + extra if extra else ''}"
    return {"id": identity, "from_name": name, "to_name": TEXT, "type": kind, "value": value}


def _control(scheme: Scheme, question: Question, language: str) -> str:
    name, to = control(scheme.id, question.id), quoteattr(TEXT)
    title = quoteattr(question.title.get(language) or question.title.get("en", question.id))
    head, why = f"  <Header value={title}/>\n", f"  <TextArea name={quoteattr(f'{name}.why')} toName={to}/>\n"
    if question.answer is Answer.TEXT:
        return f"{head}  <TextArea name={quoteattr(name)} toName={to}/>\n{why}"
    single = quoteattr("single" if question.answer is Answer.CHOICE else "multiple")
    needed = quoteattr("true" if question.required else "false")
    options = "".join(f"    <Choice value={quoteattr(option.id)}/>\n" for option in question.options)
    choices = f"  <Choices name={quoteattr(name)} toName={to} choice={single} required={needed}>\n{options}  </Choices>\n"
    quoted = _marks(f"{name}.quote", [one.id for one in question.options])
    return head + choices + (quoted if question.answer is Answer.QUOTED else "") + why


def _marks(name: str, values: Sequence[str]) -> str:
    """Return a control that marks words of the text."""
    marks = "".join(f"    <Label value={quoteattr(value)}/>\n" for value in values)
    return f"  <Labels name={quoteattr(name)} toName={quoteattr(TEXT)}>\n{marks}  </Labels>\n"
