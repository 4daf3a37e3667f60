"""Webhooks: signed, retried, logged, and told of everything once."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from aiohttp import web

from monitor.adapters.deliver import Deliverer
from monitor.adapters.store.labels import NewLabel
from monitor.adapters.store.webhooks import Parcel
from monitor.domain.errors import Transient
from monitor.domain.labels import Judgement
from monitor.domain.webhooks import MOST_TRIES
from tests.fakes import bounded
from tests.web.client import Client
from tests.web.conftest import Setting
from tests.web.filling import fill, replayed


@dataclass
class Receiver:
    """A stand-in for a downstream service: keeps what it got, answers what it is told to."""

    status: int = 200
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    came: asyncio.Event = field(default_factory=asyncio.Event)
    hangs: asyncio.Event = field(default_factory=asyncio.Event)

    async def hang(self, request: web.Request) -> web.Response:
        await self.hangs.wait()
        return web.Response()

    async def take(self, request: web.Request) -> web.Response:
        self.got.append((dict(request.headers), await request.read()))
        self.came.set()
        return web.Response(status=self.status, headers={"Location": "http://127.0.0.1/elsewhere"})

    def kinds(self) -> list[str]:
        return [json.loads(body)["type"] for _, body in self.got]


@pytest.fixture
async def receiver() -> AsyncIterator[tuple[Receiver, str]]:
    stand_in = Receiver()
    app = web.Application()
    app.router.add_post("/hook", stand_in.take)
    app.router.add_post("/hook/hangs", stand_in.hang)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield stand_in, f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}/hook"
    stand_in.hangs.set()
    await runner.cleanup()


@pytest.fixture
def deliverer(setting: Setting) -> Deliverer:
    return Deliverer(setting.stores.webhooks, setting.clock, allow_networks=["127.0.0.0/8"])


async def label(setting: Setting, article: int) -> None:
    new = NewLabel(article, "ann", (Judgement("relevant", "relevant", "yes"),))
    await setting.stores.judgements.give(new, now=setting.clock.now())


async def drain(deliverer: Deliverer) -> None:
    while await deliverer.step():
        await deliverer.all_sent()


async def rounds(deliverer: Deliverer, *, until: asyncio.Event) -> None:
    while not until.is_set():
        await deliverer.step()


async def test_what_happens_is_told_once_and_signed(
    client: Client,
    setting: Setting,
    ids: dict[str, int],
    receiver: tuple[Receiver, str],
    deliverer: Deliverer,
) -> None:
    stand_in, url = receiver
    made = (await client.post("/api/v1/webhooks", {"url": url})).json
    await drain(deliverer)
    assert stand_in.got == []
    await label(setting, ids["douyin-01"])
    await client.post("/api/v1/incidents/1/rename", {"title": "Another"})
    await drain(deliverer)
    await drain(deliverer)
    assert sorted(stand_in.kinds()) == ["incident.changed", "label.given"]
    headers, body = stand_in.got[0]
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(made["secret"].removeprefix("whsec_"))
    mac = hmac.new(key, signed, hashlib.sha256).digest()
    assert headers["webhook-signature"] == f"v1,{base64.b64encode(mac).decode()}"
    assert made["secret"] not in (await client.get("/api/v1/webhooks")).text


async def test_a_receiver_that_hangs_keeps_nobody_waiting(
    client: Client,
    setting: Setting,
    ids: dict[str, int],
    receiver: tuple[Receiver, str],
    deliverer: Deliverer,
) -> None:
    stand_in, url = receiver
    for address in (f"{url}/hangs", url):
        await client.post("/api/v1/webhooks", {"url": address, "kinds": ["label.given"]})
    for article in ("douyin-01", "douyin-02"):
        await label(setting, ids[article])
        await bounded(rounds(deliverer, until=stand_in.came), 5)
        stand_in.came.clear()
    log = (await client.get("/api/v1/webhooks/deliveries")).json["deliveries"]
    assert {line["state"] for line in log if line["webhook_id"] == 1} == {"waiting"}
    await deliverer.close()


class Full:
    """Holds notices on a disk that takes nothing more."""

    async def note(self, **_: object) -> int:
        return 0

    async def waited_for(self, **_: object) -> list[int]:
        return [1]

    async def due(self, **_: object) -> list[Parcel]:
        raise Transient("database", detail="disk full")


async def test_what_cannot_be_written_down_lets_the_round_rest(setting: Setting) -> None:
    deliverer = Deliverer(Full(), setting.clock)  # type: ignore[arg-type]
    for _ in range(2):
        assert await deliverer.step() == 1
        await deliverer.all_sent()
        with pytest.raises(Transient):
            await deliverer.step()


async def test_new_incidents_and_articles(
    client: Client,
    setting: Setting,
    ids: dict[str, int],
    receiver: tuple[Receiver, str],
    deliverer: Deliverer,
) -> None:
    stand_in, url = receiver
    await client.post("/api/v1/webhooks", {"url": url, "kinds": ["incident.new", "article.queued"]})
    fresh = {**replayed("distractors")[0], "copy_of": None}
    await fill(setting.stores, [fresh], now=setting.clock.now() + timedelta(seconds=1))
    await drain(deliverer)
    assert sorted(stand_in.kinds()) == ["article.queued", "incident.new"]
    assert json.loads(stand_in.got[0][1])["data"]["title"] == fresh["headline"]


async def test_a_refusal_is_tried_again_and_then_given_up(
    client: Client,
    setting: Setting,
    ids: dict[str, int],
    receiver: tuple[Receiver, str],
    deliverer: Deliverer,
) -> None:
    stand_in, url = receiver
    stand_in.status = 503
    await client.post("/api/v1/webhooks", {"url": url})
    await label(setting, ids["douyin-01"])
    await drain(deliverer)
    assert len(stand_in.got) == 1
    for _ in range(MOST_TRIES):
        setting.clock.move(days=3)
        await drain(deliverer)
    assert len(stand_in.got) == MOST_TRIES
    assert len({headers["webhook-id"] for headers, _ in stand_in.got}) == 1
    (line,) = (await client.get("/api/v1/webhooks/deliveries")).json["deliveries"]
    assert (line["state"], line["status"], line["attempts"]) == ("given-up", 503, MOST_TRIES)
    stand_in.status = 204
    assert (await client.post(f"/api/v1/webhooks/deliveries/{line['id']}/again")).status == 204
    await drain(deliverer)
    assert (await client.get("/api/v1/webhooks/deliveries")).json["deliveries"][0]["state"] == "delivered"


async def test_what_was_put_off_by_a_wrong_clock_is_sent(setting: Setting, ids: dict[str, int]) -> None:
    webhooks, now = setting.stores.webhooks, setting.clock.now()
    await webhooks.add("https://hook.example/", ["label.given"], now=now)
    await label(setting, ids["douyin-01"])
    ahead = now + timedelta(days=40)
    await webhooks.note(now=ahead)
    [put_off] = await webhooks.due(now=ahead)
    await webhooks.settle(put_off.delivery, 500, "http-500", now=ahead)
    [sent] = await webhooks.due(now=now)
    assert sent.delivery.id == put_off.delivery.id
    assert await webhooks.due(now=now) == []  # it is leased by a right clock now


async def test_redirects_are_not_followed(
    client: Client,
    setting: Setting,
    ids: dict[str, int],
    receiver: tuple[Receiver, str],
    deliverer: Deliverer,
) -> None:
    stand_in, url = receiver
    stand_in.status = 307
    await client.post("/api/v1/webhooks", {"url": url})
    await label(setting, ids["douyin-01"])
    await drain(deliverer)
    assert (await client.get("/api/v1/webhooks/deliveries")).json["deliveries"][0]["status"] == 307


async def test_private_networks_are_not_reached_unasked(
    client: Client, setting: Setting, ids: dict[str, int], receiver: tuple[Receiver, str]
) -> None:
    stand_in, url = receiver
    await client.post("/api/v1/webhooks", {"url": url})
    await label(setting, ids["douyin-01"])
    await drain(Deliverer(setting.stores.webhooks, setting.clock))
    assert stand_in.got == []
    assert (
        "private-address" in (await client.get("/api/v1/webhooks/deliveries")).json["deliveries"][0]["reason"]
    )


async def test_a_webhook_is_switched_off_and_removed(
    client: Client,
    setting: Setting,
    ids: dict[str, int],
    receiver: tuple[Receiver, str],
    deliverer: Deliverer,
) -> None:
    stand_in, url = receiver
    number = (await client.post("/api/v1/webhooks", {"url": url})).json["id"]
    off = json.dumps({"disabled": True}).encode()
    assert (
        await client.ask("PUT", f"/api/v1/webhooks/{number}", off, {"content-type": "application/json"})
    ).status == 204
    await label(setting, ids["douyin-01"])
    await drain(deliverer)
    assert stand_in.got == []
    assert (await client.ask("DELETE", f"/api/v1/webhooks/{number}")).status == 204
    assert (await client.ask("DELETE", f"/api/v1/webhooks/{number}")).status == 404


@pytest.mark.parametrize("url", ["javascript:alert(1)", "ftp://example.org", "nowhere", ""])
async def test_only_web_addresses_are_taken(client: Client, url: str) -> None:
    assert (await client.post("/api/v1/webhooks", {"url": url})).status == 422
