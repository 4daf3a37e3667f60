"""One installation owns one embedded database."""

import fcntl
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from monitor.adapters.lock import FileLock
from monitor.config import Settings
from monitor.daemon import owned, owner_of
from monitor.domain.errors import ConfigurationError

LOCK = "monitor.lock"
HOLDS = """
import sys, time
from pathlib import Path
from monitor.adapters.lock import FileLock
with FileLock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_the_second_one_is_refused_and_told_who_has_it(tmp_path: Path) -> None:
    with FileLock(tmp_path / LOCK):
        with (
            pytest.raises(ConfigurationError, match=f"process {os.getpid()}") as refused,
            FileLock(tmp_path / LOCK),
        ):
            pass
        assert "PostgreSQL" in refused.value.problems[0].hint
    with FileLock(tmp_path / LOCK):
        pass


def test_the_kernel_lets_go_when_the_holder_is_killed(tmp_path: Path) -> None:
    call = [sys.executable, "-c", HOLDS, str(tmp_path / LOCK)]
    with subprocess.Popen(call, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert FileLock.holder(tmp_path / LOCK) == holder.pid
        holder.send_signal(signal.SIGKILL)
        holder.wait(10)
    assert FileLock.holder(tmp_path / LOCK) is None
    with FileLock(tmp_path / LOCK):
        pass


def test_who_looks_whose_it_is_keeps_nobody_from_it_and_leaves_no_word(tmp_path: Path) -> None:
    path = tmp_path / LOCK
    with FileLock(path):
        written = path.read_text()
    path.write_text("4711\n")
    assert FileLock.holder(path) is None
    assert (path.read_text(), written) == ("4711\n", f"{os.getpid()}\n")
    looking = os.open(path, os.O_RDONLY)
    fcntl.flock(looking, fcntl.LOCK_SH)  # as `holder` does for a moment
    away = threading.Timer(0.1, os.close, [looking])
    away.start()
    with FileLock(path):
        assert FileLock.holder(path) == os.getpid()


def test_a_folder_that_is_missing_is_made(tmp_path: Path) -> None:
    with FileLock(tmp_path / "new" / "folder" / LOCK):
        assert (tmp_path / "new" / "folder" / "monitor.lock").read_text().strip() == str(os.getpid())


def settings(folder: Path, database: Path) -> Settings:
    return Settings.model_validate({"DATA_DIR": folder, "DATABASE_URL": f"sqlite:///{database}"})


def test_two_data_folders_do_not_share_one_file(tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to(tmp_path / "one.db")
    one, other = (
        settings(tmp_path / "a", tmp_path / "one.db"),
        settings(tmp_path / "b", tmp_path / "link.db"),
    )
    with owned(one):
        assert owner_of(other) == os.getpid()
        with pytest.raises(ConfigurationError, match="works on this embedded database"), owned(other):
            pass
    with owned(other):
        pass


def test_two_files_do_not_share_one_data_folder(tmp_path: Path) -> None:
    one, other = settings(tmp_path, tmp_path / "one.db"), settings(tmp_path, tmp_path / "two.db")
    with owned(one), pytest.raises(ConfigurationError), owned(other):
        pass


def test_a_folder_that_cannot_be_written_to_names_the_cure() -> None:
    with pytest.raises(ConfigurationError, match="DATA_DIR"), FileLock(Path("/proc/none/monitor.lock")):
        pass
