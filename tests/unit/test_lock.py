"""One installation owns one embedded database."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.adapters.lock import FileLock
from monitor.domain.errors import ConfigurationError

HOLDS = """
import sys, time
from pathlib import Path
from monitor.adapters.lock import FileLock
with FileLock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_the_second_one_is_refused_and_told_who_has_it(tmp_path: Path) -> None:
    with FileLock(tmp_path):
        with pytest.raises(ConfigurationError, match=f"process {os.getpid()}") as refused, FileLock(tmp_path):
            pass
        assert "PostgreSQL" in refused.value.problems[0].hint
    with FileLock(tmp_path):
        pass


def test_the_kernel_lets_go_when_the_holder_is_killed(tmp_path: Path) -> None:
    call = [sys.executable, "-c", HOLDS, str(tmp_path)]
    with subprocess.Popen(call, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert FileLock.holder(tmp_path) == holder.pid
        holder.send_signal(signal.SIGKILL)
        holder.wait(10)
    assert FileLock.holder(tmp_path) is None
    with FileLock(tmp_path):
        pass


def test_a_folder_that_is_missing_is_made(tmp_path: Path) -> None:
    with FileLock(tmp_path / "new" / "folder"):
        assert (tmp_path / "new" / "folder" / "monitor.lock").read_text().strip() == str(os.getpid())
