"""Exports: nothing acts, nothing is lost, and the same thing is the same file."""

import csv
import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.adapters.schemes import load_labelling
from monitor.domain.labels import Answer, Question, Scheme
from monitor.domain.records import IncidentRecord, Record, Reference, SaidLabel, Suggestion, Technique
from monitor.domain.refused import Refused
from monitor.exports import argilla, csv_table, disarm, doccano, feeds, jsonl, label_studio, prodigy, stix
from monitor.exports.formats import FORMATS, asked_of, write
from monitor.exports.taking_back import parse

AT = datetime(2025, 3, 31, 12, tzinfo=UTC)
SCHEMES = load_labelling().schemes
LABELS = (
    SaidLabel(1, "oecd", "article_label", "ai_incident", "ann", AT, "money was lost", "AI换脸", 12.5),
    SaidLabel(2, "disarm", "techniques", [{"id": "T0009", "quote": "假专家"}, {"id": "T0013"}], "ann", AT),
    SaidLabel(3, "oecd", "article_label", "ai_hazard", "bo", AT),
)
RECORD = Record(
    id=7,
    url="https://example.org/7",
    title="=cmd|' /C calc'!A0",
    text="诈骗团伙用AI换脸冒充假专家。\nA second paragraph.",
    language="zh-Hans",
    published_at=AT,
    found_at=AT,
    publisher="新华网",
    authors=("甲", "乙"),
    country="CN",
    source="xinhua",
    topics=("ai-incidents",),
    state="queued",
    label_state="labelled",
    incident_id=3,
    incident_title="-1+1",
    copy_of=None,
    archive_url="https://web.archive.org/web/20250331120000/https://example.org/7",
    content_hash="abc",
    archive_state="verified",
    labels=LABELS,
    suggestions=(Suggestion("oecd", "article_label", "ai_incident", "words", "m1", 0.9, "诈骗"),),
)
INCIDENT = IncidentRecord(
    id=96,
    title="Spamouflage | Taiwan",
    summary="A <b>summary</b>\nof two lines.",
    topics=("ai-incidents",),
    first_report_at=AT,
    last_report_at=AT,
    updated_at=AT,
    created_at=AT,
    countries=("TW",),
    languages=("en",),
    references=(
        Reference(
            "https://example.org/a|b", "One", AT, ("\nAlex Scroxton",), "ComputerWeekly", RECORD.archive_url
        ),
        Reference("https://example.org/unknown", "Two", None, (), "", "", copy=True),
    ),
    techniques=(Technique("T0154.002", "AI Media Platform", "made by\nan app"), Technique("T0002", "", "")),
    labels=(("oecd", "article_label", "ai_incident"),),
    gone=(12,),
)


async def whole(name: str, *records: Record) -> str:
    async def source():
        for record in records:
            yield record

    scheme = "disarm" if name == "prodigy" else "oecd"
    asked = asked_of(SCHEMES, scheme, "techniques" if scheme == "disarm" else "")
    return b"".join([piece async for piece in write(name, source(), asked)]).decode()


@pytest.mark.parametrize("name", sorted(FORMATS))
async def test_every_format_says_where_an_article_is_archived(name: str) -> None:
    text = await whole(name, RECORD)
    assert RECORD.archive_url in text
    assert "verified" in text


def test_every_export_of_an_incident_says_where_its_articles_are_archived() -> None:
    where = INCIDENT.references[0].archive_url
    assert where
    written = (
        disarm.page(INCIDENT, None),
        stix.bundle([INCIDENT], base=""),
        feeds.atom([INCIDENT], title="", base="", address=""),
        feeds.json_feed([INCIDENT], title="", base="", address=""),
    )
    assert all(where in text for text in written)


@pytest.mark.parametrize("name", FORMATS)
async def test_every_format_holds_every_article(name: str) -> None:
    text = await whole(name, RECORD, replace(RECORD, id=8))
    assert text.count("https://example.org/7") >= 2
    if name == "label-studio":
        assert len(json.loads(text)) == 2
    elif FORMATS[name].suffix == "jsonl":
        assert all(json.loads(line) for line in text.splitlines())
    assert json.loads(await whole("label-studio")) == []


def test_a_spreadsheet_sees_text() -> None:
    rows = list(
        csv.reader(io.StringIO(csv_table.article_head().lstrip("\ufeff") + csv_table.article_row(RECORD)))
    )
    cells = dict(zip(*rows, strict=True))
    assert cells["title"].startswith("'=cmd")
    assert cells["incident_title"] == "'-1+1"
    assert "oecd:article_label=ai_incident (ann)" in cells["labels"]
    assert csv_table.plain(cells["title"]) == RECORD.title


