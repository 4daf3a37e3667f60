"""A real Chromium before the real pages: the application on a socket of the loopback, in a thread of its own."""

import asyncio
import shutil
import socket
import threading
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from monitor.adapters.engine import Database
from monitor.adapters.store.stores import Stores
from tests.store.rows import stores_on
from tests.web.conftest import Setting
from tests.web.filling import fill, replayed

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


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


@pytest.fixture
def site(tmp_path: Path, sqlite_template: Path) -> Iterator[Site]:
    """The pages on a database of the replayed incidents."""
    path = tmp_path / "monitor.db"
    shutil.copy(sqlite_template, path)
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
            address = f"http://127.0.0.1:{listener.getsockname()[1]}"
            running.server = uvicorn.Server(uvicorn.Config(setting.app(), log_config=None, lifespan="off"))
            running.site = Site(asyncio.get_running_loop(), setting, ids, address)
            running.ready.set()
            await running.server.serve(sockets=[listener])
    finally:
        database.close()


@pytest.fixture(scope="module")  # its driver keeps a loop running, which other modules could not live with
def chromium() -> Iterator[Any]:
    """A browser; each test takes contexts of its own from it."""
    driver = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("no Chromium here (apt-get install chromium)")
    with driver.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Any, site: Site) -> Iterator[Any]:
    """Open pages as different people see them; what a page complains about fails the test."""
    contexts: list[Any] = []
    complaints: list[str] = []

    def open_one(path: str = "/", **kind: Any) -> Any:
        context = chromium.new_context(base_url=site.address, viewport=kind.pop("viewport", DESKTOP), **kind)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda told: complaints.append(told.text) if told.type in {"error", "warning"} else None,
        )
        page.on("dialog", lambda dialog: complaints.append(f"dialog: {dialog.message}"))
        page.goto(path)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert complaints == []
