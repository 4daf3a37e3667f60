"""What politeness over many processes costs: turns on hosts a second, spaced and counted in PostgreSQL.

python benchmarks/turns.py            # a throw-away server; 2,000 turns on 200 hosts, 48 at once
python benchmarks/turns.py --url postgresql+psycopg://…/an_empty_database
"""

import argparse
import asyncio
import contextlib
import time
from collections.abc import Iterator

from monitor.adapters import migrate
from monitor.adapters.engine import Database
from monitor.adapters.pace_sql import SqlPace
from tests.postgres import running

TURNS, HOSTS, AT_ONCE, PLACES = 2000, 200, 48, 2


@contextlib.contextmanager
def database(url: str) -> Iterator[str]:
    if url:
        yield url
        return
    with running() as server:
        if server is None:
            raise SystemExit("no PostgreSQL here; give --url")
        yield server.create("turns")


async def rate(url: str, processes: int) -> tuple[float, float]:
    """Return turns a second and milliseconds of CPU for each, with as many paces as there were processes."""
    doors = [Database(url) for _ in range(processes)]
    paces = [SqlPace(door, 0.0, PLACES) for door in doors]
    free = asyncio.Semaphore(AT_ONCE)

    async def turn(number: int) -> None:
        async with free, paces[number % processes].turn(f"h{number % HOSTS}.example"):
            pass

    began, cpu = time.monotonic(), time.process_time()
    await asyncio.gather(*[turn(number) for number in range(TURNS)])
    took = time.monotonic() - began
    for door in doors:
        door.close()
    return TURNS / took, (time.process_time() - cpu) / TURNS * 1000


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--url", default="")
    with database(options.parse_args().url) as url:
        migrate.upgrade(url)
        for processes in (1, 4):
            turns, cpu = asyncio.run(rate(url, processes))
            print(f"{processes} paces: {turns:.0f} turns/s, {cpu:.2f} ms CPU each")


if __name__ == "__main__":
    main()
