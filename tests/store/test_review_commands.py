"""`monitor incidents …` and `monitor labels …` do by command what the API does."""

import asyncio
import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor.adapters.engine import Database
from monitor.cli import main
from tests.store.rows import stores_on
from tests.web.filling import fill, replayed


@pytest.fixture
def ids(tmp_path: Path, sqlite_template: Path) -> dict[str, int]:
    """A data folder with the replayed incidents; ids by key."""
    (tmp_path / "data").mkdir()
    path = tmp_path / "data" / "monitor.db"
    shutil.copy(sqlite_template, path)
    database = Database(f"sqlite:///{path}")
    try:
        return asyncio.run(fill(stores_on(database), replayed("seeds")))
    finally:
        database.close()


@pytest.fixture
def monitor(ids, tmp_path, monkeypatch):
    """Run a command in that folder; return what it printed."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, code: int = 0) -> str:
        done = CliRunner().invoke(main, arguments)
        assert done.exit_code == code, done.output
        return done.stdout

    return run


def label(monitor, value: str, labeller: str = "ann") -> int:
    (claimed,) = json.loads(monitor("queue", "claim", "--labeller", labeller))
    answer = ("--answer", f"relevant.relevant={value}")
    held = ("--labeller", labeller, "--token", claimed["token"])
    monitor("queue", "label", str(claimed["article_id"]), *held, *answer)
    return int(claimed["article_id"])


def test_incidents_are_corrected_and_the_correction_taken_back(monitor):
    first, second, *_ = json.loads(monitor("incidents", "list", "--json"))
    merged = json.loads(monitor("incidents", "merge", str(first["id"]), str(second["id"]), "--who", "ann"))
    assert (merged["who"], merged["detail"]["gone"]) == ("ann", second["id"])
    shown = json.loads(monitor("incidents", "show", str(second["id"]), "--json"))
    assert shown["line"]["id"] == first["id"]
    monitor("incidents", "undo", str(merged["id"]))
    assert len(json.loads(monitor("incidents", "list", "--json"))) == 3
    articles = [one["article_id"] for one in shown["articles"] if one["copy_of"] is None]
    own = json.loads(monitor("incidents", "show", str(first["id"]), "--json"))["articles"]
    mine = [one["article_id"] for one in own if one["copy_of"] is None]
    parted = json.loads(monitor("incidents", "split", str(first["id"]), str(mine[0]), "--title", "Apart"))
    other = next(one for one in articles if one not in mine)
    monitor("incidents", "move", str(other), str(parted["detail"]["new"]))
    monitor("incidents", "rename", str(first["id"]), "Renamed")
    history = json.loads(monitor("incidents", "history", "--json"))
    assert [one["what"] for one in history] == ["rename", "move", "split", "undo", "merge"]
    assert "Renamed" in monitor("incidents", "list")
    monitor("incidents", "undo", "999", code=1)
    monitor("incidents", "merge", "1", "1", code=1)


def test_the_history_is_told_in_words(monitor):
    first, second, third = (one["id"] for one in json.loads(monitor("incidents", "list", "--json")))
    monitor("incidents", "merge", str(first), str(second), "--reason", "one event")
    monitor("incidents", "rename", str(first), "Renamed")
    monitor("incidents", "confirm", str(first), "--no")
    monitor("incidents", "apart", str(first), str(third))
    monitor("incidents", "undo", "4")
    told = monitor("incidents", "history")
    assert "{" not in told
    for words in (f"#{second} → #{first}", "event", "“Renamed”", "taken", f"≠ #{third}", "change 4"):
        assert words in told


def test_the_history_of_an_unknown_incident_is_an_error(monitor):
    monitor("incidents", "history", "99999", code=1)
    monitor("incidents", "history", "1")


def test_what_people_say_of_incidents_is_noted_and_taken_back(monitor):
    first, second, *_ = (one["id"] for one in json.loads(monitor("incidents", "list", "--json")))
    confirmed = json.loads(monitor("incidents", "confirm", str(first), "--who", "ann"))
    assert (confirmed["what"], confirmed["who"], confirmed["detail"]["new"]) == ("confirm", "ann", True)
    shown = json.loads(monitor("incidents", "show", str(first), "--json"))
    assert shown["line"]["confirmed"]
    monitor("incidents", "confirm", str(first), "--no")
    assert not json.loads(monitor("incidents", "show", str(first), "--json"))["line"]["confirmed"]
    told = json.loads(monitor("incidents", "apart", str(first), str(second), "--who", "ann"))
    assert (told["what"], told["detail"]) == ("apart", {"other": second})
    monitor("incidents", "undo", str(told["id"]))
    history = json.loads(monitor("incidents", "history", str(second), "--json"))
    assert [(one["what"], one["undone_by"] is not None) for one in history if one["what"] == "apart"] == [
        ("apart", True)
    ]
    for refused in (("confirm", "99999"), ("apart", str(first), "99999"), ("apart", "99999", str(first))):
        monitor("incidents", *refused, code=1)


def test_incidents_are_written_for_others_and_notes_stay(monitor, tmp_path):
    folder = tmp_path / "disarm"
    monitor("incidents", "export", "--out", str(folder))
    pages = sorted((folder / "incidents").iterdir())
    assert len(pages) == 3
    assert pages[0].name in (folder / "incidents.md").read_text()
    written = pages[0].read_text()
    pages[0].write_text(written + "A note.\r\nAnother.", newline="")
    pages[1].write_text("a page of another hand")
    monitor("incidents", "export", "--out", str(folder), code=1)
    assert pages[0].read_bytes().endswith(b"A note.\r\nAnother.")
    assert pages[1].read_text() == "a page of another hand"
    assert json.loads(monitor("incidents", "export", "--format", "stix", "--out", "-"))["type"] == "bundle"
    feed = tmp_path / "feed.json"
    monitor(
        "incidents", "export", "1", "--format", "json-feed", "--out", str(feed), "--base", "https://x.example"
    )
    assert len(json.loads(feed.read_text())["items"]) == 1
    assert "<feed" in monitor("incidents", "export", "--format", "atom", "--out", "-")


def test_labels_leave_and_come_back(monitor, tmp_path):
    article = label(monitor, "yes")
    file = tmp_path / "labels.csv"
    monitor("labels", "export", "labels-csv", "--out", str(file), "--labelled")
    assert str(article) in file.read_text("utf-8-sig")
    changed = file.read_text("utf-8-sig").replace('"yes"', "no").replace("yes", "no").replace(",ann,", ",bo,")
    file.write_text(changed)
    shown = json.loads(monitor("labels", "import", "labels-csv", str(file), "--json"))
    assert (len(shown["differences"]), shown["written"]) == (1, False)
    assert "1 written" in monitor("labels", "import", "labels-csv", str(file), "--write")
    assert "0 written, 1 the same" in monitor("labels", "import", "labels-csv", str(file), "--write")
    found = json.loads(monitor("labels", "contradictions", "--json"))
    assert [one["among"] for one in found] == ["labellers"]
    assert "bo" in monitor("labels", "contradictions")
    assert json.loads(monitor("labels", "agreement", "relevant", "relevant"))["percent"] == 0
    assert "oecd" in monitor("labels", "schemes")
    monitor("labels", "agreement", "none", code=1)
    file.write_bytes(b"\xff\xfe\x00")
    monitor("labels", "import", "labels-csv", str(file), code=2)


def test_an_own_scheme_and_manner_lie_beside_the_sources(monitor, tmp_path):
    (tmp_path / "schemes").mkdir()
    scheme = "id: own\ntitle: {en: Own}\nquestions: [{id: q, title: {en: Q}, answer: choice, required: true, options: [{id: a, title: {en: A}}]}]"
    (tmp_path / "schemes" / "own.yaml").write_text(scheme)
    (tmp_path / "labelling.yaml").write_text("schemes: [own]\noverlap: 2\n")
    assert '"own"' in monitor("labels", "schemes")
    (claimed,) = json.loads(monitor("queue", "claim", "--labeller", "ann"))
    held = ("--labeller", "ann", "--token", claimed["token"])
    monitor("queue", "label", str(claimed["article_id"]), *held, "--answer", "own.q=a")
    (again,) = json.loads(monitor("queue", "claim", "--labeller", "bo"))
    assert again["article_id"] == claimed["article_id"]
    (tmp_path / "labelling.yaml").write_text("schemes: [nothing]\n")
    monitor("labels", "schemes", code=2)


@pytest.mark.parametrize(
    "arguments",
    [
        ("incidents", "show", "99999999999999999999"),
        ("incidents", "merge", "1", "99999999999999999999"),
        ("articles", "show", "99999999999999999999"),
        ("articles", "list", "--limit", "-5"),
        ("queue", "list", "--limit", "-1"),
        ("queue", "claim", "--labeller", "ann", "--count", "0"),
        ("retry", "99999999999999999999"),
        ("archive", "verify", "99999999999999999999"),
    ],
)
def test_a_number_out_of_range_is_a_wrong_call(monitor, arguments):
    monitor(*arguments, code=2)


def test_data_that_is_not_labelled_names_its_line(tmp_path):
    wrong = tmp_path / "wrong.jsonl"
    wrong.write_text("no document\n")
    for name, data in (("matching", wrong), ("copies", wrong), ("extraction", tmp_path)):
        done = CliRunner().invoke(main, ["evaluate", name, str(data)])
        assert done.exit_code == 2, done.output
        assert ("wrong.jsonl:1: not a document" in done.output) or ("no gold.jsonl" in done.output)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("extraction", "{"),
        ("extraction", "null"),
        ("extraction", '{"file": "a.html"}'),
        ("extraction", '{"file": "none.html", "text": "x"}'),
        ("extraction", '{"file": "a.html", "text": null}'),
        ("extraction", '{"file": "a.html", "text": "x", "title": 5}'),
        ("matching", '{"title": "a", "text": "b", "published_at": "9999-12-31T23:59:59-14:00"}'),
        ("matching", '{"title": "a", "text": "b", "published_at": "2026-01-01", "incident": {}}'),
        ("matching", '{"title": "a", "text": "b", "published_at": "2026-01-01", "links": 3}'),
        ("copies", '{"title": "a", "text": "b", "published_at": "2026-01-01", "copy_group": [1]}'),
    ],
)
def test_labelled_data_of_another_shape_is_named_by_its_line(tmp_path, name, line):
    (tmp_path / "a.html").write_text("<p>page</p>")
    file = tmp_path / "gold.jsonl"
    file.write_text(f"\n{line}\n")
    done = CliRunner().invoke(main, ["evaluate", name, str(tmp_path if name == "extraction" else file)])
    assert (done.exit_code, type(done.exception)) == (2, SystemExit)
    assert "gold.jsonl:2: not a document" in done.output


def test_documents_that_are_none_are_refused_by_line(monitor, tmp_path):
    lines = [
        {"id": 1},
        {"url": "http://odd.test/old", "title": "Old", "published_at": "0001-01-01T00:00:00+00:00"},
        {"url": "http://odd.test/late", "title": "Late", "published_at": "9999-12-31T23:59:59-12:00"},
    ]
    (tmp_path / "odd.jsonl").write_text("\n".join(map(json.dumps, lines)))
    (tmp_path / "sources.yaml").write_text("version: 1\ntopics: {t: {title: T, any: [x]}}\nsources: []\n")
    assert json.loads(monitor("ingest", "odd.jsonl", "--json", code=1))["refused"] == 3


def test_half_a_character_in_a_file_is_left_out(monitor, tmp_path):
    line = {
        "url": "http://odd.test/half",
        "title": "Half a \ud83d",
        "text": "NUL \0",
        "published_at": "2026-01-01",
    }
    (tmp_path / "half.jsonl").write_text(json.dumps(line) + "\n\n\r\n")  # empty lines are no documents
    (tmp_path / "sources.yaml").write_text("version: 1\ntopics: {t: {title: T, any: [x]}}\nsources: []\n")
    assert json.loads(monitor("ingest", "half.jsonl", "--json"))["new"] == 1


@pytest.mark.parametrize(
    "given",
    [
        ("queue", "list", "--topic", "\udcff"),
        ("queue", "skip", "1", "--labeller", "ann", "--token", "\udcff"),
        ("incidents", "list", "--topic", "\udcff"),
        ("incidents", "rename", "1", "\udcff"),
        ("articles", "list", "--source", "\udcff"),
        ("db", "prune", "--days", "99999999999"),
    ],
)
def test_what_no_database_takes_is_a_wrong_call(monitor, given):
    done = CliRunner().invoke(main, given)
    assert (done.exit_code, type(done.exception)) == (2, SystemExit)
    assert ("is not UTF-8" in done.output) or ("is not in the range" in done.output)


def test_too_few_corrections_are_told_without_figures_of_nothing(monitor, tmp_path):
    assert monitor("tune", "--yes") == "0 decisions were confirmed or corrected; 30 are needed\n"
    assert json.loads(monitor("tune", "--yes", "--json"))["decisions"] == 0
    assert not (tmp_path / "data" / "matching.json").exists()
