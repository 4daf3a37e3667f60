"""Reads labels back from files of the tools that we export to; what cannot be read is told and left out."""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from monitor.domain.labels import Answer, Judgement, Scheme
from monitor.domain.refused import Refused
from monitor.domain.returned import Parsed, Returned
from monitor.domain.text import writable, writable_json
from monitor.exports.argilla import question_name
from monitor.exports.csv_table import BOM, plain

BY_LINE = {"argilla", "doccano", "jsonl", "prodigy"}
LARGEST_ID = 2**62
LONGEST = 10.0**9  # seconds
WRONG = (
    TypeError,
    ValueError,
    AttributeError,
    IndexError,
    RecursionError,
    ArithmeticError,
    OSError,
)  # dates give the last
Schemes = Mapping[str, Scheme]


def parse(tool: str, text: str, schemes: Schemes) -> Parsed:
    """Return the labels of a file; raise Refused for a file that is none of the tool's."""
    if tool not in READERS:
        raise Refused("unknown-tool", f"choose one of {', '.join(sorted(READERS))}")
    labels: list[Returned] = []
    problems: list[str] = []
    text = text.removeprefix(BOM)
    for where, part in _parts(tool, writable(text) if tool == "labels-csv" else writable_json(text)):
        try:
            read = READERS[tool](json.loads(part) if tool in BY_LINE else part, schemes)
            labels += [_possible(one) for one in read]
        except KeyError as missing:
            problems.append(f"{where}: there is no {missing}"[:300])
        except WRONG as error:
            problems.append(f"{where}: {type(error).__name__}: {error}"[:300])
    return Parsed(tuple(labels), tuple(problems))


def _possible(label: Returned) -> Returned:
    """Return a label whose article can have its number."""
    if label.article_id is not None and not 0 < label.article_id <= LARGEST_ID:
        raise ValueError(f"no article has the number {label.article_id:.6g}")
    return label


def _parts(tool: str, text: str) -> Iterator[tuple[str, Any]]:
    """Yield the tasks, lines or rows of a file with the place where each stands."""
    if tool == "labels-csv":
        yield from ((f"row {number}", row) for number, row in enumerate(_rows(text), 2))
    elif tool == "label-studio":
        yield from ((f"task {number}", task) for number, task in enumerate(_whole(text), 1))
    else:
        lines = text.split("\n")  # the other ends of lines that splitlines knows may stand inside a text
        yield from ((f"line {number}", line) for number, line in enumerate(lines, 1) if line.strip())


def _rows(text: str) -> Iterator[Any]:
    try:
        yield from csv.DictReader(io.StringIO(text, newline=""), delimiter=_between(text))
    except csv.Error as error:
        raise Refused("unreadable-file", f"this is no CSV of labels: {error}") from error


def _between(text: str) -> str:
    """Return what stands between cells: spreadsheets of countries with decimal commas write semicolons."""
    head = text.partition("\n")[0]
    return max(",;\t", key=head.count)


