"""The labelling queue under fifty labellers: claims a second, answers a second, and that nothing is lost or shared.

python benchmarks/labelling.py [--kind sqlite|postgresql] [--articles 40000] [--labellers 50] [--seconds 5]
"""

import argparse
import asyncio
import json
import time
from collections import Counter

import sqlalchemy as sa
from made_queue import NOW, fill, opened

from monitor.adapters import tables as t
from monitor.adapters.engine import Database
from monitor.adapters.schemes import load_labelling
from monitor.adapters.store.queue import Queue
from monitor.domain.labels import Judgement

YES = [Judgement("relevant", "relevant", "yes")]


async def measure(database: Database, labellers: int, seconds: float, *, answer: bool) -> dict[str, float]:
    """Let everybody claim (and answer) one article after the other for a while."""
    queue, claims, waits = Queue(database, load_labelling()), [], []
    until = time.perf_counter() + seconds

    async def work(name: str) -> None:
        while time.perf_counter() < until:
            began = time.perf_counter()
            taken = await queue.claim(name, now=NOW)
            if not taken:
                return
            waits.append(time.perf_counter() - began)
            claims.extend(one.article_id for one in taken)
            for one in taken if answer else ():
                await queue.label(one.article_id, name, one.token, YES, now=NOW)

    began = time.perf_counter()
    mark = "answering" if answer else "claiming"
    await asyncio.gather(*(work(f"{mark}-{number}") for number in range(labellers)))
    took = time.perf_counter() - began
    assert max(Counter(claims).values()) == 1, "an article was given to two"
    if answer:
        await _check(database, len(claims))
    waits.sort()
    return {
        "claims_per_second": round(len(claims) / took, 1),
        "p50_ms": round(waits[len(waits) // 2] * 1000, 1),
        "p99_ms": round(waits[int(len(waits) * 0.99)] * 1000, 1),
    }


async def _check(database: Database, answered: int) -> None:
    query = sa.select(sa.func.count(), sa.func.count(sa.distinct(t.labels.c.article_id)))
    query = query.where(t.labels.c.labeller.like("answering-%"))
    rows, articles = await database.read(lambda c: tuple(c.execute(query).one()))
    assert rows == articles == answered, "an answer was lost or given twice"


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", default="sqlite", choices=["sqlite", "postgresql"])
    parser.add_argument("--articles", type=int, default=40_000)
    parser.add_argument("--labellers", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=5)
    asked = parser.parse_args()
    with opened(asked.kind) as database:
        await fill(
            database, articles=asked.articles, incidents=max(1, asked.articles // 20), polls=False, labelled=0
        )
        told = {"kind": asked.kind, "articles": asked.articles, "labellers": asked.labellers}
        told["claiming"] = await measure(database, asked.labellers, asked.seconds, answer=False)
        told["claiming and answering"] = await measure(database, asked.labellers, asked.seconds, answer=True)
    print(json.dumps(told, indent=2))


if __name__ == "__main__":
    asyncio.run(main())
