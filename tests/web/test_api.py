"""The API: the same verbs as the stores, with the right status and words that say what to do."""

import asyncio
import json
import threading

import pytest

from monitor.adapters.store.stores import Stores
from tests.fakes import NOON, reading_of
from tests.web.client import Client
from tests.web.conftest import Setting
from tests.web.filling import fill, replayed

YES = [{"scheme": "relevant", "question": "relevant", "value": "yes"}]


async def claimed(client: Client, labeller: str = "ann") -> tuple[int, dict[str, object]]:
    task = (await client.post("/api/v1/queue/claim", {"labeller": labeller})).json["tasks"][0]
    return task["claim"]["article_id"], {"labeller": labeller, "token": task["claim"]["token"]}


async def every(client: Client, path: str, name: str) -> list[dict[str, object]]:
    """Follow the cursor to the end."""
    found, cursor = [], ""
    while cursor is not None:
        page = (await client.get(f"{path}{'&' if '?' in path else '?'}limit=7&cursor={cursor}")).json
        found += page[name]
        cursor = page["next"] if page[name] else None
    return found


async def test_paging_neither_skips_nor_repeats(client: Client, ids: dict[str, int]) -> None:
    for path in ("/api/v1/articles", "/api/v1/articles?order=settled"):
        found = [line["id"] for line in await every(client, path, "articles")]
        assert sorted(found) == sorted(ids.values())
    assert len(await every(client, "/api/v1/incidents", "incidents")) == len(
        {line["id"] for line in await every(client, "/api/v1/incidents", "incidents")}
    )


@pytest.mark.parametrize("path", ["/", "/healthz", "/feeds/incidents.atom", "/api/v1/articles", "/nowhere"])
async def test_a_head_is_that_of_the_whole_answer(client: Client, path: str) -> None:
    whole, head = await client.get(path), await client.ask("HEAD", path)
    assert (head.status, head.headers, head.body) == (whole.status, whole.headers, b"")


async def test_whoever_follows_goes_on_from_the_end(client: Client, stores: Stores) -> None:
    following = "/api/v1/articles?order=settled&limit=500"
    seen = (await client.get(following)).json
    assert (await client.get(f"{following}&cursor={seen['next']}")).json == {"articles": [], "next": None}
    row = replayed("seeds")[0] | {"key": "late", "path": "/late"}
    ids = await fill(stores, [row])
    fresh = (await client.get(f"{following}&cursor={seen['next']}")).json
    assert [line["id"] for line in fresh["articles"]] == [ids["late"]]


async def test_articles_are_filtered(client: Client) -> None:
    found = await every(client, "/api/v1/articles?language=en&state=queued", "articles")
    assert found
    assert {(line["language"], line["state"]) for line in found} == {("en", "queued")}
    none = await client.get("/api/v1/articles?since=2031-01-01")
    assert none.json == {"articles": [], "next": None}


async def test_articles_are_found_by_their_words(client: Client, stores: Stores) -> None:
    for order in ("newest", "settled"):
        path = f"/api/v1/articles?order={order}&text=LinkedIn%20%22profiles%22"
        found = await every(client, path, "articles")
        by_page = {hit.article.id for hit in await stores.search.find('LinkedIn "profiles"', limit=500)}
        assert {line["id"] for line in found} == by_page
        numbers = [line["id"] if order == "newest" else -line["seq"] for line in found]
        assert numbers == sorted(numbers, reverse=True)
    for nothing in ("nowheretobefound", "%22", "%E3%80%82"):
        assert (await client.get(f"/api/v1/articles?text={nothing}")).json["articles"] == []


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00%2B14:00"])
async def test_a_moment_that_is_none_in_utc_is_refused(client: Client, moment: str) -> None:
    refused = await client.get(f"/api/v1/articles?since={moment}")
    assert (refused.status, refused.json["type"]) == (422, "invalid-request")
    assert (await client.get("/api/v1/articles?until=0001-01-01T00:00:00")).status == 200


async def test_a_corrected_article_shows_its_versions(
    client: Client, ids: dict[str, int], setting: Setting
) -> None:
    article = ids["douyin-01"]
    (first,) = (await client.get(f"/api/v1/articles/{article}/versions")).json
    corrected = reading_of(
        first["text"] + "\n平台随后更正：涉事账号共有三十个。", title=first["title"], reader=first["reader"]
    )
    assert await setting.stores.versions.keep(article, corrected, now=NOON)
    versions = (await client.get(f"/api/v1/articles/{article}/versions")).json
    assert [one["number"] for one in versions] == [1, 2]
    assert versions[1]["text"].endswith("三十个。")
    assert (await client.get("/api/v1/articles/999999/versions")).status == 404


