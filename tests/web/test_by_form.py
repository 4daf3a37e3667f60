"""Forms of the pages: what labellers are shown, what their words become, what a correction lacks."""

import re
from html import escape
from typing import Any

import pytest

from monitor.adapters import tables as t
from monitor.adapters.engine import Database
from monitor.adapters.store.stores import Stores
from monitor.web.render import lang_of
from tests.web.client import Client
from tests.web.filling import NOW


async def test_an_unsure_article_names_the_other_incident(
    client: Client, database: Database, stores: Stores
) -> None:
    client.cookies["monitor_labeller"] = "ann"
    await client.submit("/queue/next")
    (held,) = await stores.queue.held("ann", now=NOW)
    own = (await stores.listings.one(held.article_id)).line.incident_id
    other = next(line for line in await stores.incidents.newest() if line.id != own)
    unsure = t.articles.update().where(t.articles.c.id == held.article_id)
    noted = {"incident_id": other.id, "score": 0.59, "reasons": []}
    await database.write(lambda c: c.execute(unsure.values(alternative=noted)))
    shown = (await client.get("/queue")).text
    assert re.search(
        rf'<a href="/incidents/{other.id}" lang="{lang_of(other.title, other.languages)}" dir="auto">{re.escape(escape(other.title))}</a> \(59 %\)',
        shown,
    )


async def test_words_of_a_form_have_plain_ends_of_lines(client: Client, stores: Stores) -> None:
    client.cookies["monitor_labeller"] = "ann"
    await client.submit("/queue/next")
    (held,) = await stores.queue.held("ann", now=NOW)
    said = {"q:oecd:article_label": "unrelated", "r:oecd:article_label": "one\r\ntwo\r\n"}
    await client.submit(f"/queue/{held.article_id}/label", token=held.token, **said)
    (given,) = await stores.judgements.of_article(held.article_id)
    assert given.rationale == "one\ntwo"


@pytest.mark.parametrize(
    ("verb", "fields", "told"),
    [
        ("merge", {"other": ""}, "give the number of the other incident"),
        ("move", {"other": "2"}, "choose the one article that is to be moved"),
        ("move", {"other": "2", "article": ["1", "2"]}, "choose the one article that is to be moved"),
    ],
)
async def test_a_correction_says_what_it_lacks(client: Client, verb: str, fields: Any, told: str) -> None:
    answer = await client.submit(f"/incidents/1/{verb}", **fields)
    assert told in (await client.get(answer.headers["location"])).text
