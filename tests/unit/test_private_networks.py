"""Private networks are out of reach, whatever form their address takes."""

import socket

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver

from monitor.adapters.addresses import AddressPolicy, CheckedResolver
from monitor.adapters.http import Http
from monitor.domain.errors import Permanent
from monitor.domain.model import Request

INSIDE = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "192.0.0.8", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1",
    "255.255.255.255", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::1", "2001::1", "2001:db8::1",
    "fc00::1", "fd12:3456::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "100::1", "no address", "",
]  # fmt: skip
OUTSIDE = ["1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "::ffff:1.1.1.1", "223.5.5.5"]


@pytest.mark.parametrize("address", INSIDE)
def test_inner_addresses_are_refused(address):
    assert AddressPolicy().refuses(address)


@pytest.mark.parametrize("address", OUTSIDE)
def test_the_open_internet_is_not(address):
    assert not AddressPolicy().refuses(address)


def test_an_exception_opens_its_network_and_no_other():
    policy = AddressPolicy(["127.0.0.0/8", "fd00::/8", "64:ff9b::/96"])
    assert not any(map(policy.refuses, ["127.0.0.1", "::ffff:127.0.0.1", "fd12::1", "64:ff9b::1.1.1.1"]))
    assert all(map(policy.refuses, ["10.0.0.1", "::1", "fc00::1", "::ffff:10.0.0.1"]))


class Names(AbstractResolver):
    """Resolves every name to the same addresses."""

    def __init__(self, *addresses):
        self._addresses = addresses

    async def resolve(self, host, port=0, family=socket.AF_INET):
        return [
            {"hostname": host, "host": address, "port": port, "family": socket.AF_INET6 if ":" in address else socket.AF_INET,
             "proto": 0, "flags": 0}
            for address in self._addresses
        ]  # fmt: skip

    async def close(self):
        pass


async def test_a_name_keeps_its_open_addresses_only():
    resolver = CheckedResolver(AddressPolicy(), Names("10.0.0.1", "1.1.1.1", "64:ff9b::7f00:1"))
    assert [found["host"] for found in await resolver.resolve("mixed.example", 80)] == ["1.1.1.1"]
    with pytest.raises(Permanent, match="private-address"):
        await CheckedResolver(AddressPolicy(), Names("10.0.0.1", "::1")).resolve("inner.example", 80)


@pytest.mark.parametrize("address", [address for address in INSIDE if address])
async def test_a_name_leads_to_no_inner_address(address):
    """Whatever a name resolves to: neither is it handed on, nor is a socket made for it."""
    with pytest.raises(Permanent, match="private-address"):
        await CheckedResolver(AddressPolicy(), Names(address)).resolve("inner.example", 80)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with pytest.raises(Permanent, match="private-address"):
        AddressPolicy().open_socket((family, socket.SOCK_STREAM, 6, "", (address, 80)))


@pytest.fixture
async def reached():
    """A service on loopback that must not be reached; yields its port and what it saw."""
    seen = []

    async def handler(request):
        seen.append(request.path)
        target = request.query.get("to")
        return (
            web.Response(status=302, headers={"Location": target}) if target else web.Response(body=b"secret")
        )

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield runner.addresses[0][1], seen
    await runner.cleanup()


FORMS = [
    "127.0.0.1", "localhost", "LOCALHOST", "localhost.", "127.1", "127.0.1", "0x7f.1", "0x7f000001", "2130706433", "017700000001",
    "0", "0.0.0.0", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]", "[::127.0.0.1]",
    "127.0.0.1.", "0177.0.0.1", "0x7f.0.0.1", "0x7f.0x0.0x0.0x1", "0177.1", "00000177.0.0.1", "%31%32%37.0.0.1", "127.0.0.%31", "ⓛocalhost",
    "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[2001::1]", "[::ffff:0:127.0.0.1]", "[fe80::1]", "１２７.０.０.１", "127。0。0。1", "169.254.169.254", "10.0.0.1",
]  # fmt: skip


@pytest.mark.parametrize("host", FORMS)
async def test_no_form_of_a_loopback_address_is_reached(reached, host):
    port, seen = reached
    async with Http(user_agent="x", host_interval=0) as fetcher:
        with pytest.raises(Permanent, match=r"private-address|bad-url"):
            await fetcher.fetch(Request(f"http://{host}:{port}/"))
    assert not seen


OTHERS = [
    "127.0.0.2", "127.2", "0x7f.2", "2130706434", "017700000002", "0", "[::1]", "[::]", "[::ffff:127.0.0.2]", "[::127.0.0.1]",
    "0177.0.0.2", "0x7f.0.0.2", "%31%32%37.0.0.2", "[64:ff9b:1::7f00:2]", "[2001::1]", "[ff02::1]", "224.0.0.1",
    "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "169.254.169.254", "10.0.0.1", "192.168.1.1", "100.64.0.1", "[fd00::1]", "[fe80::1]",
]  # fmt: skip


@pytest.mark.parametrize("host", OTHERS)
async def test_no_redirect_leads_inside(reached, host):
    """Not even from an address that the operator has allowed."""
    port, seen = reached
    async with Http(user_agent="x", host_interval=0, allow_networks=["127.0.0.1/32"]) as fetcher:
        with pytest.raises(Permanent, match=r"private-address|bad-url"):
            await fetcher.fetch(Request(f"http://127.0.0.1:{port}/start?to=http://{host}:{port}/secret"))
    assert seen == ["/start"]


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "printer.local", "db.internal", "10.0.0.1", "[::1]", "0x7f.1"]
)
async def test_a_proxy_does_not_open_the_inside(reached, host):
    """The proxy itself may be private; what it is asked for may not."""
    port, seen = reached
    async with Http(user_agent="x", host_interval=0, proxy=f"http://127.0.0.1:{port}") as fetcher:
        with pytest.raises(Permanent, match="private-address"):
            await fetcher.fetch(Request(f"http://{host}/"))
        assert (await fetcher.fetch(Request("http://a.example/page"))).body == b"secret"
    assert seen == ["/page"]


async def test_environment_proxies_are_not_used(reached, monkeypatch):
    port, seen = reached
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port}")
    async with Http(user_agent="x", host_interval=0) as fetcher:
        with pytest.raises(Permanent, match="private-address"):
            await fetcher.fetch(Request("http://127.0.0.1:8080/"))
    assert not seen


@pytest.mark.parametrize("port", [22, 25, 53, 111, 135, 445])
async def test_ports_of_other_services_are_refused(port):
    async with Http(user_agent="x") as fetcher:
        with pytest.raises(Permanent, match="refused-port"):
            await fetcher.fetch(Request(f"http://1.1.1.1:{port}/"))
