"""Incidents are corrected by hand, by API and by page alike, and the history tells."""

import re

import pytest

from tests.web.client import Client

ACTS = ("merge", "split", "move", "rename", "confirm", "apart")


class ByApi:
    """Corrects as a program does."""

    def __init__(self, client: Client) -> None:
        self.client = client

    async def act(self, what: str, incident: int, **given: object) -> None:
        body = {
            "merge": lambda: {"gone": given["other"]},
            "split": lambda: {"articles": [given["article"]], "title": "Its own"},
            "move": lambda: {"article_id": given["article"]},
            "rename": lambda: {"title": "By hand"},
            "confirm": dict,
            "apart": lambda: {"other": given["other"]},
        }[what]()
        place = given["other"] if what == "move" else incident
        answer = await self.client.post(f"/api/v1/incidents/{place}/{what}", body)
        assert answer.status == 200, answer.text

    async def undo(self, incident: int, change: int) -> None:
        assert (await self.client.post(f"/api/v1/changes/{change}/undo")).status == 200


class ByPage(ByApi):
    """Corrects as a person does with forms."""

    async def act(self, what: str, incident: int, **given: object) -> None:
        fields = {
            "merge": ("other",),
            "split": ("article", "title"),
            "move": ("article", "other"),
            "rename": ("title",),
            "confirm": (),
            "apart": ("other",),
        }[what]
        title = {"split": "Its own", "rename": "By hand"}.get(what, "")
        chosen = {name: value for name, value in {**given, "title": title}.items() if name in fields}
        answer = await self.client.submit(f"/incidents/{incident}/{what}", **chosen)
        assert (answer.status, "told=" in answer.headers["location"]) == (303, False), answer.headers

    async def undo(self, incident: int, change: int) -> None:
        assert f'value="{change}"' in (await self.client.get(f"/incidents/{incident}")).text
        answer = await self.client.submit(f"/incidents/{incident}/undo", change=change)
        assert "told=" not in answer.headers["location"]


async def world(client: Client) -> dict[int, dict[str, object]]:
    """Return what is known of each incident, without the history."""
    found = {}
    for one in (1, 2, 3):
        whole = (await client.get(f"/api/v1/incidents/{one}")).json
        found[one] = {"line": whole["line"], "articles": {a["article_id"] for a in whole["articles"]}}
    return found


def of_its_own(whole: dict[str, object]) -> int:
    return next(a["article_id"] for a in whole["articles"] if not a["copy_of"] and not a["mention"])


@pytest.mark.parametrize("way", [ByApi, ByPage])
@pytest.mark.parametrize("what", ACTS)
async def test_each_correction_is_told_and_can_be_taken_back(
    client: Client, way: type[ByApi], what: str
) -> None:
    hand = way(client)
    first = (await client.get("/api/v1/incidents/1")).json
    before = await world(client)
    await hand.act(what, 1, other=2, article=of_its_own(first))
    if what != "apart":
        assert await world(client) != before
    place = 2 if what == "move" else 1
    (change,) = (await client.get(f"/api/v1/incidents/{place}/changes")).json
    assert change["what"] == what
    assert "<b>" in (await client.get(f"/incidents/{place}")).text.split('id="history"')[1]
    await hand.undo(place, change["id"])
    assert await world(client) == before
    told = (await client.get(f"/api/v1/incidents/{place}/changes")).json
    assert [one["what"] for one in told] == ["undo", what]
    assert told[1]["undone_by"] == told[0]["id"]


async def test_an_incident_tells_all_of_itself(client: Client) -> None:
    hand = ByApi(client)
    for act, other in (("apart", 3), ("rename", 2), ("confirm", 2), ("merge", 2)):
        await hand.act(act, 1, other=other)
    whole = (await client.get("/api/v1/incidents/1")).json
    line, articles = whole["line"], whole["articles"]
    own = [one for one in articles if not one["mention"]]
    assert whole["aliases"] == [2]
    assert line["countries"] == sorted({one["country"] for one in own} - {""})
    assert line["publishers"]
    assert len(line["languages"]) > 1
    assert sum(day["articles"] for day in whole["timeline"]) == line["articles"]
    assert sum(day["copies"] for day in whole["timeline"]) == line["copies"]
    assert [day["day"] for day in whole["timeline"]] == sorted({day["day"] for day in whole["timeline"]})
    (shown,) = [one for one in articles if one["article_id"] == whole["representative"]]
    assert shown["copy_of"] is None
    said = {one["what"]: one["value"] for one in whole["facts"]}
    assert said == {"apart": 3, "rename": "By hand", "confirm": True}
    page = (await client.get("/incidents/1")).text
    assert "earlier numbers: #2" in re.sub(r"\s+", " ", page)
    assert "most typical" in page
    assert (await client.get("/incidents/2")).headers["location"] == "/incidents/1"


async def test_what_was_taken_back_is_no_fact(client: Client) -> None:
    hand = ByApi(client)
    await hand.act("confirm", 1)
    await client.post("/api/v1/incidents/1/confirm", {"confirmed": False})
    assert (await client.get("/api/v1/incidents/1")).json["facts"] == []


async def test_an_incident_split_off_is_near_the_one_it_came_from(client: Client) -> None:
    whole = (await client.get("/api/v1/incidents/1")).json
    body = {"articles": [whole["representative"]]}
    new = (await client.post("/api/v1/incidents/1/split", body)).json["detail"]["new"]
    related = (await client.get(f"/api/v1/incidents/{new}")).json["related"]
    assert related[0]["id"] == 1
    assert f'href="/incidents/{related[0]["id"]}"' in (await client.get(f"/incidents/{new}")).text
