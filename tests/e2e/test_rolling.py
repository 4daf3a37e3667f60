"""Old and new processes overlap on one database while an installation is upgraded from the release before."""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.adapters import migrate
from tests.e2e.conftest import ROOT, Installation, events
from tests.e2e.fleet import Fleet, command, fleet
from tests.postgres import Server
from tests.site.demo import free_port

pytestmark = [pytest.mark.e2e, pytest.mark.postgres, pytest.mark.timeout(300)]

PREVIOUS = "5a43630"  # the release before this one; its schema is 0001
ROLES = "poll,read,decide,archive"
ARTICLES = 32  # of the quiet day
SETTLED = "SELECT count(*) FROM articles WHERE state NOT IN ('found', 'read')"
HOLD = """
    CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql
    AS 'BEGIN NEW.due_at = now() + interval ''1 day''; RETURN NEW; END'"""
HOLDING = "CREATE TRIGGER hold BEFORE INSERT ON articles FOR EACH ROW EXECUTE FUNCTION hold()"
RELEASE = """
    UPDATE articles SET due_at = now() WHERE id IN
    (SELECT id FROM articles WHERE due_at > now() + interval '1 hour' ORDER BY id LIMIT {})"""
OURS = "from monitor.cli import main; main()"


@pytest.fixture(scope="module")
def previous(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real code of the release before, in a folder of its own."""
    folder = tmp_path_factory.mktemp("previous")
    archiving = ["git", "-C", str(ROOT), "archive", PREVIOUS, "monitor", "alembic", "sources.yaml"]
    try:
        archive = subprocess.run(archiving, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip(f"the history of this checkout does not reach back to {PREVIOUS}")
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive, check=True)
    return folder


class Upgrade:
    """An old process works; a new one comes and migrates; both work; the old one goes.

    Articles are held back and released by the test, so that there is work left for each of the three times.
    """

    def __init__(self, many: Fleet, previous: Path) -> None:
        self.many, self.previous = many, previous

    def run(self) -> None:
        many = self.many
        migrate.upgrade(many.server.url(many.name), "0001")
        for statement in (HOLD, HOLDING):
            many.rows(statement)
        self.old = self.start_old()
        many.wait_until(lambda: many.number("SELECT count(*) FROM articles") >= ARTICLES, "articles")
        self.release(8)
        self.before = many.rows("SELECT version_num FROM alembic_version")
        self.new = many.start(ROLES)
        many.wait_until(lambda: many.number("SELECT count(*) FROM workers") == 2, "the new release")
        self.migrated_at = datetime.now(UTC)
        self.release(8)
        self.old_code = many.stop_one(self.old)
        self.release(ARTICLES)
        self.code_of_a_late_one = self.start_late()

    def release(self, count: int) -> None:
        """Let so many articles become due, and wait until they are settled."""
        wanted = min(ARTICLES, self.many.number(SETTLED) + count)
        self.many.rows(RELEASE.format(count))
        self.many.wait_until(lambda: self.many.number(SETTLED) >= wanted, f"{wanted} verdicts")

    def start_old(self) -> str:
        self.many.spawn = self.spawn_old
        name = self.many.start(ROLES)
        self.many.spawn = command
        return name

    def spawn_old(
        self, installation: Installation, roles: str, url: str, log: Path
    ) -> subprocess.Popen[bytes]:
        environment = {
            **installation.environment,
            "MONITOR_DATABASE_URL": url,
            "PYTHONPATH": str(self.previous),
        }
        with log.open("wb") as file:
            return subprocess.Popen(
                [sys.executable, "-P", "-c", OURS, "run", "--only", roles],
                env=environment | {"OPENBLAS_NUM_THREADS": "1"},
                cwd=self.previous,
                stderr=file,
            )

    def start_late(self) -> int:
        """Start another one of the old release, now that the schema is not its own."""
        name = self.start_old()
        return self.many.processes.pop(name).wait(60)

    def log(self, name: str) -> list[dict]:
        return events((self.many.log_folder / f"{name}.log").read_text())


@pytest.fixture(scope="module")
def upgraded(
    tmp_path_factory: pytest.TempPathFactory, postgres: Server, previous: Path, quiet_site: str
) -> Iterator[Upgrade]:
    folder = tmp_path_factory.mktemp("rolling")
    installation = Installation(folder, quiet_site, free_port(0), {"MONITOR_EMBEDDINGS": "off"})
    with fleet(installation, postgres, "rolling") as many:
        upgrade = Upgrade(many, previous)
        upgrade.run()
        yield upgrade


def settled(told: list[dict]) -> list[dict]:
    return [one for one in told if one["event"] == "article.settled"]


def test_the_new_one_migrates_under_the_old_one(upgraded):
    assert upgraded.before == [("0001",)]
    assert upgraded.many.rows("SELECT version_num FROM alembic_version") == [(migrate.head(),)]


def test_the_old_one_works_on_after_the_migration_and_the_new_one_after_it(upgraded):
    since = upgraded.migrated_at.isoformat()
    for name in (upgraded.old, upgraded.new):
        verdicts = [one["timestamp"].replace("Z", "+00:00") for one in settled(upgraded.log(name))]
        assert [at for at in verdicts if at > since], name
    assert upgraded.old_code == 0


def test_nothing_is_lost_or_there_twice_and_nothing_breaks(upgraded):
    many = upgraded.many
    assert many.number("SELECT count(*) FROM articles WHERE state IN ('found', 'read')") == 0
    seqs = [row[0] for row in many.rows("SELECT seq FROM articles WHERE seq IS NOT NULL ORDER BY seq")]
    assert seqs == list(range(1, len(seqs) + 1))
    told = events(many.log)
    ends = Counter(one["article"] for one in settled(told))
    assert set(ends.values()) == {1}
    assert len(ends) == ARTICLES
    assert [one for one in told if one["event"].endswith("-broke") or one["event"].endswith(".broke")] == []


def test_one_of_the_old_release_that_starts_too_late_is_refused(upgraded):
    """Releases from schema 0002 on look who may work with a schema; the one before could not."""
    assert upgraded.code_of_a_late_one == 2
