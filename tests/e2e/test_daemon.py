"""The daemon's life: ready, serving, reloading, stopping; and what kill -9 leaves behind."""

import asyncio
import contextlib
import json
import signal
import socket

import pytest
import sqlalchemy as sa

from monitor.adapters.engine import Database
from monitor.domain.urls import url_key
from tests.e2e.conftest import QUIET_DAY, ROOT, Installation, events, running, wait_for
from tests.site import load
from tests.site.__main__ import on_days
from tests.site.demo import free_port

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

SMALL = """\
version: 1
topics: {ai: {any: [AI, 人工智能, deepfake, deepfakes], and: [fake, 诈骗, 打击, fraud]}}
defaults: {every: 10s, topics: [ai]}
sources:
"""


def settled(installation: Installation) -> bool:
    states = {row["state"] for row in installation.rows("SELECT state FROM articles")}
    return bool(states) and not states & {"found", "read"}


def read_until(daemon, event: str) -> str:
    """Return the log up to the line of an event."""
    lines = []
    for line in daemon.stderr:
        lines.append(line)
        if f'"event": "{event}"' in line:
            break
    return "".join(lines)


def test_the_daemon_serves_its_page_reloads_and_stops_within_its_time(small, tmp_path):
    sources = tmp_path / "sources.yaml"
    sources.write_text((ROOT / "tests" / "site" / "sources.yaml").read_text(encoding="utf-8"))
    small.more["MONITOR_SOURCES"] = str(sources)
    small.commands = None  # the installed one; the other tests fork theirs
    with running(small) as daemon:
        wait_for(lambda: small.get("/readyz")[0] == 200, "readiness")
        wait_for(lambda: settled(small), "every article to be settled")
        status, page = small.get("/")
        assert (status, "抖音" in page) == (200, True)
        assert "monitor_articles_total" in small.get("/metrics")[1]
        sources.write_text("version: 1\nsorces: []\n")
        daemon.send_signal(signal.SIGHUP)
        log = read_until(daemon, "sources.rejected")
        listed = json.loads(small.get("/api/v1/sources")[1])
        daemon.send_signal(signal.SIGTERM)
        log += daemon.communicate(timeout=40)[1]
    names = [event["event"] for event in events(log)]
    assert daemon.returncode == 0, log[-3000:]
    assert {"daemon.ready", "sources.rejected", "daemon.stopped"} <= set(names)
    assert listed


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_stopped_in_the_middle_of_reading_it_leaves_nothing_leased(small, kind, request):
    small.more["MONITOR_HOST_INTERVAL"] = "2"  # some are still to be read when it is told to stop
    if kind == "postgres":
        small.more["MONITOR_DATABASE_URL"] = request.getfixturevalue("migrated_postgres_url")
    daemon = small.start("run")
    log = "".join(read_until(daemon, "article.read") for _ in range(3))
    daemon.send_signal(signal.SIGTERM)
    log += daemon.communicate(timeout=30)[1]
    assert daemon.returncode == 0, log[-3000:]
    assert events(log)[-1]["event"] == "daemon.stopped"
    with contextlib.closing(
        Database(small.more.get("MONITOR_DATABASE_URL", f"sqlite:///{small.database}"))
    ) as database:
        assert asyncio.run(how_many(database, "lease_token <> ''")) == 0
        assert asyncio.run(how_many(database, "state = 'found'")) > 0


@pytest.mark.soak
@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_a_page_that_outlasts_the_drain_is_given_back(small, kind, request, tmp_path):
    """It comes a byte a second, and its source gives it longer than the daemon has to end."""
    sources = tmp_path / "sources.yaml"
    sources.write_text(
        SMALL + "  - {name: a, kind: rss, url: 'http://dripping.faults.test/feed.xml', timeout: 90s}\n"
    )
    small.more["MONITOR_SOURCES"] = str(sources)
    if kind == "postgres":
        small.more["MONITOR_DATABASE_URL"] = request.getfixturevalue("migrated_postgres_url")
    daemon = small.start("run")
    with contextlib.closing(
        Database(small.more.get("MONITOR_DATABASE_URL", f"sqlite:///{small.database}"))
    ) as database:
        read_until(daemon, "daemon.ready")
        wait_for(lambda: asyncio.run(how_many(database, "lease_token <> ''")) == 1, "the page to be read")
        daemon.send_signal(signal.SIGTERM)
        log = daemon.communicate(timeout=30)[1]
        assert daemon.returncode == 0, log[-3000:]
        assert asyncio.run(how_many(database, "lease_token = '' AND state = 'found'")) == 1


async def how_many(database: Database, condition: str) -> int:
    query = sa.text(f"SELECT count(*) FROM articles WHERE {condition}")
    return await database.read(lambda connection: connection.execute(query).scalar_one())


