"""A door for Prometheus and probes in processes that serve no pages: /healthz and /metrics, nothing else."""

import asyncio

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from monitor.adapters.metrics import Metrics
from monitor.domain.errors import ConfigurationError, Problem


async def serve_metrics(listen: str, metrics: Metrics) -> None:
    """Serve until cancelled; raise ConfigurationError where the address cannot be had.

    It knows neither tokens nor texts: let only Prometheus reach it.
    """

    async def show(_request: web.Request) -> web.Response:
        return web.Response(body=metrics.render(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def live(_request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    door = web.Application()
    door.add_routes([web.get("/metrics", show), web.get("/healthz", live)])
    runner = web.AppRunner(door, access_log=None, handle_signals=False)
    await runner.setup()
    host, _, port = listen.rpartition(":")
    try:
        await web.TCPSite(runner, host.strip("[]"), int(port)).start()
        await asyncio.Event().wait()
    except OSError as error:
        problem = Problem("METRICS_LISTEN", f"{listen}: {error.strerror or error}", "choose another port")
        raise ConfigurationError([problem]) from error
    finally:
        await runner.cleanup()
