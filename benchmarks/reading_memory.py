"""The memory of a reading process over many pages; the pool's own worker process, never replaced here.

python benchmarks/reading_memory.py [PAGES] [FOLDER]

Made-up pages of 20 sites, read by their templates once those are learned; with a FOLDER of stored pages every 25th page
is one of them, read thoroughly.
"""

import argparse
import asyncio
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from monitor.adapters.pool import Pool
from monitor.adapters.reading import Plan, read_by_site, warm_up
from monitor.domain.errors import MonitorError
from monitor.domain.model import Hints, Page
from monitor.domain.templates import TemplateState, after, template_key

sys.path.insert(0, str(Path(__file__).parent.parent))
from tests.made_sites import made_page

SITES, NUMBERS, SHOWN = 20, 20, 10
NOW = datetime(2026, 3, 10, tzinfo=UTC)


def megabytes(process: int) -> float:
    """Return the resident memory of a process."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


async def main(pages: int, stored: list[bytes]) -> None:
    """Read, and print the memory ten times on the way."""
    states: dict[str, TemplateState] = {}
    ways: dict[str, int] = {}
    drawn = [made_page(site, number) for number in range(NUMBERS) for site in range(SITES)]
    async with Pool(1, initializer=warm_up, recycle_after=10 * pages) as pool:
        worker = await pool.run(os.getpid)
        for number in range(pages):
            if stored and number % 25 == 0:
                url, body = f"https://stored{number % 97}.example/a", stored[number // 25 % len(stored)]
            else:
                made = drawn[number % len(drawn)]
                url, body = made.url, made.markup
            site = template_key(url)
            state = states.get(site, TemplateState(site))
            try:
                page = Page(url, url, "text/html", body, NOW)
                reading, experience = await pool.run(read_by_site, page, Hints(), Plan(), state)
            except MonitorError:
                ways["refused"] = ways.get("refused", 0) + 1
                continue
            states[site] = after(state, experience)
            reader = reading.document.reader
            ways[reader] = ways.get(reader, 0) + 1
            if (number + 1) % (pages // SHOWN) == 0:
                print(f"{number + 1:6} pages: {megabytes(worker):.0f} MB", flush=True)
    print(ways)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pages", type=int, nargs="?", default=50_000)
    parser.add_argument("folder", type=Path, nargs="?", help="of stored pages")
    given = parser.parse_args()
    files = sorted(given.folder.glob("*.html")) if given.folder else []
    asyncio.run(main(given.pages, [file.read_bytes() for file in files]))
