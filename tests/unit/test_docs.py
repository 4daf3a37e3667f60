"""The documentation names everything that an operator or a reader can meet, and what it shows works."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest
import sqlalchemy as sa

from monitor.adapters import views
from monitor.adapters.metrics import Metrics
from monitor.cli import main
from monitor.config.lines import Lines
from monitor.config.problems import keys_of
from monitor.config.settings import Settings
from monitor.config.sources import read_sources
from monitor.config.specs import EverySpec, ExpectSpec, FileSpec, PageSpec, RuleSpec, SourceSpec, TopicSpec
from monitor.domain.model import Health, Kind

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), ROOT / "tests/site/README.md"])
FIXED = {"aiohttp", "apscheduler", "feedparser", "langdetect", "sqlalchemy", "structlog", "trafilatura"}
SPECS = (FileSpec, SourceSpec, TopicSpec, EverySpec, PageSpec, ExpectSpec, RuleSpec)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)


def text_of(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def explained(name: str) -> set[str]:
    """Return what stands in backticks in the first cell of a table's rows."""
    cells = re.findall(r"^\| ((?:[^|\n]|\\\|)+)\|", text_of(name), re.MULTILINE)
    return {word for cell in cells for word in re.findall(r"`([^`]+)`", cell)}


def blocks(name: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text_of(name), re.DOTALL | re.MULTILINE)


def test_every_setting_is_explained():
    assert set(keys_of(Settings)) <= explained("operate.md")


def test_no_setting_is_explained_that_does_not_exist():
    named = {name for page in PAGES for name in re.findall(r"MONITOR_([A-Z_]+)", page.read_text())}
    assert {name.removesuffix("_FILE") for name in named - {"NAME", "NAME_FILE"}} <= set(keys_of(Settings))


def test_defaults_of_settings_stand_in_the_table():
    rows = dict(re.findall(r"^\| `([A-Z_]+)`[ *]*\| `([^`]+)` \|", text_of("operate.md"), re.MULTILINE))
    for name, shown in rows.items():
        default = Settings.model_fields[name].default
        number = isinstance(default, int | float)
        same = float(shown) == default if number else re.fullmatch(r"\./.*|.*…\)", shown) or shown == default
        assert same, name


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.__name__)
def test_every_key_of_sources_yaml_is_explained(spec):
    assert set(keys_of(spec)) <= explained("sources.md")


def test_every_kind_and_every_health_word_is_explained():
    assert {word.value for word in Health} <= explained("sources.md")
    assert {word.value for word in Kind} <= set(
        re.findall(r"^### (\w+)$", text_of("sources.md"), re.MULTILINE)
    )


@pytest.mark.parametrize("block", blocks("sources.md", "yaml"))
def test_every_example_of_sources_yaml_loads(block):
    assert read_sources(Lines("docs/sources.md", block)).sources


def test_every_kind_has_an_example_that_loads():
    loaded = [read_sources(Lines("docs/sources.md", block)) for block in blocks("sources.md", "yaml")]
    assert {source.kind for one in loaded for source in one.sources.values()} == set(Kind)


def test_every_metric_is_explained():
    families = list(Metrics().registry.collect())
    names = {f"{one.name}_total" if one.type == "counter" else one.name for one in families}
    assert names <= explained("operate.md")


# What can be written already, and what in the code will make it work. While that is not there, the row says so.
WORKS_WITH = {
    ("operate.md", "FETCH_CONCURRENCY"): ".FETCH_CONCURRENCY",
    ("operate.md", "RETENTION_DAYS"): ".RETENTION_DAYS",
    ("operate.md", "WEBHOOK"): ".WEBHOOK",
    ("operate.md", "EMBEDDINGS_KEY"): ".EMBEDDINGS_KEY",
    ("operate.md", "EMBEDDINGS"): "RemoteEncoder(",
    ("operate.md", "ARCHIVE"): "WarcArchive(",
    ("operate.md", "monitor_worker_replacements_total"): ".metrics.count_replacements(",
    ("sources.md", "like"): "Examples(",
}


@pytest.mark.parametrize(("page", "name"), WORKS_WITH)
def test_what_has_no_effect_yet_says_so_and_nothing_else_does(page, name):
    roots = [*(ROOT / "monitor").glob("*.py"), *(ROOT / "monitor/commands").glob("*.py")]
    works = any(WORKS_WITH[page, name] in path.read_text() for path in roots)
    (row,) = re.findall(rf"^\| `{name}`.*$", text_of(page), re.MULTILINE)
    assert ("no effect yet" in row.lower()) is not works, f"docs/{page}: {row}"


