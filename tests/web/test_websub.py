"""Hubs reach us without a token of ours; only the address that we gave them and their signature count."""

import hmac
from urllib.parse import quote, urlsplit

import pytest

from monitor.adapters.store.keys import installation_key
from monitor.adapters.websub import Following, Hubs
from monitor.domain.model import Feed, Kind, Source
from monitor.domain.websub import subscription_for
from monitor.web.app import create_app
from monitor.web.rate import Rate
from tests.fakes import NOON, FakeClock, response
from tests.web.client import Client
from tests.web.conftest import Setting

SOURCE = Source("gazette", Kind.RSS, "https://gazette.example/rss")
FEED = Feed("feed", hub="https://hub.example/", self_url="https://gazette.example/self")
PUBLIC = "https://monitor.example"
EVIL = "https://evil.example/"


class Hub:
    """Takes every subscription."""

    def __init__(self):
        self.asked = []

    async def fetch(self, request):
        self.asked.append(request)
        return response(request.url, status=202)


class Parser:
    async def parse(self, source, answer, now):
        return FEED


class Actions:
    def __init__(self):
        self.polled = []

    async def poll_now(self, name):
        self.polled.append(name)


@pytest.fixture
def actions():
    return Actions()


@pytest.fixture
async def key(stores):
    return await installation_key(stores.database)


@pytest.fixture
async def hub(setting: Setting, actions, key):
    """A hub that has our subscription, as a client of ours from elsewhere, with the address that it was given."""
    hubs = Hubs(asked := Hub(), public_url=PUBLIC, key=key, clock=FakeClock(NOON))
    await Following(Parser(), hubs).parse(SOURCE, response(SOURCE.url), NOON)
    assert len(asked.asked) == 1
    setting.settings = setting.settings.model_copy(update={"PUBLIC_URL": PUBLIC})
    client = Client(create_app(setting, Rate(1e6, 1e6), actions=actions, pushes=hubs), "203.0.113.9", {})
    subscription = subscription_for("gazette", hub=FEED.hub, topic="", public_url=PUBLIC, key=key)
    return client, urlsplit(subscription.callback).path, subscription.secret


async def test_what_we_asked_for_is_confirmed_and_nothing_else(hub):
    client, path, _ = hub
    asked = f"{path}?hub.mode=subscribe&hub.challenge=xyz&hub.topic="
    good = await client.get(asked + quote(FEED.self_url, safe=""), host="monitor.example")
    assert (good.status, good.text) == (200, "xyz")
    assert (await client.get(asked + quote(EVIL, safe=""), host="monitor.example")).status == 404
    forged = f"{path[:-4]}0000?hub.mode=subscribe&hub.challenge=xyz&hub.topic={quote(FEED.self_url, safe='')}"
    assert (await client.get(forged, host="monitor.example")).status == 404


async def test_a_signed_push_polls_soon_and_an_unsigned_one_does_not(hub, actions):
    client, path, secret = hub
    named = {"host": "monitor.example", "content-type": "application/atom+xml"}
    assert (await client.post(path, b"<feed/>", **named)).status == 202
    forged = {"x-hub-signature": "sha256=" + "0" * 64}
    assert (await client.post(path, b"<feed/>", **named, **forged)).status == 202
    assert actions.polled == []
    signed = {"x-hub-signature": "sha256=" + hmac.new(secret.encode(), b"<feed/>", "sha256").hexdigest()}
    assert (await client.post(path, b"<feed/>", **named, **signed)).status == 202
    assert actions.polled == ["gazette"]
    assert (await client.post("/websub/gazette/wrong", b"<feed/>", **named, **signed)).status == 404


async def test_the_key_is_made_once_for_all_processes(stores, key):
    assert await installation_key(stores.database) == key
    assert len(key) == 64


async def test_without_subscriptions_there_is_no_such_door(setting: Setting):
    assert (await setting.client().get("/websub/gazette/token")).status == 404