@given(st.text(max_size=60))
def test_no_cell_begins_like_a_formula(text: str) -> None:
    row = next(csv.reader(io.StringIO(csv_table._row([text]), newline="")), [""])
    assert not row or not row[0].startswith(csv_table.ACTING)


def test_jsonl_is_what_the_commands_read() -> None:
    found = json.loads(jsonl.line(RECORD))
    assert {
        "id",
        "url",
        "title",
        "text",
        "language",
        "published_at",
        "incident",
        "copy_group",
    } <= found.keys()
    assert (found["incident"], found["copy_group"], len(found["labels"])) == ("3", "7", 3)


def test_label_studio_regions_point_at_the_words() -> None:
    task = json.loads(label_studio.task(RECORD))
    text = task["data"]["text"]
    parts = [part for annotation in task["annotations"] for part in annotation["result"]]
    regions = [part["value"] for part in parts if part["type"] == "labels"]
    assert {text[one["start"] : one["end"]] for one in regions} == {"AI换脸", "假专家"}
    assert [one["meta"]["labeller"] for one in task["annotations"]] == ["ann", "bo"]
    assert task["predictions"][0]["model_version"] == "words/m1"
    ET.fromstring(label_studio.interface(list(SCHEMES.values()), "zh"))


def test_label_studio_s_own_library_accepts_tasks() -> None:
    reason = "label-studio-sdk is not installed (seventy packages: by hand)"
    sdk = pytest.importorskip("label_studio_sdk.label_interface", reason=reason)
    interface = sdk.LabelInterface(label_studio.interface([*load_labelling().schemes.values()], "en"))
    task = json.loads(label_studio.task(RECORD))
    assert interface.validate_task({"data": task["data"]})
    assert all(interface.validate_annotation(one) for one in task["annotations"])
    assert all(interface.validate_prediction(one) for one in task["predictions"])
    assert task["annotations"]


def test_doccano_has_labels_and_spans() -> None:
    found = json.loads(doccano.line(RECORD, "disarm", "techniques"))
    assert found["label"] == ["T0009", "T0013"]
    (start, end, name) = found["spans"][0]
    assert (found["text"][start:end], name) == ("假专家", "T0009")


def test_argilla_answers_belong_to_people_who_stay_the_same() -> None:
    found, again = json.loads(argilla.line(RECORD)), json.loads(argilla.line(replace(RECORD, id=9)))
    assert [one["user_id"] for one in found["responses"]] == [one["user_id"] for one in again["responses"]]
    assert found["responses"][0]["values"]["oecd__article_label"] == {"value": "ai_incident"}
    assert found["suggestions"][0]["question_name"] == "oecd__article_label"


def test_prodigy_hashes_tell_data_from_task() -> None:
    scheme = SCHEMES["oecd"]
    question = scheme.question("article_label")
    found = [json.loads(line) for line in prodigy.lines(RECORD, scheme, question).splitlines()]
    assert [one["accept"] for one in found] == [["ai_incident"], ["ai_hazard"]]
    other = json.loads(prodigy.lines(replace(RECORD, labels=()), scheme, scheme.question("severity")))
    assert other["_input_hash"] == found[0]["_input_hash"]
    assert other["_task_hash"] != found[0]["_task_hash"]
    assert "answer" not in other


def test_a_disarm_page_drops_no_row_and_breaks_none() -> None:
    page = disarm.page(INCIDENT)
    assert page.startswith(
        "# Incident I00096: Spamouflage \\| Taiwan\n\n* **Summary:** A &lt;b&gt;summary&lt;/b&gt; of two lines.\n"
    )
    rows = [line for line in page.splitlines() if line.startswith("| [")]
    assert len(rows) == 4
    assert rows[0].count("|") - rows[0].count("\\|") == 6
    assert "https://example.org/a%7Cb" in rows[0]
    assert "| Alex Scroxton | ComputerWeekly | [https://web.archive.org/web/20250331120000/" in rows[0]
    assert rows[2] == "| [T0002](../../generated_pages/techniques/T0002.md) |  |"
    assert rows[3].endswith("| made by an app |")
    assert page.endswith(f"\n{disarm.LINE}\n")


NOTES = "\nMy notes | with\r\ntrailing  \n# a heading"


