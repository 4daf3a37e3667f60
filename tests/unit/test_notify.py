"""Alerts reach their targets: gathered, signed, tried again, never for ever, and never in the way of the work."""

import asyncio
import base64
import hashlib
import hmac
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from aiohttp import web

from monitor.adapters.apprise_targets import apprise_targets
from monitor.adapters.notify import MOST_WAITING, TRIES, Mailbox, Message, Notifier
from monitor.adapters.webhook import Webhook, key_of, signed
from monitor.domain.alerts import Alert
from monitor.domain.errors import ConfigurationError, MonitorError, Permanent, Transient
from monitor.domain.model import Expectation, Health, Kind, Source, SourceState
from tests.fakes import NOON, FakeClock, bounded

SOURCE = Source("a", Kind.RSS, "https://a.example/rss")
ALERT = Alert("a", SOURCE.url, Health.OK, Health.STALE, "nothing new for 40 d", NOON, NOON)
WELL, DEAD = SourceState("a", Health.OK), SourceState("a", Health.STALE, "silent")


@dataclass
class FakeTarget:
    """Takes messages, after it has raised what it was told to."""

    troubles: list[MonitorError] = field(default_factory=list)
    got: list[Message] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)
    name: str = "fake"
    taken: asyncio.Event = field(default_factory=asyncio.Event)
    spent: asyncio.Event = field(default_factory=asyncio.Event)  # the last trouble was raised

    async def send(self, message):
        self.tried.append(message.id)
        if self.troubles:
            trouble = self.troubles.pop(0)
            if not self.troubles:
                self.spent.set()
            raise trouble
        self.got.append(message)
        self.taken.set()


@dataclass
class Waits:
    """A sleep that only notes how long it would have been."""

    seconds: list[float] = field(default_factory=list)

    async def __call__(self, seconds):
        self.seconds.append(seconds)
        await asyncio.sleep(0)


@asynccontextmanager
async def at_work(box):
    task = asyncio.create_task(box.run())
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_what_changes_together_is_told_together():
    target = FakeTarget()
    async with Notifier([target], FakeClock(), sleep=Waits()) as notifier:
        for name in "abc":
            assert notifier.note(replace(SOURCE, name=name), WELL, DEAD)
        await bounded(target.taken.wait())
    (message,) = target.got
    assert [alert.source for alert in message.alerts] == ["a", "b", "c"]


async def test_only_changes_are_told():
    target = FakeTarget()
    async with Notifier([target], FakeClock(), sleep=Waits()) as notifier:
        assert notifier.note(SOURCE, WELL, WELL) is None
        assert notifier.note(SOURCE, DEAD, DEAD) is None
    assert target.got == []


async def test_what_another_process_saw_counts():
    notifier = Notifier([], FakeClock())
    assert notifier.note(SOURCE, WELL, DEAD)
    assert notifier.note(SOURCE, WELL, DEAD)  # the other one saw it well in between
    hiccup = SourceState("a", Health.FAILING, "timeout", failures=0.5)
    assert notifier.note(SOURCE, DEAD, hiccup) is None
    assert notifier.note(SOURCE, hiccup, DEAD) is None


async def test_trouble_is_met_with_further_tries_of_the_same_message():
    target = FakeTarget([Transient("http-503"), Transient("http-429", retry_after=timedelta(seconds=90))])
    waits = Waits()
    box = Mailbox(target, FakeClock(), sleep=waits)
    box.put(ALERT)
    async with at_work(box):
        await bounded(target.taken.wait())
    assert waits.seconds[1:3] == [TRIES[0], 90.0]
    assert len(target.tried) == 3
    assert len(set(target.tried)) == 1


async def test_tries_end_and_the_next_message_has_its_own():
    target = FakeTarget([Transient("http-503")] * (len(TRIES) + 1))
    box = Mailbox(target, FakeClock(), sleep=Waits())
    box.put(ALERT)
    async with at_work(box):
        await bounded(target.spent.wait())
        box.put(ALERT)
        await bounded(target.taken.wait())
    assert len(set(target.tried)) == 2
    assert len(target.tried) == len(TRIES) + 2


async def test_a_refusal_is_final():
    target = FakeTarget([Permanent("http-404")])
    box = Mailbox(target, FakeClock(), sleep=Waits())
    box.put(ALERT)
    assert await box.deliver() is None
    assert await box.deliver() is None
    assert len(target.tried) == 1


async def test_what_waits_is_bounded_and_the_oldest_gives_way():
    target = FakeTarget()
    box = Mailbox(target, FakeClock())
    for number in range(MOST_WAITING + 5):
        box.put(replace(ALERT, source=str(number)))
    while True:
        before = len(target.got)
        await box.deliver()
        if len(target.got) == before:
            break
    sources = [alert.source for message in target.got for alert in message.alerts]
    assert sources == [str(number) for number in range(5, MOST_WAITING + 5)]


