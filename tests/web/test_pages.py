"""The pages: they work without scripts, show text as text, and speak two languages."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.adapters import tables as t
from monitor.adapters.engine import Database
from monitor.adapters.store.stores import Stores
from monitor.domain.model import State
from monitor.domain.watching import Link
from monitor.web.catalogue import LANGUAGES, catalogue
from monitor.web.render import lang_of
from tests.web.client import Client
from tests.web.conftest import Setting
from tests.web.filling import NOW, fill

WEB = Path(__file__).parent.parent.parent / "monitor" / "web"
PAGES = [
    "/",
    "/queue",
    "/contradictions",
    "/incidents",
    "/incidents/1",
    "/sources",
    "/sources/wall",
    "/search",
    "/search?q=AI",
    "/articles/1",
    "/api/docs",
    "/login",
]
EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'=1+1\u202e{{7*7}}"


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_page_in_every_language(client: Client, path: str, language: str) -> None:
    client.cookies |= {"monitor_language": language, "monitor_labeller": "ann"}
    answer = await client.get(path)
    assert answer.status == 200
    assert f'lang="{"zh-Hans" if language == "zh" else "en"}"' in answer.text
    assert "style=" not in answer.text
    assert not re.search(r"<script(?! src=)", answer.text)
    assert not re.search(r"\son\w+=", answer.text)


@pytest.mark.parametrize(
    "path", ["/nope", "/incidents/abc", "/articles/x", "/incidents/1/merge", "/search?p=x"]
)
async def test_a_mistyped_address_is_a_page_with_the_way_back(client: Client, path: str) -> None:
    answer = await client.get(path, accept="text/html,*/*;q=0.8")
    assert (answer.status, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert path in answer.text
    assert '<a href="/">' in answer.text


@pytest.mark.parametrize("path", ["/api/v1/nope", "/api/v1/incidents/abc", "/feeds/nope", "/static/nope.js"])
async def test_an_address_for_programs_stays_a_problem(client: Client, path: str) -> None:
    answer = await client.get(path, accept="text/html,*/*;q=0.8")
    assert answer.headers["content-type"] == "application/problem+json"
    assert (await client.get("/nope")).headers["content-type"] == "application/problem+json"


def test_both_catalogues_hold_the_same_words() -> None:
    assert catalogue("en").keys() == catalogue("zh").keys()
    for name, text in catalogue("en").items():
        assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", catalogue("zh")[name])), name


def test_every_word_that_a_template_asks_for_exists() -> None:
    known = catalogue("en").keys()
    for path in sorted((WEB / "templates").glob("*.html")):
        for name in re.findall(r"\bt\('([\w.]+)'[,)]", path.read_text()):
            assert name in known, f"{path.name}: {name}"
        for name in re.findall(r"count\('([\w.]+)'", path.read_text()):
            assert f"{name}.one" in known, f"{path.name}: {name}"


def test_states_are_called_as_commands_and_the_api_call_them() -> None:
    assert {state.value for state in State} == {catalogue("en")[f"state.{state.value}"] for state in State}


async def test_a_choice_of_language_keeps_what_was_asked(client: Client) -> None:
    shown = (await client.get("/search?q=AI&state=copy")).text
    assert '<input type="hidden" name="next" value="/search?q=AI&amp;state=copy">' in shown


async def test_the_browser_s_language_is_taken_and_a_choice_kept(client: Client) -> None:
    assert "今日" in (await client.get("/", accept_language="zh-CN,zh;q=0.9,en;q=0.5")).text
    chosen = await client.submit("/language", language="zh", next="/sources")
    assert (chosen.status, chosen.headers["location"]) == (303, "/sources")
    assert "来源" in (await client.get("/sources")).text


async def test_text_from_the_web_is_text(stores: Stores, setting: Setting) -> None:
    row = {
        "key": "evil",
        "host": "evil.example",
        "path": "/1",
        "headline": f"Headline {EVIL}",
        "publisher": f"Publisher {EVIL}",
        "paragraphs": [f"Text about fraud {EVIL}"],
        "authors": [EVIL],
        "summary": EVIL,
        "language": 'en" onload="x',
        "country": "US",
        "published_at": "2025-03-31T12:00:00+00:00",
        "incident": "evil",
    }
    ids = await fill(stores, [row])
    article = await stores.listings.one(ids["evil"])
    while await stores.search.catch_up():
        pass
    client = setting.client()
    client.cookies["monitor_labeller"] = "ann"
    await client.submit("/queue/name", name="ann")
    await client.post("/api/v1/queue/claim", {"labeller": "ann", "incident_id": article.line.incident_id})
    for path in (
        "/",
        "/queue",
        f"/incidents/{article.line.incident_id}",
        f"/articles/{ids['evil']}",
        "/incidents?words=<script>alert(3)</script>",
        "/search?q=fraud+<script>alert(1)</script>",
        "/search",
    ):
        text = (await client.get(path)).text
        assert "<script>" not in text, path
        assert "onerror=alert(2)>" not in text.replace("&gt;", "[gt]"), path
        assert 'onload="x' not in text, path
        assert "\u202e" not in re.sub(r'value="[^"]*"', "", text), path


async def test_a_page_that_is_gone_has_the_archive_s_link_in_front(
    setting: Setting, ids: dict[str, int], stores: Stores, database: Database
) -> None:
    article = await stores.listings.one(min(ids.values()))
    where = f"https://web.archive.org/web/20250331120000/{article.line.url}"
    later = NOW + timedelta(days=2)
    while taken := await stores.watches.take_watched(50, now=later, lease=timedelta(minutes=1)):
        for watched in taken:  # few of one site at a time
            gone = replace(watched, state=Link.GONE, since=later, reason="http-404")
            await stores.watches.settle_watched(gone, due_at=later + timedelta(days=9), now=later)
    saved = t.captures.update().where(t.captures.c.article_id == article.line.id)
    await database.write(lambda c: c.execute(saved.values(archive_url=where, state="verified")))
    client = setting.client()
    for path in (f"/articles/{article.line.id}", f"/incidents/{article.line.incident_id}"):
        text = (await client.get(path)).text
        assert "page gone" in text
        assert 0 < text.index(f'href="{where}"') < text.index(f'href="{article.line.url}"'), path
    told = (await client.get(f"/api/v1/articles/{article.line.id}")).json
    assert (told["link_state"], told["archive_url"], told["archive_state"]) == ("gone", where, "verified")
    reports = (await client.get(f"/api/v1/incidents/{article.line.incident_id}")).json["articles"]
    assert {one["link_state"] for one in reports} >= {"gone"}


async def test_links_go_nowhere_but_the_web(stores: Stores, setting: Setting) -> None:
    from monitor.web.render import host, safe_url

    assert (
        safe_url("javascript:alert(1)")
        == safe_url("data:text/html,x")
        == safe_url("//x")
        == safe_url("http://[")
        == ""
    )
    assert safe_url("https://example.org/a?b") == "https://example.org/a?b"
    assert (host("https://www.example.org/x"), host("http://[")) == ("example.org", "")


async def test_the_label_flow_without_scripts(client: Client, setting: Setting) -> None:
    start = await client.get("/queue")
    assert 'action="/queue/name"' in start.text
    await client.submit("/queue/name", name="ann")
    await client.submit("/queue/next")
    shown = await client.get("/queue")
    article = int(re.search(r"/queue/(\d+)/label", shown.text)[1])
    token = re.search(r'name="token" value="([^"]+)"', shown.text)[1]
    fields = {
        "token": token,
        "q:oecd:article_label": "ai_incident",
        "r:oecd:article_label": "money was lost",
        "q:oecd:harm_types": ["economic_property", "reputational"],
    }
    assert (await client.submit(f"/queue/{article}/label", **fields)).headers["location"] == "/queue"
    labels = {line.question: line for line in await setting.stores.judgements.of_article(article)}
    assert labels["article_label"].rationale == "money was lost"
    assert labels["harm_types"].value == ["economic_property", "reputational"]
    following = int(re.search(r"/queue/(\d+)/label", (await client.get("/queue")).text)[1])
    assert following != article
    await client.submit("/queue/undo")
    assert f"/queue/{article}/label" in (await client.get("/queue")).text
    assert [line.in_force for line in await setting.stores.judgements.of_article(article)] == [False, False]


async def test_a_late_form_is_told_and_loses_nothing(client: Client, setting: Setting) -> None:
    client.cookies["monitor_labeller"] = "ann"
    await client.submit("/queue/next")
    shown = (await client.get("/queue")).text
    article, token = (
        re.search(r"/queue/(\d+)/label", shown)[1],
        re.search(r'name="token" value="([^"]+)"', shown)[1],
    )
    setting.clock.move(hours=2)
    answer = await client.submit(
        f"/queue/{article}/label", token=token, **{"q:oecd:article_label": "unrelated"}
    )
    assert "claim+it+again" in answer.headers["location"].replace("%20", "+")
    assert "claim it again" in (await client.get(answer.headers["location"].replace("&", "%26"))).text


async def test_merge_and_undo_on_the_page(client: Client) -> None:
    await client.submit("/incidents/1/merge", other="#2", title="")
    assert (await client.get("/incidents/2")).headers["location"] == "/incidents/1"
    page = (await client.get("/incidents/1")).text
    change = re.search(r'name="change" value="(\d+)"', page)[1]
    await client.submit("/incidents/1/undo", change=change)
    assert (await client.get("/incidents/2")).status == 200
    refused = await client.submit("/incidents/1/merge", other="1")
    assert "told=" in refused.headers["location"]


async def test_what_founded_an_incident_is_said_without_a_figure(client: Client) -> None:
    page = (await client.get("/incidents/1")).text
    told = re.findall(r'class="why"[^>]*><summary>why · ([^<]+)<', page)
    assert told[0] == "founded an incident"
    assert told[1:] and all(one.endswith(" %") for one in told[1:])


async def test_today_shows_what_is_wrong_and_says_nothing_twice(client: Client) -> None:
    page = (await client.get("/")).text
    assert "a bot check stands before the feed" in page
    fragment = await client.get("/fragments/today")
    again = await client.get("/fragments/today", if_none_match=fragment.headers["etag"])
    assert (again.status, again.body) == (304, b"")


async def test_the_first_page_is_small(client: Client) -> None:
    answer = await client.get("/", accept_encoding="gzip")
    static = sum(len(path.read_bytes()) for path in (WEB / "static").iterdir())
    assert answer.headers["content-encoding"] == "gzip"
    assert len(answer.body) + static < 100_000


async def test_static_files_may_be_kept(client: Client) -> None:
    link = re.search(r'href="(/static/style.css\?v=\w+)"', (await client.get("/")).text)[1]
    assert "immutable" in (await client.get(link)).headers["cache-control"]
    assert (await client.get("/static/../app.py")).status == 404


@pytest.mark.parametrize("path", ["/incidents/99999", "/articles/99999", "/sources/none"])
async def test_what_is_not_there_is_told_as_a_page(client: Client, path: str) -> None:
    answer = await client.get(path)
    assert (answer.status, "text/html" in answer.headers["content-type"]) == (404, True)


async def test_an_incident_is_labelled_by_hand_and_left_to_its_articles_again(client: Client) -> None:
    given = {"question": "oecd:article_label", "value": "ai_hazard"}
    await client.submit("/incidents/1/label", **given)
    page = (await client.get("/incidents/1")).text
    assert '<option value="ai_hazard" selected>' in page
    assert (await client.get("/api/v1/incidents/1/labels")).json[0]["by_hand"] is True
    refused = await client.submit("/incidents/1/label", question="oecd:article_label", value="no such")
    assert "told=" in refused.headers["location"]
    await client.submit("/incidents/1/label", question="oecd:article_label", value="")
    assert (await client.get("/api/v1/incidents/1/labels")).json == []


async def test_today_shows_the_volume_by_source(client: Client) -> None:
    page = (await client.get("/")).text
    assert "New entries a day, by source" in page


@pytest.mark.parametrize("path", ["/articles/1", "/incidents/1", "/queue"])
async def test_words_of_articles_run_in_the_direction_of_their_script(client: Client, path: str) -> None:
    page = (await client.get(path)).text.partition("<main")[2]
    told = re.findall(r'<[^>]*\slang="[^"]*"[^>]*>', page)
    assert told
    assert all('dir="auto"' in tag for tag in told)


async def test_titles_of_incidents_say_their_language_and_run_in_its_direction(client: Client) -> None:
    for head, path in (("h1", "/incidents/1"), ("h2", "/incidents"), ("h3", "/")):
        page = (await client.get(path)).text.partition("<main")[2]
        titles = re.findall(rf'<{head} lang="([\w-]*)" dir="auto">(.*?)</{head}>', page)
        assert titles
        for lang, title in titles:
            assert lang.startswith("zh") == bool(re.search("[一-鿿]", title)), (lang, title)


@pytest.mark.parametrize(
    ("title", "languages", "told"),
    [
        ("LinkedIn has a problem", ["en"], "en"),
        ("LinkedIn has a problem", ["de", "en"], ""),
        ("诈骗团伙冒充专家", ["en", "zh-Hant"], "zh-Hant"),
        ("偽の専門家がだます", ["en"], "ja"),
        ("خبراء مزيفون", ["ar"], "ar"),
        ("", [], ""),
    ],
)
def test_the_language_of_a_title(title: str, languages: list[str], told: str) -> None:
    assert lang_of(title, languages) == told


async def test_an_article_names_its_incident(client: Client, stores: Stores) -> None:
    article = (await stores.incidents.one(2)).representative
    page = (await client.get(f"/articles/{article}")).text
    assert re.search(r'<a href="/incidents/2" lang="[\w-]*" dir="auto">[^#<]{5,}</a>', page)


async def test_copies_stand_in_the_order_of_their_dates(stores: Stores, database: Database) -> None:
    full = [await stores.listings.one(one) for one in range(1, 60)]
    copied = max((one for one in full if one), key=lambda one: len(one.copies))
    assert len(copied.copies) > 1
    for day, one in enumerate(reversed(copied.copies)):
        dated = t.documents.update().where(t.documents.c.article_id == one)
        late = dated.values(published_at=NOW + timedelta(days=day))
        await database.write(lambda c, late=late: c.execute(late))
    assert (await stores.listings.one(copied.line.id)).copies == copied.copies[::-1]
