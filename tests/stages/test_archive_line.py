"""Archiving over the real fetcher and a socket: forms, headers, redirects and errors as they are on the wire."""

import socket
from datetime import timedelta

from monitor.adapters.http import Http
from monitor.adapters.store.captures import Captures
from monitor.adapters.wayback import Wayback
from monitor.stages.archive import archive
from tests.fakes import FakeClock
from tests.site import Limits, Rule, serve
from tests.site.archive_model import ACCESS, SECRET
from tests.stages.archive_world import World


def client(http, url):
    return Wayback(http, base_url=url, access_key=ACCESS, secret_key=SECRET)


def fetcher():
    return Http(user_agent="monitor", allow_networks=["127.0.0.0/8"], host_interval=0)


async def captured(tmp_path, sqlite_template, rules=(), steps=12):
    """Archive the first article of the replayed web; return the site and the row."""
    (tmp_path / "monitor.db").write_bytes(sqlite_template.read_bytes())
    world, clock = World(tmp_path, migrated=True), FakeClock()
    limits = Limits(index_lag=0.0, pending_polls=1)
    async with serve(limits=limits, rules=rules) as site, fetcher() as http:
        clock.time = site.clock.now()
        world.clock.advance((clock.time - world.clock.now()).total_seconds())
        await world.want(site.web.articles[0].url)
        for _ in range(steps):
            await archive(store=Captures(world.database), wayback=client(http, site.url), clock=clock)
            clock.move(minutes=4)
        row = await world.row()
    world.database.close()
    return site, row


async def test_a_page_is_saved_and_proven(tmp_path, sqlite_template):
    site, row = await captured(tmp_path, sqlite_template)
    assert (row.state, row.reason) == ("verified", "")
    (saved,) = site.requests("web.archive.org", "/save")
    assert saved.headers["authorization"] == f"LOW {ACCESS}:{SECRET}"
    assert b"if_not_archived_within=86400" in saved.body


async def test_a_connection_that_breaks_is_looked_up_first(tmp_path, sqlite_template):
    rules = [Rule(match=".", submit="drop", times=1)]
    site, row = await captured(tmp_path, sqlite_template, rules, steps=20)
    asked = [seen.path for seen in site.log if seen.host == "web.archive.org"]
    first, second = [place for place, path in enumerate(asked) if path == "/save"]
    assert "/cdx/search/cdx" in asked[first:second]
    assert row.state == "verified"


async def test_an_archive_that_is_not_there_is_asked_rarely(tmp_path, sqlite_template):
    (tmp_path / "monitor.db").write_bytes(sqlite_template.read_bytes())
    world = World(tmp_path, migrated=True)
    await world.want("https://news.example.org/a")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    async with fetcher() as http:
        pauses = []
        for _ in range(40):
            pauses += await archive(store=world.store, wayback=client(http, url), clock=world.clock)
            world.clock.advance(60)
    assert 3 <= len(pauses) <= 8
    assert pauses[-1].until - pauses[-2].until >= timedelta(minutes=8)
    assert ((await world.row()).state, (await world.row()).attempts) == ("wanted", 0)
    world.database.close()
