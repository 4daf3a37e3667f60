"""One installation owns one embedded database: a lock on a file, which the kernel lets go when we die."""

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from monitor.domain.errors import ConfigurationError, Problem

LOOKS = 100  # times that who takes the lock waits for others that only look whose it is


class FileLock:
    """Holds a file while the block runs; raises ConfigurationError naming the process that has it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = -1

    def __enter__(self) -> Self:
        self._descriptor = self._open()
        if not self._taken():
            holder = os.read(self._descriptor, 32).decode(errors="replace").strip()
            os.close(self._descriptor)
            message = f"another monitor (process {holder or 'unknown'}) works on this embedded database"
            cure = "stop it, choose another DATA_DIR and database, or use PostgreSQL for several processes"
            raise ConfigurationError([Problem(str(self._path), message, cure)])
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._descriptor)

    def _open(self) -> int:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            cure = "set DATA_DIR to a folder that this user can write to"
            raise ConfigurationError(
                [Problem(str(self._path), error.strerror or str(error), cure)]
            ) from error

    def _taken(self) -> bool:
        """Take the lock; who only looks (`holder`) shares it for a moment, and is waited for."""
        for _ in range(LOOKS):
            if _locked(self._descriptor, fcntl.LOCK_EX):
                return True
            if not _locked(self._descriptor, fcntl.LOCK_SH):
                return False
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)
            time.sleep(0.01)
        return False

    @staticmethod
    def holder(path: Path) -> int | None:
        """Return the process that holds the lock, 0 where it does not say, or None; a look changes nothing."""
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:  # not there, or out of reach: who opens the folder next says so
            return None
        try:
            if _locked(descriptor, fcntl.LOCK_SH):
                return None
            text = os.read(descriptor, 32).decode(errors="replace").strip()
            return int(text) if text.isdigit() else 0
        finally:
            os.close(descriptor)


def _locked(descriptor: int, how: int) -> bool:
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
