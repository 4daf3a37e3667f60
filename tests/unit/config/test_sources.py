"""sources.yaml: every error with its line and the nearest valid word; a good file becomes domain values."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config import load_sources
from monitor.config.durations import parse_duration, show_duration
from monitor.config.lines import Lines
from monitor.config.sources import read_sources
from monitor.config.specs import SourceSpec
from monitor.domain.errors import ConfigurationError
from monitor.domain.model import Kind, Rule

ROOT = Path(__file__).parents[3]
BAD = """\
version: 1
topics:
  ai:
    anny: [AI]
defaults: {every: 15m, topics: [ai], publsher: x}
sources:
  - name: a
    knd: rss
    kind: rs
    url: htp://x
    every: 5x
  - name: b
    kind: rss
    url: https://b.example/
    topics: [aii]
    timezone: Asia/Shanghia
    page: {parm: x}
    every: {min: 5m, mx: 6h}
  - name: b
    kind: listing
    url: https://b.example/
"""
EXPECTED = [
    "s.yaml:4: unknown key 'anny' (did you mean 'any'?)",
    "s.yaml:5: unknown key 'publsher' (did you mean 'publisher'?)",
    "s.yaml:8: unknown key 'knd' (did you mean 'kind'?)",
    "s.yaml:9: kind: 'rs' is not valid (did you mean 'rss'?)",
    "s.yaml:10: url: is no http(s) address (given: 'htp://x')",
    "s.yaml:11: every: is no duration; write 90s, 15m, 6h, 2d or 1h30m (given: '5x')",
    "s.yaml:15: unknown topic 'aii' (did you mean 'ai'?)",
    "s.yaml:16: timezone: is no time zone of the IANA list, such as Asia/Shanghai (given: 'Asia/Shanghia')",
    "s.yaml:17: unknown key 'parm' (did you mean 'param'?)",
    "s.yaml:18: unknown key 'mx' (did you mean 'max'?)",
    "s.yaml:19: source 'b' stands twice",
    "s.yaml:19: a listing needs `select` with item and link",
]
GOOD = """\
version: 1
topics:
  ai: {title: AI, any: [AI, no], and: [fraud], not: [sponsored], like: ["an example"]}
defaults: {every: 15m, topics: [ai]}
sources:
  - {name: n, kind: rss, url: "https://example.no/rss", country: NO, timezone: Europe/Oslo}
  - name: roll
    kind: json
    url: https://example.org/roll
    every: {min: 5m, max: 6h}
    paths: {items: result.data, title: title, url: url}
    unwrap: {pattern: 'x=(.*);'}
    page: {param: page, max: 3}
    keep: [{field: title, match: AI}]
    expect: {min_items: 5, max_silence: 6h}
    enabled: false
    reason: gone since 2018