def _whole(text: str) -> list[Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Refused("unreadable-file", f"this is no JSON: {error}") from error
    if not isinstance(found, list):
        raise Refused("unreadable-file", "export the tasks as one JSON list")
    return found


def _label_studio(task: Any, _schemes: Schemes) -> list[Returned]:
    article = int(task["data"]["article_id"])
    found = []
    for annotation in task.get("annotations", []):
        if annotation.get("was_cancelled"):
            continue
        parts: dict[str, dict[str, Any]] = {}
        for part in annotation["result"]:
            _take(parts, part)
        at, seconds = _time(annotation.get("created_at")), _seconds(annotation.get("lead_time"))
        for name, part in parts.items():
            if "ids" in part:
                judgement = _judgement(name, part, _schemes)
                found.append(Returned(judgement, _completed_by(annotation), article, at=at, seconds=seconds))
    return found


def _take(parts: dict[str, dict[str, Any]], part: Any) -> None:
    """Put one region where it belongs: choices, reason, quoted words, evidence."""
    name, value = str(part["from_name"]), part["value"]
    if part["type"] == "choices":
        parts.setdefault(name, {})["ids"] = [str(one) for one in value["choices"]]
    elif part["type"] == "textarea" and name.endswith(".why"):
        parts.setdefault(name.removesuffix(".why"), {})["why"] = str(value["text"][0])
    elif part["type"] == "textarea":
        parts.setdefault(name, {})["ids"] = [str(value["text"][0])]
    elif name == "evidence":
        parts.setdefault(str(value["labels"][0]), {})["evidence"] = str(value["text"])
    elif name.endswith(".quote"):
        quotes = parts.setdefault(name.removesuffix(".quote"), {}).setdefault("quotes", {})
        quotes[str(value["labels"][0])] = str(value["text"])


def _completed_by(annotation: Any) -> str:
    named = (annotation.get("meta") or {}).get("labeller")
    who = annotation.get("completed_by")
    return str(named or (who.get("email") if isinstance(who, dict) else None) or f"label-studio:{who or 0}")


def _judgement(name: str, part: Mapping[str, Any], schemes: Schemes) -> Judgement:
    """Return a judgement from the name of its question and what was said."""
    scheme, _, question = name.partition(".")
    value = _value(part["ids"], part.get("quotes", {}), scheme, question, schemes)
    return Judgement(scheme, question, value, part.get("why", ""), part.get("evidence", ""))


def _value(ids: list[str], quotes: Mapping[str, str], scheme: str, question: str, schemes: Schemes) -> Any:
    """Return ids in the shape that the question wants."""
    asked = schemes[scheme].question(question)
    if asked is None:
        raise ValueError(f"there is no question {scheme}.{question}")
    if asked.answer is Answer.QUOTED:
        return [{"id": one, "quote": quotes.get(one, "")} for one in ids]
    return ids if asked.answer is Answer.CHOICES else ids[0]


def _doccano(line: Any, schemes: Schemes) -> list[Returned]:
    meta = line.get("meta") or line.get("metadata") or line
    labels = line.get("label", line.get("labels")) or []
    scheme, question = str(meta["scheme"]), str(meta["question"])
    quotes = {name: line["text"][start:end] for start, end, name in line.get("spans", [])}
    ids = [str(one) for one in labels if not isinstance(one, list)]
    quotes |= {str(one[2]): line["text"][one[0] : one[1]] for one in labels if isinstance(one, list)}
    ids = list(dict.fromkeys([*ids, *quotes]))
    if not ids:
        return []
    value = _value(ids, quotes, scheme, question, schemes)
    who = str(line.get("username") or line.get("annotator") or "doccano")
    return [Returned(Judgement(scheme, question, value), who, int(meta["article_id"]))]


def _argilla(line: Any, schemes: Schemes) -> list[Returned]:
    names = {
        question_name(scheme.id, question.id): (scheme.id, question.id)
        for scheme in schemes.values()
        for question in scheme.questions
    }
    article = int((line.get("metadata") or {}).get("article_id", line["id"]))
    found = []
    for response in line.get("responses", []):
        if response.get("status", "submitted") != "submitted":
            continue
        for name, given in response["values"].items():
            scheme, question = names[name]
            value = given["value"]
            ids = [str(one) for one in value] if isinstance(value, list) else [str(value)]
            judgement = Judgement(scheme, question, _value(ids, {}, scheme, question, schemes))
            who = str(response.get("user_name") or f"argilla:{response.get('user_id', 0)}")
            found.append(Returned(judgement, who, article))
    return found


def _prodigy(line: Any, schemes: Schemes) -> list[Returned]:
    if line.get("answer") != "accept" or not line.get("accept"):
        return []
    meta = line["meta"]
    quotes = {str(one["label"]): line["text"][one["start"] : one["end"]] for one in line.get("spans", [])}
    ids = [str(one) for one in line["accept"]]
    value = _value(ids, quotes, meta["scheme"], meta["question"], schemes)
    at = datetime.fromtimestamp(line["_timestamp"], UTC) if line.get("_timestamp") else None
    who = str(line.get("_annotator_id") or "prodigy")
    return [Returned(Judgement(meta["scheme"], meta["question"], value), who, int(meta["article_id"]), at=at)]


def _jsonl(line: Any, _schemes: Schemes) -> list[Returned]:
    number = str(line.get("id", ""))
    article = int(number) if number.isdigit() else None
    return [
        Returned(
            Judgement(
                str(one["scheme"]),
                str(one["question"]),
                one["value"],
                str(one.get("rationale", "")),
                str(one.get("quote", "")),
            ),
            str(one["labeller"]),
            article,
            str(line.get("url", "")),
            _time(one.get("at")),
        )
        for one in line.get("labels", [])
    ]


def _csv(row: Any, schemes: Schemes) -> list[Returned]:
    cells = {name: plain(cell or "") for name, cell in row.items() if name}
    value = _value(_ids(cells, schemes), {}, cells["scheme"], cells["question"], schemes)
    judgement = Judgement(
        cells["scheme"], cells["question"], value, cells.get("rationale", ""), cells.get("quote", "")
    )
    number = cells.get("article_id", "")
    article = int(number) if number else None
    return [Returned(judgement, cells["labeller"], article, cells.get("url", ""), _time(cells.get("at")))]


def _ids(cells: Mapping[str, str], schemes: Schemes) -> list[str]:
    """Return what a cell lists; free words are one piece, whatever commas they hold."""
    asked = schemes[cells["scheme"]].question(cells["question"])
    if asked is not None and asked.answer is Answer.TEXT:
        return [cells["value"]]
    if not (ids := [part.strip() for part in cells["value"].split(",") if part.strip()]):
        raise ValueError("the cell `value` is empty")
    return ids


def _time(text: Any) -> datetime | None:
    if not text:
        return None
    moment = datetime.fromisoformat(str(text))
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _seconds(given: Any) -> float | None:
    """Return how long somebody took; what is no such number is left out."""
    return float(given) if isinstance(given, int | float) and 0 <= given <= LONGEST else None


READERS: Mapping[str, Callable[[Any, Schemes], list[Returned]]] = {
    "label-studio": _label_studio,
    "doccano": _doccano,
    "argilla": _argilla,
    "prodigy": _prodigy,
    "jsonl": _jsonl,
    "labels-csv": _csv,
}
