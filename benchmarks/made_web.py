"""A made-up web in one process, as cheap as can be: a feed for every site, a page behind every entry.

    python benchmarks/made_web.py SITES PAGES      prints its port; use it as an HTTP proxy

It is asked for `http://siteN.example/feed.xml` and answers from memory, so that it bounds what is measured as little
as possible. `GET /shown/N` lets every feed show its first N pages; all at first.
"""

import argparse
import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
from tests.made_sites import MadePage, made_page

BEGAN = datetime(2026, 3, 1, tzinfo=UTC)
ROBOTS = b"User-agent: *\nAllow: /\n"
HEAD = b"HTTP/1.1 %s\r\nContent-Type: %s; charset=utf-8\r\nContent-Length: %d\r\n\r\n"


def made(sites: int, pages: int) -> list[MadePage]:
    """Return the pages of all sites, site by site."""
    return [made_page(site, number) for site in range(sites) for number in range(pages)]


def address(page: MadePage) -> str:
    return page.url.replace("https://", "http://", 1)


def feed(pages: list[MadePage]) -> bytes:
    """Return the feed of one site's pages, a minute apart."""
    entries = "".join(
        f"<item><title>{page.title}</title><link>{address(page)}</link>"
        f"<pubDate>{format_datetime(BEGAN + timedelta(minutes=place))}</pubDate></item>"
        for place, page in enumerate(pages)
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>Site</title>{entries}</channel></rss>'.encode()


class Web(asyncio.Protocol):
    """Answers what was made; 404 for all else."""

    sites: dict[bytes, list[MadePage]] = {}  # noqa: RUF012 - one web for all connections
    bodies: dict[bytes, bytes] = {}  # noqa: RUF012
    shown: int | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport, self.left = transport, b""

    def data_received(self, data: bytes) -> None:
        self.left += data
        while (end := self.left.find(b"\r\n\r\n")) >= 0:
            line, self.left = self.left[:end].split(b"\r\n", 1)[0], self.left[end + 4 :]
            self.transport.write(self.answer(line.split(b" ", 2)[1]))

    def answer(self, url: bytes) -> bytes:
        if url.startswith(b"/shown/"):
            Web.shown = int(url.rpartition(b"/")[2])
            return HEAD % (b"200 OK", b"text/plain", 0)
        host, _, path = url.partition(b"://")[2].partition(b"/")
        if path == b"feed.xml" and host in self.sites:
            body, kind = feed(self.sites[host][: Web.shown]), b"application/rss+xml"
        elif path == b"robots.txt":
            body, kind = ROBOTS, b"text/plain"
        else:
            body, kind = self.bodies.get(url, b""), b"text/html"
        return HEAD % (b"200 OK" if body else b"404 Not Found", kind, len(body)) + body


async def serve(sites: int, pages: int) -> None:
    for page in made(sites, pages):
        host = address(page).split("/")[2].encode()
        Web.sites.setdefault(host, []).append(page)
        Web.bodies[address(page).encode()] = page.markup
    server = await asyncio.get_running_loop().create_server(Web, "127.0.0.1", 0, backlog=1000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextmanager
def serving(sites: int, pages: int) -> Iterator[str]:
    """Serve a made-up web; give its address, to be used as a proxy."""
    process = subprocess.Popen(
        [sys.executable, __file__, str(sites), str(pages)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sites", type=int)
    parser.add_argument("pages", type=int, help="of each site")
    given = parser.parse_args()
    asyncio.run(serve(given.sites, given.pages))