"""


def problems(text):
    with pytest.raises(ConfigurationError) as raised:
        read_sources(Lines("s.yaml", text))
    return [str(problem) for problem in raised.value.problems]


def test_every_error_is_reported_with_its_line_and_the_nearest_word():
    assert sorted(problems(BAD)) == sorted(EXPECTED)


def test_a_good_file_becomes_values():
    watched = read_sources(Lines("s.yaml", GOOD))
    assert watched.topics["ai"].any == ("AI", "no")
    assert watched.sources["n"].country == "NO"
    roll = watched.sources["roll"]
    assert (roll.kind, roll.unwrap, roll.page.most, roll.every.adaptive) == (Kind.JSON, "x=(.*);", 3, True)
    assert roll.keep == (Rule("title", "AI"),)
    assert roll.expect.max_silence == timedelta(hours=6)
    assert [source.name for source in watched.enabled] == ["n"]
    assert watched.disabled == {"roll": "gone since 2018"}


@pytest.mark.parametrize(
    "text",
    [
        "a: [",
        "- 1",
        "version: 2",
        "version: 1\nversion: 1",
        "\tx",
        "version: 1\nsources: {a: 1}",
        "!!python/object:os.system {}",
    ],
)
def test_what_is_no_sources_file_is_refused_with_a_line(text):
    assert all(problem.startswith("s.yaml") for problem in problems(text))


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("keep: [{match: 'a('}]", "keep.0.match: is no expression of RE2: missing ): a("),
        ("block: [{field: url, match: '(?=x)'}]", "is no expression of RE2"),
        ("unwrap: {pattern: 'x=('}", "unwrap: is no expression of RE2"),
        ("unwrap: {patern: x}", "unknown key 'patern' (did you mean 'pattern'?)"),
        ("select: {item: 'div['}", "select: is no selector"),
        ("select: {item: 'a:no-such-thing'}", "select: is no selector"),
        ("select: {item: 'xpath://div['}", "select: is no selector"),
        ("select: {item: 'xpath:nonsense()'}", "select: is no selector"),
        ("select: {item: li, tme: span}", "unknown key 'tme' (did you mean 'time'?)"),
        ("text: {text: '//p['}", "text: is no selector"),
        ("text: {txt: p}", "unknown key 'txt' (did you mean 'text'?)"),
        ("paths: {titel: x}", "unknown key 'titel' (did you mean 'title'?)"),
        ("paths: {filter: 'type is 10'}", "'type is 10' is no condition"),
        ("encoding: gbkk", "encoding: is no encoding"),
        ("date_format: iso", "date_format: is none of auto"),
        ("proxy: 'me:s3cret@localhost'", "proxy: is no http(s) address of a proxy"),
        ('user_agent: "x\\r\\nHost: y"', "user_agent: holds a line end"),
        ('headers: {Referer: "x\\r\\nHost: y"}', "headers: 'Referer' holds a line end"),
    ],
)
def test_what_other_engines_would_refuse_is_refused_with_its_line(key, told):
    text = f"version: 1\nsources:\n  - name: a\n    kind: rss\n    url: https://a.example/\n    {key}\n"
    (problem,) = problems(text)
    assert problem.startswith("s.yaml:6: ")
    assert told in problem
    assert "s3cret" not in problem


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("name", "[a]", "name: Input should be a valid string"),
        ("name", "{a: 1}", "name: Input should be a valid string"),
        ("name", "''", "name: String should have at least 1"),
        ("name", "x" * 201, "name: String should have at most 200"),
        ("name", '"a\\0"', "name: holds a line end or another sign"),
        ("url", "http://[::1", "url: is no address of a host"),
        ("url", "http://me:s3cret@a.example/", "url: is no address of a host, without user and password"),
        ("url", "http://a.example:99999/", "url: is no address of a host"),
    ],
)
def test_a_name_or_address_that_is_none_is_refused_with_its_line(key, value, told):
    given = {"name": "a", "kind": "rss", "url": "https://a.example/", key: value}
    rows = "\n    ".join(f"{name}: {one}" for name, one in given.items())
    (problem,) = problems(f"version: 1\nsources:\n  - {rows}\n")
    assert problem.startswith(f"s.yaml:{3 + list(given).index(key)}: {told}")
    assert "s3cret" not in problem


def test_a_topic_that_is_no_word_is_unknown():
    text = (
        "version: 1\nsources:\n  - {name: a, kind: rss, url: 'https://a.example/', topics: [[x], {y: z}]}\n"
    )
    assert all("unknown topic" in problem for problem in problems(text))


def test_an_unreadable_file_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_sources(tmp_path / "no.yaml")
    (tmp_path / "latin").write_bytes(b"\xff\xfe\xfa")
    with pytest.raises(ConfigurationError, match="UTF-8"):
        load_sources(tmp_path / "latin")


ALIASES = "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: " + "[" * 100_000, "s:1: has more than 50 levels"),
        ("\na: " + "[" * 60 + "]" * 60, "s:2: has more than 50 levels"),
        ("a: &a [*a]", "s:1: its aliases make it too deep or too large"),
        (f"a0: &a0 [x]\n{ALIASES}", "its aliases make it too deep or too large"),
        ("a: 1\nb: 2026-13-45", "s:2: '2026-13-45' is no value; quote it where it is a text"),
        ("a: !!python/name:os.system x", "s:1: 'x' is no value"),
    ],
)
def test_a_hostile_file_is_told_and_ends_nothing(text, told):
    with pytest.raises(ConfigurationError, match=re.escape(told)):
        read_sources(Lines("s", text))


@pytest.mark.parametrize("text", ["99999999999999999999h", "9" * 400, "101000w"])
def test_an_endless_duration_is_none(text):
    with pytest.raises(ValueError, match="a hundred years"):
        parse_duration(text)


@pytest.mark.parametrize("file", ["sources.yaml", "tests/site/sources.yaml", "tests/site/faults.yaml"])
def test_the_shipped_files_are_good(file):
    assert load_sources(ROOT / file).sources or file == "sources.yaml"


def test_every_key_is_documented():
    text = (ROOT / "docs" / "sources.md").read_text()
    missing = [
        info.alias or name
        for name, info in SourceSpec.model_fields.items()
        if f"`{info.alias or name}`" not in text
    ]
    assert not missing


@given(st.integers(1, 10**7))
def test_a_shown_duration_is_read_back(seconds):
    duration = timedelta(seconds=seconds)
    assert parse_duration(show_duration(duration)) == duration