async def test_an_article_is_found_by_any_spelling_of_its_address(
    client: Client, ids: dict[str, int]
) -> None:
    article = (await client.get(f"/api/v1/articles/{ids['douyin-01']}")).json
    url = article["line"]["url"].replace("https://", "http://") + "?utm_source=x#top"
    assert (await client.get(f"/api/v1/articles/lookup?url={url}")).json == article
    assert (await client.get("/api/v1/articles/lookup?url=https://nowhere.example/1")).status == 404
    assert (await client.get("/api/v1/articles/lookup?url=javascript:alert(1)")).status == 422


async def test_an_incident_holds_its_articles_and_copies(client: Client) -> None:
    line = (await client.get("/api/v1/incidents?limit=1")).json["incidents"][0]
    incident = (await client.get(f"/api/v1/incidents/{line['id']}")).json
    assert line["articles"] + line["copies"] == len(incident["articles"])
    assert (await client.get("/api/v1/incidents/999")).json["type"] == "unknown-incident"


async def test_the_queue_is_paged_while_others_claim_from_it(client: Client, setting: Setting) -> None:
    await setting.stores.queue.rank()
    expected = [line.article_id for line in await setting.stores.queue_list.waiting(limit=500)]
    found, cursor = [], ""
    while cursor is not None:
        page = (await client.get(f"/api/v1/queue?limit=4&cursor={cursor}")).json
        found += [line["article_id"] for line in page["articles"]]
        cursor = page["next"]
        await client.post("/api/v1/queue/claim", {"labeller": "ann", "count": 2})
    assert len(found) == len(set(found))
    claimed = {line.article_id for line in await setting.stores.queue_list.waiting(label_state="claimed")}
    assert set(expected) - set(found) <= claimed
    assert found == [one for one in expected if one in found]
    assert (await client.get("/api/v1/queue?cursor=MQ")).json["type"] == "invalid-cursor"


async def test_sources_tell_their_health(client: Client) -> None:
    sources = {line["name"]: line for line in (await client.get("/api/v1/sources")).json}
    assert (sources["wall"]["status"], sources["wall"]["reason"][:3]) == ("blocked", "403")
    assert (await client.get("/api/v1/sources/wall")).json["polls"][0]["outcome"] == "failed"
    assert (await client.get("/api/v1/sources/none")).status == 404


async def test_label_flow(client: Client, setting: Setting) -> None:
    article, held = await claimed(client)
    renewed = await client.post(f"/api/v1/queue/{article}/renew", {**held, "lease_seconds": 60})
    assert renewed.status == 200
    body = {**held, "judgements": YES, "client_id": "c1"}
    first = await client.post(f"/api/v1/queue/{article}/label", body)
    again = await client.post(f"/api/v1/queue/{article}/label", body)
    assert (first.json["repeated"], again.json["repeated"]) == (False, True)
    labels = (await client.get(f"/api/v1/articles/{article}/labels")).json
    assert [(line["value"], line["labeller"], line["in_force"]) for line in labels] == [("yes", "ann", True)]
    undone = await client.post(f"/api/v1/queue/{article}/undo", {"labeller": "ann"})
    held = {"labeller": "ann", "token": undone.json["token"]}
    skipped = await client.post(
        f"/api/v1/queue/{article}/skip", {**held, "reason": "an advert", "final": True}
    )
    assert skipped.status == 204
    assert (await client.get("/api/v1/queue/skips")).json["skips"][0]["reason"] == "an advert"
    assert (await client.post(f"/api/v1/queue/{article}/reopen")).status == 204
    assert (await client.get("/api/v1/queue/figures")).json["states"]["skipped" if False else "pending"] > 0


async def test_a_late_answer_is_a_conflict(client: Client, setting: Setting) -> None:
    article, held = await claimed(client)
    setting.clock.move(hours=1)
    answer = await client.post(f"/api/v1/queue/{article}/label", {**held, "judgements": YES})
    assert (answer.status, answer.json["type"]) == (409, "lease-lost")
    assert answer.headers["content-type"] == "application/problem+json"
    assert "claim it again" in answer.json["detail"]


