"""What the screen kept out stays findable, and can be pulled in by hand and put out again."""

import pytest

from monitor.adapters.store.listings import Wanted
from monitor.adapters.store.stores import Stores
from tests.web.client import Client
from tests.web.filling import replayed


@pytest.fixture
def out(ids: dict[str, int]) -> int:
    """An article that the screen rejected."""
    return next(ids[one["key"]] for one in replayed("seeds") if one["relevance"] == "off_topic")


async def test_a_rejected_article_is_found_with_score_and_reason(client: Client, out: int) -> None:
    lines = {one["id"]: one for one in (await client.get("/api/v1/articles?state=rejected")).json["articles"]}
    assert (lines[out]["relevance"], lines[out]["reason"]) == (0.1, "no word of the topic")
    assert f'action="/articles/{out}/admit"' in (await client.get(f"/articles/{out}")).text


@pytest.mark.parametrize("incident", [None, 1])
async def test_it_is_pulled_in_and_put_out_again(
    client: Client, stores: Stores, out: int, incident: int | None
) -> None:
    last = max(one.seq for one in (await stores.listings.settled(Wanted(), limit=500)).lines)
    change = (await client.post(f"/api/v1/articles/{out}/admit", {"incident_id": incident})).json
    home = change["detail"]["new"]
    assert (home == incident) == (incident is not None)
    line = (await client.get(f"/api/v1/articles/{out}")).json["line"]
    assert (line["state"], line["incident_id"], line["seq"]) == ("queued", home, last + 1)
    assert line["topics"] or incident is None
    assert out in {one.article_id for one in await stores.queue_list.waiting(limit=500)}
    told = (await client.get(f"/api/v1/incidents/{home}/changes")).json
    assert [one["what"] for one in told] == ["admit"]
    assert (await client.post(f"/api/v1/changes/{change['id']}/undo")).status == 200
    line = (await client.get(f"/api/v1/articles/{out}")).json["line"]
    assert (line["state"], line["incident_id"]) == ("rejected", None)
    if incident is None:
        assert (await client.get(f"/api/v1/incidents/{home}")).status == 404
        assert await stores.verdicts.next_incident() == home + 1


async def test_by_page_and_what_is_refused(client: Client, out: int) -> None:
    assert "told=" in (await client.submit(f"/articles/{out}/admit", other="#999")).headers["location"]
    moved = await client.post("/api/v1/incidents/1/move", {"article_id": out})
    assert (moved.status, "admit it instead" in moved.json["detail"]) == (409, True)
    answer = await client.submit(f"/articles/{out}/admit", other="#1")
    assert answer.headers["location"] == "/incidents/1"
    again = await client.post(f"/api/v1/articles/{out}/admit")
    assert (again.status, again.json["type"]) == (409, "not-rejected")
    assert (await client.post("/api/v1/articles/999999/admit")).status == 404
