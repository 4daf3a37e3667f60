"""A page of the local archive: its bytes, shut in."""

from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

from monitor.adapters.warc import WarcArchive
from monitor.config.settings import Settings
from monitor.domain.model import Response
from tests.web.conftest import Setting
from tests.web.filling import NOW

URL = "https://news.example.org/一?a=1"
EVIL = "<!doctype html><title>港</title><script>alert(1)</script><form action=/><p>text".encode()


async def keep(folder: Path, **changes: object) -> None:
    """Record one page in a data folder."""
    local = WarcArchive(folder / "warc")
    headers = {"content-type": "text/html; charset=utf-8"}
    answer = Response(URL, URL, 200, headers, EVIL, NOW, request_headers={"host": "news.example.org"})
    await local.record(replace(answer, **changes))  # type: ignore[arg-type]
    await local.close()


async def test_a_kept_page_is_shown_without_scripts_network_or_origin(
    setting: Setting, tmp_path: Path
) -> None:
    await keep(tmp_path)
    here = replace(setting, settings=Settings(DATA_DIR=tmp_path))
    answer = await here.client().get(f"/kept?url={quote(URL, safe='')}")
    assert (answer.status, answer.body) == (200, EVIL)
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("sandbox; default-src 'none'")
    assert "allow-" not in policy
    assert "script-src" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["memento-datetime"].endswith("GMT")


async def test_what_is_no_text_is_only_offered_to_be_stored(setting: Setting, tmp_path: Path) -> None:
    await keep(tmp_path, headers={"content-type": "image/svg+xml"})
    here = replace(setting, settings=Settings(DATA_DIR=tmp_path))
    answer = await here.client().get(f"/kept?url={quote(URL, safe='')}")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == "attachment"


async def test_what_is_not_kept_is_missing(setting: Setting, tmp_path: Path) -> None:
    here = replace(setting, settings=Settings(DATA_DIR=tmp_path))
    for url in (URL, "nonsense", "javascript:alert(1)", "x" * 7000):
        assert (await here.client().get(f"/kept?url={quote(url, safe='')}")).status == 404


async def test_an_article_leads_to_its_local_copy(setting: Setting) -> None:
    on = replace(setting, settings=Settings(ARCHIVE="both"))
    off = replace(setting, settings=Settings(ARCHIVE="wayback"))
    assert 'href="/kept?url=http' in (await on.client().get("/articles/1")).text
    assert "/kept?" not in (await off.client().get("/articles/1")).text
