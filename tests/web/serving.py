"""The application on a socket of the loopback, in a thread of its own: for browsers and other strangers."""

import asyncio
import contextlib
import shutil
import socket
import threading
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn

from monitor.adapters.engine import Database
from monitor.adapters.store.stores import Stores
from tests.store.rows import stores_on
from tests.web.conftest import Setting
from tests.web.filling import fill, replayed


@dataclass
class Site:
    """The pages at an address; `do` runs work on their own loop."""

    loop: asyncio.AbstractEventLoop
    setting: Setting
    ids: dict[str, int]
    address: str

    @property
    def stores(self) -> Stores:
        return self.setting.stores

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(30)


@dataclass
class _Running:
    """What the thread of the server hands over."""

    ready: threading.Event = field(default_factory=threading.Event)
    server: uvicorn.Server | None = None
    site: Site | None = None


@contextlib.contextmanager
def served(folder: Path, template: Path) -> Iterator[Site]:
    """Serve a database of the replayed incidents, made from an empty migrated one."""
    path = folder / "monitor.db"
    shutil.copy(template, path)
    running = _Running()
    thread = threading.Thread(target=lambda: asyncio.run(_serve(path, running)), daemon=True)
    thread.start()
    assert running.ready.wait(30)
    assert running.site and running.server
    yield running.site
    running.server.should_exit = True
    thread.join(30)


async def _serve(path: Path, running: _Running) -> None:
    database = Database(f"sqlite:///{path}")
    try:
        stores = stores_on(database)
        ids = await fill(stores, replayed("seeds"))
        await stores.queue.rank()
        while await stores.search.catch_up():
            pass
        setting = Setting(stores)
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen(64)
            address = f"http://127.0.0.1:{listener.getsockname()[1]}"
            running.server = uvicorn.Server(uvicorn.Config(setting.app(), log_config=None, lifespan="off"))
            running.site = Site(asyncio.get_running_loop(), setting, ids, address)
            running.ready.set()
            await running.server.serve(sockets=[listener])
    finally:
        database.close()
