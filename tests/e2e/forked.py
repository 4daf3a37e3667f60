"""Many processes of the daemon out of one that has imported everything, for tests that need nine of them and soon.

    python -m tests.e2e.forked        takes orders as lines of JSON, answers each with a line

They do what `monitor run` does, but give up a silent process after seconds instead of half a minute.
"""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.conftest import ROOT

RUNNING = -1000  # in the place of an exit code
STALLED = 4.0  # seconds of silence after which others take over


@dataclass
class Forked:
    """One process, in the words of subprocess.Popen."""

    pid: int
    ask: Callable[..., int]

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.send_signal(signal.SIGKILL)

    def wait(self, timeout: float = 60.0) -> int:
        return self.ask(wait=self.pid)

    def poll(self) -> int | None:
        code = self.ask(poll=self.pid)
        return None if code == RUNNING else code


class Forker:
    """Gives orders to the process that forks."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def start(self, roles: str, url: str, log: Path) -> Forked:
        return Forked(self._ask(roles=roles, url=url, log=str(log)), self._ask)

    def once(self, url: str, log: Path) -> int:
        """Run one pass over everything to its end; return its exit code."""
        return self._ask(wait=self._ask(roles="", url=url, log=str(log)))

    def _ask(self, **order: object) -> int:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


@contextlib.contextmanager
def forking(environment: dict[str, str]) -> Iterator[Forker]:
    """Run the process that forks while the block runs; with it ends whatever it started."""
    command = [sys.executable, "-m", "tests.e2e.forked"]
    with subprocess.Popen(
        command,
        env={**environment, "OPENBLAS_NUM_THREADS": "1"},
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield Forker(process)
        process.stdin.close()


def main() -> None:
    import monitor.adapters.dispatch.procrastinate
    import monitor.web.server  # noqa: F401
    from monitor.config import load_settings, load_sources

    settings = load_settings()
    watched, started = load_sources(settings.SOURCES), set()
    for line in sys.stdin:
        order = json.loads(line)
        if "wait" in order:
            started.discard(order["wait"])
            _say(os.waitstatus_to_exitcode(os.waitpid(order["wait"], 0)[1]))
            continue
        if "poll" in order:
            ended = os.waitid(os.P_PID, order["poll"], os.WEXITED | os.WNOHANG | os.WNOWAIT)
            _say(
                RUNNING if ended is None else ended.si_status * (1 if ended.si_code == os.CLD_EXITED else -1)
            )
            continue
        pid = os.fork()
        if not pid:
            _be(order, settings, watched)
        started.add(pid)
        _say(pid)
    for pid in started:
        os.kill(pid, signal.SIGKILL)


def _say(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def _be(order: dict[str, str], settings, watched) -> None:
    """Be a process of the daemon from here on."""
    code = 1
    try:
        for stream, path, mode in ((0, os.devnull, "r"), (1, os.devnull, "w"), (2, order["log"], "w")):
            with open(path, mode) as file:  # noqa: PTH123 - a descriptor is what is wanted
                os.dup2(file.fileno(), stream)
        code = _work(order, settings, watched)
    except Exception:  # noqa: BLE001 - whatever it is belongs in the log
        traceback.print_exc()
    finally:
        os._exit(code)


def _work(order: dict[str, str], settings, watched) -> int:
    from pydantic import SecretStr

    from monitor import log
    from monitor.adapters.dispatch.duty import Rhythm
    from monitor.commands.passes import pass_once
    from monitor.daemon import migrate_database
    from monitor.service import Service

    ours = settings.model_copy(update={"DATABASE_URL": SecretStr(order["url"])})
    log.set_up(form="json", level=ours.LOG_LEVEL)
    migrate_database(ours)
    if not order["roles"]:
        asyncio.run(pass_once(ours, watched))
        return 0
    rhythm = Rhythm(heartbeat=STALLED / 4, stalled=STALLED, drain=10.0)
    asyncio.run(Service(ours, watched, order["roles"].split(","), rhythm=rhythm).run())
    return 0


if __name__ == "__main__":
    main()
