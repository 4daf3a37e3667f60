"""The container image, built without a daemon where buildah and debootstrap are; takes minutes."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import ROOT

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
def running(buildah: Buildah, image: str) -> list[str]:
    """The words that run something in the image; without a daemon its volume is not given to its user."""
    return ["run", "--isolation", "chroot", buildah("from", "--pull-never", image), "--"]


def test_the_image_says_who_runs_and_how_it_is_looked_after(buildah, image):
    config = json.loads(buildah("inspect", "--type", "image", image))["Docker"]["config"]
    assert config["User"] == "10001:10001"
    assert config["Entrypoint"] == ["monitor"]
    assert config["Healthcheck"]["Test"] == ["CMD", "monitor", "health"]
    assert config["StopSignal"] == "SIGTERM"


WHO = "import os; print(os.getuid(), os.access('/etc/monitor/sources.yaml', os.W_OK))"


def test_it_runs_as_a_number_that_cannot_change_its_sources(buildah, running):
    assert buildah(*running, "python3", "-c", WHO) == "10001 False"