async def test_one_targets_trouble_is_not_the_others():
    bad, good = FakeTarget([Transient("x")] * 99), FakeTarget()
    async with Notifier([bad, good], FakeClock(), sleep=Waits()) as notifier:
        notifier.note(SOURCE, WELL, DEAD)
        await bounded(good.taken.wait())
    assert len(good.got) == 1


async def test_what_waits_at_the_end_is_sent():
    target = FakeTarget()

    async def for_ever(_seconds):
        await asyncio.Event().wait()

    async with Notifier([target], FakeClock(), sleep=for_ever) as notifier:
        notifier.note(SOURCE, WELL, DEAD)
    assert len(target.got) == 1


async def test_silence_that_the_operator_limits_is_told():
    notifier = Notifier([], FakeClock())
    quiet = SourceState("a", Health.QUIET, "nothing new for 7 h")
    assert notifier.note(SOURCE, WELL, quiet) is None
    watched = replace(SOURCE, name="b", expect=Expectation(max_silence=timedelta(hours=6)))
    assert notifier.note(watched, WELL, quiet).status is Health.QUIET


# ---------------------------------------------------------------- webhook


@asynccontextmanager
async def receiver(*statuses, headers=None):
    """A server that answers with these statuses in turn, and what it got."""
    got, left = [], list(statuses)

    async def take(request):
        got.append((dict(request.headers), await request.read()))
        return web.Response(status=left.pop(0) if left else 204, headers=headers or {})

    app = web.Application()
    app.router.add_post("/hook", take)
    app.router.add_get("/hook", take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/hook", got
    finally:
        await runner.cleanup()


MESSAGE = Message("msg_1", NOON, (ALERT,))


def test_the_signature_is_that_of_the_published_example():
    # the example of the Standard Webhooks libraries
    headers = signed(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        NOON.fromtimestamp(1614265330, NOON.tzinfo),
        b'{"test": 2432232314}',
        key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


async def test_the_webhook_gets_a_signed_message():
    async with receiver() as (url, got):
        await Webhook(url, secret="s3cret", clock=FakeClock()).send(MESSAGE)
    ((headers, body),) = got
    told = f"msg_1.{headers['webhook-timestamp']}.".encode() + body
    digest = base64.b64encode(hmac.new(b"s3cret", told, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{digest}"
    (alert,) = json.loads(body)["data"]["alerts"]
    assert (alert["source"], alert["was"], alert["status"]) == ("a", "ok", "stale")
    assert "s3cret" not in str(got)


async def test_without_a_secret_there_is_no_signature():
    async with receiver() as (url, got):
        await Webhook(url, clock=FakeClock()).send(MESSAGE)
    assert "webhook-signature" not in got[0][0]


@pytest.mark.parametrize(
    ("status", "kind"),
    [(500, Transient), (503, Transient), (429, Transient), (408, Transient), (404, Permanent), (410, Permanent),
     (302, Permanent)],
)  # fmt: skip
async def test_answers_of_the_receiver(status, kind):
    async with receiver(status, headers={"Retry-After": "7", "Location": "/hook"}) as (url, got):
        with pytest.raises(kind) as trouble:
            await Webhook(url, clock=FakeClock()).send(MESSAGE)
    assert len(got) == 1
    if kind is Transient:
        assert trouble.value.retry_after == timedelta(seconds=7)


async def test_a_receiver_that_is_away_is_trouble_that_may_pass():
    with pytest.raises(Transient) as trouble:
        await Webhook("http://127.0.0.1:1/?token=s3cret", clock=FakeClock()).send(MESSAGE)
    assert "s3cret" not in str(trouble.value)


def test_a_secret_that_is_none_is_said_so():
    with pytest.raises(ConfigurationError, match="WEBHOOK_SECRET"):
        Webhook("http://127.0.0.1/", secret="whsec_!", clock=FakeClock())


# ---------------------------------------------------------------- Apprise


def test_no_address_is_no_target():
    assert apprise_targets(" ") == []


def test_an_unknown_service_is_refused_without_repeating_its_address():
    pytest.importorskip("apprise")
    with pytest.raises(ConfigurationError) as refused:
        apprise_targets("json://127.0.0.1/x, nonsense://s3cret")
    assert "ALERTS" in str(refused.value)
    assert "s3cret" not in str(refused.value)


async def test_each_apprise_address_is_a_target_of_its_own():
    pytest.importorskip("apprise")
    async with receiver(200, 500) as (url, got):
        address = url.replace("http://", "json://")
        first, second = apprise_targets(f"{address},{address}?x=1")
        assert first.name != second.name
        await first.send(MESSAGE)
        with pytest.raises(Transient, match="refused"):
            await second.send(MESSAGE)
    told = json.loads(got[0][1])
    assert "nothing new for 40 d" in told["message"]
    assert told["type"] == "warning"
