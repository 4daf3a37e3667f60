"""The command `monitor` out of a process that has imported everything: a call costs a tenth of a second, not two.

    python -m tests.e2e.preloaded     takes calls as lines of JSON, answers each with a line

Each call is a process of its own with its own environment, folder and limits, as the installed command is.
"""

import contextlib
import itertools
import json
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TextIO

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Ended:
    """What a call left behind, in the words of subprocess.CompletedProcess."""

    returncode: int
    stdout: str
    stderr: str


class Daemon:
    """A command that runs on, in the words of subprocess.Popen."""

    def __init__(self, pid: int, stderr: TextIO, ask: Callable[[object], int]) -> None:
        self._pid, self._ask = pid, ask
        self.stderr = stderr
        self.returncode: int | None = None

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            os.kill(self._pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def wait(self, timeout: float) -> int:
        """Wait until it has ended; kill it where that takes longer."""
        if self.returncode is None:
            with killed_after(timeout, self._pid):
                self.returncode = self._ask({"wait": self._pid})
            self.stderr.close()
        return self.returncode

    def communicate(self, timeout: float) -> tuple[None, str]:
        with killed_after(timeout, self._pid):
            said = self.stderr.read()
        self.wait(timeout)
        return None, said


@contextlib.contextmanager
def killed_after(seconds: float, pid: int) -> Iterator[None]:
    """Kill a process that is not gone when the block should long have ended."""
    watch = threading.Timer(seconds, os.kill, (pid, signal.SIGKILL))
    watch.start()
    try:
        yield
    finally:
        watch.cancel()


class Commands:
    """Calls the command through the process that is ready."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self._process, self._folder = process, folder
        self._numbers = itertools.count()

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
        with killed_after(within, pid):
            code = self._ask({"wait": pid})
        return Ended(code, out.read_text(), err.read_text())

    def start(self, *arguments: str, environment: Mapping[str, str], cwd: Path) -> Daemon:
        """Start a command whose log lines are read as they come."""
        log = self._folder / f"log-{next(self._numbers)}"
        os.mkfifo(log)
        reading = os.open(log, os.O_RDONLY | os.O_NONBLOCK)  # it waits for no writer
        os.set_blocking(reading, True)
        order = {
            "arguments": arguments,
            "environment": dict(environment),
            "cwd": str(cwd),
            "streams": [os.devnull, os.devnull, str(log)],
            "largest_file": 0,
        }
        return Daemon(self._ask(order), os.fdopen(reading), self._ask)

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
    living = set()
    for line in sys.stdin:
        order = json.loads(line)
        if "wait" in order:
            living.discard(order["wait"])
            answer = os.waitstatus_to_exitcode(os.waitpid(order["wait"], 0)[1])
        else:
            streams = [open(path, "w" if number else "r") for number, path in enumerate(order["streams"])]  # noqa: PTH123, SIM115
            answer = os.fork() or _be(order, streams)
            living.add(answer)
            for stream in streams:
                stream.close()
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()
    for pid in living:
        os.kill(pid, signal.SIGKILL)


def _be(order: dict, streams: list[IO[str]]) -> int:
    """Be the command from here on."""
    from monitor.cli import main as monitor

    code: object = 1
    try:
        for number, stream in enumerate(streams):
            os.dup2(stream.fileno(), number)
            stream.close()
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
