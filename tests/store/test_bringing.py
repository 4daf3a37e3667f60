"""Labels go out to other tools and come back: nothing changes by itself, and nothing is written twice."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.adapters.schemes import load_labelling
from monitor.adapters.store.labels import NewLabel
from monitor.adapters.store.listings import Wanted
from monitor.adapters.store.stores import Stores
from monitor.domain.labels import Judgement
from monitor.domain.refused import Refused
from monitor.exports.formats import asked_of, write
from monitor.exports.taking_back import READERS, parse
from tests.web.filling import NOW, fill, replayed

TOOLS = sorted(READERS)
SCHEMES = load_labelling().schemes
SAID = (
    Judgement("oecd", "article_label", "ai_incident", "money was lost", "AI"),
    Judgement("oecd", "harm_types", ["economic_property", "reputational"]),
    Judgement("disarm", "influence_operation", "yes"),
    Judgement("disarm", "techniques", [{"id": "T0009", "quote": "AI"}, {"id": "T0013", "quote": ""}]),
)


@pytest.fixture
async def ids(stores: Stores) -> dict[str, int]:
    found = await fill(stores, replayed("seeds")[:12])
    for number, article in enumerate(sorted(found.values())[:4]):
        new = NewLabel(article, "ann" if number % 2 else "bo", SAID)
        await stores.judgements.give(new, now=NOW)
    return found


async def exported(stores: Stores, tool: str, scheme: str = "oecd", question: str = "") -> str:
    asked = asked_of(stores.labelling.schemes, scheme, question)
    records = stores.export_rows.articles(Wanted(), labelled=True)
    return b"".join([piece async for piece in write(tool, records, asked)]).decode()


async def test_what_went_out_comes_back_as_it_was(stores: Stores, ids: dict[str, int]) -> None:
    for tool in TOOLS:
        await _comes_back(stores, tool)


async def _comes_back(stores: Stores, tool: str) -> None:
    for scheme, question in (("oecd", "article_label"), ("disarm", "techniques")):
        parsed = parse(tool, await exported(stores, tool, scheme, question), stores.labelling.schemes)
        assert parsed.problems == (), tool
        assert parsed.labels, tool
        if tool in {"argilla", "labels-csv"}:  # they have no place for quoted words
            continue
        found = await stores.bringing.bring(tool, parsed, now=NOW)
        assert (found.differences, found.problems) == ((), ()) or tool == "doccano", tool


async def test_a_dry_run_tells_and_changes_nothing(stores: Stores, ids: dict[str, int]) -> None:
    changed = (await exported(stores, "label-studio")).replace('"ai_incident"', '"unrelated"')
    parsed = parse("label-studio", changed, stores.labelling.schemes)
    parsed = _later(parsed)
    told = await stores.bringing.bring("label-studio", parsed, now=NOW + timedelta(hours=2))
    assert {(one.was, one.becomes) for one in told.differences} == {("ai_incident", "unrelated")}
    assert (len(told.differences), told.written) == (4, False)
    again = await stores.bringing.bring("label-studio", parsed, now=NOW + timedelta(hours=2))
    assert again == told


async def test_the_same_file_twice_writes_once(stores: Stores, ids: dict[str, int]) -> None:
    parsed = _later(
        parse(
            "label-studio",
            (await exported(stores, "label-studio")).replace('"ai_incident"', '"unrelated"'),
            stores.labelling.schemes,
        )
    )
    first = await stores.bringing.bring("label-studio", parsed, now=NOW + timedelta(hours=2), dry_run=False)
    second = await stores.bringing.bring("label-studio", parsed, now=NOW + timedelta(hours=2), dry_run=False)
    assert (len(first.differences), first.written) == (4, True)
    assert (second.differences, second.same) == ((), len(parsed.labels))
    (line,) = [
        one
        for one in await stores.judgements.of_article(first.differences[0].article_id)
        if one.in_force and one.question == "article_label"
    ]
    assert (line.value, line.origin) == ("unrelated", "label-studio")


async def test_what_was_said_later_here_stands(stores: Stores, ids: dict[str, int]) -> None:
    old = json.dumps(
        {
            "id": str(min(ids.values())),
            "labels": [
                {
                    "scheme": "oecd",
                    "question": "article_label",
                    "value": "unrelated",
                    "labeller": "bo",
                    "at": "2020-01-01T00:00:00Z",
                }
            ],
        }
    )
    found = await stores.bringing.bring(
        "jsonl", parse("jsonl", old, stores.labelling.schemes), now=NOW, dry_run=False
    )
    assert (found.differences, found.older) == ((), 1)


async def test_an_article_is_found_by_its_address(stores: Stores, ids: dict[str, int]) -> None:
    line = await stores.listings.one(max(ids.values()))
    text = json.dumps(
        {
            "url": line.line.url + "?utm_source=x",
            "labels": [{"scheme": "relevant", "question": "relevant", "value": "no", "labeller": "cy"}],
        }
    )
    found = await stores.bringing.bring(
        "jsonl", parse("jsonl", text, stores.labelling.schemes), now=NOW, dry_run=False
    )
    assert [(one.article_id, one.becomes) for one in found.differences] == [(line.line.id, "no")]


async def test_what_does_not_fit_is_told_and_the_rest_taken(stores: Stores, ids: dict[str, int]) -> None:
    good = {"scheme": "relevant", "question": "relevant", "value": "no", "labeller": "cy"}
    lines = [
        {
            "id": str(min(ids.values())),
            "labels": [good, {**good, "value": "perhaps"}, {**good, "scheme": "x"}],
        },
        {"id": "999999", "labels": [good]},
        {"id": str(max(ids.values())), "labels": [{**good, "labeller": " "}, {"value": 1}]},
    ]
    parsed = parse("jsonl", "\n".join(map(json.dumps, lines)), stores.labelling.schemes)
    found = await stores.bringing.bring("jsonl", parsed, now=NOW)
    assert len(found.differences) == 1
    assert len(found.problems) == 4


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize(
    "text", ["", "\x00", "{", "[]", "null", '[{"data": 1}]', '{"meta": []}', "a,b\n1,2\n", '"x"', "[[[["]
)
def test_no_file_breaks(tool: str, text: str) -> None:
    try:
        parsed = parse(tool, text, SCHEMES)
    except Refused:
        return
    assert parsed.labels == ()


GOOD = {"scheme": "relevant", "question": "relevant", "value": "no", "labeller": "cy"}
PRODIGY = {"answer": "accept", "accept": ["no"], "meta": {**GOOD, "article_id": 1}}


@pytest.mark.parametrize(
    ("tool", "line"),
    [
        ("jsonl", {"id": "9" * 30, "labels": [GOOD]}),
        ("jsonl", {"id": "1", "labels": [GOOD | {"at": "9999-12-31T23:59:59-14:00"}]}),
        ("prodigy", PRODIGY | {"_timestamp": 1e18}),
        ("prodigy", PRODIGY | {"_timestamp": float("inf")}),
        ("prodigy", PRODIGY | {"meta": {**GOOD, "article_id": float("inf")}}),
        ("prodigy", PRODIGY | {"meta": {**GOOD, "article_id": 1e300}}),
    ],
)
def test_numbers_and_times_beyond_any_are_told(tool: str, line: dict[str, object]) -> None:
    parsed = parse(tool, json.dumps(line), SCHEMES)
    assert (parsed.labels, len(parsed.problems)) == ((), 1)


async def test_what_no_database_can_hold_is_left_out_of_labels(stores: Stores, ids: dict[str, int]) -> None:
    odd = GOOD | {"labeller": "cy\ud83d\0", "rationale": "\0 half a \ud83d"}
    parsed = parse("jsonl", json.dumps({"id": str(min(ids.values())), "labels": [odd]}), SCHEMES)
    found = await stores.bringing.bring("jsonl", parsed, now=NOW, dry_run=False)
    assert ([one.labeller for one in found.differences], found.problems) == (["cy"], ())


@pytest.mark.parametrize("took", [float("inf"), float("nan"), -1, "long", pytest.param(10**400, id="huge")])
def test_a_time_that_nobody_takes_is_none(took) -> None:
    result = [{"from_name": "relevant.relevant", "type": "choices", "value": {"choices": ["no"]}}]
    task = {"data": {"article_id": 1}, "annotations": [{"lead_time": took, "result": result}]}
    assert [one.seconds for one in parse("label-studio", json.dumps([task]), SCHEMES).labels] == [None]


def _later(parsed):
    return replace(parsed, labels=tuple(replace(one, at=NOW + timedelta(hours=1)) for one in parsed.labels))


async def test_words_that_a_file_has_no_place_for_stay(stores: Stores, ids: dict[str, int]) -> None:
    text = (await exported(stores, "labels-csv", "disarm", "techniques")).replace("T0013", "T0014")
    parsed = _later(parse("labels-csv", text, stores.labelling.schemes))
    found = await stores.bringing.bring("labels-csv", parsed, now=NOW + timedelta(hours=2))
    assert [one.becomes for one in found.differences] == [
        [{"id": "T0009", "quote": "AI"}, {"id": "T0014", "quote": ""}]
    ] * 4


async def test_any_words_come_back(stores: Stores, ids: dict[str, int]) -> None:
    article = min(ids.values())
    said = Judgement(
        "oecd", "article_label", "ai_hazard", 'l\u2019«\u00a0un\u00a0»\n=2, "two"', "می\u200cخواهم"
    )
    torn = replace(said, rationale="above\u2028below", question="harm_types", value=["reputational"])
    await stores.judgements.give(NewLabel(article, "eve", (said, torn)), now=NOW)
    for tool in ("jsonl", "labels-csv"):
        parsed = _later(parse(tool, await exported(stores, tool), stores.labelling.schemes))
        found = await stores.bringing.bring(tool, parsed, now=NOW + timedelta(hours=2))
        assert (found.differences, found.problems) == ((), ()), tool


async def test_wrong_lines_are_counted_and_the_rest_is_taken(stores: Stores, ids: dict[str, int]) -> None:
    right = (await exported(stores, "jsonl")).replace('"ai_incident"', '"unrelated"')
    wrong = '{"id": "1", "labels": [\n' + "[" * 100_000 + "\n" + '{"id": "1", "labels": [{}]}\n' * 300
    parsed = _later(parse("jsonl", wrong + right, stores.labelling.schemes))
    found = await stores.bringing.bring("jsonl", parsed, now=NOW + timedelta(hours=2))
    assert len(found.differences) == 4
    assert found.problems[2] == "line 3: there is no 'scheme'"
    assert found.problems[-1] == "and 102 more"


def test_a_table_with_an_endless_cell_is_refused() -> None:
    with pytest.raises(Refused, match="no CSV of labels"):
        parse("labels-csv", "article_id,value\n1," + "x" * 200_000, SCHEMES)