@pytest.mark.parametrize(
    ("event", "times"),
    [
        ("source.polled", 12),
        ("article.read", 20),
        ("article.settled", 1),
        ("capture.submitted", 2),
    ],
)
def test_kill_nine_loses_and_doubles_nothing(small, event, times):
    daemon = small.start("run")
    seen = 0
    for line in daemon.stderr:
        seen += f'"event": "{event}"' in line
        if seen >= times:
            break
    daemon.send_signal(signal.SIGKILL)
    daemon.communicate(timeout=20)
    done = small.monitor("once", "--json", check=False)
    assert done.returncode in {0, 1}, done.stderr[-3000:]
    rows = small.rows("SELECT url, url_key, state FROM articles")
    expected = {
        url_key(f"http://{article.host}{article.path}") for article in load() if on_days(article, QUIET_DAY)
    }
    assert {row["url_key"] for row in rows} == expected
    assert len(rows) == len(expected)
    assert {row["state"] for row in rows} <= {"queued", "copy", "rejected"}
    seqs = [row["seq"] for row in small.rows("SELECT seq FROM articles ORDER BY seq")]
    assert seqs == list(range(1, len(seqs) + 1))
    captures = small.rows("SELECT article_id FROM captures")
    assert len({row["article_id"] for row in captures}) == len(captures)


def test_a_second_daemon_on_the_same_file_is_refused(small):
    with running(small):
        wait_for(lambda: small.get("/healthz")[0] == 200, "the first daemon")
        small.port = free_port(0)
        second = small.monitor("run", check=False)
    assert second.returncode == 2
    assert "another monitor" in second.stderr


def test_a_wrong_configuration_is_refused_with_its_lines(small, tmp_path):
    bad = tmp_path / "bad.yaml"
    bad.write_text(SMALL + "  - {name: a, kind: rs, url: 'http://a.example/'}\n  - {nam: b}\n")
    small.more["MONITOR_SOURCES"] = str(bad)
    for command in ("check", "once", "run"):
        done = small.monitor(command, check=False)
        assert done.returncode == 2
        assert f"{bad}:5: kind: 'rs' is not valid (did you mean 'rss'?)" in done.stderr
        assert f"{bad}:6: unknown key 'nam' (did you mean 'name'?)" in done.stderr


def test_without_network_every_source_says_why(small):
    small.site = f"http://127.0.0.1:{free_port(0)}"
    done = small.monitor("once", "--json", check=False)
    summary = json.loads(done.stdout)
    assert done.returncode == 1
    assert len(summary["failed_sources"]) == summary["polled"]
    assert all(summary["failed_sources"].values())


def test_without_network_the_daemon_says_why_and_what_to_try(small):
    small.site = f"http://127.0.0.1:{free_port(0)}"
    daemon = small.start("run")
    try:
        said = next(line for line in daemon.stderr if '"network.away"' in line)
        assert "make demo" in said
        listed = json.loads(small.get("/api/v1/sources")[1])
        assert listed
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.communicate(timeout=40)
    assert daemon.returncode == 0


def test_an_address_that_is_taken_ends_the_daemon_with_its_cure(small):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        small.port = taken.getsockname()[1]
        done = small.monitor("run", check=False)
    assert done.returncode == 2
    assert "choose another port" in done.stderr


def test_the_installed_command_helps_and_refuses(small):
    """What each command says of itself is asked in tests/unit/test_commands.py, without a process."""
    small.commands = None
    assert "Usage" in small.monitor("once", "--help").stdout
    assert small.monitor("incident", check=False).returncode == 2


def test_ready_documents_are_taken_in_once_and_bad_lines_are_counted(small):
    lines = [
        {"id": str(number), "url": f"https://example.org/{number}", "title": "AI fraud at Halden Bank", "language": "en",
         "text": f"Police say an AI deepfake fraud number {number} cost the bank a lot of money." * 3,
         "published_at": "2026-02-01T12:00:00Z"}
        for number in range(3)
    ]  # fmt: skip
    file = small.folder / "ready.jsonl"
    file.write_text("\n".join([*map(json.dumps, lines), "{broken", "[]"]))
    first = small.monitor("ingest", str(file), "--json", check=False)
    second = small.monitor("ingest", str(file), "--json", check=False)
    assert (first.returncode, json.loads(first.stdout)["new"], json.loads(first.stdout)["refused"]) == (
        1,
        3,
        2,
    )
    assert json.loads(second.stdout)["new"] == 0
    assert (
        len(small.rows("SELECT seq FROM queued_articles"))
        + len(small.rows("SELECT id FROM articles WHERE state <> 'queued'"))
        == 3
    )
