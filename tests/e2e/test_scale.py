"""Many processes on PostgreSQL do what one does on a file, whoever dies in between.

The short form runs with the other tests; the long one, minutes of it, with `make soak` (SOAK_MINUTES says how many).
"""

import asyncio
import contextlib
import json
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.adapters.store.overview import Overview, Overviews
from tests.e2e.again import decided_again, outcome_in
from tests.e2e.conftest import Installation, events, replay
from tests.e2e.fleet import Fleet, fleet
from tests.e2e.forked import STALLED, Forker, forking
from tests.postgres import Server
from tests.site.demo import free_port

pytestmark = [pytest.mark.e2e, pytest.mark.postgres, pytest.mark.timeout(300)]

PLENTY = ("--captures-per-minute", "10000", "--concurrent-captures", "500")
DAYS = ("--days", "2024-03-27..2024-03-28", *PLENTY)
MINUTES = float(os.environ.get("SOAK_MINUTES", "5"))
KINDS = (
    "poll,archive",
    "read",
    "decide",
)  # what the processes of the long form do; of each kind there are three
BEGUN = "SELECT count(*) FROM articles WHERE state <> 'found'"
BEATS = "SELECT count(*) FROM workers WHERE beat_at > now() - interval '60 seconds'"
LONG_FORM = pytest.param("long", marks=[pytest.mark.soak, pytest.mark.timeout(3600)])
BROKEN = {"work.broke", "step.broke", "daemon.task-broke"}


@dataclass
class Done:
    """A fleet that has stopped, what it said of itself before, its exit codes, and what one process found."""

    many: Fleet
    expected: set[str]
    overview: Overview
    codes: dict[str, int]


@pytest.fixture(scope="module")
def small_site() -> Iterator[str]:
    with replay(*DAYS) as address:
        yield address


@pytest.fixture(scope="module")
def forker(tmp_path_factory: pytest.TempPathFactory, small_site: str) -> Iterator[Forker]:
    installation = alone(tmp_path_factory.mktemp("forker"), small_site)
    with forking({**installation.environment, "MONITOR_ARCHIVE": "wayback"}) as made:
        yield made


def alone(folder: Path, site: str) -> Installation:
    return Installation(folder, site, free_port(0), {"MONITOR_EMBEDDINGS": "off"})


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory, small_site: str, forker: Forker) -> Installation:
    """What one process makes of the same web, in a file."""
    made = alone(tmp_path_factory.mktemp("one"), small_site)
    made.database.parent.mkdir()
    assert forker.once(f"sqlite:///{made.database}", made.folder / "log") == 0
    return made


@pytest.fixture(scope="module", params=["short", LONG_FORM])
def done(request, tmp_path_factory: pytest.TempPathFactory, postgres: Server) -> Iterator[Done]:
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "long":
        with long_form(folder, postgres) as (many, expected):
            yield ended(many, expected)
        return
    forker, site = request.getfixturevalue("forker"), request.getfixturevalue("small_site")
    expected = addresses(request.getfixturevalue("one"))
    with fleet(alone(folder, site), postgres, "short", lambda _i, *order: forker.start(*order)) as many:
        short_trouble(many)
        many.wait_until_settled(len(expected))
        yield ended(many, expected)


def addresses(installation: Installation) -> set[str]:
    return {row["url_key"] for row in installation.rows("SELECT url_key FROM articles")}


def ended(many: Fleet, expected: set[str]) -> Done:
    """Let all stop, once everything is settled and each process has said that it lives."""
    many.wait_until(lambda: many.number(BEATS) >= len(many.processes), "a beat of every process")
    overview = asyncio.run(overview_of(many))
    return Done(many, expected, overview, many.stop())


async def overview_of(many: Fleet) -> Overview:
    from monitor.adapters.engine import Database

    database = Database(many.server.url(many.name))
    try:
        return await Overviews(database).take(datetime.now(UTC))
    finally:
        database.close()


def short_trouble(many: Fleet) -> None:
    """Three of each role; of each kind one dies, one is frozen, one is cut off; the server dies once."""
    line, deciding = "poll,read,archive", "decide"
    frozen, _far_away, dying = many.start(line), many.start_far_away(line), many.start(line)
    for _ in range(3):
        many.start(deciding)
    many.wait_until(lambda: many.number(BEGUN) > 5, "first articles")
    many.freeze(frozen)
    many.cut()
    many.kill(dying)
    many.kill(next(name for name in many.processes if name.startswith(deciding)))
    many.wait_until_ready(many.start(line))
    many.server.stop("immediate")
    many.server.start()
    held = many.number(BEGUN)
    many.wait_until(lambda: many.number(BEGUN) > held + 20, "others to take over")
    time.sleep(STALLED)  # both were silent for longer than anything is theirs
    many.thaw(frozen)
    many.mend()


