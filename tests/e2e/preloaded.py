"""The command `monitor` out of a process that has imported everything: a call costs a tenth of a second, not two.

    python -m tests.e2e.preloaded     takes calls as lines of JSON, answers each with a line

Each call is a process of its own with its own environment, folder and limits, as the installed command is.
"""

import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Ended:
    """What a call left behind, in the words of subprocess.CompletedProcess."""

    returncode: int
    stdout: str
    stderr: str


class Commands:
    """Calls the command through the process that is ready."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self._process, self._folder = process, folder

    def __call__(
        self,
        *arguments: str,
        environment: Mapping[str, str],
        cwd: Path,
        largest_file: int = 0,
        within: float = 90.0,
    ) -> Ended:
        out, err = self._folder / "stdout", self._folder / "stderr"
        order = {
            "arguments": arguments,
            "environment": dict(environment),
            "cwd": str(cwd),
            "streams": [os.devnull, str(out), str(err)],
            "largest_file": largest_file,
        }
        pid = self._ask(order)
        watch = threading.Timer(within, os.kill, (pid, signal.SIGKILL))
        watch.start()
        code = self._ask({"wait": pid})
        watch.cancel()
        return Ended(code, out.read_text(), err.read_text())

    def _ask(self, order: object) -> int:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


@contextlib.contextmanager
def preloaded(folder: Path) -> Iterator[Commands]:
    """Keep the process ready while the block runs."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.e2e.preloaded"],
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"},
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield Commands(process, folder)
        assert process.stdin
        process.stdin.close()


def main() -> None:
    from monitor.cli import COMMANDS
    from monitor.cli import main as monitor

    for name in COMMANDS:
        monitor.get_command(None, name)  # type: ignore[arg-type]
    for line in sys.stdin:
        order = json.loads(line)
        if "wait" in order:
            answer = os.waitstatus_to_exitcode(os.waitpid(order["wait"], 0)[1])
        else:
            answer = os.fork() or _be(order)
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()


def _be(order: dict) -> int:
    """Be the command from here on."""
    from monitor.cli import main as monitor

    code: object = 1
    try:
        for number, path in enumerate(order["streams"]):
            with open(path, "w" if number else "r") as file:  # noqa: PTH123 - a descriptor is what is wanted
                os.dup2(file.fileno(), number)
        os.environ.clear()
        os.environ.update(order["environment"])
        os.chdir(order["cwd"])
        if order["largest_file"]:
            resource.setrlimit(resource.RLIMIT_FSIZE, (order["largest_file"], order["largest_file"]))
        monitor(order["arguments"], prog_name="monitor")
    except SystemExit as ended:
        code = ended.code
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 0 if code is None else 1)


if __name__ == "__main__":
    main()
