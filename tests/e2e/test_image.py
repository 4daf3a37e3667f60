"""The container image, built without a daemon where buildah and debootstrap are; takes minutes."""

import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.e2e.conftest import ROOT, events, replay
from tests.e2e.container import RUNTIME, Container, contained
from tests.site.demo import environment, free_port

pytestmark = [pytest.mark.e2e, pytest.mark.soak, pytest.mark.timeout(1800)]

PACKAGES = "python3,python3-venv,ca-certificates"
HOSTS_OWN = [Path("/etc/ssl/certs"), Path("/etc/pip.conf")]  # how this machine reaches the package index


class Buildah:
    """Calls buildah on a store of its own; the same flags at every call, or it finds nothing."""

    def __init__(self, folder: Path) -> None:
        self._flags = ["--storage-driver", "vfs", "--root", f"{folder}/root", "--runroot", f"{folder}/run"]

    def command(self, *words: object) -> list[str]:
        return ["buildah", *self._flags, *map(str, words)]

    def __call__(self, *words: object) -> str:
        done = subprocess.run(self.command(*words), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
        return done.stdout.strip()


@pytest.fixture(scope="module")
def buildah(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Buildah]:
    for tool in ("buildah", "debootstrap"):
        if shutil.which(tool) is None or os.getuid() != 0:
            pytest.skip(f"no {tool} here, or not root")
    folder = tmp_path_factory.mktemp("image")
    yield Buildah(folder)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def image(buildah: Buildah, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Build on a base made here, so that no registry is asked."""
    base = tmp_path_factory.mktemp("base") / "root"
    subprocess.run(
        ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", "bookworm", str(base)],
        check=True,
        capture_output=True,
    )
    container = buildah("from", "scratch")
    buildah("copy", container, base, "/")
    buildah("commit", container, "localhost/base")
    shutil.rmtree(base)
    volumes = [f"--volume={path}:{path}:ro" for path in HOSTS_OWN if path.exists()]
    options = [
        "--isolation",
        "chroot",
        "--format",
        "docker",
        "--pull-never",
        "--build-arg",
        "BASE=localhost/base",
    ]
    buildah(
        "bud", *options, *volumes, "-t", "incident-monitor", "-f", ROOT / "deploy" / "Containerfile", ROOT
    )
    return "incident-monitor"


@pytest.fixture(scope="module")
def config(buildah: Buildah, image: str) -> dict:
    return json.loads(buildah("inspect", "--type", "image", image))["Docker"]["config"]


@pytest.fixture(scope="module")
def running(buildah: Buildah, image: str) -> list[str]:
    """The words that run something in the image; without a daemon its volume is not given to its user."""
    return ["run", "--isolation", "chroot", buildah("from", "--pull-never", image), "--"]


def test_the_image_says_who_runs_and_how_it_is_looked_after(config):
    assert config["User"] == "10001:10001"
    assert config["Entrypoint"] == ["monitor"]
    assert config["Healthcheck"]["Test"] == ["CMD", "monitor", "health"]
    assert config["StopSignal"] == "SIGTERM"


WHO = "import os; print(os.getuid(), os.access('/etc/monitor/sources.yaml', os.W_OK))"


def test_it_runs_as_a_number_that_cannot_change_its_sources(buildah, running):
    assert buildah(*running, "python3", "-c", WHO) == "10001 False"


WITHIN = 30.0  # seconds from SIGTERM to the end, as the documents say
# a page that never answers and a feed of a byte a second, both given longer than the daemon has to end
HANGING = [
    {"name": name, "kind": "rss", "url": f"http://{name}.faults.test/feed.xml", "timeout": "90s"}
    for name in ("pages", "drip")
]
WRITES = "import pathlib, sys; pathlib.Path(sys.argv[1], 'x').touch()"


@pytest.fixture
def container(buildah: Buildah, image: str, config: dict, tmp_path: Path) -> Iterator[Container]:
    """The daemon of the image in the middle of reading a slow web."""
    if shutil.which(RUNTIME) is None:
        pytest.skip(f"no {RUNTIME} here")
    listed = yaml.safe_load((ROOT / "tests/site/sources.yaml").read_text("utf-8"))
    listed["sources"] += HANGING
    sources = tmp_path / "sources.yaml"
    sources.write_text(json.dumps(listed))
    sources.chmod(0o444)
    root = Path(buildah("mount", buildah("from", "--pull-never", image)))
    with replay() as site:
        given = environment(int(site.rpartition(":")[2]), f"0.0.0.0:{free_port(0)}", "/data")
        settings = {name: value for name, value in given.items() if name.startswith("MONITOR_")}
        settings |= {"MONITOR_SOURCES": "/etc/monitor/sources.yaml", "MONITOR_HOST_INTERVAL": "1", "MONITOR_API_TOKEN": "a"}  # fmt: skip
        with contained(tmp_path, root, config, settings, {"/etc/monitor/sources.yaml": sources}) as running:
            yield running


def test_in_a_container_it_reads_is_healthy_and_drains_within_its_time(container, config, tmp_path):
    """A root that is read-only, no rights, only the volume and /tmp to write to; stopped in the middle of reading."""
    log = ""
    for line in container.process.stderr:
        log += line
        if log.count('"article.read"') == 3:
            break
    container.wait_for(*config["Healthcheck"]["Test"][1:])
    refused = [container.ends("python3", "-c", WRITES, place) for place in ("/opt/monitor", "/etc/monitor")]
    assert [("Read-only" in one.stderr, one.returncode) for one in refused] == [(True, 1)] * 2, refused
    container.signal(config["StopSignal"])
    log += container.process.communicate(timeout=WITHIN)[1]
    assert container.process.returncode == 0, log[-3000:]
    assert [one["event"] for one in events(log)][-1] == "daemon.stopped"
    with sqlite3.connect(f"file:{tmp_path}/data/monitor.db?mode=ro", uri=True) as database:
        [(leased,)] = database.execute("SELECT count(*) FROM articles WHERE lease_token <> ''")
        [(waiting,)] = database.execute("SELECT count(*) FROM articles WHERE state = 'found'")
        [(held,)] = database.execute("SELECT count(*) FROM leases")
    assert (leased, held) == (0, 0)
    assert waiting > 0
