"""Adding to sources.yaml: what stands there stays as it is, byte for byte, and the new text is valid or is not written."""

import stat
from pathlib import Path

import pytest

from monitor.config.lines import Lines
from monitor.config.sources import read_sources
from monitor.config.writing import add_sources, appended, as_yaml, usable
from monitor.domain.errors import ConfigurationError, Permanent

NEW = {"name": "new", "kind": "rss", "url": "https://new.example/rss", "publisher": "新闻: yes # no"}

LAST = """\
version: 1  # the format

topics:
  ai: {any: [AI]}
sources:
  # the good ones
  - name: a            # keep me
    kind: rss
    url: https://a.example/rss   # named by a.example itself

  - {name: b, kind: rss, url: "https://b.example/rss"}
  # b was the last one
"""
BEFORE = """\
version: 1
sources:
- name: a
  kind: json
  url: https://a.example/x
  paths: {items: "", url: u}
  body:
    text: |
      a text
        of lines

  # this belongs to a

# what is watched for
topics:
  ai: {any: [AI]}
"""
SHAPES = {
    "last in the file": LAST,
    "no newline at the end": LAST.rstrip().removesuffix("# b was the last one").rstrip(),
    "before other keys": BEFORE,
    "windows": LAST.replace("\n", "\r\n"),
    "wide dashes": "version: 1\nsources:\n    -   name: a\n        kind: rss\n        url: https://a.example/rss\n",
    "an end of the document": "version: 1\nsources:\n- name: a\n  kind: rss\n  url: https://a.example/\n...\n",
    "an empty list": "version: 1\nsources: []  # none yet\ntopics: {}\n",
    "no list": "version: 1\ntopics: {}\n",
    "nothing but the version": "version: 1",
    "a value left open": "version: 1\nsources:\n- name: a\n  kind: rss\n  url: https://a.example/\n  text: {}\n  # end",
    "lines that fold": "version: 1\nsources:\n- name: a\n  kind: rss\n  url: https://a.example/\n  reason: >\n    long\n    story\ntopics: {}\n",
}


@pytest.mark.parametrize("text", SHAPES.values(), ids=SHAPES)
def test_the_text_that_stands_is_a_part_of_the_new_one(tmp_path, text):
    path = tmp_path / "sources.yaml"
    path.write_bytes(text.encode())
    before = read_sources(Lines("x", text))
    assert add_sources(path, [NEW]) == ["new"]
    after = path.read_bytes().decode()
    assert [line for line in text.replace("[]", "  ").splitlines() if line not in after.splitlines()] == []
    found = read_sources(Lines("x", after))
    assert {name: found.sources[name] for name in before.sources} == before.sources
    assert found.sources["new"].publisher == NEW["publisher"]
    assert list(found.sources)[-1] == "new"
    assert ("\r\n" in text) == ("\r\n" in after)
    assert after.count("\n") == after.count("\r\n") or "\r\n" not in text


def test_the_new_source_stands_behind_the_comments_of_the_last_one():
    text = appended("x", BEFORE, [NEW])
    assert text.index("# this belongs to a") < text.index("name: new") < text.index("# what is watched for")


def test_twice_added_is_once_listed(tmp_path):
    path = tmp_path / "sources.yaml"
    path.write_text(LAST)
    same = {**NEW, "name": "other", "url": "HTTPS://A.example:443/rss#top"}
    assert add_sources(path, [same]) == []
    assert path.read_text() == LAST
    assert add_sources(path, [NEW, {**NEW, "name": "again"}]) == ["new"]
    assert add_sources(path, [NEW]) == []


def test_a_file_is_made_where_there_is_none(tmp_path):
    path = tmp_path / "sources.yaml"
    assert add_sources(path, [NEW]) == ["new"]
    assert path.read_text().startswith("version: 1\n")
    assert list(read_sources(Lines.of(path)).sources) == ["new"]


@pytest.mark.parametrize(
    ("text", "row"),
    [
        (LAST, {**NEW, "every": "1s"}),
        (LAST, {**NEW, "name": "a"}),
        (LAST, {**NEW, "topics": ["unheard"]}),
        (LAST, {**NEW, "surprise": 1}),
        (LAST.replace("kind: rss\n", "kind: rsss\n", 1), NEW),
        ("version: 1\nsources: [{name: a, kind: rss, url: 'https://a.example/'}]\n", NEW),
        ('{"version": 1, "sources": []}\n', NEW),
        ("version: 1\nsources:\n", NEW),
        ("version: 1\n  sources: [\n", NEW),
    ],
    ids=[
        "wrong value",
        "name taken",
        "no topic",
        "no key",
        "wrong before",
        "brackets",
        "json",
        "null",
        "no yaml",
    ],
)
def test_what_would_be_wrong_is_not_written(tmp_path, text, row):
    path = tmp_path / "sources.yaml"
    path.write_text(text)
    with pytest.raises(ConfigurationError) as refused:
        add_sources(path, [row])
    assert str(path) in str(refused.value.problems[0])
    assert path.read_text() == text
    assert list(tmp_path.iterdir()) == [path]


def test_an_alias_does_not_lead_the_new_source_astray(tmp_path):
    path = tmp_path / "sources.yaml"
    text = "version: 1\ndefaults: {headers: &h {A: b}}\nsources:\n- name: a\n  kind: rss\n  url: https://a.example/\n"
    path.write_text(text + "  headers: *h\n")
    with pytest.raises(ConfigurationError):  # the last value stands further up: better none than astray
        add_sources(path, [NEW])
    path.write_text(text)
    assert add_sources(path, [NEW]) == ["new"]


def test_the_shipped_file_is_only_added_to(tmp_path):
    shipped = (Path(__file__).parents[3] / "sources.yaml").read_text()
    path = tmp_path / "sources.yaml"
    path.write_text(shipped)
    add_sources(path, [NEW])
    assert path.read_text().startswith(shipped)


def test_rights_and_links_stay(tmp_path):
    real = tmp_path / "real.yaml"
    real.write_text(LAST)
    real.chmod(0o640)
    link = tmp_path / "sources.yaml"
    link.symlink_to(real)
    add_sources(link, [NEW])
    assert link.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert "name: new" in real.read_text()


def test_an_edit_in_between_wins(tmp_path):
    path = tmp_path / "sources.yaml"
    path.write_text(LAST)

    def rows():
        yield NEW
        path.write_text(LAST + "# edited\n")

    with pytest.raises(ConfigurationError, match="changed meanwhile"):
        add_sources(path, rows())
    assert path.read_text().endswith("# edited\n")


def test_values_of_foreign_files_are_kept_where_they_are_valid():
    row = {**NEW, "country": "Norway", "language": "en", "timezone": "Mars/Base", "publisher": "x" * 999}
    kept = usable(row)
    assert set(kept) == {"name", "kind", "url", "publisher", "language"}
    assert len(kept["publisher"]) == 200


@pytest.mark.parametrize("wrong", [{"url": "ftp://a.example/"}, {"kind": "blog"}, {"kind": "listing"}])
def test_a_source_without_an_address_or_a_kind_is_none(wrong):
    with pytest.raises(Permanent, match="bad-source"):
        usable({**NEW, **wrong})


def test_words_that_yaml_takes_for_something_else_stay_words():
    text = "version: 1\nsources:\n" + as_yaml(
        [{**NEW, "publisher": "no", "country": "NO", "reason": "1:30"}], 2
    )
    source = read_sources(Lines("x", text)).sources["new"]
    assert (source.publisher, source.country) == ("no", "NO")
