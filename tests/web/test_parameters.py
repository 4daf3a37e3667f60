"""Parameters of the API: those that a route does not take are refused, those that are described are taken."""

from tests.web.client import Client


async def test_a_filter_that_is_none_is_refused_and_the_others_are_named(client: Client) -> None:
    for path in (
        "articles?limit=1&stat=queued",
        "queue?status=pending",
        "exports/jsonl?lable=1",
        "sources?a=b",
    ):
        answer = await client.get(f"/api/v1/{path}")
        assert (answer.status, answer.json["type"]) == (400, "unknown-parameter"), path
    misspelled = await client.get("/api/v1/articles?limit=1&stat=queued")
    assert "'stat'; there are country, cursor, " in misspelled.json["detail"]
    given = await client.post("/api/v1/queue/claim?labeller=ann", {})
    assert given.json["detail"] == "no parameter is called 'labeller'; this takes none"


async def test_every_parameter_that_is_described_is_taken(client: Client) -> None:
    """Each with a value that fits nothing: what answers tells that the parameter was read."""
    paths = (await client.get("/api/openapi.json")).json["paths"]
    named = [
        (path, one["name"])
        for path, operations in paths.items()
        for one in operations.get("get", {}).get("parameters", [])
        if one["in"] == "query" and path.startswith("/api/v1/") and path != "/api/v1/stream"
    ]
    assert len(named) > 40
    for path, name in named:
        answer = await client.get(
            f"{path.replace('{name}', 'jsonl').replace('{', '').replace('}', '')}?{name}=x"
        )
        assert answer.status == 200 or answer.json["type"] != "unknown-parameter", (path, name)


async def test_pages_take_what_others_append_to_their_addresses(client: Client) -> None:
    assert (await client.get("/incidents?utm_source=mail")).status == 200
    assert (await client.get("/feeds/incidents.atom?utm_source=mail")).status == 200