async def test_bad_requests_say_what_to_do(client: Client) -> None:
    article, held = await claimed(client)
    label = f"/api/v1/queue/{article}/label"
    for body, status, kind in (
        (b"{", 400, "invalid-request"),
        (b"[]", 422, "invalid-request"),
        ({"judgements": YES, "labeller": "ann"}, 422, "invalid-request"),
        ({**held, "judgements": YES, "extra": 1}, 422, "invalid-request"),
        ({**held, "judgements": []}, 422, "invalid-request"),
        ({**held, "judgements": [{**YES[0], "value": "perhaps"}]}, 422, "invalid-label"),
        ({**held, "judgements": [{**YES[0], "scheme": "x"}]}, 422, "unknown-scheme"),
        ({**held, "judgements": [{**YES[0], "rationale": "a\x00b"}]}, 422, "invalid-request"),
        ({**held, "token": "x", "judgements": YES}, 409, "lease-lost"),
    ):
        answer = await client.post(label, body)
        assert (answer.status, answer.json["type"]) == (status, kind), body
        assert answer.json["detail"]
    assert (await client.post("/api/v1/queue/99999/release", held)).status == 404
    assert (await client.get("/api/v1/articles?cursor=zzz")).json["type"] == "invalid-cursor"
    nothing = await client.get("/api/v1/nothing")
    assert (nothing.status, nothing.json["type"]) == (404, "not-found")
    taken = await client.ask("PUT", "/api/v1/incidents")
    assert (taken.status, taken.json["type"]) == (405, "method-not-allowed")


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/api/v1/incidents", "GET, HEAD"),
        ("/api/v1/webhooks", "GET, HEAD, POST"),
        ("/api/v1/webhooks/1", "DELETE, PUT"),
        ("/api/v1/articles/1/labels", "GET, HEAD, POST"),
        ("/static/app.css", "GET, HEAD"),
    ],
)
async def test_a_refused_method_names_those_that_are_taken(client: Client, path: str, methods: str) -> None:
    refused = await client.ask("PATCH", path)
    assert (refused.status, refused.headers["allow"]) == (405, methods)


async def test_a_copy_may_be_overruled_visibly(client: Client, ids: dict[str, int]) -> None:
    copy = next(line for line in await every(client, "/api/v1/articles?state=copy", "articles"))
    original = copy["copy_of"]
    label = [{"scheme": "oecd", "question": "article_label", "value": "ai_incident"}]
    given = await client.post(f"/api/v1/articles/{original}/labels", {"labeller": "ann", "judgements": label})
    assert given.status == 201
    (inherited,) = (await client.get(f"/api/v1/articles/{copy['id']}/labels")).json
    assert (inherited["inherited"], inherited["in_force"]) == (True, True)
    other = [{**label[0], "value": "unrelated"}]
    await client.post(f"/api/v1/articles/{copy['id']}/labels", {"labeller": "ann", "judgements": other})
    both = (await client.get(f"/api/v1/articles/{copy['id']}/labels")).json
    assert [(line["value"], line["in_force"]) for line in both] == [
        ("unrelated", True),
        ("ai_incident", False),
    ]
    (found,) = (await client.get("/api/v1/labels/contradictions")).json
    assert (found["among"], len(found["labels"])) == ("copies", 2)
    shown = (await client.get("/contradictions")).text
    assert all(f'href="/articles/{one}"' in shown for one in (original, copy["id"]))


async def test_agreement(client: Client, ids: dict[str, int]) -> None:
    values = {"douyin-01": ("yes", "yes"), "douyin-02": ("yes", "no"), "douyin-03": ("no", "no")}
    for key, pair in values.items():
        for name, value in zip(("ann", "bo"), pair, strict=True):
            body = {"labeller": name, "judgements": [{**YES[0], "value": value}]}
            await client.post(f"/api/v1/articles/{ids[key]}/labels", body)
    found = (await client.get("/api/v1/labels/agreement?scheme=relevant&question=relevant")).json
    assert found == {
        "units": 3,
        "labellers": 2,
        "percent": pytest.approx(2 / 3, abs=1e-3),
        "alpha": pytest.approx(0.4444, abs=1e-3),
    }
    assert (await client.get("/api/v1/labels/agreement?scheme=none")).status == 404


async def test_an_incident_follows_its_articles_until_set_by_hand(
    client: Client, ids: dict[str, int]
) -> None:
    article = (await client.get(f"/api/v1/articles/{ids['douyin-01']}")).json["line"]
    body = {
        "labeller": "ann",
        "judgements": [
            {"scheme": "oecd", "question": "article_label", "value": "ai_incident"},
            {"scheme": "oecd", "question": "harm_types", "value": ["reputational"]},
        ],
    }
    await client.post(f"/api/v1/articles/{article['id']}/labels", body)
    path = f"/api/v1/incidents/{article['incident_id']}/labels"
    values = {line["question"]: line for line in (await client.get(path)).json}
    assert (values["article_label"]["value"], values["harm_types"]["value"]) == (
        "ai_incident",
        ["reputational"],
    )
    by_hand = {
        "labeller": "bo",
        "judgement": {"scheme": "oecd", "question": "article_label", "value": "ai_hazard"},
    }
    assert (await client.post(path, by_hand)).status == 204
    values = {line["question"]: line for line in (await client.get(path)).json}
    assert (values["article_label"]["value"], values["article_label"]["by"]) == ("ai_hazard", "bo")
    by_hand["judgement"]["value"] = None
    await client.post(path, by_hand)
    assert (await client.get(path)).json[0]["value"] == "ai_incident"


