"""A damaged file answers 503 with the cure, at every door; nothing of it is called a fault of the daemon."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr

from monitor.adapters.engine import Database
from monitor.config.settings import Settings
from tests.damage import spoil_tables, spoil_text
from tests.store.rows import stores_on
from tests.web.client import Answer
from tests.web.conftest import Setting

Open = Callable[[str], Database]
EVERYWHERE = (
    "/",
    "/search",
    "/search?q=linkedin",
    "/incidents",
    "/incidents/1",
    "/articles/1",
    "/feeds/incidents.atom",
    "/api/v1/articles",
    "/api/v1/incidents",
    "/api/v1/incidents/1",
    "/api/v1/queue",
    "/api/v1/exports/jsonl",
    "/api/v1/exports/csv",
)


@pytest.fixture
def file(tmp_path: Path, sqlite_template: Path) -> Path:
    return Path(shutil.copy(sqlite_template, tmp_path / "damaged.db"))


def setting_on(file: Path, open_database: Open) -> Setting:
    return Setting(stores_on(open_database(f"sqlite:///{file}")))


def names_the_cure(answer: Answer) -> bool:
    told = answer.json
    return (answer.status, told["type"]) == (503, "database-broken") and "back-up" in told["detail"]


async def test_a_damaged_table_is_told_with_its_cure(file: Path, open_database: Open) -> None:
    spoil_tables(file, "articles", "incidents")
    client = setting_on(file, open_database).client()
    for path in EVERYWHERE:
        answer = await client.get(path, accept="*/*")
        assert names_the_cure(answer), (path, answer.status, answer.body[:200])
        assert "malformed" in answer.json["detail"]
        assert "retry-after" not in answer.headers  # it does not pass by itself


async def test_before_a_browser_it_is_a_page(file: Path, open_database: Open) -> None:
    spoil_tables(file, "articles", "incidents")
    client = setting_on(file, open_database).client()
    for path in EVERYWHERE:
        answer = await client.get(path, accept="text/html,*/*;q=0.8")
        if path.startswith(("/api/", "/feeds/")):
            assert names_the_cure(answer), path
            continue
        assert (answer.status, answer.headers["content-type"]) == (503, "text/html; charset=utf-8"), path
        assert "malformed" in answer.text and "back-up" in answer.text
        assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_letters_that_are_none_are_damage_too_and_are_not_repeated(
    file: Path, open_database: Open
) -> None:
    spoil_text(file, "LinkedIn has a problem")
    answer = await setting_on(file, open_database).client().get("/api/v1/incidents")
    assert names_the_cure(answer)
    assert "has a problem" not in answer.text  # no text of an article in a message


async def test_a_damaged_index_of_words_is_told_as_damage(file: Path, open_database: Open) -> None:
    spoil_tables(file, "search_texts_config")
    assert names_the_cure(await setting_on(file, open_database).client().get("/search?q=linkedin"))


async def test_the_door_tells_it_too(file: Path, open_database: Open) -> None:
    spoil_tables(file, "tokens")
    setting = setting_on(file, open_database)
    setting.settings = Settings(API_TOKEN=SecretStr("first"))
    client = setting.client(authorization="Bearer other")
    assert names_the_cure(await client.get("/api/v1/articles"))
    assert (await client.get("/healthz")).status == 200