@contextlib.contextmanager
def long_form(folder: Path, postgres: Server) -> Iterator[tuple[Fleet, set[str]]]:
    """Real commands in their real rhythm, while articles appear one after another for minutes."""
    with replay(*PLENTY) as site:
        whole = Installation(folder / "one", site, free_port(0))
        whole.monitor("once", check=False)
    paced = ("--start-paced", "--spread", str(MINUTES * 55))
    with (
        replay(*paced, *PLENTY) as site,
        fleet(Installation(folder, site, free_port(0)), postgres, "long") as many,
    ):
        for roles in KINDS * 3:
            many.start(roles)
        many.wait_until(lambda: many.number(BEGUN) > 5, "first articles")
        long_trouble(many)
        expected = addresses(whole)
        many.wait_until_settled(len(expected), patience=MINUTES * 120)
        yield many, expected


def long_trouble(many: Fleet) -> None:
    """Kill at random, one after another, for minutes; freeze one, cut one off, restart the server in the middle."""
    chance, until = random.Random(7), time.monotonic() + MINUTES * 60
    frozen, cut = many.start("read"), many.start_far_away("read")
    restarted = False
    while (left := until - time.monotonic()) > 0:
        mortal = [name for name in many.processes if name not in {frozen, cut}]
        dying = chance.choice(mortal)
        many.kill(dying)
        started = many.start(dying.rpartition("-")[0])
        if left < MINUTES * 50:
            many.freeze(frozen)
            many.cut()
        if left < MINUTES * 30 and not restarted:
            restarted = True
            many.wait_until_ready(started)
            many.server.stop("immediate")
            many.server.start()
        time.sleep(chance.uniform(1, 6))  # let them work between two blows
    many.thaw(frozen)
    many.mend()


def test_nothing_is_lost(done):
    found = {row[0] for row in done.many.rows("SELECT url_key FROM articles")}
    assert done.expected <= found
    assert done.many.number("SELECT count(*) FROM articles WHERE state IN ('found', 'read')") == 0


def test_nothing_is_there_twice(done):
    many = done.many
    for table, column in (("articles", "url_key"), ("articles", "seq"), ("captures", "article_id")):
        query = f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL GROUP BY 1 HAVING count(*) > 1"
        assert many.rows(query) == []
    ends = [event for event in events(many.log) if event["event"] == "article.settled"]
    settled = Counter(event["article"] for event in ends if event["state"] != "failed")
    assert set(settled.values()) == {1}


def test_numbers_have_no_gap_that_a_reader_could_fall_into(done):
    seqs = sorted(row[0] for row in done.many.rows("SELECT seq FROM articles WHERE seq IS NOT NULL"))
    assert seqs == list(range(1, len(seqs) + 1))


def test_one_undisturbed_decider_judges_the_same(done):
    """The same documents in the same order, judged by one process in one go, have the same fate and company."""
    decided, reads = outcome_in(done.many.server.url(done.many.name))
    assert len(reads) == done.many.number("SELECT count(*) FROM articles WHERE seq IS NOT NULL")
    assert decided == decided_again(reads, done.many.installation)


def test_no_part_broke(done):
    assert [event for event in events(done.many.log) if event["event"] in BROKEN] == []


def test_every_process_is_seen_with_its_role_and_release(done):
    workers = done.overview.workers
    assert {one.roles for one in workers} == {name.rpartition("-")[0] for name in done.codes}
    assert all(one.version and one.beat_at for one in workers)


def test_all_stop_in_order_and_leave_nothing(done):
    assert set(done.codes.values()) == {0}
    assert done.many.number("SELECT count(*) FROM articles WHERE lease_token <> ''") == 0
    assert done.many.server.connections_left(done.many.name) == 0


def test_tickets_do_not_pile_up(done):
    [(schema,)] = done.many.rows("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'tickets%'")
    assert done.many.number(f"SELECT count(*) FROM {schema}.procrastinate_jobs") < 50
    assert done.many.number(f"SELECT count(*) FROM {schema}.procrastinate_events") < 500


def test_a_file_is_carried_to_a_server_where_the_daemon_goes_on(
    one: Installation, forker: Forker, postgres: Server, tmp_path: Path
):
    """`db copy`, then a pass on the server: nothing is found anew."""
    url = postgres.create("carried")
    try:
        copied = {
            row["table"]: row["rows"] for row in json.loads(one.monitor("db", "copy", url, "--json").stdout)
        }
        assert copied["articles"] == one.rows("SELECT count(*) AS n FROM articles")[0]["n"]
        before = postgres.execute("SELECT id, url_key, seq, incident_id FROM articles ORDER BY id", "carried")
        assert forker.once(url, tmp_path / "log") == 0
        assert before == postgres.execute(
            "SELECT id, url_key, seq, incident_id FROM articles ORDER BY id", "carried"
        )
    finally:
        postgres.drop("carried")