def commands(group: click.Group, before: str) -> list[str]:
    found = []
    context = click.Context(group)
    for name in group.list_commands(context):
        command, full = group.get_command(context, name), f"{before} {name}"
        found += commands(command, full) if isinstance(command, click.Group) else [full]
    return found


def test_every_command_is_explained():
    pages = "".join(page.read_text() for page in PAGES)
    missing = [name for name in commands(main, "monitor") if f"`{name}" not in pages]
    assert not missing


def events() -> set[str]:
    """Return the names of log events: the first argument of every call on a logger that looks like one."""
    found = set()
    for path in (ROOT / "monitor").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name) and node.args:
                first, called = node.args[0], ast.unparse(node.func)
                if called.startswith(("log.", "note")) and isinstance(first, ast.Constant):
                    found.add(str(first.value))
    return {name for name in found if re.fullmatch(r"[a-z-]+\.[a-z-]+", name)}


def test_every_log_event_is_explained():
    assert len(events()) > 5
    assert events() <= explained("operate.md")


POSTGRESQL = {
    "number": {"bigint", "integer"},
    "score": {"double precision"},
    "text": {"text", "character varying"},
    "yes/no": {"boolean"},
    "time": {"timestamp with time zone"},
    "JSON": {"jsonb"},
}


def documented(view: str) -> list[tuple[str, str]]:
    """Return the columns of a view and their types as docs/downstream.md lists them."""
    parts = re.split(r"^## ", text_of("downstream.md"), flags=re.MULTILINE)
    part = next(part for part in parts if part.startswith(f"`{view}`"))
    return re.findall(r"^\| `(\w+)` \| ([^|]+) \|", part, re.MULTILINE)


@pytest.mark.parametrize("view", views.VIEWS)
async def test_every_column_of_a_view_is_explained(view, database):
    columns = await database.read(lambda c: sa.inspect(c).get_columns(view))
    assert [column["name"] for column in columns] == [name for name, _ in documented(view)]


@pytest.mark.parametrize("view", views.VIEWS)
async def test_every_column_has_the_type_that_is_promised(view, database):
    if database.is_sqlite:
        pytest.skip("SQLite columns of a view have no type of their own")
    query = sa.text("SELECT column_name, data_type FROM information_schema.columns WHERE table_name = :view")
    types = dict(await database.read(lambda c: c.execute(query, {"view": view}).all()))
    wrong = {
        name: types[name] for name, promised in documented(view) if types[name] not in POSTGRESQL[promised]
    }
    assert not wrong


@pytest.mark.parametrize("block", blocks("downstream.md", "sql"))
async def test_the_queries_of_downstream_run(block, database):
    for query in filter(str.strip, block.split(";")):
        bound = {"cursor": 0} if ":cursor" in query else {}
        await database.read(lambda c, query=query, bound=bound: c.execute(sa.text(query), bound).all())


def test_the_reader_of_downstream_runs(sqlite_url, tmp_path):
    (code,) = blocks("downstream.md", "python")
    (tmp_path / "data").mkdir()
    shutil.copy(sqlite_url.removeprefix("sqlite:///"), tmp_path / "data/monitor.db")
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def anchors_of(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", FENCED.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(page):
    for link in LINK.findall(FENCED.sub("", page.read_text())):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{link}: no such file"
        assert not anchor or anchor in anchors_of(target), f"{link}: no such heading"


def test_every_dependency_that_was_chosen_has_a_decision():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = {re.match(r"[\w-]+", line)[0] for line in project["dependencies"]}
    decisions = "".join(page.read_text() for page in (DOCS / "decisions").glob("0*.md"))
    assert {name for name in named - FIXED if f"`{name}`" not in decisions} == set()


def test_the_design_names_every_floor():
    floors = {
        path
        for path in (ROOT / "monitor").iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    names = {f"{path.name}/" if path.is_dir() else path.name for path in floors} - {"__init__.py"}
    assert names <= explained("design.md")


def test_the_example_of_the_readme_loads():
    (block,) = re.findall(r"^```yaml\n(.*?)^```", (ROOT / "README.md").read_text(), re.DOTALL | re.MULTILINE)
    assert read_sources(Lines("README.md", block)).sources


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_pages_name_no_machine_and_no_ticket(page):
    assert not re.search(r"(?<![\w.])/(?:work|root|home)/|#\d{2,}", page.read_text())


def test_decisions_are_numbered_without_a_gap_and_listed():
    files = sorted(page.name for page in (DOCS / "decisions").glob("0*.md"))
    assert [int(name[:4]) for name in files] == list(range(1, len(files) + 1))
    index = text_of("decisions/README.md")
    assert all(f"({name})" in index for name in files)
    for name in files:
        body = text_of(f"decisions/{name}")
        assert all(f"**{word}.**" in body for word in ("Context", "Choice", "Rejected", "Price")), name
