"""Who is let in, from where; and what every answer carries."""

import pytest
import sqlalchemy as sa
import structlog
from pydantic import SecretStr

from monitor.config.settings import Settings
from monitor.web.app import create_app
from monitor.web.guard import LARGEST_BODY
from monitor.web.rate import Rate
from tests.web.client import Client
from tests.web.conftest import Setting

TOKEN = "correct horse battery staple"


@pytest.fixture
def locked(setting: Setting) -> Setting:
    setting.settings = Settings(API_TOKEN=SecretStr(TOKEN))
    return setting


async def test_this_machine_needs_no_token(client: Client) -> None:
    assert (await client.get("/api/v1/overview")).status == 200


async def test_others_need_one_even_where_none_is_set(setting: Setting) -> None:
    stranger = setting.client("192.0.2.7")
    answer = await stranger.get("/api/v1/overview")
    assert (answer.status, answer.json["type"]) == (401, "token-needed")
    assert "API_TOKEN" in answer.json["detail"]
    assert (await stranger.get("/healthz")).status == 200


async def test_a_proxy_on_this_machine_is_not_this_machine(setting: Setting) -> None:
    for header in ("x-forwarded-for", "forwarded"):
        assert (await setting.client(**{header: "198.51.100.4"}).get("/api/v1/overview")).status == 401


async def test_with_a_token_everyone_needs_it(locked: Setting) -> None:
    client = locked.client()
    refused = await client.get("/api/v1/overview")
    assert (refused.status, refused.headers["www-authenticate"]) == (401, "Bearer")
    assert (await client.get("/api/v1/overview", authorization="Bearer wrong")).status == 401
    assert (await client.get("/api/v1/overview", authorization=f"Bearer {TOKEN}")).status == 200
    assert (await client.get("/metrics")).status == 401


async def test_a_request_that_breaks_off_is_no_fault_of_ours(client: Client) -> None:
    short = {"content-type": "application/x-www-form-urlencoded", "content-length": "10"}
    with structlog.testing.capture_logs() as logs:
        answer = await client.ask("POST", "/queue/1/label", b"x" * (LARGEST_BODY + 1), short)
    assert (answer.status, answer.json["type"], logs) == (400, "invalid-request", [])


async def test_a_person_logs_in(locked: Setting) -> None:
    client = locked.client(accept="text/html")
    asked = await client.get("/incidents")
    assert (asked.status, asked.headers["location"]) == (303, "/login?next=/incidents")
    asked = await locked.client().get("/search?q=AI&state=copy", accept="text/html")
    assert asked.headers["location"] == "/login?next=/search%3Fq%3DAI%26state%3Dcopy"
    assert (await client.submit("/login", token="wrong")).status == 403
    let_in = await client.submit("/login", token=TOKEN, next="/incidents")
    assert (let_in.status, let_in.headers["location"]) == (303, "/incidents")
    assert {"HttpOnly", "SameSite=strict"} <= set(let_in.headers["set-cookie"].split("; "))
    assert (await client.get("/incidents")).status == 200


@pytest.mark.parametrize("next_page", ["https://evil.example/", "//evil.example", "/\\evil.example"])
async def test_after_login_one_stays_here(locked: Setting, next_page: str) -> None:
    answer = await locked.client().submit("/login", token=TOKEN, next=next_page)
    assert answer.headers["location"] == "/"


async def test_an_old_cookie_locks_nobody_out(client: Client) -> None:
    client.cookies["monitor_token"] = "from before"
    assert (await client.get("/")).status == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", "", "[::1", "192.0.2.1"]
)
async def test_a_foreign_host_is_refused(client: Client, host: str) -> None:
    assert (await client.get("/", host=host)).status == 421


@pytest.mark.parametrize("host", ["localhost:8080", "127.0.0.1", "[::1]:8080", "LOCALHOST"])
async def test_our_own_names_are_known(client: Client, host: str) -> None:
    assert (await client.get("/healthz", host=host)).status == 200


async def test_public_url_names_a_host(setting: Setting) -> None:
    setting.settings = Settings(PUBLIC_URL="https://news.example.org/")
    assert (await setting.client().get("/healthz", host="news.example.org")).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
