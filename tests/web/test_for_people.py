"""Problems before a browser: pages and a door, never JSON; two people at one thing hear of each other."""

import re
from urllib.parse import quote

import pytest
from pydantic import SecretStr

from monitor.adapters.store.stores import Stores
from monitor.config.settings import Settings
from tests.web.client import HOST, Client
from tests.web.conftest import Setting
from tests.web.filling import NOW

BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8"
HAZARD, UNRELATED = ({"q:oecd:article_label": one} for one in ("ai_hazard", "unrelated"))


async def taken(client: Client, stores: Stores) -> tuple[int, str]:
    """Take the next article as ann; return it with its token."""
    client.cookies["monitor_labeller"] = "ann"
    await client.submit("/queue/next")
    (held,) = await stores.queue.held("ann", now=NOW)
    return held.article_id, held.token


async def test_who_lost_their_token_in_the_middle_of_a_form_is_asked_for_it(setting: Setting) -> None:
    setting.settings = Settings(API_TOKEN=SecretStr("first"))
    client = setting.client(accept=BROWSER, referer=f"http://{HOST}/incidents/1")
    answer = await client.submit("/incidents/1/rename", title="Mine")
    assert (answer.status, answer.headers["location"]) == (
        303,
        f"/login?next={quote('/incidents/1', safe='')}",
    )
    client.headers["referer"] = "http://evil.example/incidents/1"
    assert (await client.submit("/queue/next")).headers["location"] == "/login?next=%2F"
    del client.headers["accept"]
    assert (await client.submit("/queue/next")).status == 401


async def test_who_may_only_read_is_told_so_on_a_page(setting: Setting, stores: Stores) -> None:
    setting.settings = Settings(API_TOKEN=SecretStr("first"))
    first = setting.client(authorization="Bearer first")
    token = (await first.post("/api/v1/tokens", {"name": "bob", "scope": "read"})).json["token"]
    answer = await setting.client(authorization=f"Bearer {token}", accept=BROWSER).get("/queue")
    assert (answer.status, "scope-needed" in answer.text, answer.text[:9]) == (403, True, "<!doctype")


async def test_the_same_form_twice_is_one_answer(client: Client, stores: Stores) -> None:
    article, token = await taken(client, stores)
    for _ in range(2):
        answer = await client.submit(f"/queue/{article}/label", token=token, **HAZARD)
        assert answer.headers["location"] == "/queue"
    assert len(await stores.judgements.of_article(article)) == 1
    other = await client.submit(f"/queue/{article}/label", token=token, **UNRELATED)  # the back button
    assert "Take your last answer back" in (await client.get(other.headers["location"])).text


@pytest.mark.parametrize("path", ["/queue", "/incidents/1", "/articles/1"])
async def test_a_link_puts_no_words_on_a_page(client: Client, path: str) -> None:
    for told in (
        "pay%20at%20evil",
        f"{'0' * 18}.pay%20at%20evil",
        "é.pay%20at%20evil",
        "%FF%00.pay%20at%20evil",
    ):
        answer = await client.get(f"{path}?told={told}")
        assert (answer.status, "pay at evil" in answer.text) == (200, False)


async def test_a_page_of_an_incident_that_was_merged_meanwhile_tells_so(client: Client) -> None:
    await client.submit("/incidents/1/merge", other="2")
    late = await client.submit("/incidents/2/rename", title="Late")
    leads = await client.get(late.headers["location"])
    assert leads.status == 303
    assert "incident 2 is part of incident 1 now" in (await client.get(leads.headers["location"])).text


async def test_an_article_that_somebody_moved_meanwhile_stays_there(client: Client, stores: Stores) -> None:
    page = (await client.get("/incidents/1")).text
    article = int(re.findall(r'name="article" value="(\d+)"', page)[-1])
    assert (await client.submit("/incidents/1/move", other="2", article=article)).headers[
        "location"
    ] == "/incidents/1"
    late = await client.submit("/incidents/1/move", other="3", article=article)
    assert "choose articles of incident 1" in (await client.get(late.headers["location"])).text
    assert (await stores.listings.one(article)).line.incident_id == 2


async def test_an_article_that_somebody_pulled_in_meanwhile_tells_so(client: Client) -> None:
    answer = await client.submit("/articles/1/admit", other="")
    assert 'role="alert"' in (await client.get(answer.headers["location"])).text


async def test_any_version_is_known_already(client: Client) -> None:
    answer = await client.get("/api/v1/incidents", if_none_match="*")
    assert (answer.status, answer.body) == (304, b"")