def test_notes_below_the_line_are_kept_byte_for_byte() -> None:
    first = disarm.page(INCIDENT) + NOTES
    again = disarm.page(replace(INCIDENT, title="New title"), first)
    assert again.endswith(f"{disarm.LINE}\n{NOTES}")
    assert "New title" in again
    assert disarm.page(INCIDENT, again) == first
    assert disarm.notes_of(f"text\n{disarm.LINE}") == ""


@given(st.text())
def test_any_notes_survive_any_number_of_times(notes: str) -> None:
    page = disarm.page(INCIDENT) + notes
    assert disarm.page(INCIDENT, disarm.page(INCIDENT, page)) == page


def test_a_page_without_the_line_is_not_overwritten() -> None:
    for old in ("# Somebody's page\n", f"quoted: {disarm.LINE}\n"):
        with pytest.raises(Refused, match="no line"):
            disarm.page(INCIDENT, old)


def test_the_same_incident_is_the_same_stix_object() -> None:
    first, again = stix.bundle([INCIDENT]), stix.bundle([INCIDENT])
    assert first == again
    objects = json.loads(first)["objects"]
    kinds = [one["type"] for one in objects]
    assert kinds == [
        "identity",
        "incident",
        "report",
        "attack-pattern",
        "attack-pattern",
        "relationship",
        "relationship",
    ]
    references = objects[1]["external_references"]
    assert {"source_name": "incident-monitor", "external_id": "12"} in references
    assert {one.get("url") for one in references} >= {
        "https://example.org/a%7Cb",
        "https://example.org/unknown",
        RECORD.archive_url,
    }
    known = {one["id"] for one in objects}
    for one in objects:
        for name, value in one.items():
            if name.endswith(("_ref", "_refs")):
                assert set(value if isinstance(value, list) else [value]) <= known


def test_stix_is_valid_for_its_own_library() -> None:
    stix2 = pytest.importorskip("stix2", reason="stix2 is not installed")
    parsed = stix2.parse(stix.bundle([INCIDENT], base="https://example.org"), version="2.1")
    assert len(parsed.objects) == 7


def test_stix_is_valid_for_the_validator_of_the_standard() -> None:
    validator = pytest.importorskip("stix2validator", reason="stix2-validator is not installed")
    told = validator.validate_string(
        stix.bundle([INCIDENT], base="https://example.org"), validator.ValidationOptions(version="2.1")
    )
    assert told.is_valid, told


def test_feeds() -> None:
    told = {"title": "A & B", "base": "https://m.example", "address": "/feeds/incidents.atom?topic=x&y=1"}
    nasty = replace(INCIDENT, title="a\x00b\x1b <script> ]]>", summary="&amp;")
    feed = ET.fromstring(feeds.atom([nasty], **told))
    atom = "{http://www.w3.org/2005/Atom}"
    assert feed.find(f"{atom}entry/{atom}title").text == "ab <script> ]]>"
    assert feed.find(f"{atom}link").get("href") == "https://m.example/feeds/incidents.atom?topic=x&y=1"
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", feed.find(f"{atom}entry/{atom}id").text)
    found = json.loads(feeds.json_feed([INCIDENT], **told))
    assert (found["version"], found["items"][0]["url"]) == (
        "https://jsonfeed.org/version/1.1",
        "https://m.example/incidents/96",
    )
    assert "https://example.org/unknown" not in found["items"][0]["content_text"]


def test_an_unknown_scheme_is_told() -> None:
    with pytest.raises(Refused, match="there are disarm, oecd, relevant"):
        asked_of(SCHEMES, "none")


FREE = Scheme("own", 1, {"en": "Own"}, (Question("note", {"en": "Note"}, Answer.TEXT),))


@pytest.mark.parametrize("between", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_table_comes_back_as_a_spreadsheet_writes_it(between: str, end: str) -> None:
    words = "=甲, 乙; “丙”\t丁, then more"
    table = io.StringIO()
    writer = csv.writer(table, delimiter=between, lineterminator=end)
    writer.writerow(["article_id", "scheme", "question", "value", "labeller", "at"])
    writer.writerow([7, "own", "note", csv_table.safe(words), "安, the first", "2025-04-01 12:00"])
    parsed = parse("labels-csv", f"\ufeff{table.getvalue()}", {"own": FREE})
    assert parsed.problems == ()
    (one,) = parsed.labels
    assert (one.article_id, one.judgement.value, one.labeller) == (7, words, "安, the first")


def test_an_empty_cell_is_told_in_words() -> None:
    text = "article_id,scheme,question,value,labeller\n7,oecd,article_label,,ann\n"
    assert parse("labels-csv", text, SCHEMES).problems == ("row 2: ValueError: the cell `value` is empty",)
