"""Figures of archiving: a full day, a week's outage, and what a recorded page costs.

    python benchmarks/archive.py [day|outage|warc] [--captures N]

The day and the outage run on a clock of their own, with the daemon's ticks, against the stand-in of the archive,
whose clock differs from ours by up to 0.4 seconds on every request, as the network's delay does.
A day with 10,000 captures takes some minutes of computing.
"""

import argparse
import asyncio
import gzip
import math
import random
import sys
import tempfile
import time
from collections import deque
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from monitor.adapters.warc import WarcArchive
from monitor.domain.captures import Change
from monitor.domain.model import Response
from tests.site.captures import CaptureIndex, urlkey
from tests.site.clock import Clock
from tests.stages.archive_world import World

DAY, WEEK, MINUTE = timedelta(days=1), timedelta(days=7), timedelta(minutes=1)
HOUR = timedelta(hours=1)
TICK = timedelta(seconds=1)  # as in the daemon
MOST_JOBS = 1_000
WORDS = 4_000
FIRST_BAN = 3600.0  # seconds


class QuickIndex(CaptureIndex):
    """The same index, kept by page, so that ten thousand captures are found as quickly as ten."""

    def __init__(self):
        super().__init__()
        self._by_page = {}

    def add(self, capture):
        self._by_page.setdefault(urlkey(capture.url), []).append(capture)

    def of(self, url):
        return self._by_page.get(urlkey(url), [])

    def search(self, ask, now):
        return CaptureIndex(self.of(ask.value("url"))).search(ask, now)


class Delayed(Clock):
    """The archive's clock: ours, and the time that a request was under way."""

    def __init__(self, clock):
        self._clock, self._random = clock, random.Random(7)

    def now(self):
        return self._clock.now() + timedelta(seconds=self._random.uniform(0.02, 0.4))


def world_in(folder, **limits):
    world = World(Path(folder), index=QuickIndex(), **limits)
    world.spn.throttle._clock = Delayed(world.clock)  # noqa: SLF001 - the stand-in's own affair
    return world


async def fill(world, count):
    """Want pages with mixed priorities, as the decider does; return the priority of each capture."""
    mixed, priorities = random.Random(3), {}
    by_priority = {}
    for number in range(count):
        url = f"https://h{number % 400}.example.org/{number}"
        by_priority.setdefault(round(1 + mixed.random(), 2), []).append(url)
    for priority, urls in by_priority.items():
        priorities |= dict.fromkeys(await world.want(*urls, priority=priority), priority)
    return priorities


async def live(world, span):
    """Let the stage run for a span of its clock as the daemon does: at every tick, and again while it did something."""
    end = world.clock.now() + span
    while (now := world.clock.now()) < end:
        while any(isinstance(one, Change) for one in await world.step()):
            pass
        _, due_at = await world.store.waiting(now)
        ticks = max(1, math.ceil((min(due_at or end, end) - now) / TICK))
        world.clock.advance(TICK.total_seconds() * ticks)
        forget(world.spn._jobs, now)  # noqa: SLF001 - the stand-in would keep them for ever


def forget(jobs, now):
    """Drop what the stand-in no longer answers for, a part at a time."""
    if len(jobs) > MOST_JOBS:
        for key in [key for key, job in jobs.items() if job.touched_at and now - job.touched_at > HOUR]:
            del jobs[key]


def most_in_a_minute(times):
    window, most = deque(), 0
    for moment in times:
        window.append(moment)
        while moment - window[0] >= MINUTE:
            window.popleft()
        most = max(most, len(window))
    return most


def report(world, title, priorities, started):
    saves = [seen for seen in world.line.seen if seen[1:3] == ("POST", "/save")]
    accepted = [seen[0] for seen in saves if seen[3] == 200]
    order = [priorities[one.capture_id] for one in world.happened if getattr(one, "state", "") == "submitted"]
    refused = sum(seen[3] == 429 for seen in world.line.seen)
    span = (world.clock.now() - started) / DAY
    print(f"\n{title}")
    print(f"  simulated days                 {span:.2f}")
    print(
        f"  submissions accepted           {len(accepted)} ({len(accepted) / span / 10_080:.1%} of 7 a minute)"
    )
    working = (accepted[-1] - accepted[0]) / MINUTE
    print(f"  a minute, first to last        {(len(accepted) - 1) / working:.2f}")
    print(f"  most in any 60 seconds         {most_in_a_minute(accepted)}")
    print(f"  out of priority order          {sum(a < b for a, b in pairwise(order))}")
    print(
        f"  answered 429                   {refused} of {len(world.line.seen)} ({refused / len(world.line.seen):.2%})"
    )
    banned = world.spn.throttle._ban != FIRST_BAN  # noqa: SLF001 - a ban that was spoken has doubled the next one
    print(f"  banned                         {banned}")


async def states(world):
    counts = {}
    for row in await world.rows():
        counts[row.state] = counts.get(row.state, 0) + 1
    print(f"  captures                       {counts}")


async def day(count):
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        world = world_in(folder)
        priorities, started = await fill(world, count), world.clock.now()
        await live(world, DAY)
        report(world, f"A day with {count} queued articles, seven captures a minute", priorities, started)
        await states(world)
        world.database.close()


async def outage(count):
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        world = world_in(folder)
        priorities = await fill(world, count)
        world.spn.outage = 503
        await live(world, WEEK)
        asked = len(world.line.seen)
        world.spn.outage, started = None, world.clock.now()
        world.line.seen.clear()
        while (await world.store.waiting(world.clock.now()))[0]:
            await live(world, timedelta(minutes=30))
        report(world, f"After a week's outage with {count} captures waiting", priorities, started)
        print(f"  requests during the outage     {asked}")
        await states(world)
        world.database.close()


async def warc():
    print("\nRecording pages")
    for size, packed in ((30_000, True), (100_000, True), (300_000, True), (30_000, False), (100_000, False)):
        with tempfile.TemporaryDirectory() as folder:
            archive, pages = WarcArchive(Path(folder)), made_pages(size, packed=packed)
            started = time.process_time()
            for number in range(300):
                await archive.record(pages[number % len(pages)])
            await archive.close()
            cost = (time.process_time() - started) / 300 * 1000
        print(
            f"  {size // 1000:4} kB, sent {'as gzip' if packed else 'plain  '}      {cost:.2f} ms of CPU per page"
        )


def made_pages(size, *, packed):
    """Return pages of made-up words, which compress about as prose does."""
    mixed = random.Random(1)
    words = ["".join(mixed.choices("etaoinshrdlucmfw", k=mixed.randint(2, 9))) for _ in range(WORDS)]
    headers = {"content-type": "text/html"} | ({"content-encoding": "gzip"} if packed else {})
    pages = []
    for number in range(20):
        body = f"<p>{' '.join(mixed.choices(words, k=size // 6))}</p>".encode()
        url = f"https://news.example.org/{number}"
        received = gzip.compress(body) if packed else b""
        pages.append(Response(url, url, 200, headers, body, datetime.now(UTC), received=received))
    return pages


async def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="*", default=["warc", "day", "outage"])
    parser.add_argument("--captures", type=int, default=10_000)
    given = parser.parse_args()
    for what in given.what:
        started = time.monotonic()
        await {"day": day, "outage": outage}[what](given.captures) if what != "warc" else await warc()
        print(f"  ({time.monotonic() - started:.0f} s)")


if __name__ == "__main__":
    asyncio.run(main())
