"""Hubs only hint: what we ask of them follows from one key, only what was asked for is confirmed, pushes are signed."""

import hmac
from datetime import UTC, datetime

import pytest

from monitor.adapters.websub import Hubs
from monitor.domain.errors import Transient
from monitor.domain.model import Feed, Kind, Response, Source
from monitor.domain.websub import LEASE, RENEW_AFTER, answer_to, is_callback, is_signed, subscription_for

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
SOURCE = Source("a", Kind.RSS, "https://a.example/rss")

KEY = "installation key"
FEED = Feed("feed", hub="https://hub.example/", self_url="https://a.example/self")


def test_tokens_and_secrets_follow_from_the_key():
    one = subscription_for("a b", hub="h", topic="t", public_url="https://me.example/", key=KEY)
    assert one.callback.startswith("https://me.example/websub/a%20b/")
    token = one.callback.rpartition("/")[2]
    assert is_callback("a b", token, KEY)
    assert not is_callback("other", token, KEY)
    assert not is_callback("a b", token, "other key")
    assert b"hub.mode=subscribe" in one.form()
    assert f"hub.lease_seconds={int(LEASE.total_seconds())}".encode() in one.form()


def test_only_what_was_asked_for_is_confirmed():
    query = {"hub.mode": "subscribe", "hub.topic": "t", "hub.challenge": "xyz"}
    assert answer_to(query, frozenset({"t"})) == "xyz"
    assert answer_to(query, frozenset()) is None
    assert answer_to({**query, "hub.mode": "unsubscribe"}, frozenset({"t"})) is None
    assert answer_to({**query, "hub.challenge": ""}, frozenset({"t"})) is None


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha512"])
def test_a_push_is_believed_when_signed(method):
    secret = subscription_for("a", hub="h", topic="t", public_url="x", key=KEY).secret
    signed = hmac.new(secret.encode(), b"body", method).hexdigest()
    assert is_signed(b"body", f"{method}={signed}", "a", KEY)
    assert not is_signed(b"other", f"{method}={signed}", "a", KEY)
    assert not is_signed(b"body", f"md5={signed}", "a", KEY)
    assert not is_signed(b"body", "", "a", KEY)
    assert not is_signed(b"body", f"{method}=ü", "a", KEY)


class Clock:
    moment = NOW

    def now(self):
        return self.moment


class Hub:
    def __init__(self, answer=202):
        self.answer, self.asked = answer, []

    async def fetch(self, request):
        self.asked.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return Response(request.url, request.url, self.answer, {}, b"", NOW)


async def test_a_hub_is_asked_once_and_again_before_the_lease_ends():
    hub, clock = Hub(), Clock()
    hubs = Hubs(hub, public_url="https://me.example", key=KEY, clock=clock)
    assert await hubs.follow(SOURCE, FEED)
    assert not await hubs.follow(SOURCE, FEED)
    assert hubs.topics_of("a") == {"https://a.example/self"}
    assert hubs.topics_of("b") == frozenset()
    clock.moment = NOW + RENEW_AFTER
    assert await hubs.follow(SOURCE, FEED)
    assert [request.url for request in hub.asked] == ["https://hub.example/"] * 2


@pytest.mark.parametrize(
    ("answer", "feed", "public"),
    [
        (500, FEED, "https://me.example"),
        (Transient("timeout"), FEED, "https://me.example"),
        (202, Feed("feed"), "https://me.example"),
        (202, FEED, ""),
    ],
)
async def test_what_is_no_subscription(answer, feed, public):
    assert not await Hubs(Hub(answer), public_url=public, key=KEY, clock=Clock()).follow(SOURCE, feed)
