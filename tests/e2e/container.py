"""An image run as an engine runs it: its own user, command and folder, a root that is read-only, no rights at all."""

import contextlib
import json
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

RUNTIME = "runc"
TEMPORARY = {"destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "nodev", "mode=1777"]}  # fmt: skip


@dataclass(frozen=True)
class Container:
    """A running container, and the process on this side that holds it."""

    name: str
    state: Path
    process: subprocess.Popen[str]

    def ends(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command inside to its end."""
        return self._ask("exec", self.name, *words)

    def signal(self, name: str) -> None:
        self._ask("kill", self.name, name)

    def wait_for(self, *words: str, patience: float = 120.0) -> None:
        """Run a command inside again and again until it says that all is well."""
        until = time.monotonic() + patience
        while (done := self.ends(*words)).returncode:
            assert self.process.poll() is None and time.monotonic() < until, done.stderr
            time.sleep(0.5)

    def _ask(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [RUNTIME, "--root", str(self.state), *words]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@contextlib.contextmanager
def contained(
    folder: Path, root: Path, config: Mapping, environment: Mapping[str, str], files: Mapping[str, Path]
) -> Iterator[Container]:
    """Run the image whose unpacked root and configuration are given; `files` are bound to their places in it.

    The network is that of this machine, for the made-up web is there.
    """
    bundle, state = folder / "bundle", folder / "state"
    bundle.mkdir()
    _write(bundle, root, config, environment, files)
    process = subprocess.Popen(
        [RUNTIME, "--root", str(state), "run", "--bundle", str(bundle), folder.name],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    made = Container(folder.name, state, process)
    try:
        yield made
    finally:
        made.signal("SIGKILL")
        process.wait(timeout=30)
        process.stderr.close()


def _write(bundle: Path, root: Path, config: Mapping, environment: Mapping[str, str], files: Mapping[str, Path]) -> None:  # fmt: skip
    subprocess.run([RUNTIME, "spec"], cwd=bundle, check=True)
    path = bundle / "config.json"
    spec = json.loads(path.read_text())
    user, group = map(int, config["User"].split(":"))
    settings = [f"{name}={value}" for name, value in environment.items()]
    nothing = {one: [] for one in ("bounding", "effective", "permitted", "inheritable", "ambient")}
    spec["root"] = {"path": str(root), "readonly": True}
    spec["process"] |= {
        "terminal": False,
        "user": {"uid": user, "gid": group},
        "args": config["Entrypoint"] + config["Cmd"],
        "env": config["Env"] + settings,
        "cwd": config["WorkingDir"],
        "capabilities": nothing,
        "noNewPrivileges": True,
    }
    spec["mounts"] = [one for one in spec["mounts"] if one["type"] != "cgroup"] + [TEMPORARY]
    for volume in config["Volumes"]:
        _own(bundle.parent / volume.strip("/"), user, group)
        spec["mounts"].append(_bound(volume, bundle.parent / volume.strip("/"), "rw"))
    spec["mounts"] += [_bound(place, file, "ro") for place, file in files.items()]
    spec["linux"]["namespaces"] = [one for one in spec["linux"]["namespaces"] if one["type"] not in {"network", "cgroup"}]  # fmt: skip
    spec["linux"].pop("resources", None)
    path.write_text(json.dumps(spec))


def _own(folder: Path, user: int, group: int) -> None:
    """Make the folder of a volume as an engine does: it belongs to the image's user."""
    folder.mkdir(mode=0o700)
    shutil.chown(folder, user, group)


def _bound(place: str, source: Path, how: str) -> dict:
    return {"destination": place, "type": "bind", "source": str(source), "options": ["bind", how]}
