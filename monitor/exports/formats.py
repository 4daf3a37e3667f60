"""Every format of exported articles by its name, and how a file of it is written piece by piece."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass

from monitor.domain.labels import Question, Scheme
from monitor.domain.records import Record
from monitor.domain.refused import Refused
from monitor.exports import argilla, csv_table, doccano, jsonl, label_studio, prodigy


@dataclass(frozen=True)
class Asked:
    """Which question an export is about, for formats that know only one."""

    scheme: Scheme
    question: Question


@dataclass(frozen=True)
class Format:
    """A kind of file: what stands before, for each article, between, and after."""

    media_type: str
    suffix: str
    one: Callable[[Record, Asked], str]
    head: Callable[[], str] = lambda: ""
    between: str = ""
    tail: str = ""


FORMATS: Mapping[str, Format] = {
    "jsonl": Format("application/x-ndjson", "jsonl", lambda record, _: jsonl.line(record)),
    "csv": Format(
        "text/csv; charset=utf-8",
        "csv",
        lambda record, _: csv_table.article_row(record),
        csv_table.article_head,
    ),
    "labels-csv": Format(
        "text/csv; charset=utf-8", "csv", lambda record, _: csv_table.label_rows(record), csv_table.label_head
    ),
    "label-studio": Format(
        "application/json",
        "json",
        lambda record, _: label_studio.task(record),
        lambda: "[\n",
        between=",\n",
        tail="\n]\n",
    ),
    "doccano": Format(
        "application/x-ndjson",
        "jsonl",
        lambda record, asked: doccano.line(record, asked.scheme.id, asked.question.id),
    ),
    "argilla": Format("application/x-ndjson", "jsonl", lambda record, _: argilla.line(record)),
    "prodigy": Format(
        "application/x-ndjson",
        "jsonl",
        lambda record, asked: prodigy.lines(record, asked.scheme, asked.question),
    ),
}


def asked_of(schemes: Mapping[str, Scheme], scheme: str = "oecd", question: str = "") -> Asked:
    """Return a question by name, by default the first that a scheme requires."""
    found = schemes.get(scheme)
    if found is None:
        raise Refused(
            "unknown-scheme", f"no scheme is called {scheme!r}; there are {', '.join(sorted(schemes))}"
        )
    first = next((one for one in found.questions if one.required), found.questions[0])
    chosen = found.question(question) if question else first
    if chosen is None:
        raise Refused("unknown-question", f"scheme {scheme} has no question {question!r}")
    return Asked(found, chosen)


async def write(name: str, records: AsyncIterator[Record], asked: Asked) -> AsyncIterator[bytes]:
    """Yield a file's bytes as its articles come; `name` is one of FORMATS."""
    kind = FORMATS[name]
    before = head = kind.head()
    async for record in records:
        if piece := kind.one(record, asked):
            yield (before + piece).encode()
            before, head = kind.between, ""
    yield (head + kind.tail).encode()


async def begun(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Return the pieces once the first is here: what fails before it can still be told as an error."""
    return _after(await anext(pieces, b""), pieces)


async def _after(first: bytes, others: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in others:
        yield piece
