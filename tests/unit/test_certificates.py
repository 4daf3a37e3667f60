"""CA_FILE: an authority of the operator's own is believed beside those of the system; without it nobody strange is."""

import shutil
import ssl
import subprocess

import pytest
from aiohttp import web

from monitor.adapters.http import Http
from monitor.domain.errors import Transient
from monitor.domain.model import Request

pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")


@pytest.fixture
def own(tmp_path):
    """A certificate for localhost that only itself vouches for, and its key."""
    certificate, key = tmp_path / "own.pem", tmp_path / "own.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    return certificate, key


async def test_an_authority_of_ones_own_is_believed_where_it_is_named(own):
    certificate, key = own
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate, key)

    async def page(_request):
        return web.Response(body=b"x")

    app = web.Application()
    app.router.add_get("/", page)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
        request = Request(f"https://localhost:{runner.addresses[0][1]}/")
        settings = {"user_agent": "x", "host_interval": 0.0, "allow_networks": ["127.0.0.0/8", "::1/128"]}
        async with Http(**settings, ca_file=certificate) as fetcher:
            assert (await fetcher.fetch(request)).body == b"x"
        async with Http(**settings) as fetcher:
            with pytest.raises(Transient) as trouble:
                await fetcher.fetch(request)
        assert trouble.value.reason == "tls"
        assert str(trouble.value).replace("self signed", "self-signed") == "tls: self-signed certificate"
    finally:
        await runner.cleanup()
