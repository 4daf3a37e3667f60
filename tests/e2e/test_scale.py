"""Many processes on PostgreSQL do what one does on a file, whoever dies in between."""

import json
import random
import time
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from tests.e2e.conftest import Installation, events
from tests.e2e.fleet import Fleet, fleet
from tests.postgres import Server
from tests.site.demo import free_port

pytestmark = [pytest.mark.e2e, pytest.mark.postgres, pytest.mark.timeout(1800)]

ROUNDS = 6  # of killing one process of each role and starting another
INCIDENTS = "SELECT url, incident_id FROM articles WHERE state IN ('queued', 'copy')"


def links(rows: list[tuple]) -> set[frozenset[str]]:
    """Return every pair of addresses that share an incident."""
    incidents = defaultdict(list)
    for url, incident in rows:
        if incident is not None:
            incidents[incident].append(url)
    return {frozenset((a, b)) for urls in incidents.values() for a in urls for b in urls if a < b}


@pytest.fixture(scope="module")
def expected(finished) -> tuple[set[str], set[frozenset[str]]]:
    """What one process makes of the same web: the addresses, and which of them belong together."""
    one = finished[0]
    addresses = {row["url_key"] for row in one.rows("SELECT url_key FROM articles")}
    return addresses, links([tuple(row) for row in one.rows(INCIDENTS)])


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory, site: str, postgres: Server, expected):
    """Three of each role, of which one after another is killed, frozen or loses its server; then all stop."""
    installation = Installation(tmp_path_factory.mktemp("scale"), site, free_port(0))
    with fleet(installation, postgres, "scale") as many:
        for roles in ("poll,archive", "read", "decide") * 3:
            many.start(roles)
        begun = "SELECT count(*) FROM articles WHERE state <> 'found'"
        many.wait_until(lambda: many.number(begun) > 5, "first articles")
        _trouble(many)
        many.wait_until_settled(len(expected[0]))
        workers = many.rows(
            "SELECT roles, version FROM workers WHERE beat_at > now() - interval '60 seconds'"
        )
        status = json.loads(installation.monitor("status", "--json").stdout)
        codes = many.stop()
        yield many, workers, status, codes


def _trouble(many: Fleet) -> None:
    chance = random.Random(7)
    frozen = many.start("read")
    for number in range(ROUNDS):
        for roles in ("poll,archive", "read", "decide"):
            alike = [name for name in many.processes if name.startswith(roles) and name != frozen]
            many.kill(chance.choice(alike))
            many.start(roles)
        if number == 1:
            many.freeze(frozen)  # as if its network were cut: longer than its tickets are waited for
        if number == ROUNDS // 2:
            many.server.stop("immediate")
            many.server.start()
        time.sleep(4)  # let them work between two blows
    time.sleep(15)
    many.thaw(frozen)


def test_nothing_is_lost(done, expected):
    many = done[0]
    assert {row[0] for row in many.rows("SELECT url_key FROM articles")} >= expected[0]
    assert many.number("SELECT count(*) FROM articles WHERE state IN ('found', 'read')") == 0


def test_nothing_is_there_twice(done):
    many = done[0]
    for table, column in (("articles", "url_key"), ("articles", "seq"), ("captures", "article_id")):
        query = f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL GROUP BY 1 HAVING count(*) > 1"
        assert many.rows(query) == []
    ends = [event for event in events(many.log) if event["event"] == "article.settled"]
    settled = Counter(event["article"] for event in ends if event["state"] != "failed")
    assert set(settled.values()) == {1}


def test_numbers_have_no_gap_that_a_reader_could_fall_into(done):
    seqs = sorted(row[0] for row in done[0].rows("SELECT seq FROM articles WHERE seq IS NOT NULL"))
    assert seqs == sorted(set(seqs))


def test_the_same_reports_share_an_incident_as_with_one_process(done, expected):
    """The order in which articles arrive differs, so a doubtful pair may: nearly all must agree."""
    found = links(done[0].rows(INCIDENTS))
    assert len(found & expected[1]) / len(found | expected[1]) >= 0.9


def test_no_part_broke(done):
    broken = {"work.broke", "step.broke", "daemon.task-broke"}
    assert [event for event in events(done[0].log) if event["event"] in broken] == []


def test_every_process_is_seen_with_its_role_and_release(done):
    _many, workers, status, _codes = done
    assert {row[0] for row in workers} == {"poll,archive", "read", "decide"}
    shown = status["overview"]["workers"]
    assert {one["roles"] for one in shown} == {"poll,archive", "read", "decide"}
    assert all(one["version"] and one["beat_at"] for one in shown)


def test_all_stop_in_order_and_leave_nothing(done):
    many, _workers, _status, codes = done
    assert set(codes.values()) == {0}
    assert many.number("SELECT count(*) FROM articles WHERE lease_token <> ''") == 0
    assert many.server.connections_left(many.name) == 0


def test_tickets_do_not_pile_up(done):
    many = done[0]
    [(schema,)] = many.rows("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'tickets%'")
    assert many.number(f"SELECT count(*) FROM {schema}.procrastinate_jobs") < 50
    assert many.number(f"SELECT count(*) FROM {schema}.procrastinate_events") < 500


def test_a_file_is_carried_to_a_server_where_the_daemon_goes_on(
    finished, postgres: Server, tmp_path: Path, site: str
):
    """`db copy`, then a pass on the server: nothing is found anew."""
    one, url = finished[0], postgres.create("carried")
    try:
        copied = {
            row["table"]: row["rows"] for row in json.loads(one.monitor("db", "copy", url, "--json").stdout)
        }
        assert copied["articles"] == one.rows("SELECT count(*) AS n FROM articles")[0]["n"]
        more = {"MONITOR_DATABASE_URL": url, "MONITOR_ARCHIVE": "wayback"}
        there = Installation(tmp_path, site, free_port(0), more)
        summary = json.loads(there.monitor("once", "--json", check=False).stdout)
        assert (summary["new_articles"], summary["new_incidents"]) == (0, 0)
    finally:
        postgres.drop("carried")
