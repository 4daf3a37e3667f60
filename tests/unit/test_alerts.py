"""People hear of a source once per change; the webhook's receiver can prove who wrote; hubs only hint."""

import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web

from monitor.adapters.notify import SIGNATURE, TIMESTAMP, Notify
from monitor.adapters.websub import Hubs
from monitor.domain.alerts import Alert, alert_of
from monitor.domain.errors import ConfigurationError, Transient
from monitor.domain.model import Expectation, Feed, Health, Kind, Response, Source, SourceState
from monitor.domain.websub import LEASE, RENEW_AFTER, answer_to, is_callback, is_signed, subscription_for

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
SOURCE = Source("a", Kind.RSS, "https://a.example/rss")
WATCHED = replace(SOURCE, expect=Expectation(max_silence=timedelta(hours=6)))


def state(status, failures=0.0, reason="why"):
    return SourceState("a", status, reason, failures=failures)


OK = state(Health.OK, reason="")


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (OK, OK, None),
        (state(Health.NEW), OK, None),
        (OK, state(Health.FAILING, 0.5), None),  # a hiccup
        (state(Health.FAILING, 1.5), state(Health.FAILING, 2.0), "a: ok → failing (why)"),
        (state(Health.FAILING, 2.0), state(Health.FAILING, 2.5), None),
        (state(Health.FAILING, 2.5), OK, "a: failing → ok"),
        (state(Health.FAILING, 1.5), OK, None),
        (state(Health.FAILING, 2.5), state(Health.BLOCKED, 3.5), "a: failing → blocked (why)"),
        (OK, state(Health.STALE), "a: ok → stale (why)"),
        (OK, state(Health.MOVED), "a: ok → moved (why)"),
        (state(Health.STALE), OK, "a: stale → ok"),
        (OK, state(Health.QUIET), None),
    ],
)
def test_alerts_come_on_change_only(before, after, told):
    alert = alert_of(SOURCE, before, after, NOW)
    assert (alert and alert.text) == told


def test_silence_counts_where_the_operator_said_how_much():
    assert alert_of(WATCHED, OK, state(Health.QUIET), NOW).text == "a: ok → quiet (why)"


ALERT = Alert("a", SOURCE.url, Health.STALE, Health.OK, "nothing new for 9 d", NOW)


@pytest.fixture
async def receiver():
    seen, answers = [], []

    async def handler(request):
        seen.append((dict(request.headers), await request.read()))
        return web.Response(status=answers.pop(0) if answers else 200)

    app = web.Application()
    app.router.add_post("/hook", handler)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/hook", seen, answers
    await runner.cleanup()


async def test_a_webhook_is_signed(receiver):
    url, seen, _ = receiver
    await Notify(webhook=url, secret="s3cret").send(ALERT)
    ((headers, body),) = seen
    expected = hmac.new(b"s3cret", headers[TIMESTAMP].encode() + b"." + body, hashlib.sha256).hexdigest()
    assert headers[SIGNATURE] == f"sha256={expected}"
    told = json.loads(body)
    assert (told["source"], told["status"], told["before"]) == ("a", "stale", "ok")
    assert told["at"] == "2026-11-22T08:00:00+00:00"
    assert told["text"] == "a: ok → stale (nothing new for 9 d)"


async def test_a_webhook_is_tried_again_but_not_for_ever(receiver):
    url, seen, answers = receiver
    answers += [500, 302]
    await Notify(webhook=url, pause=0).send(ALERT)
    assert len(seen) == 3
    answers += [500] * 9
    await Notify(webhook=url, pause=0).send(ALERT)
    assert len(seen) == 6


async def test_a_receiver_that_is_away_stops_nobody():
    await Notify(webhook="http://127.0.0.1:9/none", pause=0).send(ALERT)
    await Notify().send(ALERT)


def test_apprise_targets_need_apprise():
    with pytest.raises(ConfigurationError):
        Notify(targets=["no such target"])


# ---------------------------------------------------------------- WebSub

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
