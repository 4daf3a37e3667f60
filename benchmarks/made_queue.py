"""A database as large as years of work leave behind: articles, copies, incidents, polls, labels; written in bulk."""

import contextlib
import random
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import Connection

from monitor.adapters import migrate
from monitor.adapters import tables as t
from monitor.adapters.engine import Database

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.postgres import running

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
DAYS, SOURCES, POLLS_A_DAY = 300, 200, 24
WORDS = [
    "model",
    "fraud",
    "voice",
    "deepfake",
    "court",
    "platform",
    "police",
    "safety",
    "image",
    "data",
    "company",
    "user",
    "regulator",
    "election",
    "video",
    "人工智能",
    "诈骗",
    "深度伪造",
    "平台",
    "警方",
    "监管",
    "图片",
    "视频",
    "谣言",
    "法院",
    "公司",
    "用户",
    "数据",
    "安全",
    "选举",
]
LANGUAGES = ("en", "zh-Hans", "zh-Hant", "ja", "fr")


@contextlib.contextmanager
def opened(kind: str) -> Iterator[Database]:
    """Open a migrated, empty database of either kind, gone after the block."""
    with contextlib.ExitStack() as stack:
        if kind == "sqlite":
            url = f"sqlite:///{stack.enter_context(tempfile.TemporaryDirectory())}/monitor.db"
        else:
            server = stack.enter_context(running())
            if server is None:
                raise SystemExit("no PostgreSQL server here (apt-get install postgresql)")
            server.execute("ALTER SYSTEM SET fsync = on")
            server.execute("ALTER SYSTEM SET synchronous_commit = on")
            server.execute("ALTER SYSTEM SET shared_buffers = '256MB'")
            server.stop()
            server.start()
            url = server.create("bench")
        migrate.upgrade(url)
        database = Database(url, pool_size=16)
        stack.callback(database.close)
        yield database


async def fill(
    database: Database, *, articles: int, incidents: int, polls: bool = True, labelled: float = 0.4
) -> None:
    """Write articles, half of them queued, a third copies, the rest rejected; incidents; polls; some labels."""
    dice = random.Random(11)
    await database.write(lambda c: _incidents(c, incidents))
    for start in range(1, articles + 1, 5000):
        ids = range(start, min(start + 5000, articles + 1))
        await database.write(
            lambda c, ids=ids: _articles(c, ids, articles, incidents, dice, labelled=articles * labelled)
        )
    await database.write(_sources)
    for day in range(30 if polls else 0):
        await database.write(lambda c, day=day: _polls(c, day, dice))
    await database.write(lambda c: _settle(c, articles))


def _incidents(connection: Connection, count: int) -> None:
    rows = [
        {
            "id": number, "title": f"Incident {number}: deepfake fraud 深度伪造诈骗", "topics": ["ai-incidents"],
            "summary": "What happened, in a sentence or two. " * 3, "founded_by": number,
            "first_report_at": NOW - timedelta(days=DAYS * (1 - number / count)),
            "last_report_at": NOW - timedelta(days=DAYS * (1 - number / count)) + timedelta(hours=30),
            "created_at": NOW, "updated_at": NOW,
        }
        for number in range(1, count + 1)
    ]  # fmt: skip
    connection.execute(t.incidents.insert(), rows)


def _articles(
    connection: Connection, ids: range, total: int, incidents: int, dice: random.Random, *, labelled: float
) -> None:
    rows, documents = [], []
    for number in ids:
        at = NOW - timedelta(days=DAYS * (1 - number / total))
        state = "copy" if number % 3 == 0 else "rejected" if number % 6 == 1 else "queued"
        incident = None if state == "rejected" else max(1, min(incidents, int(number / total * incidents) + dice.randint(-20, 20)))  # fmt: skip
        rows.append(
            {
                "id": number, "url_key": f"site{number % 900}.example/{number}",
                "url": f"https://site{number % 900}.example/{number}", "host": f"site{number % 900}.example",
                "source": f"source-{number % SOURCES}", "entry": {}, "found_at": at, "state": state, "state_at": at,
                "due_at": at, "topics": [] if state == "rejected" else ["ai-incidents"], "relevance": dice.random(),
                "copy_of": number - 1 if state == "copy" and number > 1 else None, "incident_id": incident,
                "match": "new" if number % 20 == 2 else "existing", "match_score": 0.8, "priority": 0.5,
                "match_reasons": ["the same names: LinkedIn, Stanford", "2 days from the nearest report"],
                "seq": number, "queued_at": at, "place": dice.random() * 100, "place_reasons": {"new": 0.3},
                "label_state": "labelled" if state == "queued" and number < labelled else "pending",
            }
        )  # fmt: skip
        documents.append(_document(number, at, dice))
    connection.execute(t.articles.insert(), rows)
    connection.execute(t.documents.insert(), documents)


def _document(number: int, at: datetime, dice: random.Random) -> dict[str, object]:
    text = "\n".join(" ".join(dice.choices(WORDS, k=40)) for _ in range(4))
    return {
        "article_id": number, "title": f"Headline {number} {' '.join(dice.choices(WORDS, k=5))}",
        "summary": text[:160], "language": LANGUAGES[number % 5], "authors": ["A. Writer"],
        "publisher": f"Publisher {number % 300}", "country": ("US", "CN", "JP", "FR", "TW")[number % 5],
        "published_at": at, "canonical_url": "", "image_url": "", "source_named": "", "links": [],
        "reader": "trafilatura", "content_hash": str(number), "read_at": at, "text": text,
    }  # fmt: skip


def _sources(connection: Connection) -> None:
    states = ("ok", "ok", "ok", "quiet", "stale", "failing")
    rows = [
        {"name": f"source-{number}", "status": states[number % 6], "reason": "", "since": NOW, "last_polled_at": NOW}
        for number in range(SOURCES)
    ]  # fmt: skip
    connection.execute(t.sources.insert(), rows)


def _polls(connection: Connection, day: int, dice: random.Random) -> None:
    rows = [
        {
            "source": f"source-{number}", "at": NOW - timedelta(days=day, minutes=poll * 60), "outcome": "feed",
            "entries": 30, "new": dice.choice((0, 0, 0, 1, 4)), "seconds": 0.4,
        }
        for number in range(SOURCES)
        for poll in range(POLLS_A_DAY)
    ]  # fmt: skip
    connection.execute(t.polls.insert(), rows)


def _settle(connection: Connection, articles: int) -> None:
    """Note the labels, and that everything is ranked; let the planner look at the tables."""
    labelled = sa.select(t.articles.c.id).where(t.articles.c.label_state == "labelled")
    rows = [
        {
            "article_id": number, "scheme": "oecd", "question": "article_label", "labeller": f"labeller-{number % 7}",
            "value": "ai_incident" if number % 3 else "unrelated", "at": NOW, "answer": str(number),
        }
        for number in connection.execute(labelled).scalars()
    ]  # fmt: skip
    if rows:
        connection.execute(t.labels.insert(), rows)
    connection.execute(t.positions.insert(), [{"name": "ranked", "position": articles}])
    connection.execute(sa.text("ANALYZE"))
