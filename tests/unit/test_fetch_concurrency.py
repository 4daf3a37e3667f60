"""FETCH_CONCURRENCY bounds the fetches under way in all; whoever waits for a host's turn holds no place."""

import asyncio
from contextlib import asynccontextmanager

from aiohttp import web

from monitor.adapters.http import Http
from monitor.adapters.pace import InProcessPace
from monitor.domain.model import Request
from tests.fakes import bounded


class Door:
    """A site that counts who is inside and lets them out when told to."""

    def __init__(self) -> None:
        self.inside, self.most = 0, 0
        self.open, self.entered = asyncio.Event(), asyncio.Event()

    async def enter(self, _request: web.Request) -> web.Response:
        self.inside += 1
        self.most = max(self.most, self.inside)
        self.entered.set()
        await self.open.wait()
        self.inside -= 1
        return web.Response(body=b"x")


@asynccontextmanager
async def site(handler):
    app = web.Application()
    app.router.add_get("/{path:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        server = web.TCPSite(runner, "127.0.0.1", 0)
        await server.start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def http(**settings) -> Http:
    return Http(user_agent="monitor-test", allow_networks=["127.0.0.0/8"], **settings)


async def test_no_more_fetches_at_once_than_there_are_places():
    door = Door()
    async with (
        site(door.enter) as url,
        http(host_interval=0.0, host_concurrency=20, concurrency=3) as fetcher,
    ):
        fetches = [asyncio.create_task(fetcher.fetch(Request(f"{url}/{n}"))) for n in range(10)]
        await bounded(door.entered.wait())
        door.open.set()
        answers = await bounded(asyncio.gather(*fetches))
    assert len(answers) == 10
    assert door.most <= 3


async def test_a_fetch_that_waits_for_its_hosts_turn_holds_no_place():
    door = Door()
    door.open.set()
    waiting, go = asyncio.Event(), asyncio.Event()

    async def sleep(_seconds: float) -> None:
        waiting.set()
        await go.wait()

    pace = InProcessPace(3600.0 / 100, 2, sleep=sleep)
    async with site(door.enter) as slow, site(door.enter) as other, http(pace=pace, concurrency=1) as fetcher:
        await bounded(fetcher.fetch(Request(f"{slow}/1")))
        second = asyncio.create_task(fetcher.fetch(Request(f"{slow}/2")))
        await bounded(waiting.wait())
        assert (await bounded(fetcher.fetch(Request(f"{other}/1")))).status == 200
        go.set()
        assert (await bounded(second)).status == 200