async def test_writes_from_other_pages_are_refused(client: Client, headers: dict[str, str]) -> None:
    answer = await client.post("/api/v1/queue/claim", {"labeller": "ann"}, **headers)
    assert (answer.status, answer.json["type"]) == (403, "foreign-origin")


async def test_writes_from_programs_and_our_pages_are_taken(client: Client) -> None:
    assert (await client.post("/api/v1/queue/claim", {"labeller": "ann"})).status == 200
    own = {"origin": "http://127.0.0.1:8080"}
    assert (await client.post("/api/v1/queue/claim", {"labeller": "ann"}, **own)).status == 200


@pytest.mark.parametrize(
    "path", ["/", "/api/v1/overview", "/healthz", "/nowhere", "/static/style.css", "/login"]
)
async def test_every_answer_carries_the_headers(client: Client, path: str) -> None:
    headers = (await client.get(path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert "'unsafe-inline'" not in headers["content-security-policy"]
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["x-frame-options"] == "DENY"


async def test_too_large_is_refused_before_it_is_read(client: Client) -> None:
    answer = await client.ask("POST", "/api/v1/queue/claim", b"", {"content-length": str(2**40)})
    assert (answer.status, answer.json["type"]) == (413, "too-large")
    assert (await client.ask("POST", "/x", b"", {"content-length": "-5"})).status == 400


async def test_too_often_is_refused_with_the_time_to_wait(setting: Setting) -> None:
    client = Client(create_app(setting, Rate(per_second=1, burst=2)))
    assert [(await client.get("/healthz")).status for _ in range(3)] == [200, 200, 429]
    assert (await client.get("/healthz")).headers["retry-after"] == "1"
    setting.clock.move(seconds=1)
    assert (await client.get("/healthz")).status == 200


async def test_scopes(locked: Setting) -> None:
    admin = locked.client(authorization=f"Bearer {TOKEN}")
    made = {}
    for scope in ("read", "label"):
        answer = await admin.post("/api/v1/tokens", {"name": f"{scope}er", "scope": scope})
        assert answer.status == 201
        made[scope] = locked.client(authorization=f"Bearer {answer.json['token']}")
    assert (await made["read"].get("/api/v1/incidents")).status == 200
    refused = await made["read"].post("/api/v1/queue/claim", {})
    assert (refused.status, refused.json["type"]) == (403, "scope-needed")
    claimed = await made["label"].post("/api/v1/queue/claim", {})
    assert claimed.json["tasks"][0]["claim"]["labeller"] == "labeler"
    other = await made["label"].post("/api/v1/queue/claim", {"labeller": "somebody"})
    assert (other.status, other.json["type"]) == (403, "other-labeller")
    assert (await made["label"].get("/api/v1/tokens")).status == 403
    assert (await admin.ask("DELETE", "/api/v1/tokens/reader")).status == 204
    assert (await admin.ask("DELETE", "/api/v1/tokens/reader")).status == 404


async def test_a_database_that_takes_no_writes_lets_tokens_look(locked: Setting) -> None:
    secret = await locked.stores.tokens.make("ann", "read", now=locked.clock.now())
    database, client = locked.stores.database, locked.client(authorization=f"Bearer {secret}")
    if not database.is_sqlite:
        pytest.skip("refuses writes in the way of SQLite")
    await database.write(lambda c: c.execute(sa.text("PRAGMA query_only = ON")))
    assert (await client.get("/api/v1/overview")).status == 200
    locked.clock.move(minutes=1)
    assert (await client.get("/api/v1/overview")).status == 200


async def test_a_token_is_shown_once_and_named_once(client: Client) -> None:
    first = await client.post("/api/v1/tokens", {"name": "tool", "scope": "read"})
    listed = await client.get("/api/v1/tokens")
    assert first.json["token"] not in listed.text
    assert [token["name"] for token in listed.json] == ["tool"]
    assert (await client.post("/api/v1/tokens", {"name": "tool", "scope": "read"})).json[
        "type"
    ] == "name-used"
    assert (await client.post("/api/v1/tokens", {"name": "admin", "scope": "read"})).status == 422