async def test_corrections(client: Client, ids: dict[str, int]) -> None:
    first = (await client.get(f"/api/v1/articles/{ids['douyin-01']}")).json["line"]["incident_id"]
    other = next(
        line["id"]
        for line in (await client.get("/api/v1/incidents")).json["incidents"]
        if line["id"] != first
    )
    change = (await client.post(f"/api/v1/incidents/{first}/merge", {"gone": other})).json
    assert change["detail"]["gone"] == other
    assert (await client.get(f"/api/v1/incidents/{other}")).json["line"]["id"] == first
    assert (await client.post(f"/api/v1/incidents/{other}/rename", {"title": "x"})).status == 409
    assert (await client.post(f"/api/v1/changes/{change['id']}/undo")).status == 200
    assert (await client.get(f"/api/v1/incidents/{other}")).json["line"]["id"] == other
    assert [line["what"] for line in (await client.get(f"/api/v1/incidents/{first}/changes")).json] == [
        "undo",
        "merge",
    ]


async def test_an_answer_that_is_known_is_not_sent_again(client: Client) -> None:
    first = await client.get("/api/v1/incidents")
    again = await client.get("/api/v1/incidents", if_none_match=first.headers["etag"])
    assert (again.status, again.body) == (304, b"")


async def test_the_stream_goes_on_where_it_broke_off(client: Client, ids: dict[str, int]) -> None:
    first = _events(await client.get("/api/v1/stream?since=MHwwfDA&most=5"))
    rest = _events(await client.get(f"/api/v1/stream?since={first[-1]['id']}&most={len(ids) - 5}"))
    seqs = [event["data"]["seq"] for event in (*first, *rest)]
    assert seqs == list(range(1, len(ids) + 1))
    assert {event["event"] for event in first} == {"verdict"}


async def test_the_stream_tells_of_labels(client: Client, ids: dict[str, int]) -> None:
    async with asyncio.timeout(10):
        following = asyncio.create_task(client.get("/api/v1/stream?most=1"))
        while not following.done():
            body = {"labeller": "ann", "judgements": YES}
            await client.post(f"/api/v1/articles/{ids['douyin-01']}/labels", body)
        (event,) = _events(await following)
    assert (event["event"], event["data"]["labeller"]) == ("label", "ann")


def _events(answer: object) -> list[dict[str, object]]:
    found = []
    for block in answer.text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
        if "data" in fields:
            found.append({**fields, "data": json.loads(fields["data"])})
    return found


async def test_the_document_describes_every_route(client: Client) -> None:
    document = (await client.get("/api/openapi.json")).json
    assert {"/api/v1/articles", "/api/v1/queue/claim", "/api/v1/stream", "/healthz"} <= set(document["paths"])
    docs = await client.get("/api/docs")
    assert docs.status == 200
    for path in document["paths"]:
        assert path in docs.text


async def test_health(client: Client) -> None:
    assert (await client.get("/healthz")).json == {"status": "ok"}
    ready = await client.get("/readyz")
    assert (ready.status, ready.json["checks"]) == (200, {"database": "ok", "writes": "ok", "schema": "ok"})
    assert b"monitor_build_info" in (await client.get("/metrics")).body


async def test_a_process_whose_writes_are_refused_is_not_ready(setting: Setting) -> None:
    setting.writes = "database: database or disk is full"
    ready = await setting.client().get("/readyz")
    assert (ready.status, ready.json["checks"]["writes"]) == (503, setting.writes)
    figures = (await setting.client().get("/metrics")).body
    assert b'monitor_ready{check="writes"} 0.0' in figures
    assert b'monitor_ready{check="database"} 1.0' in figures


async def test_health_is_told_while_the_database_says_nothing(setting: Setting, client: Client) -> None:
    answered, database = threading.Event(), setting.stores.database
    waiting = [asyncio.create_task(database.read(lambda _: answered.wait(60))) for _ in range(20)]
    await asyncio.sleep(0)  # until they hold every connection
    ready, metrics = await asyncio.gather(client.get("/readyz"), client.get("/metrics"))
    answered.set()
    await asyncio.gather(*waiting)
    assert (ready.status, "no answer" in ready.json["checks"]["database"]) == (503, True)
    assert (metrics.status, b"monitor_build_info" in metrics.body) == (200, True)


async def test_the_queue_is_listed_by_language(client: Client) -> None:
    every = (await client.get("/api/v1/queue?limit=200")).json["articles"]
    languages = {one["language"] for one in every}
    assert len(languages) > 1
    for language in languages:
        found = (await client.get(f"/api/v1/queue?limit=200&language={language}")).json["articles"]
        assert found == [one for one in every if one["language"] == language]
