"""The life of a capture, through the stand-in of the archive and a clock that stands still."""

from datetime import timedelta

import pytest

from tests.stages.archive_world import World

URL = "https://news.example.org/2024/fraud.html"
MINUTES, HOURS, DAYS = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def world_of(tmp_path):
    worlds = []

    def make(**options):
        worlds.append(World(tmp_path, **options))
        return worlds[-1]

    yield make
    for world in worlds:
        world.database.close()


def states(world):
    return [(one.was.value, one.state.value) for one in world.happened if hasattr(one, "was")]


async def test_wanted_submitted_captured_verified(world_of):
    world = world_of()
    await world.want(URL)
    await world.run(20 * MINUTES)
    row = await world.row()
    assert (row.state, row.reason) == ("verified", "")
    assert row.archive_url == f"https://web.archive.org/web/{row.archived_at:%Y%m%d%H%M%S}/{URL}"
    assert states(world) == [("wanted", "submitted"), ("submitted", "captured"), ("captured", "verified")]
    assert (world.line.count("/save"), world.taken) == (1, 1)
    assert row.answer["status"] == "success"


async def test_without_keys_the_backlog_is_kept_and_keys_added_later_work_it_off(world_of, tmp_path):
    world = world_of(keys=False)
    await world.want(URL)
    await world.run(MINUTES)
    row = await world.row()
    assert (row.state, row.reason, world.line.seen) == ("wanted", "no-keys", [])
    later = world_of()
    await later.run(20 * MINUTES)
    assert (await later.row()).state == "verified"
