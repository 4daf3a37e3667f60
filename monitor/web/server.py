"""Runs the pages and the API inside the daemon's own event loop."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import structlog
import uvicorn

from monitor.domain.errors import ConfigurationError, Problem
from monitor.web.app import create_app
from monitor.web.beside import keep_up
from monitor.web.context import Context, Pushes, SourceActions

log = structlog.get_logger("monitor")

GRACE = 5  # seconds that open answers may take after the stop
BACKLOG = 512


async def serve(context: Context, actions: SourceActions | None = None, pushes: Pushes | None = None) -> None:
    """Serve until cancelled, then close in order; raise ConfigurationError where LISTEN cannot be had."""
    listener = bind(context.settings.LISTEN)
    server = _Server(
        uvicorn.Config(
            create_app(context, actions=actions, pushes=pushes),
            access_log=False,
            log_config=None,
            lifespan="on",
            server_header=False,
            date_header=True,
            proxy_headers=False,
            timeout_graceful_shutdown=GRACE,
            timeout_keep_alive=30,
            h11_max_incomplete_event_size=64 * 1024,
        )
    )
    task = asyncio.create_task(server.serve(sockets=[listener]))
    beside = asyncio.create_task(keep_up(context))
    try:
        await asyncio.shield(asyncio.wait({task, beside}, return_when=asyncio.FIRST_COMPLETED))
    finally:
        server.should_exit = True
        beside.cancel()
        await asyncio.gather(task, beside, return_exceptions=True)
        listener.close()
    for one in (task, beside):  # what ended by itself says why
        one.result()


def bind(listen: str) -> socket.socket:
    """Return a bound socket for `host:port`; raise ConfigurationError that names the setting."""
    host, _, port = listen.rpartition(":")
    host = host.strip("[]")
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        hint = "another process listens there; stop it or choose another port"
        raise ConfigurationError([Problem("LISTEN", f"{listen}: {error.strerror or error}", hint)]) from error
    listener.setblocking(False)
    return listener


class _Server(uvicorn.Server):
    """A server without signal handlers: signals are the daemon's."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
