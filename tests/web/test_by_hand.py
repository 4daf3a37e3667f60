"""Sources by hand: a pause holds until it is taken back, a test stores nothing, and only admins may."""

from monitor.adapters.store.stores import Stores
from monitor.domain.errors import Transient
from monitor.domain.model import Entry, Feed, Health
from monitor.web.app import create_app
from monitor.web.by_hand import SourcesByHand
from tests.fakes import FakeParser, FakeWeb, response
from tests.web.client import Client
from tests.web.conftest import Setting

URL = "https://wall.example/feed"


class Role:
    """The poll role as the pages see it: `again` is what a poll under way writes when it lands."""

    def __init__(self, stores: Stores) -> None:
        self.stores, self.told, self.again = stores, 0, None

    def changed(self) -> None:
        self.told += 1

    async def landed(self, name: str) -> bool:
        if self.again is None:
            return False
        await self.stores.polls.note_state(self.again)
        return True


def hand_on(setting: Setting, role: Role, web: FakeWeb, *feeds: Feed) -> SourcesByHand:
    return SourcesByHand(
        setting.watch,
        setting.stores.polls,
        web,
        FakeParser([*feeds]),
        setting.clock,
        landed=role.landed,
        changed=role.changed,
    )


def client_on(setting: Setting, hand: SourcesByHand) -> Client:
    return Client(create_app(setting, actions=hand))


async def test_a_paused_source_is_not_due_until_it_goes_on(setting: Setting) -> None:
    role = Role(setting.stores)
    role.again = await setting.stores.polls.source_state("wall")
    client = client_on(setting, hand_on(setting, role, FakeWeb({})))
    assert "/sources/wall/pause" in (await client.get("/sources/wall")).text
    await client.submit("/sources/wall/pause")
    role.again = None
    paused = await setting.stores.polls.source_state("wall")
    assert (paused.status, paused.reason) == (Health.DISABLED, "paused by hand")
    setting.clock.move(days=365)
    assert paused.next_poll_at > setting.clock.now()
    page = (await client.get("/sources/wall")).text
    assert "/sources/wall/resume" in page
    assert "/sources/wall/poll" not in page
    [line] = [one for one in (await client.get("/api/v1/sources")).json if one["name"] == "wall"]
    assert line["next_poll_at"] is None
    await client.submit("/sources/wall/poll")
    assert (await setting.stores.polls.source_state("wall")).next_poll_at == paused.next_poll_at
    await client.submit("/sources/wall/resume")
    assert (await setting.stores.polls.source_state("wall")).next_poll_at <= setting.clock.now()
    assert role.told >= 3


async def test_a_source_is_polled_now(setting: Setting) -> None:
    role = Role(setting.stores)
    client = client_on(setting, hand_on(setting, role, FakeWeb({})))
    await client.submit("/sources/wall/poll")
    assert (await setting.stores.polls.source_state("wall")).next_poll_at == setting.clock.now()
    assert role.told == 1


async def test_a_test_shows_entries_or_the_reason_and_stores_nothing(setting: Setting) -> None:
    before = await setting.stores.polls.source_state("wall")
    feed = Feed("feed", (Entry("https://wall.example/1", "A <b>headline</b>"),))
    hand = hand_on(setting, Role(setting.stores), FakeWeb({URL: response(URL)}), feed)
    shown = (await client_on(setting, hand).submit("/sources/wall/test")).text
    assert "A &lt;b&gt;headline" in shown
    for answer, told in (
        (Transient("timeout"), "timeout"),
        (response(URL, b"no", status=403), "403"),
    ):
        hand = hand_on(setting, Role(setting.stores), FakeWeb({URL: answer}))
        assert told in (await client_on(setting, hand).submit("/sources/wall/test")).text
    assert await setting.stores.polls.source_state("wall") == before


async def test_without_a_daemon_that_polls_nothing_is_offered(client: Client) -> None:
    assert "/sources/wall/pause" not in (await client.get("/sources/wall")).text
    assert (await client.submit("/sources/wall/pause")).status == 303
    assert (await client.submit("/sources/wall/test")).status == 303
